"""A function may be stopped before or after any call: what it did is finished, and never told too early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from chalicelib.core import jobs, objects, table
from chalicelib.core.pictures import parse
from chalicelib.core.problems import Unavailable
from chalicelib.media.model import MOST_ATTEMPTS, WAITS
from chalicelib.media.processing import work_at
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Died
from tests.media import files
from tests.media.desk import in_bucket, in_table, name_in, published, send, shown, through_the_bucket, work

pytestmark = pytest.mark.usefixtures("moment")

PICTURE, FILM = files.jpeg(1000, 600), files.MP4


class Deaths:
    """Counts the calls to table and bucket, and dies at one of them."""

    def __init__(self) -> None:
        self.left, self.after, self.count = -1, False, 0
        self.error: type[BaseException] = Died

    @contextmanager
    def at(self, number: int, *, after: bool) -> Iterator[None]:
        """Dies at that call, if there are so many, and then no more."""
        self.left, self.after = number, after
        with suppress(self.error):
            yield
        self.left = -1

    def between(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            self.count += 1
            self.left -= 1
            if self.left == -1 and not self.after:
                raise self.error
            found = call(*given, **named)
            if self.left == -1:
                raise self.error
            return found

        return counted


@pytest.fixture
def deaths(engine_blog: Blog, monkeypatch: pytest.MonkeyPatch) -> Deaths:
    between = Deaths()
    monkeypatch.setattr(table, "_call", between.between(table._call))
    monkeypatch.setattr(objects, "_call", between.between(objects._call))
    return between


def told_truly(blog: Blog) -> None:
    """What is said to be ready is there, each of its sizes."""
    for one in blog.api("GET", "/api/media").json["items"]:
        if one["state"] == "ready":
            upload = parse(name_in(one))
            assert upload
            wanted = [name for _, name in upload.sizes] or [upload.name]
            assert {f"media/{name}" for name in wanted} <= set(in_bucket())


def finished(blog: Blog, moment: Moment) -> None:
    """After some minutes, then after the hours in which a form may still send."""
    for _ in range(4):
        moment.forward(minutes=3)
        work(moment)
        told_truly(blog)
    moment.now += WAITS
    work(moment)
    work(moment)
    told_truly(blog)
    assert not [key for key in in_bucket() if key.startswith("uploads/")]
    assert not [key for key in in_table(blog) if key.startswith("JOB#")]


def every(steps: int) -> list[tuple[int, bool]]:
    return [(number, after) for number in range(steps) for after in (False, True)]


@pytest.mark.parametrize(("number", "after"), every(6))
def test_a_file_that_is_sent_at_once_is_whole_or_sent_again(
    engine_blog: Blog, moment: Moment, deaths: Deaths, number: int, after: bool
) -> None:
    with deaths.at(number, after=after):
        send(engine_blog, PICTURE, "image/jpeg")
        pytest.fail("more calls are to be tried")
    got = send(engine_blog, PICTURE, "image/jpeg")
    assert got.status in (200, 201)
    finished(engine_blog, moment)
    assert shown(engine_blog, got.json["id"])["state"] == "ready"
    assert len(engine_blog.api("GET", "/api/media").json["items"]) == 1
    assert len(in_table(engine_blog)) == 2


@pytest.mark.parametrize(("number", "after"), every(6))
def test_a_file_that_nobody_sends_again_is_whole_or_forgotten(
    engine_blog: Blog, moment: Moment, deaths: Deaths, number: int, after: bool
) -> None:
    with deaths.at(number, after=after):
        send(engine_blog, PICTURE, "image/jpeg")
    finished(engine_blog, moment)
    found = engine_blog.api("GET", "/api/media").json["items"]
    assert [one["state"] for one in found] in ([], ["ready"])
    assert (len(in_table(engine_blog)), len(in_bucket())) == ((2, 3) if found else (0, 0))


@pytest.mark.parametrize(("number", "after"), every(10))
@pytest.mark.parametrize(("content", "kind"), [(PICTURE, "image/jpeg"), (FILM, "video/mp4")])
def test_the_worker_begins_anew(
    engine_blog: Blog, moment: Moment, deaths: Deaths, content: bytes, kind: str, number: int, after: bool
) -> None:
    told = through_the_bucket(engine_blog, content, kind)
    moment.forward(seconds=31)
    with deaths.at(number, after=after):
        work_at(told["id"])
    told_truly(engine_blog)
    finished(engine_blog, moment)
    assert shown(engine_blog, told["id"])["state"] == "ready"
    assert len(in_table(engine_blog)) == 2
    assert len(in_bucket()) == (3 if kind == "image/jpeg" else 1)


@pytest.mark.parametrize(("number", "after"), every(8))
def test_a_copy_of_what_was_there_leads_to_it(
    engine_blog: Blog, moment: Moment, deaths: Deaths, number: int, after: bool
) -> None:
    first = published(engine_blog, moment, FILM, "video/mp4")
    second = through_the_bucket(engine_blog, FILM, "video/mp4")
    with deaths.at(number, after=after):
        work_at(second["id"])
    finished(engine_blog, moment)
    assert shown(engine_blog, second["id"]) == first
    assert len(in_bucket()) == 1


@pytest.mark.parametrize(("number", "after"), every(5))
def test_what_is_refused_is_refused_in_the_end(
    engine_blog: Blog, moment: Moment, deaths: Deaths, number: int, after: bool
) -> None:
    told = through_the_bucket(engine_blog, files.HTML, "image/png")
    with deaths.at(number, after=after):
        work_at(told["id"])
    finished(engine_blog, moment)
    assert shown(engine_blog, told["id"])["state"] == "refused"
    assert (in_bucket(), in_table(engine_blog)) == ([], [f"FILE#{told['id']}"])


@pytest.mark.parametrize(("number", "after"), every(9))
def test_a_deletion_that_began_ends(
    engine_blog: Blog, moment: Moment, deaths: Deaths, number: int, after: bool
) -> None:
    told = published(engine_blog, moment, PICTURE, "image/jpeg")
    with deaths.at(number, after=after):
        engine_blog.api("DELETE", f"/api/media/{told['id']}")
    told_truly(engine_blog)
    engine_blog.api("DELETE", f"/api/media/{told['id']}")
    finished(engine_blog, moment)
    assert in_bucket() == in_table(engine_blog) == []


@pytest.mark.parametrize("number", range(10))
def test_storage_that_fails_is_tried_again_and_held_against_nobody(
    engine_blog: Blog, moment: Moment, deaths: Deaths, number: int
) -> None:
    deaths.error = Unavailable
    told = through_the_bucket(engine_blog, PICTURE, "image/jpeg")
    for _ in range(MOST_ATTEMPTS + 2):
        with deaths.at(number, after=False):
            work_at(told["id"])
    finished(engine_blog, moment)
    assert shown(engine_blog, told["id"])["state"] == "ready"


def test_a_file_that_ends_its_function_each_time_is_refused(
    engine_blog: Blog, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: object) -> None:
        raise Died

    monkeypatch.setattr("chalicelib.media.drawing.draw", kill)
    told = send(engine_blog, PICTURE, "image/jpeg").json
    for _ in range(MOST_ATTEMPTS):
        moment.forward(minutes=2)
        with suppress(Died):
            jobs.run_due(60)
            pytest.fail("it was to die")
    moment.forward(minutes=2)
    jobs.run_due(60)
    made = shown(engine_blog, told["id"])
    assert (made["state"], "memory or time" in made["reason"]) == ("refused", True)
    assert in_bucket() == []


def test_storage_that_does_not_answer_is_told_to_whoever_sends(
    engine_blog: Blog, moment: Moment, deaths: Deaths
) -> None:
    deaths.error = Unavailable
    with deaths.at(4, after=False):
        assert send(engine_blog, PICTURE, "image/jpeg").status == 503
    got = send(engine_blog, PICTURE, "image/jpeg")
    assert got.status == 200
    finished(engine_blog, moment)
    assert shown(engine_blog, got.json["id"])["state"] == "ready"


def test_a_deletion_beside_the_worker_leaves_nothing(
    engine_blog: Blog, moment: Moment, deaths: Deaths
) -> None:
    """At each call of the worker somebody deletes what it is at."""
    for number in range(12):
        told = send(engine_blog, files.png(30 + number), "image/png").json
        between = iter([*[False] * number, True])
        call = objects._call

        def deleting(ask: Any, call: Any = call, between: Any = between, told: Any = told) -> Any:
            if next(between, False):
                assert engine_blog.api("DELETE", f"/api/media/{told['id']}").status in (204, 404)
            return call(ask)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(objects, "_call", deleting)
            work_at(told["id"])
        engine_blog.api("DELETE", f"/api/media/{told['id']}")
        finished(engine_blog, moment)
        assert in_bucket() == in_table(engine_blog) == []
