"""The headers of every kind of answer, by the rules of Mozilla's Observatory (security requirement 18)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.core import table
from chalicelib.core.problems import Unavailable
from tests import page
from tests.blog import Blog, Got
from tests.checks.observatory import Headers, grade, policy, score
from tests.conftest import Moment

ROOT = Path(__file__).parents[2]
LEAST = 120

GOOD = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
CSP = "content-security-policy"


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({}, 140),
        ({"cross-origin-resource-policy": "cross-origin"}, 130),
        ({"cross-origin-embedder-policy": "require-corp"}, 150),
        ({"referrer-policy": "unsafe-url"}, 130),
        ({"x-content-type-options": ""}, 135),
        ({"strict-transport-security": "max-age=86400"}, 130),
        ({"strict-transport-security": ""}, 80),
        ({CSP: ""}, 55),
        ({CSP: "default-src 'none'; default-src 'self'; frame-ancestors 'none'"}, 55),
        ({CSP: "default-src 'self'; frame-ancestors 'none'"}, 135),
        ({CSP: "default-src 'none'; script-src 'unsafe-inline'; frame-ancestors 'none'"}, 80),
        ({CSP: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}, 130),
        ({CSP: "default-src 'none'; img-src http:; frame-ancestors 'none'"}, 120),
        ({CSP: "default-src 'none'"}, 80),
        ({"set-cookie": "a=b; Secure; HttpOnly; SameSite=Lax"}, 145),
        ({"set-cookie": "a=b"}, 80),
        ({"access-control-allow-credentials": "true"}, 50),
    ],
)
def test_rules_are_the_observatory_s(change: dict[str, str], points: int) -> None:
    assert score({**GOOD, **change}) == points


def html(method: str, target: str, **fields: str) -> Callable[[Blog], Got]:
    """A browser's request."""
    if fields:
        return lambda blog: blog.form(target, **fields)
    return lambda blog: blog.send(method, target, headers={"Accept": "text/html"})


def asset(blog: Blog) -> Got:
    sheet = next(
        link for link in page.parse(blog.get("/").text).iter("link") if link.get("rel") == "stylesheet"
    )
    return blog.get(sheet.get("href"))


def without_storage(blog: Blog) -> Got:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "query", _fail)
        return blog.get("/posts/open", Accept="text/html")


def broken(blog: Blog) -> Got:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "query", lambda *_, **__: 1 / 0)
        return blog.get("/posts/open", Accept="text/html")


def _fail(*_: object, **__: object) -> None:
    raise Unavailable("Storage does not answer.")


def received(blog: Blog) -> Got:
    return blog.get(blog.form("/posts/open/comments", name="Ann", body="Words").headers["location"])


def unchanged(blog: Blog) -> Got:
    return blog.get("/privacy", If_None_Match=blog.get("/privacy").headers["etag"])


ANSWERS: dict[str, tuple[int, Callable[[Blog], Got]]] = {
    "home": (200, html("GET", "/")),
    "home, HEAD": (200, html("HEAD", "/")),
    "post": (200, html("GET", "/posts/open")),
    "page": (200, html("GET", "/about")),
    "conversation": (200, html("GET", "/posts/open/comments")),
    "tag": (200, html("GET", "/tags/letters")),
    "tags": (200, html("GET", "/tags")),
    "archive": (200, html("GET", "/archive")),
    "author": (200, html("GET", "/author")),
    "subscribe": (200, html("GET", "/subscribe")),
    "privacy": (200, html("GET", "/privacy")),
    "received": (200, received),
    "Atom": (200, html("GET", "/feed.atom")),
    "RSS": (200, html("GET", "/feed.rss")),
    "JSON Feed": (200, html("GET", "/feed.json")),
    "feed of replies": (200, html("GET", "/comments/feed.atom")),
    "sitemap": (200, html("GET", "/sitemap.xml")),
    "robots": (200, html("GET", "/robots.txt")),
    "manifest": (200, html("GET", "/manifest.webmanifest")),
    "icon": (200, html("GET", "/icon.svg")),
    "stylesheet": (200, asset),
    "API": (200, lambda blog: blog.api("GET", "/api/posts")),
    "moved": (301, html("GET", "/posts/open/")),
    "sent": (303, html("POST", "/posts/open/comments", name="Ann", body="Other words")),
    "unchanged": (304, unchanged),
    "bad cursor": (400, html("GET", "/?after=nonsense")),
    "no token": (401, lambda blog: blog.get("/api/posts")),
    "nothing": (404, html("GET", "/no/such/page")),
    "no asset": (404, html("GET", "/assets/none.css")),
    "no feed": (404, html("GET", "/tags/none/feed.atom")),
    "method": (405, html("DELETE", "/")),
    "deleted": (410, html("GET", "/posts/gone")),
    "too long": (413, html("POST", "/posts/open/comments", name="Ann", body="x" * 1_000_001)),
    "refused form": (422, html("POST", "/posts/open/comments", name="", body="")),
    "fault": (500, broken),
    "no storage": (503, without_storage),
}  # fmt: skip


@pytest.fixture
def full_blog(moment: Moment, engine_blog: Blog) -> Blog:
    """Its clock stands still, since tags of young pages are good for a second only."""
    engine_blog.post("Open", tags=["letters"])
    engine_blog.post("About", type="page")
    gone = engine_blog.post("Gone")
    engine_blog.api("DELETE", f"/api/posts/{gone['id']}")
    return engine_blog


def test_every_answer_of_the_blog_is_worth_an_a_plus(full_blog: Blog) -> None:
    """One blog for all of them; what falls short is named."""
    got = {name: ask(full_blog) for name, (_, ask) in ANSWERS.items()}
    assert {name: answer.status for name, answer in got.items()} == {
        name: s for name, (s, _) in ANSWERS.items()
    }
    short = {name: score(answer.headers) for name, answer in got.items() if score(answer.headers) < LEAST}
    assert short == {}
    assert {grade(answer.headers) for answer in got.values()} == {"A+"}
    assert [name for name, answer in got.items() if _is_lax(answer.headers)] == []
    # Only who takes part gets a cookie, and `score` looks at how it is set.
    assert [name for name, answer in got.items() if "set-cookie" in answer.headers] == ["sent"]


def test_hsts_for_subdomains_and_preloading_is_a_setting(engine_blog: Blog) -> None:
    assert engine_blog.get("/").headers["strict-transport-security"] == "max-age=63072000"
    engine_blog.api("PATCH", "/api/settings", hsts_subdomains=True, hsts_preload=True)
    for target in ("/", "/no/such/page", "/feed.atom"):
        said = engine_blog.get(target).headers["strict-transport-security"]
        assert said == "max-age=63072000; includeSubDomains; preload", target


def gateway_answers() -> dict[str, Headers]:
    """What the platform answers by itself, as the template describes it."""
    resources = json.loads((ROOT / ".chalice" / "resources.json").read_text())["Resources"]
    described = resources["RestAPI"]["Properties"]["GatewayResponses"]
    return {
        kind: {
            name.lower(): value[1:-1] if value.startswith("'") else value
            for name, value in response["ResponseParameters"]["Headers"].items()
        }
        for kind, response in described.items()
    }


@pytest.mark.parametrize("kind", ["MISSING_AUTHENTICATION_TOKEN", "DEFAULT_4XX", "DEFAULT_5XX"])
def test_gateway_s_own_answers_are_worth_an_a_plus(kind: str) -> None:
    headers = gateway_answers()[kind]
    assert score(headers) >= LEAST
    assert not _is_lax(headers)


def _is_lax(headers: Headers) -> bool:
    """What the Observatory shows and does not count: where forms are sent, and what addresses are relative to."""
    rules = policy(headers) or {}
    return not (
        rules.get("form-action", {"*"}) <= {"'self'", "'none'"}
        and rules.get("base-uri") == {"'none'"}
        and rules.get("frame-ancestors") == {"'none'"}
    )
