"""``why``, ``retry``, ``cancel``, ``skip`` and ``agents`` by hand, in a second terminal."""

from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import DaemonHome


def test_a_free_job_is_said_to_be_free_and_a_waiting_one_says_for_whom(
    running_daemon: DaemonHome,
) -> None:
    (first,) = enqueue(running_daemon, "a")
    with running_daemon.connect() as connection:
        asked = {"jobs": [{"type": "b", "depends_on": [first]}], "correlation_id": "w"}
        second = connection.call("job.enqueue", asked)["jobs"][0]["id"]
    free = djobsctl(running_daemon, "why", first)
    assert (free.status, free.stdout) == (
        0,
        f"{first} is pending. Nothing is in its way: the next agent may claim it.\n",
    )
    waits = djobsctl(running_daemon, "why", second)
    assert f"It waits for {first}, pending." in waits.stdout
    djobsctl(running_daemon, "cancel", first, "--reason", "no longer wanted")
    assert f"{first}, which was cancelled: retry or skip that one." in (
        djobsctl(running_daemon, "why", second).stdout
    )


def test_jobs_are_ended_and_opened_again_by_hand(running_daemon: DaemonHome) -> None:
    one, two = enqueue(running_daemon, "a", "b")
    cancelled = djobsctl(running_daemon, "cancel", one, two)
    assert cancelled.stdout == f"{one} is cancelled.\n{two} is cancelled.\n"
    assert djobsctl(running_daemon, "retry", one).stdout == f"{one} is pending.\n"
    skipped = djobsctl(running_daemon, "skip", one, "--json")
    assert skipped.document["jobs"][0]["state"] == "skipped"
    again = djobsctl(running_daemon, "skip", one)
    assert again.status == 1
    assert "A skipped job cannot be skipped" in again.stderr


def test_a_failed_job_that_is_skipped_keeps_its_failure_and_lets_what_waits_for_it_start(
    running_daemon: DaemonHome,
) -> None:
    (first,) = enqueue(running_daemon, "a")
    with running_daemon.connect() as connection:
        asked = {"jobs": [{"type": "b", "depends_on": [first]}], "correlation_id": "w"}
        second = connection.call("job.enqueue", asked)["jobs"][0]["id"]
        connection.call("job.fail", {"job_id": first, "error": "no", "retry": False})
    assert f"{first}, which failed: retry or skip that one." in (
        djobsctl(running_daemon, "why", second).stdout
    )

    skipped = djobsctl(running_daemon, "skip", first, "--reason", "not needed")

    assert skipped.stdout == f"{first} is skipped.\n"
    assert "Nothing is in its way" in djobsctl(running_daemon, "why", second).stdout
    events = djobsctl(running_daemon, "show", first, "--json").document["events"]
    assert [each["kind"] for each in events] == ["enqueued", "failed", "retried", "skipped"]
    assert events[-1]["note"] == "not needed"


def test_a_running_job_that_is_cancelled_is_stopped_and_its_report_refused(
    running_daemon: DaemonHome,
) -> None:
    (job_id,) = enqueue(running_daemon, "a")
    with running_daemon.connect() as connection:
        connection.call("job.claim", {"job_id": job_id, "agent_id": "ann"})
        assert "ann works on it." in djobsctl(running_daemon, "why", job_id).stdout
        assert djobsctl(running_daemon, "cancel", job_id).stdout == f"{job_id} is stopped.\n"


def test_agents_are_listed(running_daemon: DaemonHome) -> None:
    assert djobsctl(running_daemon, "agents").stdout == "No agent is registered.\n"
    with running_daemon.connect() as connection:
        connection.call("agent.register", {"agent_id": "ann", "capabilities": ["python", "sql"]})
    listed = djobsctl(running_daemon, "agents", "--status", "online")
    assert "ann" in listed.stdout
    assert "python, sql" in listed.stdout
    assert (
        djobsctl(running_daemon, "agents", "--status", "offline", "--json").document["agents"] == []
    )
