"""Which commands a type's rules let through: what is denied never is, what is not named neither."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.queue.shell_rules import (
    ANY_MORE,
    Found,
    Rule,
    ShellRules,
    check_command,
    check_line,
    rule,
)
from djobs_protocol.errors import DjobsError, ErrorCode

WORKSPACE = "/w"
LINKS = {"/usr/bin/sh": "/usr/bin/dash", "/usr/bin/python3": "/usr/bin/python3.11"}
LINKS |= {"/usr/bin/safe": "/usr/bin/rm"}
SYSTEM = (
    *("git", "rm", "ls", "make", "sh", "bash", "python3", "python3.11", "node", "perl", "env"),
    *("nice", "timeout", "xargs", "sudo", "find", "nohup", "busybox", "awk", "ssh", "safe", "time"),
)


def resolve(program: str) -> Found | None:
    """Find programs as on a machine with ``SYSTEM`` in /usr/bin and a git planted in /w/bin."""
    if "/" in program:
        path = posixpath.normpath(posixpath.join(WORKSPACE, program))
    elif program in SYSTEM:
        path = f"/usr/bin/{program}"
    else:
        return None
    return Found(path, LINKS.get(path, path))


def rules(*, allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> ShellRules:
    return ShellRules(
        tuple(rule(each.split()) for each in allow), tuple(rule(each.split()) for each in deny)
    )


def refusal(command: str | tuple[str, ...], of: ShellRules) -> str | None:
    argv = command.split() if isinstance(command, str) else command
    try:
        check_command(argv, of, resolve, WORKSPACE)
    except DjobsError as refused:
        if refused.code is not ErrorCode.COMMAND_REFUSED:
            raise
        return refused.message
    return None


@pytest.mark.parametrize("command", ["rm x", "git push --force", "sh -c x", "no-such-program"])
def test_without_rules_everything_is_let_through(command: str) -> None:
    assert refusal(command, ShellRules()) is None


@pytest.mark.parametrize(
    "command",
    [
        "rm x",
        "/usr/bin/rm x",
        "/bin/../usr/bin/rm x",
        "safe x",
        "env rm x",
        "env -i A=1 rm x",
        "env -u A rm x",
        "nice -n 5 rm x",
        "nice -n5 rm x",
        "timeout -s KILL 5 rm x",
        "timeout --signal=KILL 5 nohup rm x",
        "xargs rm",
        "xargs -n 1 rm",
        "sudo rm x",
        "sudo -u root A=1 rm x",
        "find . -name y -exec rm {} ;",
        "find . -execdir ls {} + -exec rm {} +",
        "time -p rm x",
        "busybox rm x",
        "env nice timeout 5 sudo xargs rm",
    ],
)
def test_a_denied_program_is_refused_by_any_name_and_behind_any_plain_wrapper(command: str) -> None:
    message = refusal(command, rules(deny=("rm",)))
    assert message is not None
    assert "'rm'" in message
    assert refusal(command, rules()) is None


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        ("git push --force", True),
        ("git -C x push origin --force main", True),
        ("git push", False),
        ("git --force push", False),
        ("git pushy --force", False),
    ],
)
def test_a_deny_rule_s_patterns_are_found_in_their_order_wherever_they_stand(
    command: str, refused: bool
) -> None:
    assert (refusal(command, rules(deny=("git push --force*",))) is not None) is refused


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        ("git status", True),
        ("git status -s", False),
        ("git log", True),
        ("git log -5 --stat", True),
        ("git", False),
        ("git show a1", True),
        ("git show a1 a2", False),
        ("ls", True),
        ("ls -la /", True),
        ("rm x", False),
        ("no-such-program", False),
        ("/usr/bin/git status", True),
        ("./bin/git status", False),
        ("/w/bin/git status", False),
        ("/opt/evil/git status", False),
        ("./gradlew test", True),
        ("gradlew test", False),
        ("/w/gradlew test", True),
        ("sub/../gradlew test", True),
        ("/opt/tool/run", True),
        ("../opt/tool/run", True),
        ("run", False),
    ],
)
def test_an_allow_list_lets_through_what_it_names(command: str, allowed: bool) -> None:
    allow = ("git status", "git log ...", "git show ?*", "ls", "./gradlew ...", "/opt/tool/run")
    assert (refusal(command, rules(allow=allow)) is None) is allowed


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        ("env git status", True),
        ("env -i git status", True),
        ("env PATH=/w/bin git status", False),
        ("env -S git status", False),
        ("env", False),
        ("env rm x", False),
        ("nice -n 5 git status", True),
        ("nice --unknown 5 git status", False),
        ("timeout 5 git status", True),
        ("timeout 5 rm x", False),
        ("nohup git log -5", True),
        ("xargs git log", True),
        ("xargs git status", False),
        ("xargs env git status", False),
        ("xargs env nice git log", True),
        ("xargs env", False),
        ("xargs timeout 5", False),
        ("xargs -a x git log", False),
        ("sudo git status", False),
        ("find . -exec git log {} ;", False),
        ("sh -c git", False),
        ("busybox git", False),
    ],
)
def test_under_an_allow_list_a_plain_wrapper_is_what_it_runs(command: str, allowed: bool) -> None:
    allow = ("git status", "git log ...")
    assert (refusal(command, rules(allow=allow)) is None) is allowed


@pytest.mark.parametrize(
    ("allow", "command", "allowed"),
    [
        ("bash", "bash build.sh", True),
        ("bash", "bash -c x", False),
        ("bash ...", "bash -c x", False),
        ("bash *", "bash -c", False),
        ("bash -c *", "bash -c x", True),
        ("bash ...", "bash -o pipefail -c x", False),
        ("bash ...", "bash -lc x", False),
        ("bash ...", "xargs bash", False),
        ("sh ...", "sh -ec x", False),
        ("python3", "python3 x.py", True),
        ("python3 ...", "python3 -c x", False),
        ("python3 ...", "python3 -Ic x", False),
        ("python3 ...", "python3 -W -- -c x", False),
        ("python3.11 ...", "python3.11 -cx", False),
        ("node ...", "node --eval=x", False),
        ("node ...", "node -p x", False),
        ("perl ...", "perl -pe x", False),
        ("awk", "awk x", False),
        ("awk *", "awk x", True),
        ("ssh ...", "ssh host rm", False),
        ("ssh host uptime", "ssh host uptime", True),
        ("busybox ...", "busybox git x", False),
    ],
)
def test_a_rule_for_a_program_that_runs_code_must_mean_the_code(
    allow: str, command: str, allowed: bool
) -> None:
    assert (refusal(command, rules(allow=(allow,))) is None) is allowed


def test_sudo_and_find_must_be_named_and_what_they_run_too() -> None:
    both = rules(allow=("sudo", "find", "git status"))
    assert refusal("sudo git status", both) is None
    assert refusal("sudo rm x", both) is not None
    assert refusal("find . -name x", both) is None
    assert refusal("find . -exec rm {} ;", both) is not None


def test_a_refusal_says_what_is_allowed() -> None:
    with pytest.raises(DjobsError) as refused:
        check_command(("rm", "x"), rules(allow=("git status",)), resolve, WORKSPACE)
    assert "git status" in refused.value.hint
    with pytest.raises(DjobsError) as refused:
        check_command(("git", "push"), rules(allow=("git status",)), resolve, WORKSPACE)
    assert "'git push' is not allowed" in refused.value.message
    with pytest.raises(DjobsError, match="in none of the type's folders"):
        check_command(("./bin/git", "status"), rules(allow=("git status",)), resolve, WORKSPACE)


def test_a_type_s_own_folders_count_for_names() -> None:
    own = ShellRules(allow=(Rule("git"),), folders=("/w/bin",))
    assert refusal("./bin/git x", own) is None
    assert refusal("git x", own) is not None


@pytest.mark.parametrize("command", [(), ("",), ("", "x"), ("env", "env") * 9])
def test_what_is_no_command_is_refused(command: tuple[str, ...]) -> None:
    assert refusal(command, ShellRules()) is not None


@pytest.mark.parametrize("words", [[], [""], ["a/b"], ["../x"], ["git", "...", "x"], ["a\0"]])
def test_what_is_no_rule_is_refused(words: list[str]) -> None:
    with pytest.raises(DjobsError) as refused:
        rule(words)
    assert refused.value.code is ErrorCode.INVALID_PARAMS


def test_a_line_for_the_shell_needs_allow_shell_and_no_rules() -> None:
    check_line(ShellRules(allow_shell=True))
    for refusing in (
        ShellRules(),
        ShellRules(allow=(Rule("git"),), allow_shell=True),
        ShellRules(deny=(Rule("rm"),), allow_shell=True),
    ):
        with pytest.raises(DjobsError) as refused:
            check_line(refusing)
        assert refused.value.code is ErrorCode.COMMAND_REFUSED


def test_arguments_are_not_read_as_shell() -> None:
    for argument in ("; rm x", "$(rm x)", "`rm`", "&& rm", "| rm"):
        assert refusal(("ls", argument), rules(deny=("rm",))) is None


PROGRAMS = st.sampled_from([*SYSTEM, "./bin/git", "/usr/bin/rm", "gone"])
WORDS = st.sampled_from(
    ["-c", "-n", "5", "x", "--", "A=1", "-exec", "{}", ";", "push", "rm", "git", "sh", "-i", "bash"]
)
COMMANDS = st.builds(
    lambda program, rest: (program, *rest), PROGRAMS, st.lists(WORDS | PROGRAMS, max_size=6)
)
PATTERNS = st.lists(st.sampled_from(["*", "x", "-c", "push", "?", "5"]), max_size=3)
RULES = st.builds(
    lambda program, patterns, more: Rule(program, (*patterns, *((ANY_MORE,) if more else ()))),
    st.sampled_from([*SYSTEM, "/usr/bin/rm", "./bin/git"]),
    PATTERNS,
    st.booleans(),
)
MANY = st.lists(RULES, max_size=4).map(tuple)


@given(COMMANDS, MANY, MANY, RULES)
def test_adding_a_deny_rule_never_lets_more_through(
    command: tuple[str, ...], allow: tuple[Rule, ...], deny: tuple[Rule, ...], added: Rule
) -> None:
    if refusal(command, ShellRules(allow, deny)) is not None:
        assert refusal(command, ShellRules(allow, (*deny, added))) is not None


@given(COMMANDS, MANY, MANY)
def test_a_deny_rule_beats_every_allow_rule(
    command: tuple[str, ...], allow: tuple[Rule, ...], deny: tuple[Rule, ...]
) -> None:
    if refusal(command, ShellRules((), deny)) is not None:
        assert refusal(command, ShellRules(allow, deny)) is not None


@given(COMMANDS, MANY, MANY)
def test_the_order_of_rules_does_not_matter(
    command: tuple[str, ...], allow: tuple[Rule, ...], deny: tuple[Rule, ...]
) -> None:
    turned = ShellRules(allow[::-1], deny[::-1])
    assert (refusal(command, ShellRules(allow, deny)) is None) is (refusal(command, turned) is None)


TRANSPARENT = {"env", "nice", "timeout", "nohup", "xargs", "time"}


@given(COMMANDS, st.lists(RULES, min_size=1, max_size=4).map(tuple))
def test_an_allow_list_lets_no_program_run_that_it_does_not_name(
    command: tuple[str, ...], allow: tuple[Rule, ...]
) -> None:
    if refusal(command, ShellRules(allow)) is None:
        paths = {f"/usr/bin/{each.program}" for each in allow}  # where each name of SYSTEM is
        paths |= {posixpath.join(WORKSPACE, each.program) for each in allow}
        named = {posixpath.normpath(path) for path in paths if not path.startswith("//")}
        first, *others = (found.path if (found := resolve(word)) else word for word in command)
        wrapped = posixpath.basename(first) in TRANSPARENT and bool(named & set(others))
        assert first in named or wrapped


@given(COMMANDS, st.lists(RULES, min_size=1, max_size=4).map(tuple), RULES)
def test_adding_an_allow_rule_to_a_list_never_lets_less_through(
    command: tuple[str, ...], allow: tuple[Rule, ...], added: Rule
) -> None:
    if refusal(command, ShellRules(allow)) is None:
        assert refusal(command, ShellRules((*allow, added))) is None
