"""The way of a request: methods, addresses, headers, errors, and its line in the log."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

import app as parley
from chalicelib.core import answers
from chalicelib.core.config import config
from chalicelib.settings.actions import forget_site
from tests import page
from tests.blog import Blog, Got
from tests.conftest import MEDIA, Moment
from tests.faults import Faults, cancelled, error, lost_request, refused, throttled

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TAKEN = {
    "/": "GET HEAD",
    "/posts/{slug}": "GET HEAD",
    "/posts/{slug}/comments": "GET HEAD POST",
    "/posts/{slug}/comments/{comment_id}": "GET HEAD",
    "/tags": "GET HEAD",
    "/tags/{tag}": "GET HEAD",
    "/archive": "GET HEAD",
    "/archive/{year}": "GET HEAD",
    "/archive/{year}/{month}": "GET HEAD",
    "/series": "GET HEAD",
    "/series/{series}": "GET HEAD",
    "/author": "GET HEAD",
    "/subscribe": "GET HEAD",
    "/privacy": "GET HEAD",
    "/feed": "GET HEAD",
    "/feed.atom": "GET HEAD",
    "/feed.rss": "GET HEAD",
    "/feed.json": "GET HEAD",
    "/comments/feed": "GET HEAD",
    "/comments/feed.atom": "GET HEAD",
    "/comments/feed.rss": "GET HEAD",
    "/comments/feed.json": "GET HEAD",
    "/tags/{tag}/feed": "GET HEAD",
    "/tags/{tag}/feed.atom": "GET HEAD",
    "/tags/{tag}/feed.rss": "GET HEAD",
    "/tags/{tag}/feed.json": "GET HEAD",
    "/posts/{slug}/comments/feed": "GET HEAD",
    "/posts/{slug}/comments/feed.atom": "GET HEAD",
    "/posts/{slug}/comments/feed.rss": "GET HEAD",
    "/posts/{slug}/comments/feed.json": "GET HEAD",
    "/sitemap.xml": "GET HEAD",
    "/sitemaps/{part}": "GET HEAD",
    "/sitemaps/pages.xml": "GET HEAD",
    "/robots.txt": "GET HEAD",
    "/manifest.webmanifest": "GET HEAD",
    "/icon.svg": "GET HEAD",
    "/posts/{slug}/likes": "GET HEAD POST DELETE",
    "/posts/{slug}/reply": "GET HEAD",
    "/posts/{slug}/comments/{comment_id}/own": "GET HEAD",
    "/replies/{key}": "GET HEAD POST PATCH DELETE",
    "/replies/{key}/delete": "POST",
    "/replies/{key}/mail": "POST",
    "/assets/{name}": "GET HEAD",
    "/mail/{key}": "GET HEAD POST",
    "/mail/{key}/stop": "GET HEAD POST",
    "/yours": "GET HEAD POST",
    "/yours/{key}": "GET HEAD",
    "/yours/{key}/export": "GET HEAD",
    "/yours/{key}/erase": "GET HEAD POST",
    "/api/posts": "GET HEAD POST",
    "/api/posts/{post_id}/recount": "POST",
    "/preview/{key}": "GET HEAD",
    "/api/render": "POST",
    "/api/posts/{post_id}/preview": "POST DELETE",
    "/api/posts/{post_id}/revisions": "GET HEAD",
    "/api/posts/{post_id}/revisions/{number}": "GET HEAD",
    "/api/posts/{post_id}/revisions/{number}/diff": "GET HEAD",
    "/api/posts/{post_id}/revisions/{number}/restore": "POST",
    "/api/posts/{post_id}": "GET HEAD PATCH DELETE",
    "/api/posts/{post_id}/likes": "GET HEAD POST DELETE",
    "/api/comments": "GET HEAD",
    "/api/comments/{comment_id}": "GET HEAD PATCH DELETE",
    "/api/comments/decide": "POST",
    "/api/moderation/log": "GET HEAD",
    "/api/moderation/undo": "POST",
    "/api/moderation/bans": "GET HEAD POST",
    "/api/moderation/bans/{ban_id}": "DELETE",
    "/moderate": "GET HEAD POST",
    "/moderate/session": "POST",
    "/moderate/comments/{comment_id}": "GET HEAD",
    "/moderate/log": "GET HEAD",
    "/moderate/bans": "GET HEAD",
    "/moderate/act/{key}": "GET HEAD POST",
    "/api/media": "GET HEAD POST",
    "/api/media/uploads": "POST",
    "/api/media/{media_id}": "GET HEAD DELETE",
    "/api/media/{media_id}/uploaded": "POST",
    "/media/{name}": "GET HEAD",
    "/moderate/posts/{post_id}/revisions": "GET HEAD",
    "/moderate/posts/{post_id}/revisions/{number}": "GET HEAD POST",
    "/api/tokens": "GET HEAD POST",
    "/api/tokens/{token_id}": "DELETE",
    "/api/settings": "GET HEAD PATCH",
}
FILLING = {"slug": "open", "tag": "open", "year": "2026", "month": "11", "part": "2026-11.xml"}
HTML = {"Accept": "text/html,*/*;q=0.8"}
JSON = {"Accept": "application/json"}


def filled(path: str) -> str:
    """A route's address, with something in the place of its parameters."""
    return re.sub(r"\{(\w+)\}", lambda found: FILLING.get(found[1], "0000000000000"), path)


def public_targets(blog: Blog) -> list[str]:
    """Something of every kind that a reader can open."""
    blog.post("Open", "# Heading\n\nText")
    comment = blog.reply("open").partition(".")[2]
    mine = blog.form("/posts/open/comments", name="Bo", body="Held").headers["location"]
    style = next(a for a in page.addresses(blog.get("/").text) if a.endswith(".css"))
    return ["/", "/posts/open", "/posts/open/comments", f"/posts/open/comments/{comment}", mine, style]


# --- methods ---------------------------------------------------------------------------------


def test_every_route_is_in_the_table() -> None:
    assert set(parley.app.routes) == {*TAKEN, "/{proxy+}"}


@pytest.mark.parametrize("path", TAKEN)
def test_a_route_takes_its_methods_and_names_them_to_others(engine_blog: Blog, path: str) -> None:
    for method in METHODS:
        got = engine_blog.send(method, filled(path))
        if method in TAKEN[path].split():
            assert got.status != 405
        else:
            assert got.status == 405
            assert sorted(got.headers["allow"].split(", ")) == sorted(TAKEN[path].split())


@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_address_is_not_found_by_any_method(engine_blog: Blog, method: str) -> None:
    assert engine_blog.send(method, "/a/b/c/d").status == 404


def test_head_is_get_without_its_body(moment: Moment, blog: Blog) -> None:
    """At the same moment: tags of young pages are good for a second only."""
    for target in [*public_targets(blog), "/posts/none", "/nowhere/at/all", "/api/posts"]:
        got, head = blog.get(target), blog.send("HEAD", target)
        assert head.text == ""
        assert head.status == got.status
        once = {"x-request-id", "x-amzn-requestid"}
        assert {n: v for n, v in head.headers.items() if n not in once} == {
            n: v for n, v in got.headers.items() if n not in once
        }


# --- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/posts/open/", "/posts/open"),
        ("/posts/open//", "/posts/open"),
        ("/posts/open/comments/", "/posts/open/comments"),
        ("/tags/", "/tags"),
        ("//", "/"),
        ("/feed.atom/?x=y", "/feed.atom?x=y"),
        ("/posts/older/", "/posts/open"),
        ("/posts/OLDER/", "/posts/open"),
        ("/posts/OLDER", "/posts/open"),
        ("/ABOUT/", "/about"),
        ("/tags/Long%20Titles/", "/tags/long-titles"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_other_spelling_is_led_to_the_one_address_at_once(
    engine_blog: Blog, method: str, target: str, location: str
) -> None:
    post = engine_blog.post("Older", tags=["Long titles"])
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", slug="open")
    engine_blog.post("About", type="page")
    got = engine_blog.send(method, target)
    assert (got.status, got.headers["location"]) == (301, location)
    assert engine_blog.send(method, location).status == 200


@pytest.mark.parametrize(("target", "status"), [("/nowhere/", 404), ("/api/posts/", 401), ("/posts/x/", 404)])
def test_nobody_is_led_to_what_is_not_there(engine_blog: Blog, target: str, status: int) -> None:
    assert engine_blog.get(target).status == status


@pytest.mark.parametrize(
    "target", ["//evil.example/", "///evil.example//", "/%2F/evil.example/", "/\\evil.example/", "//"]
)
def test_no_address_leads_to_another_site(engine_blog: Blog, target: str) -> None:
    got = engine_blog.get(target)
    location = got.headers.get("location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\e"[:2] + "\\"))


@pytest.mark.parametrize(
    "target", ["/nowhere", "/a/b/c", "/posts", "/posts/open/more", "/favicon.ico", "/wp-login.php", "/blog"]
)
def test_an_unknown_address_gets_a_page_or_a_problem(engine_blog: Blog, target: str) -> None:
    engine_blog.post("Open")
    shown = engine_blog.send("GET", target, headers=HTML)
    told = engine_blog.send("GET", target, headers=JSON)
    assert shown.status == told.status == (200 if target == "/blog" else 404)
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    if target != "/blog":
        assert told.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("target", ["/api", "/api/none", "/api/posts/x/y"])
def test_an_unknown_address_of_the_api_is_a_problem_for_browsers_too(engine_blog: Blog, target: str) -> None:
    got = engine_blog.send("GET", target, headers=HTML)
    assert (got.status, got.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("root", ["", "/blog"])
def test_links_begin_with_the_stage_where_there_is_one(blog: Blog, root: str) -> None:
    targets = public_targets(blog)
    for target in [*targets, "/nowhere/at/all"]:
        got = blog.get(root + target)
        assert got.status == (404 if target == "/nowhere/at/all" else 200)
        if not got.headers["content-type"].startswith("text/html"):
            continue
        own = [address for address in page.addresses(got.text) if address.startswith("/")]
        assert own
        assert all(address.startswith(f"{root}/") for address in own)
        assert root or not any(address.startswith("/blog/") for address in own)
        for address in own:
            # What a form is sent to need not be a page as well.
            assert (status := blog.get(address.partition("#")[0]).status) < 400 or status == 405


def test_redirects_begin_with_the_stage_too(engine_blog: Blog) -> None:
    post = engine_blog.post("Open")
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", slug="new")
    assert engine_blog.get("/blog/posts/open").headers["location"] == "/blog/posts/new"
    assert engine_blog.get("/blog/posts/new/").headers["location"] == "/blog/posts/new"
    sent = engine_blog.form("/blog/posts/new/comments", name="Ann", body="b")
    assert sent.headers["location"].startswith("/blog/replies/")
    made = engine_blog.api("POST", "/blog/api/posts", body="x")
    assert made.headers["location"] == f"/blog/api/posts/{made.json['id']}"
    assert "/blog/posts/" in made.json["url"]


def test_full_addresses_are_of_the_site_that_readers_use(
    engine_blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://letters.example/")
    config.cache_clear()
    post = engine_blog.post("Open")
    assert post["url"] == "https://letters.example/posts/open"
    assert (
        '<link rel="canonical" href="https://letters.example/posts/open">'
        in engine_blog.get("/posts/open").text
    )


def test_addresses_in_other_scripts_are_found(engine_blog: Blog) -> None:
    engine_blog.post("你好 мир", slug="你好")
    assert engine_blog.get(f"/posts/{quote('你好')}").status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/posts/{}",
        "/replies/{}",
        "/posts/{}/comments",
        "/posts/{}/comments/x",
        "/posts/open/comments/{}",
    ],
)
def test_a_very_long_address_is_not_found(engine_blog: Blog, target: str) -> None:
    engine_blog.post("Open")
    assert engine_blog.get(target.format("x" * 3000)).status == 404


@pytest.mark.parametrize(
    "slug", ["%00", "%FF%FE", "%F0%9F", "..%2F..", "%E2%80%AE", "a%0D%0Ab", "%ED%A0%80", "~", "'"]
)
@pytest.mark.parametrize(
    "target",
    ["/posts/{}", "/posts/{}/comments", "/posts/{}/comments/{}", "/replies/{}", "/assets/{}", "/{}/{}"],
)
def test_an_odd_address_is_not_found(engine_blog: Blog, target: str, slug: str) -> None:
    assert engine_blog.get(target.replace("{}", slug)).status == 404


@pytest.mark.parametrize(
    "target",
    [
        "/?after=x",
        "/?before=",
        "/?after=a&after=b",
        "/posts/open/comments?after=x",
    ],
)
def test_a_cursor_that_is_none_is_refused(engine_blog: Blog, target: str) -> None:
    engine_blog.post("Open")
    assert engine_blog.get(target).status == 400


@pytest.mark.parametrize(
    "query", ["x=1", "utm_source=a&utm_source=b", "fbclid=x", "page=2", "%ED%A0%80=1", "&&=&"]
)
@pytest.mark.parametrize("path", ["/", "/posts/open", "/posts/open/comments"])
@pytest.mark.usefixtures("moment")
def test_a_page_is_the_same_whatever_others_add_to_its_link(engine_blog: Blog, path: str, query: str) -> None:
    engine_blog.post("Open")
    assert engine_blog.get(f"{path}?{query}").text == engine_blog.get(path).text


@pytest.mark.parametrize("target", ["/api/posts?state=draft", "/api/comments?page=2", "/api/tokens?x=1"])
def test_a_parameter_that_the_api_does_not_read_is_refused(engine_blog: Blog, target: str) -> None:
    assert engine_blog.api("GET", target).status == 400


# --- headers ---------------------------------------------------------------------------------


def test_every_answer_carries_the_security_headers(blog: Blog) -> None:
    post = blog.post("Moved")
    blog.api("PATCH", f"/api/posts/{post['id']}", slug="here")
    got = [
        blog.get(target)
        for target in [*public_targets(blog), "/posts/moved", "/none/of/it", "/api/posts", "/posts/here/"]
    ]
    got += [blog.api("GET", "/api/posts"), blog.send("PUT", "/"), blog.form("/posts/open/comments", name="")]
    assert {answer.status for answer in got} == {200, 301, 401, 404, 405, 422}
    for answer in got:
        for name, value in answers.security(MEDIA).items():
            stricter = "no-referrer" if name == "Referrer-Policy" else value
            assert answer.headers[name.lower()] in (value, stricter)
        assert answer.headers["x-request-id"]
        assert "set-cookie" not in answer.headers


def directives(media_url: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in answers.policy(media_url).split("; "))


@pytest.mark.parametrize(
    ("media_url", "pictures", "films"),
    [
        ("", "'self' https:", None),
        (MEDIA, "'self' https:", MEDIA),
        (f"{MEDIA}/in/a/folder", "'self' https:", MEDIA),
        ("http://127.0.0.1:8001", "'self' https: http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("https://x.example; script-src *", "'self' https:", None),
    ],
)
def test_the_policy_names_the_origin_of_files_and_nothing_more(
    media_url: str, pictures: str, films: str | None
) -> None:
    policy = directives(media_url)
    assert (policy["img-src"], policy.get("media-src")) == (pictures, films)
    assert set(policy) - {"media-src"} == set(directives(""))


def test_the_policy_lets_no_script_run() -> None:
    policy = directives(MEDIA)
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answers.policy(MEDIA)


def test_only_what_everybody_may_see_is_kept_by_caches(blog: Blog) -> None:
    *public, mine, style = public_targets(blog)
    for target in public:
        assert blog.get(target).headers["cache-control"].startswith("public, max-age=")
    assert "immutable" in blog.get(style).headers["cache-control"]
    private = [
        blog.get(mine),
        blog.get("/none/of/it"),
        blog.api("GET", "/api/posts"),
        blog.api("GET", "/api/tokens"),
    ]
    private += [blog.form("/posts/open/comments", name=""), blog.get("/api/posts")]
    assert {answer.headers["cache-control"] for answer in private} == {"no-store"}


def test_assets_are_served_by_their_kind(engine_blog: Blog) -> None:
    addresses = [a for a in page.addresses(engine_blog.get("/").text) if a.startswith("/assets/")]
    kinds = {engine_blog.get(a).headers["content-type"] for a in addresses}
    assert kinds == {"text/css; charset=utf-8"}


# --- errors ----------------------------------------------------------------------------------


def assert_told(got: Got, status: int) -> None:
    """An error page or a problem that shows the request's id and nothing from inside."""
    assert got.status == status
    assert got.headers["x-request-id"] in got.text
    for secret in ("Traceback", "chalicelib", "botocore", "arn:", "MARKER", "dynamodb"):
        assert secret not in got.text
        assert secret not in str(got.headers)


@pytest.mark.parametrize("headers", [HTML, JSON], ids=["html", "json"])
def test_an_error_shows_the_id_of_its_request(engine_blog: Blog, headers: dict[str, str]) -> None:
    assert_told(engine_blog.send("GET", "/none/of/it", headers=headers), 404)
    assert_told(engine_blog.send("PUT", "/", headers=headers), 405)


@pytest.mark.parametrize("headers", [HTML, JSON], ids=["html", "json"])
def test_an_unexpected_fault_tells_nothing_from_inside(
    engine_blog: Blog,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    headers: dict[str, str],
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("MARKER")

    monkeypatch.setattr("chalicelib.site.list_pages.open_home", broken)
    got = engine_blog.send("GET", "/", headers=headers)
    assert_told(got, 500)
    out, err = capsys.readouterr()
    assert "MARKER" not in out + err
    fault, line = (json.loads(text) for text in out.splitlines()[-2:])
    assert fault["error"] == "ValueError"
    assert any("test_web.py" in place for place in fault["at"])
    assert fault["id"] == line["id"] == got.headers["x-request-id"]
    assert (line["status"], line["level"]) == (500, "error")


DOWN = [
    refused,
    lost_request,
    throttled,
    lambda: error("InternalServerError", 500),
    lambda: error("ExpiredTokenException"),
    lambda: error("AccessDeniedException"),
]


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("headers", [HTML, JSON], ids=["html", "json"])
@pytest.mark.parametrize("fault", DOWN)
def test_storage_that_is_down_gives_an_honest_answer(
    engine_blog: Blog, faults: Faults, fault: Any, headers: dict[str, str], *, cold: bool
) -> None:
    engine_blog.post("Open")
    engine_blog.get("/")
    if cold:
        forget_site()
    faults.on("*", fault(), times=99)
    for target in ("/", "/posts/open", "/posts/open/comments"):
        got = engine_blog.send("GET", target, headers=headers)
        assert_told(got, 503)
        assert int(got.headers["retry-after"]) > 0


def test_storage_that_is_down_is_asked_three_times_at_most(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.get("/")
    faults.on("*", refused(), times=99)
    faults.requests.clear()
    engine_blog.get("/posts/open")
    assert 1 <= len(faults.calls) <= 3


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(HTML, id="html"),
        pytest.param(JSON, id="json"),
    ],
)
def test_a_table_that_is_missing_is_a_fault_that_is_told(
    engine_blog: Blog, faults: Faults, headers: dict[str, str]
) -> None:
    forget_site()
    faults.on("*", error("ResourceNotFoundException"), times=99)
    assert_told(engine_blog.send("GET", "/", headers=headers), 500)


@pytest.mark.parametrize("operation", ["GetItem", "Query", "TransactWriteItems", "UpdateItem"])
def test_a_short_throttling_is_not_noticed(engine_blog: Blog, faults: Faults, operation: str) -> None:
    faults.on(operation, throttled(), times=2)
    engine_blog.post("Open")
    assert engine_blog.form("/posts/open/comments", name="Ann", body="b").status == 303
    assert engine_blog.get("/posts/open").status == 200


@pytest.mark.parametrize(
    "reasons",
    [("None", "TransactionConflict"), ("ThrottlingError",), ("TransactionConflict", "None", "None")],
)
def test_a_short_conflict_is_not_noticed(engine_blog: Blog, faults: Faults, reasons: tuple[str, ...]) -> None:
    engine_blog.post("Open")
    faults.clear()
    faults.on("TransactWriteItems", cancelled(*reasons), times=2)
    assert engine_blog.form("/posts/open/comments", name="Ann", body="b").status == 303
    assert faults.calls.count("TransactWriteItems") == 3


def test_a_long_conflict_gives_up_with_nothing_half_written(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("Open")
    faults.on("TransactWriteItems", cancelled("TransactionConflict"), times=99)
    got = engine_blog.form("/posts/open/comments", name="Ann", body="b")
    assert (got.status, got.headers["retry-after"]) == (503, "5")
    faults.clear()
    assert engine_blog.api("GET", "/api/comments").json["items"] == []


def test_a_long_throttling_of_writes_leaves_reading_alone(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("Open")
    engine_blog.get("/")
    for operation in ("TransactWriteItems", "PutItem", "UpdateItem"):
        faults.on(operation, throttled(), times=99)
    assert engine_blog.form("/posts/open/comments", name="Ann", body="b").status == 503
    assert engine_blog.get("/posts/open").status == 200


# --- the log ---------------------------------------------------------------------------------


def test_each_request_is_one_line_of_json(engine_blog: Blog, capsys: pytest.CaptureFixture[str]) -> None:
    engine_blog.get("/")
    capsys.readouterr()
    got = engine_blog.get("/posts/none")
    (text,) = capsys.readouterr().out.splitlines()
    line = json.loads(text)
    expected = {
        "level": "info",
        "id": got.headers["x-request-id"],
        "method": "GET",
        "route": "/posts/{slug}",
        "status": 404,
    }
    assert {name: line[name] for name in expected} == expected
    assert line["calls"] == 1
    assert line["units"] >= 0.5
    assert line["ms"] >= 0


def test_a_refused_token_is_noted(engine_blog: Blog, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    engine_blog.get("/api/posts", Authorization="Bearer parley_MARKER")
    line = json.loads(capsys.readouterr().out)
    assert (line["status"], line["problem"]) == (401, "A token is needed")


def test_storage_that_is_down_is_noted_with_its_cause(
    engine_blog: Blog, faults: Faults, capsys: pytest.CaptureFixture[str]
) -> None:
    engine_blog.get("/")
    faults.on("*", refused(), times=99)
    capsys.readouterr()
    engine_blog.get("/posts/open")
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["status"], line["cause"]) == ("error", 503, "EndpointConnectionError")


def test_a_log_holds_nothing_of_what_people_sent(blog: Blog, capfd: pytest.CaptureFixture[str]) -> None:
    mark = "MARKER"
    headers = {
        "Cookie": mark,
        "User-Agent": mark,
        "X-Forwarded-For": mark,
        "Referer": mark,
        "Host": "MARKER.example",
    }
    blog.post(f"{mark} title", f"{mark} body", slug="open", tags=[mark])
    blog.api("PATCH", "/api/settings", title=mark, author=mark)
    blog.form(
        "/posts/open/comments",
        name=mark,
        body=mark,
        email=f"{mark}@example.org",
        website=f"https://{mark}.example",
    )
    blog.form("/posts/open/comments", name=f"{mark}\n", body=mark, email=f"{mark}@")
    for comment in blog.api("GET", "/api/comments").json["items"]:
        blog.api("PATCH", f"/api/comments/{comment['id']}", status="approved")
    for method in METHODS:
        for target in (
            f"/{mark}?{mark}={mark}",
            f"/posts/{mark}",
            f"/replies/{mark}",
            "/posts/open",
            f"/api/posts/{mark}",
            "/api/posts",
        ):
            authorization = {"Authorization": f"Bearer {mark}"}
            blog.send(
                method,
                target,
                body=json.dumps({mark: mark}),
                headers={**headers, **authorization, "Content-Type": mark},
            )
            blog.api(
                method,
                target,
                _headers={**headers, "Idempotency-Key": mark, "If-Match": mark},
                **{mark: mark},
            )
    out, err = capfd.readouterr()
    assert err == ""
    assert mark not in out
    assert mark.lower() not in out.lower()
    assert blog.token not in out
    assert "203.0.113.9" not in out
    assert all(isinstance(json.loads(line), dict) for line in out.splitlines())


def test_markdown_that_fails_is_logged_without_its_text(
    engine_blog: Blog,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> None:
        raise ValueError("MARKER")

    monkeypatch.setattr("chalicelib.core.markup.dialect.post", broken)
    assert "*kept*" in engine_blog.post("Open", "*kept*")["html"]
    out, err = capfd.readouterr()
    assert "MARKER" not in out + err + caplog.text
