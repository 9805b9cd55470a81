"""Liking a post with one click, and taking that back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.core import signing
from chalicelib.core.visitors import Visitor, new_visitor, remembering
from chalicelib.posts.actions import public_post
from chalicelib.posts.tallies import read_tally
from chalicelib.settings.actions import rotate_secret
from tests import capacity, page
from tests.blog import Blog, Got
from tests.conftest import Moment
from tests.faults import Faults, at_once, error, forgotten, lost_reply
from tests.likes.counting import contradictions, cookie_of, like, records, unlike

OPEN = "/posts/open/likes"


def shown(blog: Blog, path: str = "/posts/open") -> str:
    """The sentence on a page."""
    found = next(page.classed(blog.get(path).text, "likes"))
    return page.words(next(found.iter("p")))


def buttons(html: str) -> list[str]:
    return [page.words(button) for likes in page.classed(html, "likes") for button in likes.iter("button")]


# --- one click -------------------------------------------------------------------------------


def test_a_click_is_a_like_and_leads_to_the_visitors_own_page(blog: Blog) -> None:
    blog.post("Open")
    assert shown(blog) == "Be the first to like this"
    got = like(blog)
    assert (got.status, got.headers["location"]) == (303, f"{OPEN}?done=liked")
    assert got.headers["cache-control"] == "no-store"
    own = blog.get(got.headers["location"], Cookie=cookie_of(got))
    assert (own.status, own.headers["cache-control"]) == (200, "no-store")
    assert "You like this." in own.text
    assert "One blogger likes this" in own.text
    assert buttons(own.text) == ["Unlike"]
    assert 'href="/posts/open"' in own.text
    assert shown(blog) == "One blogger likes this"
    assert contradictions("open") == []


def test_the_cookie_is_set_by_the_like_alone_and_is_random(blog: Blog) -> None:
    blog.post("Open")
    assert "set-cookie" not in blog.get("/posts/open").headers
    assert "set-cookie" not in blog.get(OPEN).headers
    one, other = like(blog), like(blog)
    for got in (one, other):
        for part in ("__Host-parley=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert part in got.headers["set-cookie"]
    assert cookie_of(one) != cookie_of(other)
    assert "set-cookie" not in blog.get(OPEN, Cookie=cookie_of(one)).headers


def test_a_visitor_likes_a_post_once(blog: Blog) -> None:
    blog.post("Open")
    cookie = cookie_of(like(blog))
    for _ in range(3):
        again = like(blog, cookie)
        assert again.headers["location"] == f"{OPEN}?done=again"
        assert "You have already liked this" in blog.get(again.headers["location"], Cookie=cookie).text
    assert shown(blog) == "One blogger likes this"
    assert contradictions("open") == []


def test_a_like_is_taken_back_once(blog: Blog) -> None:
    blog.post("Open")
    cookie, other = cookie_of(like(blog)), cookie_of(like(blog))
    for _ in range(3):
        got = unlike(blog, cookie)
        assert (got.status, got.headers["location"]) == (303, f"{OPEN}?done=taken")
        own = blog.get(got.headers["location"], Cookie=cookie).text
        assert "You no longer like this." in own
        assert buttons(own) == ["Like"]
        assert shown(blog) == "One blogger likes this"
    unlike(blog, other)
    assert shown(blog) == "Be the first to like this"
    assert contradictions("open") == []
    like(blog, cookie)
    assert shown(blog) == "One blogger likes this"


def test_who_has_no_cookie_has_nothing_to_take_back(blog: Blog) -> None:
    blog.post("Open")
    like(blog)
    for got in (unlike(blog), blog.send("DELETE", OPEN)):
        assert got.status in (200, 303)
        assert "set-cookie" not in got.headers
    assert shown(blog) == "One blogger likes this"


def test_a_browser_that_keeps_no_cookie_is_told_so(blog: Blog) -> None:
    blog.post("Open")
    got = like(blog)
    assert "did not keep" in blog.get(got.headers["location"]).text
    assert "did not keep" not in blog.get(f"{OPEN}?done=nonsense").text
    assert shown(blog) == "One blogger likes this"


def test_each_post_is_liked_for_itself(blog: Blog) -> None:
    blog.post("Open")
    blog.post("Other")
    cookie = cookie_of(like(blog))
    assert blog.get("/posts/other/likes", Cookie=cookie, Accept="application/json").json["liked"] is False
    like(blog, cookie, slug="other")
    unlike(blog, cookie)
    assert (shown(blog), shown(blog, "/posts/other")) == (
        "Be the first to like this",
        "One blogger likes this",
    )


# --- as JSON ---------------------------------------------------------------------------------


def test_json_is_answered_with_the_count(blog: Blog) -> None:
    blog.post("Open")
    first = as_json(blog, {})
    assert (first.status, first.json) == (200, {"likes": 1, "liked": True})
    assert first.headers["cache-control"] == "no-store"
    cookie = cookie_of(first)
    assert as_json(blog, {"liked": True}, cookie).json == {"likes": 1, "liked": True}
    asked = blog.get(OPEN, Accept="application/json", Cookie=cookie)
    assert asked.json == {"likes": 1, "liked": True, "faces": []}
    assert asked.headers["vary"] == "Accept"
    assert blog.get(OPEN, Accept="application/json").json["liked"] is False
    for _ in range(2):
        assert as_json(blog, {"liked": False}, cookie).json == {"likes": 0, "liked": False}
    as_json(blog, {}, cookie)
    got = blog.send("DELETE", OPEN, headers={"Cookie": cookie})
    assert (got.status, got.json) == (200, {"likes": 0, "liked": False})


def as_json(blog: Blog, sent: Any, cookie: str = "", path: str = OPEN, **headers: str) -> Got:
    told = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {}), **headers}
    return blog.send("POST", path, body=json.dumps(sent), headers=told)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"liked": "yes"}, 422),
        ({"liked": 1}, 422),
        ({"liked": None}, 422),
        ({"count": 9}, 422),
        ([], 400),
        ("x", 400),
        ({"liked": [[[]]]}, 422),
    ],
)
def test_json_that_says_something_else_is_refused(blog: Blog, sent: Any, status: int) -> None:
    blog.post("Open")
    got = as_json(blog, sent)
    assert (got.status, got.headers["content-type"]) == (status, "application/problem+json")
    assert records("open") == 0


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", "liked=maybe", 422),
        ("application/x-www-form-urlencoded", "liked=%ff", 400),
        ("application/x-www-form-urlencoded", "x" * 10_001, 413),
        ("text/plain", "like", 415),
        ("application/json", "{", 400),
        ("application/x-www-form-urlencoded", "", 303),
        ("application/x-www-form-urlencoded", "liked=yes&name=Ann", 303),
    ],
)
def test_forms_say_yes_or_no(blog: Blog, kind: str, body: str, status: int) -> None:
    blog.post("Open")
    headers = {"Content-Type": kind, "Accept": "text/html"}
    assert blog.send("POST", OPEN, body=body, headers=headers).status == status
    assert records("open") == (status == 303)


def test_head_is_get_without_its_body(blog: Blog) -> None:
    blog.post("Open")
    for accept in ("text/html", "application/json"):
        got, head = (blog.send(how, OPEN, headers={"Accept": accept}) for how in ("GET", "HEAD"))
        assert (head.status, head.text) == (200, "")
        assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_other_methods_are_refused(blog: Blog, method: str) -> None:
    got = blog.send(method, OPEN)
    assert got.status == 405
    assert set(got.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "DELETE"}


# --- which posts -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["draft", "scheduled", "deleted", "withdrawn", "none"])
def test_what_is_hidden_can_be_neither_liked_nor_looked_at(blog: Blog, moment: Moment, kind: str) -> None:
    fields = {
        "draft": {"status": "draft"},
        "scheduled": {"published_at": moment.ahead(hours=1)},
    }.get(kind, {})
    post = blog.post("Secret" if kind == "none" else "Open", **fields)
    if kind == "deleted":
        blog.api("DELETE", f"/api/posts/{post['id']}")
    if kind == "withdrawn":
        blog.api("PATCH", f"/api/posts/{post['id']}", status="draft")
    status = 410 if kind == "deleted" else 404
    cookie = remembering(new_visitor())["Set-Cookie"].partition(";")[0]
    asked = [like(blog), unlike(blog, cookie), as_json(blog, {}), blog.get(OPEN), blog.send("DELETE", OPEN)]
    assert [got.status for got in asked] == [status] * 5
    assert not [item for item in blog.everything() if item["pk"]["S"].startswith(("L#", "RATE#"))]


def test_an_unlisted_post_can_be_liked(blog: Blog) -> None:
    blog.post("Open", status="unlisted")
    like(blog)
    assert shown(blog) == "One blogger likes this"


def test_a_static_page_takes_no_likes(blog: Blog) -> None:
    blog.post("About", type="page", slug="about")
    assert "likes" not in blog.get("/about").text
    got = as_json(blog, {}, path="/posts/about/likes")
    assert (got.status, got.json["detail"]) == (409, "A static page takes no likes.")
    assert like(blog, slug="about").status == 409
    asked = blog.get("/posts/about/likes")
    assert (asked.status, asked.headers["location"]) == (301, "/about")


def test_an_older_address_leads_to_the_new_one(blog: Blog) -> None:
    post = blog.post("Open")
    cookie = cookie_of(like(blog))
    blog.api("PATCH", f"/api/posts/{post['id']}", slug="new")
    assert blog.get(OPEN).headers["location"] == "/posts/new/likes"
    assert like(blog, cookie).headers["location"] == "/posts/new/likes?done=again"
    assert shown(blog, "/posts/new") == "One blogger likes this"


def test_where_likes_are_closed_the_count_stays_and_the_button_goes(blog: Blog) -> None:
    blog.post("Open")
    blog.post("Other")
    cookie = cookie_of(like(blog))
    blog.api("PATCH", "/api/settings", likes_open=False)
    text = blog.get("/posts/open").text
    assert shown(blog) == "One blogger likes this"
    assert buttons(text) == []
    assert list(page.classed(blog.get("/posts/other").text, "likes")) == []
    got = like(blog)
    assert got.status == 409
    assert "Likes are closed." in got.text
    assert as_json(blog, {}).json["detail"] == "Likes are closed."
    assert "set-cookie" not in got.headers
    # What is somebody's own can still be taken back.
    assert buttons(blog.get(OPEN, Cookie=cookie).text) == ["Unlike"]
    unlike(blog, cookie)
    assert records("open") == 0
    blog.api("PATCH", "/api/settings", likes_open=True)
    assert buttons(blog.get("/posts/open").text) == ["Like"]


# --- whose cookie ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forge",
    [
        lambda cookie: cookie[:-1] + ("A" if cookie[-1] != "A" else "B"),
        lambda cookie: cookie.partition(".")[0],
        lambda _: "__Host-parley=" + signing.seal("reply", '["a","",""]'),
        lambda _: "__Host-parley=" + signing.seal("visitor", '["a"]'),
        lambda _: "__Host-parley=" + signing.seal("visitor", "[1,2,3]"),
        lambda _: "__Host-parley=",
        lambda cookie: cookie.replace("__Host-", ""),
        lambda _: "__Host-parley=\u00e9.\u00e9",
    ],
)
def test_a_cookie_that_this_blog_did_not_sign_is_none(blog: Blog, forge: Callable[[str], str]) -> None:
    blog.post("Open")
    cookie = cookie_of(like(blog))
    forged = forge(cookie)
    assert blog.get(OPEN, Accept="application/json", Cookie=forged).json["liked"] is False
    unlike(blog, forged)
    assert records("open") == 1
    assert "set-cookie" in like(blog, forged).headers
    assert records("open") == 2


def test_a_cookie_outlives_one_change_of_the_secret_and_is_signed_anew(blog: Blog) -> None:
    blog.post("Open")
    cookie = cookie_of(like(blog))
    rotate_secret()
    renewed = cookie_of(like(blog, cookie))
    assert (renewed != cookie, records("open")) == (True, 1)
    rotate_secret()
    assert blog.get(OPEN, Accept="application/json", Cookie=cookie).json["liked"] is False
    assert blog.get(OPEN, Accept="application/json", Cookie=renewed).json["liked"] is True


def test_a_like_and_a_reply_of_one_visitor_have_nothing_in_common(blog: Blog) -> None:
    visitor = Visitor("same")
    assert visitor.mark("like") != visitor.mark("comment")
    blog.post("Open")
    like(blog, remembering(visitor)["Set-Cookie"].partition(";")[0])
    told = json.dumps(blog.everything(), default=str)
    assert visitor.mark("like") in told
    assert visitor.mark("comment") not in told
    assert '"same"' not in told


@pytest.mark.parametrize(
    ("sender", "status"),
    [("cross-site", 403), ("same-site", 303), ("same-origin", 303), ("none", 303), ("", 303)],
)
@pytest.mark.parametrize("liked", ["", "no"])
def test_a_form_on_another_site_makes_no_like_and_sets_no_cookie(
    engine_blog: Blog, sender: str, status: int, liked: str
) -> None:
    engine_blog.post("Open")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    before = engine_blog.everything()
    body = urlencode({"liked": liked} if liked else {})
    got = engine_blog.send("POST", OPEN, body=body, headers={**headers, "Sec-Fetch-Site": sender})
    assert got.status == status
    if status == 403:
        assert "Another website sent this like" in got.text
        assert "set-cookie" not in got.headers
        assert engine_blog.everything() == before


def test_json_of_another_site_makes_no_like(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}
    got = engine_blog.send("POST", OPEN, body="{}", headers=headers)
    assert (got.status, got.headers["content-type"]) == (403, "application/problem+json")
    assert records("open") == 0


def test_a_page_made_for_one_visitor_is_the_same_for_all(blog: Blog, moment: Moment) -> None:
    blog.post("Open")
    cookie = cookie_of(like(blog))
    moment.forward(minutes=1)
    mine, theirs = blog.get("/posts/open", Cookie=cookie), blog.get("/posts/open")
    assert (mine.text, mine.headers["etag"]) == (theirs.text, theirs.headers["etag"])


# --- so many from a network ------------------------------------------------------------------


def test_without_cookies_a_network_likes_so_often_a_day(blog: Blog, moment: Moment) -> None:
    blog.post("Open")
    blog.post("Other")
    blog.api("PATCH", "/api/settings", likes_per_network=3)
    made = [like(blog, ip=f"203.0.113.{number}") for number in range(5)]
    assert [got.status for got in made] == [303, 303, 303, 429, 429]
    refused = made[-1]
    assert refused.headers["retry-after"] == str(24 * 3600)
    assert "set-cookie" not in refused.headers
    assert "from your network" in refused.text
    assert records("open") == 3
    told = as_json(blog, {})
    assert (told.status, told.json["title"]) == (429, "Too many at once")
    # Another post is liked by nobody new, so that cookies do not add up; but by those who are known.
    assert like(blog, slug="other").status == 429
    visitor = cookie_of(made[0])
    assert like(blog, visitor).status == 303
    assert like(blog, visitor, slug="other").status == 303
    assert like(blog, ip="198.51.100.1").status == 303
    moment.forward(hours=23, minutes=59)
    assert like(blog).status == 429
    moment.forward(minutes=2)
    assert like(blog).status == 303
    assert contradictions("open") == []


def test_a_day_of_a_network_does_not_end_at_midnight(blog: Blog, moment: Moment) -> None:
    blog.post("Open")
    blog.api("PATCH", "/api/settings", likes_per_network=1)
    moment.forward(hours=11, minutes=59)
    assert [like(blog).status for _ in range(2)] == [303, 429]
    moment.forward(minutes=2)
    assert like(blog).status == 429
    moment.forward(hours=24)
    assert like(blog).status == 303


def test_a_cap_of_zero_is_none(blog: Blog) -> None:
    blog.post("Open")
    blog.api("PATCH", "/api/settings", likes_per_network=0)
    assert {like(blog).status for _ in range(12)} == {303}
    assert records("open") == 12
    assert not [item for item in blog.everything() if item["pk"]["S"].startswith("RATE#")]


def test_what_a_client_says_of_its_address_changes_nothing(blog: Blog) -> None:
    blog.post("Open")
    blog.api("PATCH", "/api/settings", likes_per_network=1)
    like(blog)
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP"):
        for address in ("198.51.100.7", "for=198.51.100.7", "2001:db8::1"):
            assert as_json(blog, {}, **{name: address}).status == 429
    assert records("open") == 1


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("203.0.113.1", "203.0.113.254", True),
        ("203.0.113.1", "203.0.114.1", False),
        ("2001:db8:1:1::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("nonsense", "", True),
    ],
)
def test_a_network_is_a_24_or_a_48(blog: Blog, one: str, other: str, together: bool) -> None:
    blog.post("Open")
    blog.api("PATCH", "/api/settings", likes_per_network=1)
    assert like(blog, ip=one).status == 303
    assert like(blog, ip=other).status == (429 if together else 303)


def test_no_address_is_stored(blog: Blog) -> None:
    blog.post("Open")
    like(blog, ip="198.51.100.77")
    assert "198.51.100" not in json.dumps(blog.everything(), default=str)


# --- what it costs ---------------------------------------------------------------------------


def test_a_like_costs_a_lookup_and_a_small_transaction(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("Open")
    cookie = cookie_of(like(engine_blog))
    new = remembering(new_visitor())["Set-Cookie"].partition(";")[0]
    calls = {}
    for name, action in {
        "known": lambda: like(engine_blog, new),
        "again": lambda: like(engine_blog, new),
        "back": lambda: unlike(engine_blog, new),
        "look": lambda: engine_blog.get(OPEN, Cookie=cookie),
        "stranger": lambda: like(engine_blog),
    }.items():
        faults.clear()
        action()
        calls[name] = faults.calls
    write = ["GetItem", "TransactWriteItems"]
    assert calls["known"] == calls["again"] == calls["back"] == write
    assert calls["look"] == ["GetItem", "GetItem", "Query"]
    assert calls["stranger"] == ["GetItem", "BatchGetItem", "TransactWriteItems"]


def test_every_item_that_a_like_writes_is_under_a_kilobyte(engine_blog: Blog) -> None:
    slug = "x" * 120
    engine_blog.post("Long", slug=slug)
    for _ in range(12):
        like(engine_blog, slug=slug)
    written = [i for i in engine_blog.everything() if i["pk"]["S"].startswith(("L#", "RATE#", "P#"))]
    written = [item for item in written if item["sk"]["S"] not in ("0card", "1body", "4around")]
    assert len(written) == 12
    assert max(map(capacity.item_size, written)) < 1024
    assert max(capacity.item_size(i) for i in written if i["pk"]["S"].startswith("L#")) < 100


def test_a_page_with_likes_and_faces_stays_one_query(engine_blog: Blog, faults: Faults) -> None:
    post = engine_blog.post("Open")
    for number in range(13):
        sent = {"url": f"https://a.example/{number}", "name": f"Ann {number}"}
        engine_blog.api("POST", f"/api/posts/{post['id']}/likes", **sent)
    like(engine_blog)
    faults.clear()
    got = engine_blog.get("/posts/open")
    assert faults.calls == ["Query"]
    faults.clear()
    assert engine_blog.get("/posts/open", If_None_Match=got.headers["etag"]).status == 304
    assert faults.calls == ["Query"]


def test_each_like_is_another_version_of_the_page_and_of_no_list(blog: Blog, moment: Moment) -> None:
    blog.post("Open", tags=["a"])
    targets = ("/", "/tags/a", "/archive", "/feed.atom", "/feed.rss", "/feed.json", "/sitemap.xml")

    def tags() -> list[str]:
        moment.forward(minutes=1)
        return [blog.get(target).headers["etag"] for target in targets]

    lists, seen = tags(), set()
    cookie = cookie_of(like(blog))
    for action in (lambda: None, lambda: unlike(blog, cookie), lambda: like(blog, cookie)):
        action()
        moment.forward(minutes=1)
        seen.add(blog.get("/posts/open").headers["etag"])
    assert len(seen) == 3
    like(blog, cookie)
    moment.forward(minutes=1)
    assert blog.get("/posts/open").headers["etag"] in seen
    assert tags() == lists


# --- faults ----------------------------------------------------------------------------------


def test_a_like_whose_answer_was_lost_counts_once(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("Open")
    known = remembering(new_visitor())["Set-Cookie"].partition(";")[0]
    for cookie in (known, ""):
        faults.on("TransactWriteItems", lost_reply())
        faults.on("TransactWriteItems", forgotten())
        assert like(engine_blog, cookie).status == 303
    assert records("open") == 2
    faults.on("TransactWriteItems", lost_reply())
    faults.on("TransactWriteItems", forgotten())
    unlike(engine_blog, known)
    assert records("open") == 1
    assert contradictions("open") == []


def test_storage_that_fails_is_said(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("Open")
    faults.on("TransactWriteItems", error("InternalServerError", 500), times=99)
    got = as_json(engine_blog, {})
    assert (got.status, got.headers["retry-after"]) == (503, "5")
    assert "set-cookie" not in got.headers


def test_likes_are_dropped_by_no_change_of_the_post(blog: Blog) -> None:
    post = blog.post("Open")
    cookie = cookie_of(like(blog))
    blog.api("PATCH", f"/api/posts/{post['id']}", body="Other words", slug="new", tags=["b"])
    blog.api("DELETE", f"/api/posts/{post['id']}")
    blog.api("PATCH", f"/api/posts/{post['id']}", status="published")
    assert shown(blog, "/posts/new") == "One blogger likes this"
    unlike(blog, cookie, slug="new")
    assert (records("new"), read_tally(public_post("new").home).likes) == (0, 0)


# --- a double click --------------------------------------------------------------------------


def test_a_double_click_before_any_cookie_is_one_like(blog: Blog) -> None:
    blog.post("Open")
    first, second = (like(blog, browser="Firefox") for _ in range(2))
    assert [got.status for got in (first, second)] == [303, 303]
    assert cookie_of(first) == cookie_of(second)
    assert records("open") == 1
    assert like(blog, cookie_of(second), liked="no").status == 303
    assert records("open") == 0


def test_ten_clicks_at_once_before_any_cookie_are_one_like(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    at_once([lambda: like(engine_blog, browser="Firefox")] * 10)
    assert records("open") == 1
    assert contradictions("open") == []


@pytest.mark.parametrize(
    ("seconds", "same", "likes"),
    [(4, True, 1), (11, True, 2), (0, False, 2)],
    ids=["soon", "later", "others"],
)
def test_who_comes_later_or_from_elsewhere_is_somebody_else(
    engine_blog: Blog, moment: Moment, seconds: int, same: bool, likes: int
) -> None:
    engine_blog.post("Open")
    like(engine_blog, browser="Firefox")
    moment.forward(seconds=seconds)
    like(engine_blog, browser="Firefox", ip="203.0.113.9" if same else "203.0.113.10")
    assert records("open") == likes
