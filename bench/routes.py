"""Calls, capacity units and bytes of each route. Units are as the engine counts them; by DynamoDB's
rules and with the operations' names they stand in docs/data-model.md (`python -m tests.capacity`).
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from bench.sample import REPLIES, Sample, article
from chalicelib.core import clock, kept, versions
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import stylesheet

Ask = Callable[[], Any]

MONTH = f"{clock.now():%Y-%m}"
LISTS = (
    "/tags",
    "/tags/letters",
    "/archive",
    f"/archive/{MONTH[:4]}",
    f"/archive/{MONTH.replace('-', '/')}",
    "/series",
    "/series/one-a-day",
    "/author",
    "/subscribe",
    "/privacy",
)
FORMATS = ("", ".atom", ".rss", ".json")
MACHINES = (
    *(f"/feed{ending}" for ending in FORMATS),
    *(f"/tags/letters/feed{ending}" for ending in FORMATS),
    *(f"/comments/feed{ending}" for ending in FORMATS),
    *(f"/posts/replies-50/comments/feed{ending}" for ending in FORMATS),
    "/sitemap.xml",
    "/sitemaps/pages.xml",
    f"/sitemaps/{MONTH}.xml",
    "/robots.txt",
    "/manifest.webmanifest",
    "/icon.svg",
)


@dataclass(frozen=True)
class Cost:
    route: str
    status: int
    calls: int
    units: float
    bytes: int
    compressed: int


def run(sample: Sample) -> list[Cost]:
    return [_cost(name, ask) for name, ask in [*_pages(sample), *_writes(sample)]]


def show(costs: list[Cost]) -> None:
    width = max(len(cost.route) for cost in costs)
    print(f"\n{'route':{width}} status  calls  units    bytes  gzipped")
    for cost in costs:
        figures = f"{cost.status:6} {cost.calls:6} {cost.units:6.1f} {cost.bytes:8,} {cost.compressed:8,}"
        print(f"{cost.route:{width}} {figures}")


def _pages(sample: Sample) -> Iterator[tuple[str, Ask]]:
    blog = sample.blog
    posts = [f"/posts/replies-{count}" for count in REPLIES]
    for path in ("/", *posts, f"{posts[-1]}/comments", "/about", "/nothing/here", *LISTS, *MACHINES):
        yield f"GET {path}", partial(blog.get, path)
    for path in ("/", posts[1], "/feed.atom"):
        yield f"GET {path}, unchanged", partial(_again, blog, path)
    reply = blog.api("GET", "/api/comments?status=approved&limit=1").json["items"][0]
    yield "GET /posts/{slug}/comments/{comment_id}", partial(blog.get, urlsplit(reply["url"]).path)
    style = f"/assets/{stylesheet(current_site())[0]}"
    yield "GET /assets/{name}", partial(blog.get, style)
    own = urlsplit(_reply(blog, "Mine", posts[0]).json["url"]).path
    yield "GET /replies/{key}", partial(blog.get, own)
    one_reply = f"/api/comments/{reply['id']}"
    yield "GET /api/comments/{comment_id}", partial(blog.api, "GET", one_reply)
    one = f"/api/posts/{reply['post']['id']}"
    for path in ("/api/posts", one, "/api/comments?status=approved", "/api/tokens", "/api/settings"):
        yield f"GET {path}".replace(reply["post"]["id"], "{post_id}"), partial(blog.api, "GET", path)


def _writes(sample: Sample) -> Iterator[tuple[str, Ask]]:
    blog, chance = sample.blog, random.Random(7)
    made = f"/api/posts/{blog.post('Made')['id']}"
    comment = f"/api/comments/{_reply(blog, 'First').json['id']}"
    text = article(chance, 2000)
    yield "POST /api/posts, 2,000 words", partial(blog.api, "POST", "/api/posts", title="Next", body=text)
    yield "PATCH /api/posts/{post_id}, the text", partial(blog.api, "PATCH", made, body=text)
    yield "POST /posts/{slug}/comments", partial(_reply, blog, "Second")
    yield "PATCH /api/comments/{comment_id}", partial(blog.api, "PATCH", comment, status="approved")
    yield "DELETE /api/comments/{comment_id}", partial(blog.api, "DELETE", comment)
    yield "DELETE /api/posts/{post_id}", partial(blog.api, "DELETE", made)
    new = partial(blog.api, "POST", "/api/tokens", name="bench", scopes=["read"])
    token = f"/api/tokens/{new().json['id']}"
    yield "POST /api/tokens", new
    yield "DELETE /api/tokens/{token_id}", partial(blog.api, "DELETE", token)
    yield "PATCH /api/settings", partial(blog.api, "PATCH", "/api/settings", title="Letters")


def _again(blog: Any, path: str) -> Any:
    """By a reader who has a copy, once the last change has settled."""
    time.sleep(versions.SETTLES.total_seconds() + 1)
    return blog.get(path, If_None_Match=blog.get(path).headers["etag"])


def _reply(blog: Any, words: str, post: str = "/posts/made") -> Any:
    body = json.dumps({"name": "Ann", "body": words})
    return blog.send("POST", f"{post}/comments", body=body, headers={"Content-Type": "application/json"})


def _cost(name: str, ask: Ask) -> Cost:
    log = io.StringIO()
    kept.pages.forget()
    with contextlib.redirect_stdout(log):
        got = ask()
    line = json.loads(log.getvalue().splitlines()[-1])
    body = got.text.encode()
    return Cost(name, got.status, line["calls"], line["units"], len(body), len(gzip.compress(body, 6)))
