"""Heavy jobs go to the worker that has the memory for them, and the tick only sees to it that they do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import app as parley
from chalicelib import seldom
from chalicelib.core import clock, events, jobs, queue, table
from chalicelib.core.config import config
from dev.bundle.probe import Context
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Faults, cancelled, error

pytestmark = pytest.mark.usefixtures("moment")


class Queues:
    """In SQS's place: what was sent where."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, str]]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> dict[str, Any]:  # noqa: N803
        self.sent += [(QueueUrl, json.loads(entry["MessageBody"])) for entry in Entries]
        return {}

    def at(self, url: str) -> list[str]:
        return [message["about"] for place, message in self.sent if place == url]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(jobs, "_handlers", {"keep": found.append, "heavy": found.append})
    monkeypatch.setattr(jobs, "_heavy", frozenset({"heavy"}))
    return found


@pytest.fixture
def queues(engine_blog: Blog, done: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    monkeypatch.setenv("QUEUE_URL", "small")
    monkeypatch.setenv("IMAGE_QUEUE_URL", "large")
    config.cache_clear()
    kept = Queues()
    queue.use(kept)
    yield kept
    queue.use(None)
    config.cache_clear()


def noted(*pairs: tuple[str, str]) -> list[jobs.Job]:
    made = [jobs.new(kind, about) for kind, about in pairs]
    for job in made:
        table.write(job.put(queued=True))
    return made


def deliver(queues: Queues, url: str = "large") -> list[Any]:
    """All that was sent there, to the worker of that queue."""
    worker = parley.image_worker if url == "large" else parley.worker
    records = [
        {"messageId": f"{at}", "receiptHandle": "r", "body": json.dumps(message)}
        for at, (place, message) in enumerate(queues.sent)
        if place == url
    ]
    return [worker({"Records": [record]}, Context("1")) for record in records]


def due() -> list[str]:
    return [item["wsk"].partition("#")[0] for item in table.query(jobs.QUEUE, index="work", limit=100)]


def test_what_is_heavy_is_known_and_is_done_by_a_module_that_is_loaded_later() -> None:
    assert {kind for kinds in seldom.JOBS.values() for kind in kinds} >= seldom.HEAVY
    assert jobs._heavy == seldom.HEAVY


def test_a_heavy_job_wakes_its_own_worker(queues: Queues, done: list[str]) -> None:
    jobs.send(noted(("keep", "a"), ("heavy", "b"), ("keep", "c")))
    assert (queues.at("small"), queues.at("large")) == (["a", "c"], ["b"])
    assert deliver(queues) == [{"batchItemFailures": []}]
    assert done == ["b"]
    assert len(due()) == 2


def test_the_tick_sends_a_heavy_job_and_does_the_others(
    queues: Queues, done: list[str], moment: Moment
) -> None:
    noted(("heavy", "b"), ("keep", "a"))
    moment.forward(seconds=31)
    assert events.run_tick(60) == 2
    assert (done, queues.at("large"), queues.at("small")) == (["a"], ["b"], [])
    assert due() == [clock.stamp(clock.now() + jobs.HANDED_ON)]
    moment.forward(minutes=1)
    assert events.run_tick(60) == 0
    deliver(queues)
    assert (done, due()) == (["a", "b"], [])


def test_one_whose_message_is_lost_is_sent_again(queues: Queues, done: list[str], moment: Moment) -> None:
    noted(("heavy", "b"))
    moment.forward(seconds=31)
    for _ in range(12):
        events.run_tick(60)
        moment.now += jobs.HANDED_ON
    assert queues.at("large") == ["b"] * 12
    assert [one["batchItemFailures"] for one in deliver(queues)] == [[]] * 12
    assert (done, due()) == (["b"], [])


def test_the_tick_leaves_one_that_a_worker_has(queues: Queues, done: list[str], moment: Moment) -> None:
    (job,) = noted(("heavy", "b"))
    table.write(job.taken("somebody"))
    moment.now += jobs.LEASE - timedelta(seconds=1)
    assert (events.run_tick(60), queues.sent) == (0, [])
    moment.forward(seconds=1)
    assert (events.run_tick(60), queues.at("large")) == (1, ["b"])


def test_one_that_comes_later_is_sent_when_it_is_due(
    queues: Queues, done: list[str], moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(jobs._handlers, "heavy", lambda _: clock.now() + timedelta(hours=1))  # type: ignore[arg-type]
    jobs.send(noted(("heavy", "b")))
    deliver(queues)
    assert due() == [moment.ahead(hours=1)]
    moment.forward(hours=1)
    events.run_tick(60)
    assert queues.at("large") == ["b", "b"]


def test_one_that_was_noted_anew_meanwhile_is_not_postponed(
    queues: Queues, done: list[str], faults: Faults
) -> None:
    (old,) = noted(("heavy", "b"))
    noted(("heavy", "b"))
    before = due()
    assert jobs._hand_on(old) is False
    assert (queues.sent, due()) == ([], before)


@pytest.mark.parametrize("fault", [lambda: error("InternalServerError", 500), lambda: cancelled("None")])
def test_one_that_cannot_be_handed_on_keeps_nobody_waiting(
    queues: Queues, done: list[str], moment: Moment, faults: Faults, fault: Any
) -> None:
    noted(("heavy", "b"), ("keep", "z"))
    moment.forward(seconds=31)
    faults.on("UpdateItem", fault(), times=3)
    events.run_tick(60)
    faults.clear()
    moment.forward(minutes=2)
    events.run_tick(60)
    deliver(queues)
    assert sorted(done) == ["b", "z"]


@pytest.mark.parametrize("small", ["", "small"])
def test_without_a_worker_of_its_own_a_heavy_job_is_one_like_all_others(
    queues: Queues, done: list[str], moment: Moment, monkeypatch: pytest.MonkeyPatch, small: str
) -> None:
    monkeypatch.setenv("IMAGE_QUEUE_URL", "")
    monkeypatch.setenv("QUEUE_URL", small)
    config.cache_clear()
    jobs.send(noted(("heavy", "b")))
    assert queues.at("small") == (["b"] if small else [])
    moment.forward(seconds=31)
    events.run_tick(60)
    assert (done, due()) == (["b"], [])
