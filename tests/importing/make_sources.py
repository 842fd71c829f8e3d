"""Let the real tools make the sources that the tests read.

    python -m tests.importing.make_sources FOLDER

``FOLDER`` has, installed by hand with ``pip install --target`` and ``npm install --prefix``:

    djobs-0.2.0 djobs-0.8.1 djobs-0.12.0 djobs-0.22.0    each with ``"mcp<2"`` beside it
    npm                                                  backlog.md@1.52.0 task-master-ai@0.43.1

Run once for each version; what it made is committed under ``sources/``. ``make_claude``
has Claude Code write its files. Those of beads, and the first ones of Claude Code, are written by
hand, after the tools' own source and files that they wrote elsewhere.
"""

import gzip
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).parent / "sources"
VERSIONS: Final = ("0.2.0", "0.8.1", "0.12.0", "0.22.0")

FILL: Final = """
import inspect, sqlite3, sys
from datetime import UTC, datetime, timedelta
from djobs.queue.service import QueueService
from djobs.storage.sqlite import SQLiteJobRepository

repository = SQLiteJobRepository.from_path(sys.argv[1])
service = QueueService(repository)
new = "depends_on" in inspect.signature(service.submit).parameters
says = "evidence" in inspect.signature(service.complete).parameters

def submit(kind, payload, needs=(), resource=None, **more):
    if new:
        more |= {"depends_on": [job.id for job in needs] or None, "resource_key": resource}
    return service.submit(kind, payload, correlation_id="/repo/shop", **more)

def complete(job, evidence):
    return service.complete(job.id, **({"evidence": evidence} if says else {}))

submit("write_file", {"path": "README.md"})
service.claim("agent-1")
model = submit("write_file", {"path": "model.py"}, max_attempts=3)
complete(model, "model.py written, 3 tests pass")
view = submit("write_file", {"path": "view.py"}, [model], "view.py", idempotency_key="view")
submit("run_tests", {"command": "pytest"}, [model, view])
broken = submit("deploy", {"to": "staging"})
service.fail(broken.id, "no such host")
submit("announce", {}, [broken])
later = submit("cleanup", {}, run_after=datetime(2040, 1, 2, 3, 4, 5, tzinfo=UTC))
service.submit("note", {"text": "of no workspace I know"}, correlation_id="session-7")
if hasattr(service, "archive"):
    service.archive(complete(submit("old", {}), "ok").id, "tidied")
"""


def upstream(tools: Path, version: str, folder: Path) -> None:
    """Have one release of djobs write a database."""
    target = folder / "djobs.db"
    environment = {**os.environ, "PYTHONPATH": str(tools / f"djobs-{version}")}
    subprocess.run([sys.executable, "-c", FILL, str(target)], env=environment, check=True)
    packed = gzip.compress(target.read_bytes(), mtime=0)
    (SOURCES / f"djobs-{version}.db.gz").write_bytes(packed)


BACKLOG: Final = """
init Shop --defaults --integration-mode none
task create "Model: what a 'cart' is" -d 'Tables and types.' --ac typed
task create 'Show the cart' --dep task-1 --priority high -s 'In Progress'
task create 'A long title that goes on and on that goes on and on that goes on and on \
that goes on and on that goes on and on that goes on and on ' -l ui,later
task create 'Draw it' -p 2 --priority low -a @ada
task edit 1 -s Done --final-summary 'Types in cart.py.'
"""

TASK_MASTER: Final = """
add-task --title=Model --description=Tables --details='In SQL' --priority=high
add-task --title=View --description=Pages --dependencies=1
add-task --title=Later --description=Someday --priority=low
add-subtask --parent=2 --title=List --description='All carts'
add-subtask --parent=2 --title=Item --description='One cart' --dependencies=2.1
set-status --id=1 --status=done
set-status --id=2.1 --status=in-progress
set-status --id=3 --status=deferred
add-tag hotfix --description=Urgent
add-task --tag=hotfix --title=Patch --description=Now
"""


def backlog(tools: Path, folder: Path) -> None:
    """Have Backlog.md plan a small project."""
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    run(tools / "npm/node_modules/.bin/backlog", BACKLOG, folder)
    shutil.rmtree(SOURCES / "backlog", ignore_errors=True)
    shutil.copytree(folder / "backlog", SOURCES / "backlog")


def task_master(tools: Path, folder: Path) -> None:
    """Have task-master plan a small project, in two tags."""
    program = tools / "npm/node_modules/.bin/task-master"
    tasks = folder / ".taskmaster/tasks/tasks.json"
    run(program, "init --yes --name=shop --no-git --no-aliases", folder)
    tasks.write_text('{"master": {"tasks": [], "metadata": {}}}')
    run(program, TASK_MASTER, folder)
    shutil.copy(tasks, SOURCES / "task-master.json")


def run(program: Path, commands: str, folder: Path) -> None:
    """Type some commands of a tool in a folder, a line each."""
    for line in commands.replace("\\\n", "").strip().splitlines():
        command = [str(program), *shlex.split(line)]
        subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)


def main() -> None:
    """Make all of them."""
    tools = Path(sys.argv[1])
    for version in VERSIONS:
        with tempfile.TemporaryDirectory() as folder:
            upstream(tools, version, Path(folder))
    for make in (backlog, task_master):
        with tempfile.TemporaryDirectory() as folder:
            make(tools, Path(folder))


if __name__ == "__main__":
    main()
