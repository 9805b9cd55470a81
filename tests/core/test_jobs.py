"""Jobs: noted with a change, done after it, swept up by the tick, and never lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from chalicelib.core import clock, jobs, table
from chalicelib.core.table import Item, Put, Refused, When
from chalicelib.posts import tallies
from tests import page
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Conflicts, Faults, at_once, cancelled

pytestmark = pytest.mark.usefixtures("moment")


class Handlers:
    """What the tests' kinds of job did, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.again: datetime | None = None

    def keep(self, about: str) -> datetime | None:
        self.done.append(about)
        return self.again

    def fail(self, about: str) -> datetime | None:
        self.done.append(about)
        raise RuntimeError("on purpose")

    def renew(self, about: str) -> datetime | None:
        self.done.append(about)
        table.write(jobs.new("renew", about).put())
        return None


@pytest.fixture
def handlers(blog: Blog) -> Iterator[Handlers]:
    known, own = jobs._handlers, Handlers()
    jobs.use({**known, "keep": own.keep, "fail": own.fail, "renew": own.renew}, jobs._heavy)
    yield own
    jobs.use(known, jobs._heavy)


def queued() -> list[Item]:
    return table.query(jobs.QUEUE, index="work", limit=100)


def due() -> list[str]:
    return [item["wsk"].partition("#")[0] for item in queued()]


def noted(kind: str, about: str = "it") -> jobs.Job:
    job = jobs.new(kind, about)
    table.write(job.put())
    return job


def test_a_job_is_done_once_and_gone(handlers: Handlers) -> None:
    jobs.run(noted("keep", "a # thing"))
    assert (handlers.done, queued()) == (["a # thing"], [])


def test_the_tick_leaves_a_job_to_whoever_noted_it_for_a_while(handlers: Handlers, moment: Moment) -> None:
    noted("keep", "a#b")
    moment.forward(seconds=29)
    assert (jobs.run_due(60), handlers.done) == (0, [])
    moment.forward(seconds=1)
    assert (jobs.run_due(60), handlers.done, queued()) == (1, ["a#b"], [])


def test_a_job_that_is_noted_again_is_one_job(handlers: Handlers, moment: Moment) -> None:
    noted("keep")
    moment.forward(seconds=20)
    noted("keep")
    assert due() == [moment.ahead(seconds=30)]


def test_a_job_that_is_noted_while_it_runs_is_done_again(handlers: Handlers, moment: Moment) -> None:
    jobs.run(noted("renew"))
    assert due() == [moment.ahead(seconds=30)]


def test_a_handler_says_when_to_come_again(handlers: Handlers, moment: Moment) -> None:
    handlers.again = clock.now() + timedelta(days=1)
    jobs.run(noted("keep"))
    assert due() == [moment.ahead(days=1)]
    moment.forward(days=1)
    handlers.again = None
    assert (jobs.run_due(60), handlers.done, queued()) == (1, ["it", "it"], [])


@pytest.mark.parametrize("kind", ["fail", "unheard of"])
def test_a_job_that_fails_is_tried_less_and_less_often(
    handlers: Handlers, moment: Moment, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    jobs.run(noted(kind))
    waits = []
    while due():
        waits.append((clock.parse(due()[0]) - clock.now()).total_seconds())
        moment.now = clock.parse(due()[0])
        assert jobs.run_due(60) == 1
    assert waits == [30, 120, 480, 1920, 7680, 21600, 21600]
    said = capsys.readouterr().out
    assert said.count(f"job {kind}") == len(waits) + 1
    assert "on purpose" not in said


def test_one_that_fails_does_not_hold_up_the_others(handlers: Handlers, moment: Moment) -> None:
    for number in range(30):
        noted("fail" if number < 26 else "keep", f"{number:02}")
    moment.forward(minutes=1)
    counts = [jobs.run_due(60) for _ in range(3)]
    assert counts == [25, 5, 0]
    assert handlers.done == [f"{number:02}" for number in range(30)]


def test_the_tick_stops_when_its_time_is_over(handlers: Handlers, moment: Moment) -> None:
    noted("keep")
    moment.forward(minutes=1)
    assert (jobs.run_due(0), handlers.done, len(queued())) == (0, [], 1)


def test_a_job_is_noted_with_the_change_or_not_at_all(handlers: Handlers) -> None:
    change = Put({"pk": "X", "sk": "-"}, When("attribute_exists(#pk)"))
    with pytest.raises(table.Refused):
        table.transact([change, jobs.new("keep", "it").put()])
    assert queued() == []


def test_a_job_that_cannot_be_read_stands_in_nobodys_way(handlers: Handlers, moment: Moment) -> None:
    table.write(Put({"pk": "JOB#keep#odd", "sk": "-", "wpk": jobs.QUEUE, "wsk": "2000"}))
    noted("keep")
    moment.forward(minutes=1)
    assert (jobs.run_due(60), handlers.done) == (1, ["it"])


def test_tallies_that_conflicts_drove_apart_are_brought_together(
    engine_blog: Blog, moment: Moment, faults: Faults
) -> None:
    engine_blog.post("Open")
    made = [engine_blog.reply("open", f"Reply {number}", approve=False) for number in range(4)]
    for full_id in made:
        faults.on("TransactWriteItems", cancelled("None", "None", "TransactionConflict"), times=2)
        assert engine_blog.api("PATCH", f"/api/comments/{full_id}", status="approved").status == 200
    assert "4 replies" in engine_blog.get("/posts/open").text
    moment.forward(minutes=1)
    assert jobs.run_due(60) >= 1
    assert "4 replies" in page.words(next(page.classed(engine_blog.get("/").text, "card")))
    assert "4 replies" in engine_blog.get("/posts/open").text
    assert [item["sk"] for item in table.query("P#open", start="2n#", end="2n#~", limit=100)] == ["2n#0"]


def test_replies_at_the_same_time_are_counted_on_home(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Open")
    made = [engine_blog.reply("open", f"Reply {number}", approve=False) for number in range(6)]
    with Conflicts(table.client()):
        at_once(
            [
                lambda full_id=full_id: engine_blog.api(
                    "PATCH", f"/api/comments/{full_id}", status="approved"
                )
                for full_id in made
            ]
        )
    moment.forward(minutes=1)
    jobs.run_due(60)
    assert "6 replies" in engine_blog.get("/").text
    assert tallies.FOLD not in str(queued())


def test_a_job_that_meets_a_condition_is_tried_again_and_told_of(
    blog: Blog, moment: Moment, handlers: Handlers, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(about: str) -> None:
        handlers.done.append(about)
        raise Refused([0])

    jobs.use({**jobs._handlers, "refuse": refuse}, jobs._heavy)
    jobs.run(noted("refuse"))
    assert "job refuse" in capsys.readouterr().out
    assert jobs.run_due(60) == 0
    moment.forward(minutes=2)
    assert (jobs.run_due(60), handlers.done) == (1, ["it", "it"])
