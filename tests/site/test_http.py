"""What caches are told, and when a client's copy is still good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core import table
from tests import capacity
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Faults

PASSING = {"x-request-id": "", "x-amzn-requestid": ""}
LISTS = [
    "/",
    "/tags",
    "/tags/a",
    "/archive",
    "/archive/2026",
    "/archive/2026/11",
    "/series",
    "/series/s",
    "/author",
    "/subscribe",
]
PAGES = [*LISTS, "/privacy", "/posts/open", "/posts/open/comments", "/about"]


@pytest.fixture
def settled(engine_blog: Blog, moment: Moment) -> Blog:
    """A blog in which nothing has changed for a while: two posts beside each other, and a page."""
    engine_blog.post("Open", tags=["a"], series="S")
    moment.forward(seconds=1)
    engine_blog.post("Beside", tags=["a"])
    engine_blog.post("About", type="page")
    engine_blog.reply("open", "First")
    moment.forward(minutes=1)
    engine_blog.get("/")
    return engine_blog


def patch(blog: Blog, title: str, /, **fields: Any) -> None:
    posts = [
        *blog.api("GET", "/api/posts").json["items"],
        *blog.api("GET", "/api/posts?type=page").json["items"],
    ]
    (found,) = [post["id"] for post in posts if post["title"] == title]
    assert blog.api("PATCH", f"/api/posts/{found}", **fields).status == 200


def decide(blog: Blog, status: str) -> None:
    (reply,) = blog.api("GET", "/api/comments?status=approved").json["items"]
    assert blog.api("PATCH", f"/api/comments/{reply['id']}", status=status).status == 200


@pytest.mark.parametrize("target", PAGES)
def test_a_page_has_a_weak_tag_and_a_good_copy_costs_one_small_read(
    settled: Blog, faults: Faults, target: str
) -> None:
    got = settled.get(target)
    assert (got.status, got.headers["etag"][:3]) == (200, 'W/"')
    for tag in (got.headers["etag"], got.headers["etag"].removeprefix("W/"), f'"x", {got.headers["etag"]}'):
        for method in ("GET", "HEAD"):
            faults.clear()
            again = settled.send(method, target, headers={"If-None-Match": tag})
            assert (again.status, again.text) == (304, "")
            assert faults.calls == ([] if target == "/privacy" else ["Query"])
            for name in ("etag", "cache-control", "content-security-policy", "x-content-type-options"):
                assert again.headers[name] == got.headers[name]
    assert settled.get(target, If_None_Match='W/"another"').status == 200


def test_a_good_copy_of_a_post_is_known_by_less_than_a_kilobyte(settled: Blog, faults: Faults) -> None:
    settled.post("Long", "words " * 20_000)
    tag = settled.get("/posts/long").headers["etag"]
    faults.clear()
    with capacity_of(faults) as read:
        assert settled.get("/posts/long", If_None_Match=tag).status == 304
    assert len(read) == 1
    assert sum(read) <= 1024


@pytest.mark.parametrize("target", PAGES)
def test_a_head_says_what_a_get_says(settled: Blog, target: str) -> None:
    got, head = settled.get(target), settled.send("HEAD", target)
    assert (head.status, head.text) == (200, "")
    assert head.headers | PASSING == got.headers | PASSING


def test_a_tag_belongs_to_one_list(settled: Blog) -> None:
    settled.api("PATCH", "/api/settings", posts_per_page=1)
    assert len({settled.get(target).headers["etag"] for target in LISTS}) == len(LISTS)


POST = ["/posts/open", "/posts/open/comments"]
CHANGES: dict[str, tuple[Callable[[Blog], Any], list[str]]] = {
    "an edit": (lambda blog: patch(blog, "Open", body="Other words"), [*POST, "/"]),
    "a new title": (lambda blog: patch(blog, "Open", title="T"), [*POST, *LISTS, "/posts/beside"]),
    "a new slug": (lambda blog: patch(blog, "Open", slug="moved"), [*LISTS, "/posts/beside"]),
    "tags": (lambda blog: patch(blog, "Open", tags=["a", "b"]), [*POST, "/", "/tags", "/tags/a"]),
    "a series": (lambda blog: patch(blog, "Open", series=""), [*POST, "/series", "/series/s"]),
    "a reply held": (lambda blog: decide(blog, "pending"), [*POST, "/"]),
    "a reply taken out": (lambda blog: decide(blog, "deleted"), [*POST, "/"]),
    "another reply": (lambda blog: blog.reply("open", "Second"), [*POST, "/"]),
    "the blog's title": (lambda blog: blog.api("PATCH", "/api/settings", title="New"), PAGES),
    "the clocks": (lambda blog: blog.api("PATCH", "/api/settings", time_zone="Asia/Tokyo"), PAGES),
    "comments closed": (lambda blog: blog.api("PATCH", "/api/settings", comments_open=False), POST),
    "a new post": (lambda blog: blog.post("New", tags=["a"]), [*LISTS, "/posts/beside"]),
    "a new page": (lambda blog: blog.post("Colophon", type="page"), PAGES),
    "a page's title": (lambda blog: patch(blog, "About", title="Me"), PAGES),
    "a neighbour unlisted": (lambda blog: patch(blog, "Beside", status="unlisted"), ["/posts/open", *LISTS]),
    "a neighbour drafted": (lambda blog: patch(blog, "Beside", status="draft"), ["/posts/open", *LISTS]),
    "a post pinned": (lambda blog: patch(blog, "Open", pinned=True), PAGES),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_at_once_and_later(settled: Blog, moment: Moment, change: str) -> None:
    make, changed = CHANGES[change]
    before = {target: settled.get(target).headers["etag"] for target in changed}
    make(settled)
    for _ in ("at once", "later"):
        for target, tag in before.items():
            assert settled.get(target, If_None_Match=tag).status != 304, target
        moment.forward(minutes=1)


def test_comments_that_close_by_age_change_the_page(settled: Blog, moment: Moment) -> None:
    settled.api("PATCH", "/api/settings", comments_close_days=2)
    before = settled.get("/posts/open")
    assert "<textarea" in before.text
    moment.now = moment.now.replace(day=25, hour=12, minute=0, second=0)
    moment.forward(seconds=-1)
    assert settled.get("/posts/open", If_None_Match=before.headers["etag"]).status == 304
    moment.forward(seconds=1)
    after = settled.get("/posts/open", If_None_Match=before.headers["etag"])
    assert (after.status, "<textarea" in after.text) == (200, False)


HIDE: dict[str, Callable[[Blog, str], Any]] = {
    "draft": lambda blog, target: blog.api("PATCH", target, status="draft"),
    "deleted": lambda blog, target: blog.api("DELETE", target),
}


@pytest.mark.parametrize("target", ["/posts/kept", "/posts/kept/comments"])
@pytest.mark.parametrize("first", ["published", "unlisted"])
@pytest.mark.parametrize("hide", HIDE)
def test_a_post_that_is_taken_back_is_never_said_to_be_unchanged(
    settled: Blog, moment: Moment, hide: str, first: str, target: str
) -> None:
    post = settled.post("Kept", status=first)
    tags = [settled.get(target).headers["etag"], settled.get("/posts/open").headers["etag"], "*"]
    HIDE[hide](settled, f"/api/posts/{post['id']}")
    for _ in range(2):
        assert {settled.get(target, If_None_Match=tag).status for tag in tags} <= {404, 410}
        moment.forward(days=2)


def test_no_tag_tells_that_there_is_a_draft(settled: Blog, moment: Moment) -> None:
    """Two posts with as many changes must not share a tag that opens a third."""
    settled.post("Secret", status="draft")
    settled.post("Later", published_at=moment.ahead(days=1))
    known = [settled.get(target).headers["etag"] for target in PAGES]
    parts = settled.get("/").headers["etag"][3:-1].split(".")[:3]
    guessed = [f'W/"{".".join(parts)}.{number}"' for number in range(8)]
    for slug in ("secret", "later"):
        for target in (f"/posts/{slug}", f"/posts/{slug}/comments"):
            assert {settled.get(target, If_None_Match=tag).status for tag in [*known, *guessed, "*"]} == {404}


def test_any_copy_at_all_is_answered_with_the_page(settled: Blog) -> None:
    assert settled.get("/posts/open", If_None_Match="*").status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("same", 304),
        ("Mon, 23 Nov 2026 13:00:00 GMT", 304),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 200),
        ("Mon, 23 Nov 2026 11:00:00 +0000", 200),
        ("yesterday", 200),
        ("", 200),
        ("Mon, 99 Nov 2026 11:00:00 GMT", 200),
        ("Mon, 01 Jan 0001 00:00:00 +2300", 200),
        ("9" * 5000, 200),
    ],
)
@pytest.mark.parametrize("target", LISTS)
def test_lists_go_by_dates_too(settled: Blog, target: str, sent: str, status: int) -> None:
    date = settled.get(target).headers["last-modified"] if sent == "same" else sent
    assert settled.get(target, If_Modified_Since=date).status == status
    assert settled.get(target, If_Modified_Since=date, If_None_Match='"other"').status == 200


def test_a_list_that_is_still_settling_is_good_for_its_second(settled: Blog, moment: Moment) -> None:
    old = settled.get("/")
    settled.post("New")
    tags, dates = [], []
    for _ in range(5):
        got = settled.get("/", If_None_Match=old.headers["etag"])
        assert got.status == 200
        assert settled.get("/", If_None_Match=got.headers["etag"]).status == 304
        tags.append(got.headers["etag"])
        dates.append(got.headers["last-modified"])
        moment.forward(seconds=1)
    assert [tags.index(tag) for tag in tags] == [0, 1, 2, 3, 3]
    assert [date[-12:-4] for date in dates] == ["12:01:00"] * 3 + ["12:01:01"] * 2


@pytest.mark.parametrize("target", PAGES)
def test_no_copy_outlives_the_next_scheduled_post(settled: Blog, moment: Moment, target: str) -> None:
    settled.post("Coming", published_at=moment.ahead(seconds=90))
    ages = []
    for forward in (0, 29, 1, 31, 28, 1, 1):
        moment.forward(seconds=forward)
        words = settled.get(target).headers["cache-control"].replace("=", ",").split(",")
        age, stale = int(words[2]), int(words[4]) if len(words) > 4 else 0
        ages.append((age, stale))
    assert ages == [(60, 30), (60, 1), (60, 0), (29, 0), (1, 0), (60, 60), (60, 60)]


def capacity_of(faults: Faults) -> Any:
    return _Read(faults)


class _Read:
    """The bytes of the items that each call reads, as the service counts them."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def __enter__(self) -> list[int]:
        self.sizes: list[int] = []
        return self.sizes

    def __exit__(self, *_: object) -> None:
        for operation, body in list(self._faults.requests):
            assert operation == "Query"
            client = table.client()
            items = client.query(**body)["Items"]
            self.sizes.append(sum(capacity.item_size(item) for item in items))


@pytest.mark.parametrize("target", ["/posts/open", "/posts/open/comments"])
def test_a_copy_from_right_after_a_change_is_good_for_its_second_only(
    engine_blog: Blog, moment: Moment, target: str
) -> None:
    """What was read then may be older than the change: neither readers nor this process may keep it."""
    engine_blog.post("Open")
    engine_blog.reply("open", "First")
    tags = []
    for _ in range(6):
        got = engine_blog.get(target)
        tags.append(got.headers["etag"])
        assert engine_blog.get(target, If_None_Match=tags[0]).status == (304 if tags[0] == tags[-1] else 200)
        moment.forward(seconds=1)
    assert [len(set(tags[:3])), len(set(tags[3:]))] == [3, 1]
