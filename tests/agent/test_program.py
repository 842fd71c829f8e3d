"""An agent is seen to its end, whatever that is, and what it changed and cost is kept."""

import signal
from typing import Any

from djobs_agent.contract import DIFF_FILE, SPENT_FILE, STREAM_FILE, Limits, decode_spent
from tests.agent.program import FAKE, Bench


def test_turns_are_shown_and_the_stream_is_kept(bench: Bench) -> None:
    answer = bench.run("write a.txt hello", "say I wrote it.", "result")
    assert (answer.outcome, answer.turns, answer.text) == ("done", 2, "All done.")
    assert bench.log.splitlines()[:3] == [
        "claude-opus-5-5 begins (djobs connected)",
        "turn 1: Write a.txt",
        "turn 2: I wrote it.",
    ]
    assert b'"tool_use"' in (bench.folder / STREAM_FILE).read_bytes()


def test_tokens_and_cost_are_those_of_the_result(bench: Bench) -> None:
    (spent,) = bench.run("say hi", "result").spent
    assert (spent.provider, spent.model) == ("anthropic", "claude-opus-5-5")
    assert (spent.tokens_in, spent.tokens_out, spent.tokens_cached) == (150, 20, 50)
    assert spent.cost_usd == 0.25


def test_without_a_result_tokens_are_known_and_the_price_is_not(bench: Bench) -> None:
    answer = bench.run("say hi", "say there", "die")
    assert (answer.outcome, answer.code) == ("failed", "no_result")
    assert "signal 9" in answer.message
    (spent,) = answer.spent
    assert (spent.tokens_in, spent.tokens_out, spent.cost_usd) == (30, 4, None)
    assert decode_spent((bench.folder / SPENT_FILE).read_bytes()) == answer.spent


def test_one_that_hangs_is_ended_though_it_will_not(bench: Bench) -> None:
    answer = bench.run("write a.txt x", "hang", limits=Limits(idle_seconds=0.5))
    assert (answer.outcome, answer.code) == ("failed", "hung")
    assert [each.path for each in answer.changes] == ["a.txt"]


def test_one_turn_too_many_ends_it(bench: Bench) -> None:
    answer = bench.run(*["say on"] * 3, "wait never", limits=Limits(max_turns=2))
    assert (answer.outcome, answer.code) == ("failed", "turn_limit")
    assert "max_turns" in answer.message


def test_the_last_turn_that_is_allowed_comes_to_its_end(bench: Bench) -> None:
    assert bench.run("say on", "say on", "result", limits=Limits(max_turns=2)).outcome == "done"


def test_tokens_are_bounded(bench: Bench) -> None:
    answer = bench.run(*["say on"] * 3, "wait never", limits=Limits(tokens=30))
    assert answer.code == "token_limit"


def test_a_provider_at_its_limit_parks_the_job_until_it_said(bench: Bench) -> None:
    answer = bench.run("say hi", "limited 1900000000")
    assert (answer.outcome, answer.code) == ("parked", "at_limit")
    assert answer.parked_until_ms == 1_900_000_000_000


def test_what_is_no_event_is_shown_and_does_no_harm(bench: Bench) -> None:
    odd = ['{"type": "assistant", "message": [1]}', "{", '{"type": 5}', "\x1b[31mred", "[1, 2]"]
    last = '{"type":"result","subtype":null,"modelUsage":{"m":3}}'
    raw = [f"raw {line}" for line in odd]
    answer = bench.run(*raw, "write a.txt x", f"raw {last}")
    assert (answer.outcome, answer.code) == ("failed", "agent_failed")
    assert "[31mred" in bench.log
    assert "\x1b" not in bench.log
    assert [each.path for each in answer.changes] == ["a.txt"]


def test_one_that_quits_without_a_word_has_failed(bench: Bench) -> None:
    answer = bench.run("raw something is wrong", "quit 3")
    assert (answer.outcome, answer.code) == ("failed", "no_result")
    assert "exit status 3" in answer.message
    assert "something is wrong" in answer.message


def test_a_program_that_is_not_there_is_named(bench: Bench) -> None:
    answer = bench.run("result", argv=("/nowhere/claude",))
    assert (answer.outcome, answer.code) == ("failed", "not_started")
    assert "/nowhere/claude" in answer.message


def test_stopped_it_keeps_what_it_has_done(bench: Bench) -> None:
    process = bench.begin("write a.txt x", "wait never")
    assert process.stdout is not None
    while "Write a.txt" not in process.stdout.readline():
        continue
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    answer = bench.answer()
    assert (answer.outcome, answer.code) == ("stopped", "stopped")
    assert [each.path for each in answer.changes] == ["a.txt"]
    assert (bench.folder / DIFF_FILE).read_text().count("+x") == 1


def test_a_cli_of_plain_text_goes_by_its_exit_status(bench: Bench) -> None:
    answer = bench.run("raw hello", "quit 0", stream="text")
    assert (answer.outcome, answer.text.splitlines()[-1]) == ("done", "hello")
    assert answer.spent == ()
    assert bench.run("quit 4", stream="text").code == "agent_failed"


def test_a_sandbox_that_is_not_entered_is_no_failure_of_the_agent(bench: Bench) -> None:
    entering = ("/bin/sh", "-c", 'printf entered >&3; exec "$@" 3>&-', "sh", *FAKE)
    asked: dict[str, Any] = {"status_fd": 3, "entered": "entered"}
    assert bench.run("result", argv=entering, **asked).outcome == "done"
    answer = bench.run("result", argv=("/bin/sh", "-c", "echo no namespaces; exit 1"), **asked)
    assert (answer.outcome, answer.code) == ("parked", "sandbox")
    assert "no namespaces" in answer.message
