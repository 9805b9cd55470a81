"""The worker: what a message wakes is done once, whatever happens to the message, the worker or the queue."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

import app as parley
from chalicelib.core import aws, clock, events, jobs, queue, table
from chalicelib.core.config import config
from chalicelib.core.table import Put
from dev.bundle.probe import Context
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Conflicts, Died, Faults, at_once, die_after, die_before, error, lost_reply, refused

pytestmark = pytest.mark.usefixtures("moment")

Action = Callable[[str], datetime | None]


class Kept:
    """In SQS's place: what was sent, to be delivered by the test."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[], object] = lambda: None
        self.failed: list[int] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> dict[str, Any]:  # noqa: N803
        assert (QueueUrl, len(Entries) <= 10) == ("somewhere", True)
        self.before()
        kept = [entry for at, entry in enumerate(Entries) if at not in self.failed]
        self.bodies += [entry["MessageBody"] for entry in kept]
        self.after()
        lost = [entry for entry in Entries if entry not in kept]
        return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in lost]}


class Work:
    """What the tests' kinds of job did, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.act: Action = lambda _: None

    def keep(self, about: str) -> datetime | None:
        self.done.append(about)
        return self.act(about)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    own = Work()
    monkeypatch.setattr(jobs, "_handlers", {"keep": own.keep})
    return own


@pytest.fixture
def sqs(blog: Blog, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    yield from _kept(monkeypatch)


@pytest.fixture
def engine_sqs(engine_blog: Blog, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    yield from _kept(monkeypatch)


def _kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.setenv("QUEUE_URL", "somewhere")
    config.cache_clear()
    kept = Kept()
    queue.use(kept)
    yield kept
    queue.use(None)
    config.cache_clear()


def noted(*about: str) -> list[jobs.Job]:
    made = [jobs.new("keep", name) for name in about]
    for job in made:
        table.write(job.put(queued=True))
    return made


def sent(*about: str) -> list[jobs.Job]:
    made = noted(*about)
    jobs.send(made)
    return made


def deliver(*bodies: str, left: Callable[[], int] | None = None) -> list[int]:
    """Which of them are to come again."""
    records = [
        {"messageId": f"id {at}", "receiptHandle": "r", "body": body} for at, body in enumerate(bodies)
    ]
    context = Context("worker-1")
    if left:
        context.get_remaining_time_in_millis = left  # type: ignore[method-assign]
    answer = json.loads(json.dumps(parley.worker({"Records": records}, context)))
    assert set(answer) == {"batchItemFailures"}
    return [int(failure["itemIdentifier"].removeprefix("id ")) for failure in answer["batchItemFailures"]]


def waiting() -> list[str]:
    return [item["wsk"] for item in table.query(jobs.QUEUE, index="work", limit=100)]


def finish(moment: Moment) -> None:
    """As ticks do it, until nothing waits."""
    for _ in range(20):
        if not waiting():
            return
        moment.forward(hours=6)
        events.run_tick(60)
    raise AssertionError("jobs wait for ever")


# --- sending ---------------------------------------------------------------------------------


def test_messages_carry_ids_and_a_version(sqs: Kept, work: Work) -> None:
    (job,) = sent("post 1")
    assert json.loads(sqs.bodies[0]) == {"kind": "keep", "about": "post 1", "turn": job.turn}


def test_many_go_in_batches_of_ten(sqs: Kept, work: Work) -> None:
    sent(*(f"{number:02}" for number in range(23)))
    assert [json.loads(body)["about"] for body in sqs.bodies] == [f"{number:02}" for number in range(23)]


def test_sqs_takes_what_is_sent(blog: Blog, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():
        client = aws.sqs()
        monkeypatch.setattr(queue, "client", lambda: client)
        monkeypatch.setenv("QUEUE_URL", client.create_queue(QueueName="jobs")["QueueUrl"])
        config.cache_clear()
        jobs.send([jobs.new("keep", f"{number}") for number in range(12)])
        found = [client.receive_message(QueueUrl=config().queue_url, MaxNumberOfMessages=10) for _ in "12"]
    bodies = [json.loads(message["Body"]) for answer in found for message in answer["Messages"]]
    assert sorted(int(body["about"]) for body in bodies) == list(range(12))


def test_without_a_queue_nothing_is_sent(blog: Blog, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "client", lambda: pytest.fail("a client was made"))
    sent("it")


@pytest.mark.parametrize("fault", [refused, lambda: error("OverLimit"), lambda: error("AccessDenied", 403)])
def test_a_send_that_fails_is_swallowed_and_the_tick_does_the_job(
    engine_blog: Blog,
    work: Work,
    moment: Moment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: Any,
) -> None:
    client = aws.sqs()
    monkeypatch.setattr(queue, "client", lambda: client)
    monkeypatch.setenv("QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/1/jobs")
    monkeypatch.setattr("time.sleep", lambda _: None)
    config.cache_clear()
    made = noted(*(f"{number:02}" for number in range(15)))
    with Faults(client) as faults:
        faults.on("*", fault(), times=99)
        jobs.send(made)
        assert 1 <= len(faults.calls) <= 2, "one batch, tried twice at most"
    assert "jobs not sent" in capsys.readouterr().out
    moment.forward(seconds=30)
    events.run_tick(60)
    assert len(work.done) == 15
    assert waiting() == []


def test_what_sqs_fails_of_a_batch_is_told_and_done_by_the_tick(
    sqs: Kept, work: Work, moment: Moment, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs.failed = [1]
    sent("a", "b", "c")
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["jobs"], line["codes"]) == ("jobs not sent", 1, ["InternalError"])
    assert deliver(*sqs.bodies) == []
    finish(moment)
    assert work.done == ["a", "c", "b"]


# --- answering -------------------------------------------------------------------------------


def test_a_message_has_its_job_done(sqs: Kept, work: Work, capsys: pytest.CaptureFixture[str]) -> None:
    sent("a", "b")
    assert deliver(*sqs.bodies) == []
    assert (work.done, waiting()) == (["a", "b"], [])
    line = json.loads(capsys.readouterr().out)
    assert (line["id"], line["event"], line["messages"], line["failed"]) == ("worker-1", "worker", 2, 0)


def test_a_message_that_comes_twice_has_it_done_once(sqs: Kept, work: Work) -> None:
    sent("a")
    assert deliver(*sqs.bodies * 2) == []
    assert deliver(*sqs.bodies) == []
    assert work.done == ["a"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_messages_does_not_matter(sqs: Kept, work: Work, order: tuple[int, ...]) -> None:
    """Three notings of one job: it is done for the last one alone, which sees the state as it is."""
    for _ in range(3):
        sent("a")
    assert deliver(*(sqs.bodies[at] for at in order)) == []
    assert (work.done, waiting()) == (["a"], [])


POISON = [
    "",
    "{",
    "[]",
    "null",
    "7",
    '"keep"',
    "{}",
    '{"kind": "keep", "about": "a"}',
    '{"kind": "keep", "about": 7, "turn": "t"}',
    '{"kind": "keep", "about": null, "turn": "t"}',
    '{"kind": "unheard of", "about": "a", "turn": "t"}',
    "[" * 100_000,
]


@pytest.mark.parametrize("poison", POISON)
def test_poison_fails_alone_and_unquoted(
    sqs: Kept, work: Work, poison: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sent("a", "b")
    assert deliver(sqs.bodies[0], poison, sqs.bodies[1]) == [1]
    assert work.done == ["a", "b"]
    said = capsys.readouterr().out
    assert "message refused" in said
    assert "unheard of" not in said


@pytest.mark.parametrize("about", ["", "a" * 3000, "\ud800", "\0"])
def test_a_message_about_what_cannot_be_is_no_job(sqs: Kept, work: Work, about: str) -> None:
    body = json.dumps({"kind": "keep", "about": about, "turn": "t"})
    assert deliver(body) in ([], [0])
    assert work.done == []


def test_a_record_without_a_body_fails_alone(sqs: Kept, work: Work) -> None:
    sent("a")
    records = [{"messageId": "odd"}, {"messageId": "good", "receiptHandle": "r", "body": sqs.bodies[0]}]
    answer = parley.worker({"Records": records}, Context("1"))
    assert (answer, work.done) == ({"batchItemFailures": [{"itemIdentifier": "odd"}]}, ["a"])


def test_of_a_batch_only_what_failed_comes_again(sqs: Kept, work: Work, moment: Moment) -> None:
    def act(about: str) -> None:
        if about == "b" and work.done.count("b") == 1:
            raise RuntimeError("on purpose")

    work.act = act
    sent("a", "b", "c")
    assert deliver(*sqs.bodies) == [1]
    assert work.done == ["a", "b", "c"]
    assert deliver(sqs.bodies[1]) == [], "the tick has it: a message must not hurry it"
    assert work.done == ["a", "b", "c"]
    moment.forward(seconds=30)
    assert deliver(sqs.bodies[1]) == []
    assert (work.done, waiting()) == (["a", "b", "c", "b"], [])


def test_a_batch_in_which_one_failed_twice_over_says_so_once(sqs: Kept, work: Work) -> None:
    def act(about: str) -> None:
        raise RuntimeError(about)

    work.act = act
    sent("a")
    record = {"messageId": "same", "receiptHandle": "r", "body": sqs.bodies[0]}
    failures = parley.worker({"Records": [record, record]}, Context("1"))["batchItemFailures"]
    assert (failures, work.done) == ([{"itemIdentifier": "same"}], ["a"])


def test_no_job_is_begun_when_time_runs_out(sqs: Kept, work: Work, moment: Moment) -> None:
    sent("a", "b", "c")
    times = iter([60_000, 15_000, 200])
    assert deliver(*sqs.bodies, left=lambda: next(times)) == [1, 2]
    assert work.done == ["a"]
    assert deliver(*sqs.bodies, left=lambda: 200) == [0, 1, 2]
    finish(moment)
    assert work.done == ["a", "b", "c"]


def test_a_job_that_comes_again_later_is_not_hurried_by_its_message(
    sqs: Kept, work: Work, moment: Moment
) -> None:
    work.act = lambda _: clock.now() + timedelta(hours=1)
    sent("a")
    assert deliver(*sqs.bodies) == deliver(*sqs.bodies) == []
    assert work.done == ["a"]
    work.act = lambda _: None
    moment.forward(hours=1)
    events.run_tick(60)
    assert (work.done, waiting()) == (["a", "a"], [])


def test_storage_that_fails_fails_that_message_alone(
    engine_sqs: Kept, work: Work, faults: Faults, moment: Moment
) -> None:
    sent("a", "b")
    faults.on("GetItem", error("InternalServerError", 500), times=3)
    assert deliver(*engine_sqs.bodies) == [0]
    faults.clear()
    assert deliver(engine_sqs.bodies[0]) == []
    assert work.done == ["b", "a"]


# --- leases ----------------------------------------------------------------------------------


def test_two_workers_at_once_do_it_once(engine_sqs: Kept, work: Work, moment: Moment) -> None:
    for number in range(20):
        sent(f"{number:02}")
    with Conflicts(table.client()):
        answers = at_once([lambda: deliver(*engine_sqs.bodies)] * 2 + [lambda: events.run_tick(60)] * 2)  # type: ignore[list-item]
    assert sorted(work.done) == [f"{number:02}" for number in range(20)]
    assert len(answers) == 4
    assert waiting() == []


def test_what_another_is_at_comes_again(sqs: Kept, work: Work, moment: Moment) -> None:
    inner: list[Any] = []

    def act(_: str) -> None:
        inner.append(deliver(*sqs.bodies))
        moment.forward(seconds=89)
        inner.append(jobs.run_due(60))

    work.act = act
    sent("a")
    assert deliver(*sqs.bodies) == []
    assert (inner, work.done, waiting()) == ([[0], 0], ["a"], [])


def test_a_lease_that_is_over_binds_nobody(sqs: Kept, work: Work, moment: Moment) -> None:
    def die(_: str) -> None:
        raise Died

    work.act = die
    sent("a")
    with pytest.raises(Died):
        deliver(*sqs.bodies)
    work.act = lambda _: None
    moment.forward(seconds=89)
    assert (deliver(*sqs.bodies), events.run_tick(60)) == ([0], 0)
    moment.forward(seconds=1)
    assert events.run_tick(60) == 1
    assert (work.done, waiting()) == (["a", "a"], [])


def test_a_job_that_kills_its_worker_is_given_up_too(sqs: Kept, work: Work, moment: Moment) -> None:
    def die(_: str) -> None:
        raise Died

    work.act = die
    sent("a")
    for _ in range(jobs.MOST_TRIES):
        with pytest.raises(Died):
            events.run_tick(60) if work.done else deliver(*sqs.bodies)
        moment.forward(seconds=90)
    work.act = lambda _: clock.parse("no time")
    events.run_tick(60)
    assert [(job.about, job.tries) for job in jobs.dead(10)] == [("a", jobs.MOST_TRIES + 1)]


def test_what_was_noted_inline_is_left_to_the_request(sqs: Kept, work: Work, moment: Moment) -> None:
    job = jobs.new("keep", "a")
    table.write(job.put())
    body = json.dumps({"kind": "keep", "about": "a", "turn": job.turn})
    assert (deliver(body), jobs.run_due(60), work.done) == ([], 0, [])
    assert jobs.run(job)
    assert (work.done, waiting()) == (["a"], [])


def test_a_lease_whose_answer_was_lost_is_ours(engine_sqs: Kept, work: Work, faults: Faults) -> None:
    sent("a")
    faults.on("UpdateItem", lost_reply())
    assert deliver(*engine_sqs.bodies) == []
    assert (work.done, waiting()) == (["a"], [])


def test_what_is_noted_again_before_it_is_taken_is_left_to_its_own_message(
    engine_sqs: Kept, work: Work, faults: Faults
) -> None:
    def renew_first(request: Any, send: Any) -> Any:
        sent("a")
        return send(request)

    sent("a")
    faults.on("UpdateItem", renew_first)
    assert deliver(engine_sqs.bodies[0]) == []
    assert work.done == []
    assert deliver(engine_sqs.bodies[1]) == []
    assert (work.done, waiting()) == (["a"], [])


# --- deaths ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [die_before, die_after])
def test_whoever_dies_at_any_call_loses_no_job(
    engine_sqs: Kept, work: Work, faults: Faults, moment: Moment, fault: Any
) -> None:
    """Noting with the change, sending, working: a death at each call to the storage in turn."""
    survived = False
    for number in range(20):
        name = f"{number:02}"
        faults.clear()
        engine_sqs.bodies.clear()
        faults.on("*", fault(), skip=number)
        job = jobs.new("keep", name)
        try:
            table.transact([Put({"pk": f"CHANGE#{name}", "sk": "-"}), job.put(queued=True)])
            jobs.send([job])
            deliver(*engine_sqs.bodies)
            survived = True
        except Died:
            pass
        faults.clear()
        finish(moment)
        changed = table.get((f"CHANGE#{name}", "-")) is not None
        assert (name in work.done) == changed, name
        assert work.done.count(name) <= 2
        if survived:
            break
    assert survived
    assert number == 4


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_dies_while_sending_loses_no_job(sqs: Kept, work: Work, moment: Moment, when: str) -> None:
    def die() -> None:
        raise Died

    setattr(sqs, when, die)
    with pytest.raises(Died):
        sent("a")
    finish(moment)
    assert deliver(*sqs.bodies) == []
    assert work.done == ["a"]


# --- giving up -------------------------------------------------------------------------------


def test_a_job_that_fails_too_often_is_given_up_and_can_be_tried_again(
    sqs: Kept, work: Work, moment: Moment, capsys: pytest.CaptureFixture[str]
) -> None:
    def act(_: str) -> None:
        raise RuntimeError("a secret")

    work.act = act
    sent("a#b")
    assert deliver(*sqs.bodies) == [0]
    finish(moment)
    assert len(work.done) == jobs.MOST_TRIES
    (dead,) = jobs.dead(10)
    assert (dead.kind, dead.about, dead.tries, dead.error) == ("keep", "a#b", 8, "RuntimeError")
    assert dead.since == clock.stamp(clock.now())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = (line for line in lines if line.get("event") == "job dead")
    assert (told["level"], told["kind"], told["error"]) == ("error", "keep", "RuntimeError")
    assert "secret" not in str(lines)
    assert deliver(*sqs.bodies) == [], "it is kept elsewhere"
    moment.forward(days=1)
    assert (events.run_tick(60), len(work.done)) == (0, 8)
    work.act = lambda _: None
    assert jobs.retry_dead() == 1
    assert (jobs.dead(10), jobs.retry_dead()) == ([], 0)
    events.run_tick(60)
    assert (len(work.done), waiting()) == (9, [])


def test_one_that_was_given_up_is_alive_when_it_is_noted_again(sqs: Kept, work: Work, moment: Moment) -> None:
    def act(_: str) -> None:
        raise RuntimeError

    work.act = act
    sent("a")
    finish(moment)
    work.act = lambda _: None
    sent("a")
    assert jobs.dead(10) == []
    assert deliver(*sqs.bodies) == []
    assert waiting() == []


def test_what_cannot_be_read_is_set_aside_and_told(
    sqs: Kept, work: Work, moment: Moment, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(jobs.AT_ONCE + 1):
        odd = {"pk": f"JOB#keep#odd {number}", "sk": "-", "wpk": jobs.QUEUE, "wsk": f"2000-{number:02}"}
        table.write(Put(odd))
    sent("a")
    finish(moment)
    assert work.done == ["a"]
    assert {job.error for job in jobs.dead(100)} == {"Unreadable"}
    assert "job dead" in capsys.readouterr().out
    assert jobs.retry_dead() == jobs.AT_ONCE + 1
    finish(moment)
    assert len(work.done) == jobs.AT_ONCE + 2


def test_one_job_that_cannot_be_taken_holds_up_no_other(
    engine_sqs: Kept, work: Work, faults: Faults, moment: Moment
) -> None:
    noted("a", "b")
    moment.forward(minutes=1)
    faults.on("UpdateItem", error("ValidationException"))
    assert jobs.run_due(60) == 1
    assert work.done == ["b"]
    finish(moment)
    assert work.done == ["b", "a"]


def test_a_job_must_be_about_ids() -> None:
    jobs.new("keep", "a" * jobs.LONGEST_ABOUT)
    with pytest.raises(ValueError, match="about too much"):
        jobs.new("keep", "é" * jobs.LONGEST_ABOUT)
