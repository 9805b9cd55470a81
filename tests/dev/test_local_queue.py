"""The queue on this machine: what SQS and Lambda do with a message is done with it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import app
from chalicelib.core import jobs, queue, table
from chalicelib.core.config import config
from dev import local_queue
from dev.local_queue import LocalQueue, LocalQueues, working
from tests.blog import Blog
from tests.dev.test_tick import wait_until

Answer = dict[str, list[dict[str, str]]]


@pytest.fixture
def waiting() -> LocalQueue:
    return LocalQueue(again=0.001)


def put(waiting: LocalQueue, *bodies: str) -> None:
    for body in bodies:
        waiting.take(body)


class Lambda:
    """Fails the messages it is told to; remembers every batch."""

    def __init__(self, fails: Callable[[str], bool] = lambda _: False) -> None:
        self.batches: list[list[str]] = []
        self.fails = fails

    @property
    def bodies(self) -> list[str]:
        return [body for batch in self.batches for body in batch]

    def __call__(self, event: dict[str, Any], context: Any) -> Answer:
        records = json.loads(json.dumps(event))["Records"]
        assert 0 < context.get_remaining_time_in_millis() <= 60_000
        assert {record["eventSource"] for record in records} == {"aws:sqs"}
        self.batches.append([record["body"] for record in records])
        failed = [record["messageId"] for record in records if self.fails(record["body"])]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def test_messages_come_in_batches_of_ten_each_once(waiting: LocalQueue) -> None:
    handler, names = Lambda(), [f"{number:02}" for number in range(23)]
    put(waiting, *names)
    with working(waiting, handler):
        wait_until(lambda: len(handler.bodies) >= 23)
        put(waiting, "one more")
        wait_until(lambda: len(handler.bodies) >= 24)
    assert handler.bodies == [*names, "one more"]
    assert max(map(len, handler.batches)) == 10


def test_what_failed_comes_again_and_nothing_else(waiting: LocalQueue) -> None:
    handler = Lambda(lambda body: body == "b" and handler.bodies.count("b") < 3)
    put(waiting, "a", "b", "c")
    with working(waiting, handler):
        wait_until(lambda: handler.bodies.count("b") == 3)
    assert sorted(handler.bodies) == ["a", "b", "b", "b", "c"]


def test_what_fails_five_times_is_given_up_and_told(
    waiting: LocalQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = Lambda(lambda body: body == "poison")
    put(waiting, "poison")
    said: list[str] = []
    with working(waiting, handler):
        wait_until(lambda: said.append(capsys.readouterr().err) or "".join(said))
    assert handler.bodies == ["poison"] * 5
    assert "".join(said) == "Given up after 5 deliveries: poison\n"


def test_a_worker_that_raises_fails_its_whole_batch(
    waiting: LocalQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[int] = []

    def handler(event: dict[str, Any], _: Any) -> Answer:
        seen.append(len(event["Records"]))
        if len(seen) == 1:
            raise RuntimeError("a secret")
        return {"batchItemFailures": []}

    put(waiting, "a", "b")
    with working(waiting, handler):
        wait_until(lambda: sum(seen) == 4)
    assert "secret" not in capsys.readouterr().out


def test_it_ends_at_once_and_begins_nothing_more(waiting: LocalQueue) -> None:
    handler = Lambda()
    before = time.monotonic()
    with working(waiting, handler):
        pass
    put(waiting, "late")
    assert not [thread for thread in threading.enumerate() if thread.name == "worker"]
    assert (handler.bodies, time.monotonic() - before < local_queue.FINISH_SECONDS) == ([], True)


def test_pictures_come_one_at_a_time(waiting: LocalQueue) -> None:
    handler, one = Lambda(), LocalQueue(batch=1)
    put(one, "a", "b")
    with working(one, handler):
        wait_until(lambda: len(handler.bodies) == 2)
    assert handler.batches == [["a"], ["b"]]


@pytest.fixture
def used(engine_blog: Blog, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalQueues]:
    monkeypatch.setenv("QUEUE_URL", "jobs")
    config.cache_clear()
    queues = LocalQueues()
    queue.use(queues)
    yield queues
    queue.use(None)


def test_each_message_goes_to_the_worker_of_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"worker": Lambda(), "image_worker": Lambda()}
    for name, handler in both.items():
        monkeypatch.setattr(app, name, handler, raising=False)
    queues = LocalQueues()
    for url in ("jobs", "images"):
        answer = queues.send_message_batch(QueueUrl=url, Entries=[{"Id": "0", "MessageBody": url}])
        assert (len(answer["Successful"]), answer["Failed"]) == (1, [])
    with queues.working():
        wait_until(lambda: all(handler.bodies for handler in both.values()))
    assert {name: handler.bodies for name, handler in both.items()} == {
        "worker": ["jobs"],
        "image_worker": ["images"],
    }


def test_the_blogs_own_worker_does_a_job_that_was_sent(
    used: LocalQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(jobs, "_handlers", {"say": done.append})
    job = jobs.new("say", "hello")
    with used.working():
        table.write(job.put(queued=True))
        jobs.send([job])
        wait_until(lambda: done and not table.get(job.key))
    assert done == ["hello"]
