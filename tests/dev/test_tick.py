"""The tick: what is due is done, on Lambda and on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

import app as parley
from chalicelib.core import events, jobs, table
from dev import ticking
from dev.bundle.probe import TICK, Context
from tests.blog import Blog
from tests.conftest import Moment


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the jobs of the kind `say` were about, in their order."""
    said: list[str] = []
    monkeypatch.setattr(jobs, "_handlers", {"say": said.append})
    return said


def note(*about: str) -> None:
    for name in about:
        table.write(jobs.new("say", name).put())


def test_what_was_left_over_is_done_once_and_logged(
    blog: Blog, moment: Moment, done: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    note("one")
    parley.tick(TICK, Context("tick-1"))
    assert (done, capsys.readouterr().out) == ([], "")
    moment.forward(minutes=1)
    parley.tick(TICK, Context("tick-2"))
    parley.tick(TICK, Context("tick-3"))
    assert done == ["one"]
    line = json.loads(capsys.readouterr().out)
    assert (line["id"], line["event"], line["jobs"], line["calls"]) == ("tick-2", "tick", 1, 3)


def test_more_than_one_batch_is_done_in_one_tick(engine_blog: Blog, moment: Moment, done: list[str]) -> None:
    names = [f"{number:02}" for number in range(2 * jobs.AT_ONCE + 3)]
    note(*names)
    moment.forward(minutes=1)
    assert events.run_tick(60) == len(names)
    assert sorted(done) == names


def test_it_ends_when_its_time_is_up(engine_blog: Blog, moment: Moment, done: list[str]) -> None:
    note(*(f"{number:02}" for number in range(jobs.AT_ONCE)))
    moment.forward(minutes=1)
    assert events.run_tick(0) == len(done) == 0


def test_scheduled_post_is_settled_when_its_time_comes(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Now")
    engine_blog.post("Soon", published_at=moment.ahead(hours=1))
    moment.forward(hours=1, minutes=1)
    assert events.run_tick(60) >= 1
    moment.forward(minutes=1)
    # It is announced then; now nothing is left.
    assert events.run_tick(60) == 1
    moment.forward(minutes=1)
    assert events.run_tick(60) == 0


def test_thread_goes_on_after_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Any] = []

    def run_tick(seconds: float) -> int:
        calls.append(seconds)
        if len(calls) == 1:
            raise RuntimeError("a secret")
        return 0

    monkeypatch.setattr(events, "run_tick", run_tick)
    with ticking.ticks(0.001):
        wait_until(lambda: len(calls) > 2)
    count = len(calls)
    time.sleep(0.02)
    assert len(calls) == count
    line = json.loads(capsys.readouterr().out)
    assert (line["error"], line["outcome"]) == ("RuntimeError", "a tick")
    assert "secret" not in json.dumps(line)
