"""Many likes at the same moment: what is counted is what is recorded, whatever conflicts or dies."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.core import jobs, table
from chalicelib.core.visitors import new_visitor, remembering
from chalicelib.posts.store import TALLIES, TALLY, partition
from chalicelib.posts.tallies import fold, read_tally
from tests.blog import Blog, Got
from tests.conftest import Moment
from tests.faults import Conflicts, Faults, at_once, cancelled
from tests.journeys.test_crashes import FAULTS, deaths
from tests.likes.counting import contradictions, cookie_of, like, records, unlike

THREADS = 40


def visitors(count: int) -> list[str]:
    return [remembering(new_visitor())["Set-Cookie"].partition(";")[0] for _ in range(count)]


def together(tasks: list[Callable[[], Got]], threads: int = THREADS) -> list[int]:
    with ThreadPoolExecutor(threads) as pool:
        return [done.result().status for done in [pool.submit(task) for task in tasks]]


def tallies(home: str = "open") -> list[dict[str, Any]]:
    return table.query(partition(home), start=TALLY, end=f"{TALLY}~", limit=TALLIES, consistent=True)


@pytest.mark.slow
def test_ten_thousand_likes_at_once_are_ten_thousand(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    got = together([lambda cookie=cookie: like(engine_blog, cookie) for cookie in visitors(10_000)])
    assert got.count(303) == records("open") == read_tally("open").likes == 10_000
    assert "10,000 bloggers like this" in engine_blog.get("/posts/open").text
    spread = {item["pk"]["S"] for item in engine_blog.everything() if item["pk"]["S"].startswith("L#")}
    assert len(spread) > 20


@pytest.mark.slow
def test_ten_thousand_likes_that_meet_are_ten_thousand(engine_blog: Blog) -> None:
    """Whoever is told that it may not have been kept presses again."""
    engine_blog.post("Open")
    waiting = visitors(10_000)
    with Conflicts(table.client()) as conflicts:
        while waiting:
            got = together([lambda cookie=cookie: like(engine_blog, cookie) for cookie in waiting], 16)
            assert set(got) <= {303, 503}
            waiting = [cookie for cookie, status in zip(waiting, got, strict=True) if status == 503]
    assert conflicts.met > 100
    assert read_tally("open").likes == records("open") == 10_000
    assert contradictions("open") == []


def test_likes_that_meet_are_counted_on_other_tallies(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    cookies = visitors(200)
    with Conflicts(table.client()) as conflicts:
        got = together([lambda cookie=cookie: like(engine_blog, cookie) for cookie in cookies], 16)
        assert set(got) <= {303, 503}
        # Whoever was told that it may not have been kept presses again.
        left = [cookie for cookie, status in zip(cookies, got, strict=True) if status == 503]
        together([lambda cookie=cookie: like(engine_blog, cookie) for cookie in left], 2)
    assert conflicts.met > 10
    assert read_tally("open").likes == records("open") == 200
    assert contradictions("open") == []


def test_likes_come_and_go_at_once(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    cookies = visitors(24)
    together([lambda cookie=cookie: like(engine_blog, cookie) for cookie in cookies])
    with Conflicts(table.client()):
        tasks = [lambda c=c: unlike(engine_blog, c) for c in cookies[:12] for _ in range(2)]
        tasks += [lambda c=c: like(engine_blog, c) for c in visitors(12)]
        together(tasks, 8)
    assert contradictions("open") == []


def test_ten_clicks_at_once_are_one_like(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    (cookie,) = visitors(1)
    got = at_once([lambda: like(engine_blog, cookie)] * 10)
    assert {answer.status for answer in got} == {303}
    assert [answer.headers["location"][-5:] for answer in got].count("liked") == 1
    assert read_tally("open").likes == records("open") == 1
    got = at_once([lambda: unlike(engine_blog, cookie)] * 10)
    assert read_tally("open").likes == records("open") == 0


@pytest.mark.parametrize("between", [True, False])
def test_a_network_is_held_to_its_number_also_at_once(engine_blog: Blog, *, between: bool) -> None:
    engine_blog.post("Open")
    engine_blog.api("PATCH", "/api/settings", likes_per_network=3)
    tasks = [lambda: like(engine_blog)] * 8
    if between:
        with Conflicts(table.client()):
            got = at_once(tasks)
    else:
        got = at_once(tasks)
    assert {answer.status for answer in got} <= {303, 429, 503}
    counted = [answer.status for answer in got].count(303)
    assert 1 <= counted == records("open") <= 3
    assert contradictions("open") == []


@FAULTS
@pytest.mark.parametrize("known", [True, False])
def test_a_like_is_given_whole_or_not_at_all(
    engine_blog: Blog, faults: Faults, fault: Any, *, known: bool
) -> None:
    engine_blog.post("Open")
    engine_blog.api("PATCH", "/api/settings", likes_per_network=1000)
    cookies = visitors(60)

    def give(number: int) -> Got:
        return like(engine_blog, cookies[number] if known else "")

    for number in deaths(faults, fault, give):
        assert contradictions("open") == []
        before = records("open")
        assert give(number).status == 303
        assert contradictions("open") == []
        if known:
            assert records("open") == number + 1
        else:
            assert records("open") == before + 1


@FAULTS
def test_a_like_is_taken_back_whole_or_not_at_all(engine_blog: Blog, faults: Faults, fault: Any) -> None:
    engine_blog.post("Open")
    cookies = visitors(10)
    for cookie in cookies:
        like(engine_blog, cookie)
    for number in deaths(faults, fault, lambda number: unlike(engine_blog, cookies[number])):
        assert contradictions("open") == []
        assert unlike(engine_blog, cookies[number]).status == 303
        assert records("open") == 9 - number
        assert contradictions("open") == []


@FAULTS
@pytest.mark.parametrize("gone", [True, False])
def test_a_like_from_a_site_comes_and_goes_whole(
    engine_blog: Blog, faults: Faults, fault: Any, *, gone: bool
) -> None:
    post = engine_blog.post("Open")
    target = f"/api/posts/{post['id']}/likes"

    def come(number: int) -> Got:
        return engine_blog.api("POST", target, url=f"https://{number}.example/", name=f"Ann {number}")

    def go(number: int) -> Got:
        return engine_blog.api("DELETE", f"{target}?url=https://{number}.example/")

    if gone:
        for number in range(20):
            come(number)
    for number in deaths(faults, fault, go if gone else come):
        assert contradictions("open") == []
        again = go(number) if gone else come(number)
        assert again.status in ((204, 404) if gone else (200, 201))
        assert records("open") == (19 - number if gone else number + 1)
        assert contradictions("open") == []


def test_what_is_counted_elsewhere_is_brought_back(engine_blog: Blog, faults: Faults, moment: Moment) -> None:
    engine_blog.post("Open", tags=["a"])
    cookies = visitors(8)
    for cookie in cookies:
        faults.clear()
        faults.on("TransactWriteItems", cancelled("None", "TransactionConflict"))
        like(engine_blog, cookie)
    faults.clear()
    assert len(tallies()) > 1
    moment.forward(minutes=1)
    tags = [engine_blog.get(path).headers["etag"] for path in ("/", "/posts/open", "/feed.atom")]
    assert jobs.run_due(60) > 0
    (item,) = tallies()
    assert (item["sk"], item["likes"]) == ("2n#0", 8)
    moment.forward(minutes=1)
    # Nobody sees another number, and lists show none.
    assert [engine_blog.get(path).headers["etag"] for path in ("/", "/posts/open", "/feed.atom")] == tags
    fold("open 3")
    unlike(engine_blog, cookies[0])
    assert read_tally("open").likes == records("open") == 7
    assert contradictions("open") == []


def test_a_first_like_gives_a_cookie_by_which_the_next_is_known(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    cookie = cookie_of(like(engine_blog))
    got = at_once([lambda: like(engine_blog, cookie)] * 4)
    assert {answer.headers["location"][-5:] for answer in got} == {"again"}
    assert records("open") == 1
