"""What a post's coming out sets off: once, whatever happens in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import events, jobs, queue
from chalicelib.publishing import announcing
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Died, Faults, at_once, die_after, die_before
from tests.notices.office import AUTHOR, Office, opened


@pytest.fixture
def office(engine_blog: Blog, moment: Moment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An author with an address, and a clock that stands still."""
    made = opened(tmp_path / "mail", monkeypatch)
    engine_blog.api("PATCH", "/api/settings", title="Letters", author="Maren", author_email=AUTHOR)
    return made


def tick() -> None:
    """As often as there is something to do: one job may note another."""
    while events.run_tick(45):
        pass


def read(blog: Blog, post: dict[str, Any]) -> dict[str, Any]:
    return dict(blog.api("GET", f"/api/posts/{post['id']}").json)


def change(blog: Blog, post: dict[str, Any], **fields: Any) -> dict[str, Any]:
    got = blog.api("PATCH", f"/api/posts/{post['id']}", **fields)
    assert got.status == 200, got.text
    return dict(got.json)


def test_a_scheduled_post_is_announced_at_its_time(engine_blog: Blog, office: Office, moment: Moment) -> None:
    post = engine_blog.post("Soon & <soon>", published_at=moment.ahead(hours=1))
    moment.forward(minutes=59, seconds=59)
    tick()
    assert (office.all(), read(engine_blog, post)["announced_at"]) == ([], None)
    moment.forward(seconds=1)
    tick()
    mail = office.one(AUTHOR)
    assert mail.subject == "[Letters] Your scheduled post is out: Soon & <soon>"
    assert "“Soon & <soon>” is out since 23 November 2026, 13:00 UTC." in mail.text
    assert "https://letters.example/posts/soon-soon" in mail.text
    assert 'href="https://letters.example/posts/soon-soon"><bdi>Soon &amp; &lt;soon&gt;</bdi>' in mail.html
    assert read(engine_blog, post)["announced_at"] == moment.ahead()
    moment.forward(days=1)
    change(engine_blog, post, title="New")
    tick()
    assert len(office.all()) == 1


def test_what_is_published_at_once_is_announced_without_a_mail(
    engine_blog: Blog, office: Office, moment: Moment
) -> None:
    post = engine_blog.post("Now")
    assert post["announced_at"] is None
    tick()
    assert (read(engine_blog, post)["announced_at"], office.all()) == (moment.ahead(), [])


@pytest.mark.parametrize(
    "fields",
    [{"status": "draft"}, {"status": "unlisted"}, {"type": "page"}],
    ids=["draft", "unlisted", "page"],
)
def test_what_stands_in_no_list_is_not_announced(
    engine_blog: Blog, office: Office, moment: Moment, fields: dict[str, Any]
) -> None:
    post = engine_blog.post("Quiet", **fields)
    tick()
    assert read(engine_blog, post)["announced_at"] is None


@pytest.mark.parametrize("settings", [{"mail_published": False}, {"author_email": ""}])
def test_the_author_may_not_want_mail(
    engine_blog: Blog, office: Office, moment: Moment, settings: dict[str, Any]
) -> None:
    engine_blog.api("PATCH", "/api/settings", **settings)
    post = engine_blog.post("Soon", published_at=moment.ahead(hours=1))
    moment.forward(hours=1)
    tick()
    assert office.all() == []
    assert read(engine_blog, post)["announced_at"]


def test_several_at_once_and_hours_late(engine_blog: Blog, office: Office, moment: Moment) -> None:
    posts = [engine_blog.post(f"Soon {number}", published_at=moment.ahead(hours=1)) for number in range(5)]
    moment.forward(hours=9)
    for _ in range(3):
        tick()
    assert sorted(mail.subject[-6:] for mail in office.all()) == [post["title"] for post in posts]


# {name: (what is done before the time, what is done after it and before the tick, mails)}
BETWEEN: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], int]] = {
    "edited": ([{"title": "New", "body": "New"}], [], 1),
    "renamed": ([{"slug": "other"}], [{"slug": "another"}], 1),
    "moved earlier": ([{"published_at": "2026-11-23T12:30:00Z"}], [], 1),
    "moved later": ([{"published_at": "2026-11-24T12:00:00Z"}], [], 0),
    "moved into the past": ([{"published_at": "2020-01-01T00:00:00Z"}], [], 0),
    "published by hand": ([{"published_at": "2026-11-23T12:00:00Z"}], [], 0),
    "unscheduled": ([{"status": "draft"}], [], 0),
    "unscheduled and scheduled again": ([{"status": "draft"}, {"status": "published"}], [], 1),
    "unlisted": ([{"status": "unlisted"}], [], 0),
    "made a page": ([{"type": "page"}], [], 0),
    "a page and a post again": ([{"type": "page"}, {"type": "post"}], [], 1),
    "deleted": ([{}], [], 0),
    "deleted and restored in its time": ([{}, {"status": "published"}], [], 1),
    "deleted, restored after its time": ([{}], [{"status": "published"}], 0),
    "edited after its time": ([], [{"title": "New"}], 1),
    "taken back after its time": ([], [{"status": "draft"}], 0),
    "deleted after its time": ([], [{}], 0),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_what_happens_in_between(engine_blog: Blog, office: Office, moment: Moment, name: str) -> None:
    before, after, mails = BETWEEN[name]
    post = engine_blog.post("Soon", published_at=moment.ahead(hours=1))
    target = f"/api/posts/{post['id']}"
    for steps, hours in ((before, 0), (after, 2)):
        moment.forward(hours=hours)
        for fields in steps:
            got = engine_blog.api("PATCH", target, **fields) if fields else engine_blog.api("DELETE", target)
            assert got.status < 300, got.text
    tick()
    assert len(office.all()) == mails
    told = read(engine_blog, post)
    assert bool(told["announced_at"]) == ((told["status"], told["type"]) == ("published", "post"))
    # Later it comes out all the same, and only then, or never again.
    moment.forward(days=2)
    tick()
    assert len(office.all()) == (1 if name == "moved later" else mails)


def test_a_post_is_announced_once_however_often_it_is_published(
    engine_blog: Blog, office: Office, moment: Moment
) -> None:
    post = engine_blog.post("Soon", published_at=moment.ahead(hours=1))
    moment.forward(hours=1)
    tick()
    first = read(engine_blog, post)["announced_at"]
    for status in ("draft", "published", "unlisted", "published"):
        moment.forward(hours=1)
        change(engine_blog, post, status=status)
        tick()
    assert (len(office.all()), read(engine_blog, post)["announced_at"]) == (1, first)


def test_a_job_that_sees_a_draft_leaves_the_announcement_to_the_next_publication(
    engine_blog: Blog, office: Office
) -> None:
    post = engine_blog.post("Now")
    change(engine_blog, post, status="draft")
    tick()
    assert read(engine_blog, post)["announced_at"] is None
    change(engine_blog, post, status="published")
    tick()
    assert read(engine_blog, post)["announced_at"]


# --- at once, and cut off --------------------------------------------------------------------


def test_ticks_and_the_worker_meet(
    engine_blog: Blog, office: Office, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(queue, "send", lambda sent, **_: messages.extend(sent))
    posts = [engine_blog.post(f"Soon {n}", published_at=moment.ahead(hours=1)) for n in range(4)]
    moment.forward(hours=1)
    at_once([lambda: events.run_tick(45)] * 3)
    assert {message["about"] for message in messages} == {post["id"] for post in posts}
    answers = [lambda m=m: jobs.answer(m) for m in messages]
    at_once([*answers, *[lambda: bool(events.run_tick(45))] * 3])
    tick()
    assert len(office.all()) == 4
    assert all(read(engine_blog, post)["announced_at"] for post in posts)


@pytest.mark.parametrize("fault", [die_before, die_after])
def test_a_tick_that_dies_at_any_call_announces_once_all_the_same(
    engine_blog: Blog, office: Office, moment: Moment, faults: Faults, fault: Any
) -> None:
    """A mail in whose very sending the function died may be lost, and is told apart in the log."""
    for number in range(40):
        office.empty()
        post = engine_blog.post(f"Soon {number}", published_at=moment.ahead(hours=1))
        moment.forward(hours=1)
        faults.clear()
        faults.on("*", fault(), skip=number)
        try:
            tick()
            survived = True
        except Died:
            survived = False
        faults.clear()
        for _ in range(4):
            moment.forward(minutes=2)
            tick()
        assert read(engine_blog, post)["announced_at"]
        assert len(office.all()) <= 1
        if survived:
            assert number > 5
            break
        calls_in_sending = {"die_before": 2, "die_after": 1}[fault.__name__]
        if not office.all():
            LOST.setdefault(fault.__name__, []).append(number)
            assert len(LOST[fault.__name__]) <= calls_in_sending
    else:
        raise AssertionError("more than 40 calls")


LOST: dict[str, list[int]] = {}


def test_one_kind_that_fails_holds_up_no_other_and_is_tried_again(
    engine_blog: Blog, office: Office, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def first(*_: Any) -> None:
        calls.append("first")
        if calls.count("first") < 3:
            raise OSError

    senders = {"first": first, "second": lambda *_: calls.append("second")}
    monkeypatch.setattr(announcing, "ANNOUNCEMENTS", senders)
    engine_blog.post("Now")
    for _ in range(6):
        tick()
        moment.forward(minutes=10)
    assert calls == ["first", "second", "first", "first"]
