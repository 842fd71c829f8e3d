"""The table of contents: every command, in the order ``djobsctl help`` shows them.

The module of ``db verify`` is ``djobsctl.commands.db_verify``, and so on. Only the module of the
command that runs is imported.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

COMMANDS: "Final" = {
    "init": "Find the agents on this machine and have them use djobs.",
    "status": "Say how the daemon is, from whatever state it is in.",
    "doctor": "Look at the whole set-up; say what is wrong and what mends it.",
    "top": "Watch and steer all of it on one live screen.",
    "submit": "Hand a command to the daemon, which runs it.",
    "enqueue": "Record jobs for agents or workers to do.",
    "claim": "Take a job to do, or wait for one.",
    "heartbeat": "Keep a job that was claimed for longer.",
    "release": "Give a job that was claimed back, undone.",
    "complete": "Report that a job is done.",
    "fail": "Report that a job could not be done.",
    "list": "List jobs, newest first.",
    "show": "Show one job with its history.",
    "why": "Say why a job is not running, and when that changes.",
    "retry": "Open ended jobs again.",
    "cancel": "End jobs that are not wanted; one in work is stopped.",
    "skip": "Accept jobs as done without doing them.",
    "amend": "Change a job that has not started.",
    "apply": "Write what an agent changed into the job's workspace.",
    "undo": "Take back what a job wrote into its workspace.",
    "accept-before": "Accept everything earlier in a job's workflow as done.",
    "pause": "Let nobody start anything, or nothing of a workspace or type; or hold a job still.",
    "resume": "End a pause.",
    "stale": "Name what does not get on by itself; for watchdogs.",
    "notice deliver": "Ask whether to tell somebody something, once.",
    "notice list": "List who was told what.",
    "schedule set": "Have a job made whenever a cron expression says.",
    "schedule list": "List schedules, with their next times.",
    "schedule pause": "Let a schedule make no jobs for now.",
    "schedule resume": "Let a paused schedule go on.",
    "schedule remove": "Remove a schedule; its jobs stay.",
    "archive": "Leave a workflow's ended jobs out of lists and counts.",
    "purge": "Say which old jobs may go; with --yes remove them for good.",
    "limit set": "Bound how many jobs of something run at once, or start in a time.",
    "limit clear": "End a limit.",
    "limit list": "List the limits, and how they stand.",
    "budget": "Show what may be used, what is gone of it, and what is asked.",
    "budget allow": "Let a job go on, or raise a budget until it resets.",
    "type list": "List the types that have defaults.",
    "type set": "Say what later jobs of a type get unless they say otherwise.",
    "agents": "List registered agents.",
    "agent register": "Make an agent known by its name.",
    "agent heartbeat": "Say that an agent is there.",
    "audit": "Say what happened: counts, or the events themselves.",
    "report": "Say what my agents did, as Markdown.",
    "watch": "Print events as they happen, a line for each.",
    "wait": "Wait for jobs to end.",
    "logs": "Show the daemon's own log, or what a job printed.",
    "start": "Start the daemon, or say that it runs already.",
    "stop": "Stop the daemon, and keep it stopped.",
    "restart": "Stop the daemon and start it again.",
    "install-instructions": "Tell agents of djobs in the files that they read.",
    "install-hooks": "Have hosts say at the start of a session what is unfinished.",
    "service install": "Have the service manager keep the daemon running from login on.",
    "service remove": "Let clients start the daemon again, as without a service manager.",
    "service status": "Say who keeps the daemon running.",
    "upgrade": "Let the daemon become the version that is installed; nothing is lost.",
    "install-mcp": "Have agents use djobs as an MCP server, and nothing else.",
    "repair": "Give agents whose command no longer works one that does.",
    "remove": "Take djobs out of agents' files again, as if it had never been there.",
    "uninstall": "Take all of djobs off this machine, but the program itself.",
    "config": "Show every setting, its value and where that comes from.",
    "export": "Write jobs or events as JSON Lines or CSV.",
    "import": "Take over what another tool planned; first only show it.",
    "backup": "Copy the database while it is in use, or list its backups.",
    "restore": "Put a backup in the place of the database.",
    "db verify": "Prove a database: sound, history unbroken, jobs what it says.",
    "db rebuild": "Make the database anew from its history.",
    "schema": "Print the JSON Schema of the protocol.",
    "demo": "Watch an agent's work survive the death of everything.",
    "bench": "Measure this machine against the baselines.",
    "completion": "Write the script by which a shell completes commands.",
    "man": "Print the man page.",
    "help": "Explain a command.",
}

HEADINGS: "Final" = {
    "init": "Begin, and look",
    "submit": "Hand work over, take it, report it",
    "list": "Jobs",
    "notice deliver": "Rules for jobs",
    "agents": "What happens, and what happened",
    "start": "The daemon, and who uses it",
    "export": "The data",
    "schema": "More",
}
"""By the first command below each."""


def module_of(command: str) -> str:
    """Return the module that implements a command."""
    return "djobsctl.commands." + command.replace(" ", "_").replace("-", "_")
