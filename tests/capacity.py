"""What requests cost: their calls, and capacity units by DynamoDB's rules from the sizes of items.

    python -m tests.capacity            # the table of docs/data-model.md, measured now
    python -m tests.capacity --write    # put into the document

Reads cost a unit for each 4 KB, half where they are eventually consistent; writes a unit for each
KB, twice that in transactions, and once more for each copy that an index keeps. Engines on this
machine count otherwise, or not at all.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

import boto3

from chalicelib.core import clock, kept, objects
from chalicelib.core.config import config
from tests.faults import _InTheWay, read_call

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "data-model.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
HEAD = "| route | calls | read units | write units |\n|---|---|---|---|"
INDEXES = (("lpk", "lsk"), ("wpk", "wsk"))

Wire = dict[str, Any]


# --- the rules -------------------------------------------------------------------------------


def item_size(item: Wire | None) -> int:
    """Bytes of an item as the service sends it: names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in (item or {}).items())


def value_size(value: Wire) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return (len(content.strip("-").replace(".", "").strip("0")) + 1) // 2 + 1
        case "B":
            return len(b64decode(content))
        case "L":
            return 3 + sum(1 + value_size(part) for part in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_size(part) for name, part in content.items())
    return 1


def read_units(size: int, *, consistent: bool) -> float:
    return max(1, -(-size // 4096)) * (1.0 if consistent else 0.5)


def write_units(before: Wire | None, after: Wire | None, *, in_transaction: bool) -> float:
    """One item written: itself, and its copies in the indexes."""
    base = _kilobytes(max(item_size(before), item_size(after))) * (2 if in_transaction else 1)
    return base + sum(_index_units(before, after, keys) for keys in INDEXES)


def _index_units(before: Wire | None, after: Wire | None, keys: tuple[str, str]) -> int:
    """A copy that changes costs a write; one whose key changes is deleted and put."""
    old, new = (item if item and keys[0] in item else None for item in (before, after))
    if old == new:
        return 0
    if old and new and all(old[key] == new[key] for key in keys):
        return _kilobytes(max(item_size(old), item_size(new)))
    return sum(_kilobytes(item_size(item)) for item in (old, new) if item)


def _kilobytes(size: int) -> int:
    return max(1, -(-size // 1024))


# --- measuring -------------------------------------------------------------------------------


@dataclass
class Cost:
    calls: list[str] = field(default_factory=list)
    reads: float = 0
    writes: float = 0
    apart: list[str] = field(default_factory=list)
    """The token's and the site's calls, which are the same for every route."""

    @property
    def summary(self) -> str:
        counts = Counter(self.calls)
        return ", ".join(f"{times} {name}" if times > 1 else name for name, times in counts.items()) or "none"


class Measure(_InTheWay):
    """Counts the calls of a client and what they cost."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._plain = boto3.client("dynamodb", endpoint_url=client.meta.endpoint_url)
        self.cost = Cost()
        self.apart: tuple[str, ...] = ("TOKENS", "SITE")
        """Whose reads every route shares."""

    def of(self, action: Callable[[], Any]) -> Cost:
        """What one action costs."""
        self.cost = Cost()
        called = objects._call

        def counted(*ask: Any) -> Any:
            self.cost.calls.append("S3")
            return called(*ask)

        with self, patch.object(objects, "_call", counted):
            action()
        return self.cost

    def _pass(self, request: Any) -> Any:
        operation, asked = read_call(request)
        writes = list(_writes(operation, asked))
        before = [self._stored(asked, write) for write in writes]
        answer = self._send(request)
        if self._is_apart(operation, asked):
            self.cost.apart.append(operation)
            return answer
        self.cost.calls.append(operation + (f" of {len(writes)}" if len(writes) > 1 else ""))
        after = [self._stored(asked, write) for write in writes]
        in_transaction = operation == "TransactWriteItems"
        for was, now in zip(before, after, strict=True):
            self.cost.writes += write_units(was, now, in_transaction=in_transaction)
        self.cost.reads += _read_cost(operation, asked, json.loads(answer.content))
        return answer

    def _is_apart(self, operation: str, asked: Wire) -> bool:
        key = asked.get("Key", {}).get("pk", {}).get("S")
        noting_use = operation == "UpdateItem" and "last_used_at" in json.dumps(asked)
        return (key in self.apart and operation == "GetItem") or noting_use

    def _stored(self, asked: Wire, write: Wire) -> Wire | None:
        key = write.get("Key") or {name: write["Item"][name] for name in ("pk", "sk")}
        table = write.get("TableName") or asked["TableName"]
        item = self._plain.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return {name: _as_sent(value) for name, value in item.items()} if item else None


def _as_sent(value: Wire) -> Wire:
    """Base64 in binary values, as on the wire."""
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": b64encode(content).decode()}
    if kind == "L":
        return {"L": [_as_sent(part) for part in content]}
    if kind == "M":
        return {"M": {name: _as_sent(part) for name, part in content.items()}}
    return value


def _writes(operation: str, asked: Wire) -> Iterator[Wire]:
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        yield asked
    for write in asked.get("TransactItems", []):
        yield from write.values()


def _read_cost(operation: str, asked: Wire, answer: Wire) -> float:
    consistent = asked.get("ConsistentRead", False)
    if operation == "GetItem":
        return read_units(item_size(answer.get("Item")), consistent=consistent)
    if operation == "Query":
        return read_units(sum(map(item_size, answer["Items"])), consistent=consistent)
    if operation == "BatchGetItem":
        return sum(
            _batch_cost(part, answer["Responses"].get(table, []))
            for table, part in asked["RequestItems"].items()
        )
    return 0


def _batch_cost(asked: Wire, found: list[Wire]) -> float:
    consistent = asked.get("ConsistentRead", False)
    missing = (len(asked["Keys"]) - len(found)) * read_units(0, consistent=consistent)
    return missing + sum(read_units(item_size(item), consistent=consistent) for item in found)


# --- the sample ------------------------------------------------------------------------------

VOCABULARY = 1500


def prose(words: int) -> str:
    """The same text each time, in paragraphs of eighty words; it deflates about as English does."""
    choose = random.Random(words)
    spelt = ["".join(choose.choices("etaoinshrdlu", k=choose.randint(1, 9))) for _ in range(VOCABULARY)]
    made = choose.choices(spelt, k=words)
    return "\n\n".join(" ".join(made[at : at + 80]) for at in range(0, words, 80))


def sample(blog: Any) -> dict[str, Callable[[], Any]]:
    """A request to each route, on a blog with three conversations under posts of 2,000 words."""
    from tests import page
    from tests.comments.threads import grow

    free = dict.fromkeys(("comments_form_seconds", "comments_form_hours"), 0)
    often = dict.fromkeys(("comments_per_minute", "comments_per_day"), 0)
    assert blog.api("PATCH", "/api/settings", **free, **often, comments_hold_duplicates=True).status == 200

    for slug, replies in (("alone", 0), ("fifty", 50), ("thousand", 1000)):
        blog.post(f"A post called {slug}", prose(2000), slug=slug, tags=["letters", "walks"], series="Serial")
        grow(slug, [None if number % 10 == 0 else number - 1 for number in range(replies)], prose(52) + " {}")
    for number in range(9):
        blog.post(f"Post {number}", prose(200))
    moved = blog.post("Moved", prose(2000), slug="before")
    blog.api("PATCH", f"/api/posts/{moved['id']}", slug="after")
    draft = blog.post("Draft", prose(2000), status="draft", slug="draft")
    blog.post("Edited", prose(2000), slug="edited")
    edited, doomed = blog.post("Changed", prose(2000)), blog.post("Doomed", prose(2000))
    mine = blog.form("/posts/alone/comments", name="Ann", body=prose(52)).headers["location"]
    others = blog.form("/posts/alone/comments", name="Bo", body=prose(56)).headers["location"]
    visitor = blog.form("/posts/alone/likes").headers["set-cookie"].partition(";")[0]
    held = [blog.reply("after", f"{number} {prose(52)}", approve=False) for number in range(2)]
    desk = _desk(blog)
    token = blog.api("POST", "/api/tokens", name="other", scopes=["read"]).json["id"]
    later = page.link(blog.get("/posts/thousand").text, "next")
    deep = page.reply_ids(blog.get(later).text)[5]
    versions, sent = _versions(blog), _files(blog)
    mailed = _mailed(blog)
    _guard(blog)
    return {
        "`GET /`, ten posts": lambda: blog.get("/"),
        "`GET /posts/{slug}`, no replies": lambda: blog.get("/posts/alone"),
        "`GET /posts/{slug}`, 50 replies": lambda: blog.get("/posts/fifty"),
        "`GET /posts/{slug}`, made before": lambda: blog.get("/posts/fifty"),
        "`GET /posts/{slug}`, 1,000 replies": lambda: blog.get("/posts/thousand"),
        "`GET /posts/{slug}`, an older slug": lambda: blog.get("/posts/before"),
        "`GET /posts/{slug}`, a slug changed since": lambda: blog.get("/posts/after"),
        "`GET /posts/{slug}`, none there": lambda: blog.get("/posts/none"),
        "`GET /posts/{slug}/comments`, page two": lambda: blog.get(later),
        "`GET /posts/{slug}/comments`, the newest first": lambda: blog.get(
            "/posts/thousand/comments?order=newest"
        ),
        "`GET /posts/{slug}/comments/{comment_id}`": lambda: blog.get(f"/posts/thousand/comments/{deep}"),
        "`GET /posts/{slug}`, unchanged": _unchanged(blog, "/posts/fifty"),
        "`GET /`, unchanged": _unchanged(blog, "/"),
        "`GET /feed.atom`, unchanged": _unchanged(blog, "/feed.atom"),
        **{f"`GET {route}`": _get(blog, address) for route, address in LISTS.items()},
        **{
            f"`GET {route}/feed{ending}`": _get(blog, f"{address}/feed{ending}")
            for route, address in FED.items()
            for ending in ("", ".atom", ".rss", ".json")
        },
        "`POST /posts/{slug}/comments`": lambda: blog.form(
            "/posts/alone/comments", name="Bo", body=prose(52), source_ip="192.0.2.1"
        ),
        "`POST /posts/{slug}/comments`, an answer": lambda: blog.form(
            "/posts/thousand/comments", name="Bo", body=prose(52), parent=deep, source_ip="198.51.100.1"
        ),
        "`POST /posts/{slug}/comments`, with an address and a website": lambda: blog.form(
            "/posts/alone/comments",
            name="Bo",
            body=prose(53),
            email="bo@example.org",
            website="https://bo.example",
            source_ip="198.51.101.1",
        ),
        "`POST /posts/{slug}/comments`, one too many": lambda: blog.form(
            "/posts/alone/comments", name="Bo", body=prose(54), source_ip=FLOOD
        ),
        "`POST /posts/{slug}/comments`, a preview": lambda: blog.form(
            "/posts/alone/comments", name="Bo", body=prose(52), preview="yes"
        ),
        "`POST /posts/{slug}/comments`, by the author": lambda: blog.api(
            "POST", "/posts/alone/comments", body=prose(52)
        ),
        "`GET /posts/{slug}/likes`": lambda: blog.get("/posts/alone/likes", Cookie=visitor),
        "`POST /posts/{slug}/likes`, by somebody new": lambda: blog.form("/posts/alone/likes"),
        "`POST /posts/{slug}/likes`, with a cookie": lambda: _like(blog, "fifty", visitor),
        "`POST /posts/{slug}/likes`, again": lambda: _like(blog, "fifty", visitor),
        "`POST /posts/{slug}/likes`, taken back": lambda: _like(blog, "fifty", visitor, liked="no"),
        "`DELETE /posts/{slug}/likes`": lambda: blog.send(
            "DELETE", "/posts/alone/likes", headers={"Cookie": visitor}
        ),
        "`GET /posts/{slug}/reply`": lambda: blog.get("/posts/alone/reply"),
        "`GET /posts/{slug}/comments/{comment_id}/own`": lambda: blog.get(
            f"/posts/thousand/comments/{deep}/own"
        ),
        "`GET /replies/{key}`": lambda: blog.get(mine),
        "`POST /replies/{key}`": lambda: blog.form(mine, name="Ann", body=prose(55)),
        "`PATCH /replies/{key}`": lambda: blog.send(
            "PATCH", mine, body='{"body": "Short"}', headers={"Content-Type": "application/json"}
        ),
        "`POST /replies/{key}/mail`": lambda: blog.form(f"{mine}/mail", stop="yes"),
        "`DELETE /replies/{key}`": lambda: blog.send("DELETE", mine),
        "`POST /replies/{key}/delete`": lambda: blog.form(f"{others}/delete"),
        **mailed,
        "`GET /assets/{name}`": _get(blog, _style(blog)),
        "`GET /{proxy+}`": lambda: blog.get("/none/at/all"),
        "`POST /api/posts`": lambda: blog.api("POST", "/api/posts", title="New", body=prose(2000)),
        "`POST /api/posts`, with a key": lambda: blog.api(
            "POST", "/api/posts", _headers={"Idempotency-Key": "key"}, title="With a key", body=prose(2000)
        ),
        "`POST /api/posts`, scheduled": lambda: blog.api(
            "POST", "/api/posts", title="Soon", body=prose(2000), published_at="2999-01-01"
        ),
        "`GET /api/posts`, twenty": lambda: blog.api("GET", "/api/posts"),
        "`GET /api/posts/{post_id}`": lambda: blog.api("GET", f"/api/posts/{edited['id']}"),
        "`PATCH /api/posts/{post_id}`, its text": lambda: blog.api(
            "PATCH", f"/api/posts/{edited['id']}", body=prose(2001)
        ),
        "`PATCH /api/posts/{post_id}`, its tags": lambda: blog.api(
            "PATCH", f"/api/posts/{edited['id']}", tags=["new"]
        ),
        "`PATCH /api/posts/{post_id}`, its slug": lambda: blog.api(
            "PATCH", f"/api/posts/{edited['id']}", slug="new-slug"
        ),
        "`PATCH /api/posts/{post_id}`, a draft's slug": lambda: blog.api(
            "PATCH", f"/api/posts/{draft['id']}", slug="plan"
        ),
        "`POST /api/posts/{post_id}/recount`, fifty replies": lambda: blog.api(
            "POST",
            f"/api/posts/{blog.get('/posts/fifty/comments', Accept='application/json').json['post']['id']}/recount",
        ),
        "`DELETE /api/posts/{post_id}`": lambda: blog.api("DELETE", f"/api/posts/{doomed['id']}"),
        "`POST /api/posts/{post_id}/likes`": lambda: blog.api(
            "POST", f"/api/posts/{edited['id']}/likes", url="https://ann.example/", name="Ann"
        ),
        "`GET /api/posts/{post_id}/likes`": lambda: blog.api("GET", f"/api/posts/{edited['id']}/likes"),
        "`DELETE /api/posts/{post_id}/likes`": lambda: blog.api(
            "DELETE", f"/api/posts/{edited['id']}/likes?url=https://ann.example/"
        ),
        "`GET /api/comments`": lambda: blog.api("GET", "/api/comments"),
        "`GET /api/comments/{comment_id}`": lambda: blog.api("GET", f"/api/comments/{held[0]}"),
        "`PATCH /api/comments/{comment_id}`, approved": lambda: blog.api(
            "PATCH", f"/api/comments/{held[0]}", status="approved"
        ),
        "`DELETE /api/comments/{comment_id}`": lambda: blog.api("DELETE", f"/api/comments/{held[0]}"),
        **desk,
        **versions,
        **sent,
        "`GET /api/tokens`": lambda: blog.api("GET", "/api/tokens"),
        "`POST /api/tokens`": lambda: blog.api("POST", "/api/tokens", name="new", scopes=["read"]),
        "`DELETE /api/tokens/{token_id}`": lambda: blog.api("DELETE", f"/api/tokens/{token}"),
        "`GET /api/settings`": lambda: blog.api("GET", "/api/settings"),
        "`PATCH /api/settings`": lambda: blog.api("PATCH", "/api/settings", title="New"),
    }


FLOOD = "203.0.113.77"


def _guard(blog: Any) -> None:
    """From now on a network sends two comments a minute, which this one has."""
    assert blog.api("PATCH", "/api/settings", comments_per_minute=2, comments_per_day=50).status == 200
    for number in range(2):
        got = blog.form("/posts/alone/comments", name="Bo", body=f"Flood {number}", source_ip=FLOOD)
        assert got.status == 303


def _mailed(blog: Any) -> dict[str, Callable[[], Any]]:
    """What links in mails lead to, for somebody with ten comments and a mailbox."""
    from chalicelib.core import table
    from chalicelib.notices.keys import mailbox_key, yours_key
    from chalicelib.people import store as people
    from chalicelib.people.actions import person_of
    from chalicelib.people.model import Mailbox

    box = Mailbox(person_of("ann@example.org"), "browser", "ann@example.org")
    table.write(people.put_mailbox(box))
    for number in range(10):
        full_id = blog.reply("after", f"Mine {number} {prose(52)}", email=box.address, approve=False)
        table.write(people.put_said(box.person, *full_id.split(".")))
    mail, mine = f"/mail/{mailbox_key(box)}", f"/yours/{yours_key(box.person)}"
    return {
        "`GET /mail/{key}`": _get(blog, mail),
        "`POST /mail/{key}`": lambda: blog.form(mail),
        "`GET /mail/{key}/stop`": _get(blog, f"{mail}/stop"),
        "`POST /mail/{key}/stop`": lambda: blog.form(f"{mail}/stop"),
        "`GET /yours`": _get(blog, "/yours"),
        "`POST /yours`": _with_mail(lambda: blog.form("/yours", email=box.address)),
        "`GET /yours/{key}`": _get(blog, mine),
        "`GET /yours/{key}/export`": _get(blog, f"{mine}/export"),
        "`GET /yours/{key}/erase`": _get(blog, f"{mine}/erase"),
        "`POST /yours/{key}/erase`": lambda: blog.form(f"{mine}/erase"),
    }


def _with_mail(action: Callable[[], Any]) -> Callable[[], Any]:
    """While mail is on."""

    def switched_on() -> Any:
        with patch.dict(os.environ, MAIL_FROM="blog@example.org", PUBLIC_URL="https://example.org"):
            config.cache_clear()
            answer = action()
        config.cache_clear()
        return answer

    return switched_on


def _desk(blog: Any) -> dict[str, Callable[[], Any]]:
    """What an author does about ten replies that wait, by the API, at the page and by links."""
    from chalicelib.moderation.links import act_links
    from tests.moderation.desks import Desk, came_from, record

    waiting = [
        blog.reply(
            "fifty", f"{number} {prose(52)}", approve=False, website="https://a.example", email="a@b.example"
        )
        for number in range(12)
    ]
    for one in waiting:
        came_from(one, "a network")
    link = act_links(record(waiting[11]))["approve"]
    banned = blog.api("POST", "/api/moderation/bans", comment=waiting[0], kind="site").json
    ban = blog.api("GET", "/api/moderation/bans").json["items"][0]["id"]
    done = blog.api("POST", "/api/comments/decide", ids=[waiting[10]], act="spam").json["batch"]
    desk = Desk(blog)
    press = desk.fields(f"approve {waiting[3]}")
    assert banned["outcome"] == "done"
    return {
        "`POST /api/comments/decide`, ten": lambda: blog.api(
            "POST", "/api/comments/decide", ids=waiting[:10], act="spam"
        ),
        "`POST /api/moderation/undo`": lambda: blog.api("POST", "/api/moderation/undo", batch=done),
        "`GET /api/moderation/log`": lambda: blog.api("GET", "/api/moderation/log"),
        "`GET /api/moderation/bans`": lambda: blog.api("GET", "/api/moderation/bans"),
        "`POST /api/moderation/bans`": lambda: blog.api(
            "POST", "/api/moderation/bans", comment=waiting[0], kind="network"
        ),
        "`DELETE /api/moderation/bans/{ban_id}`": lambda: blog.api("DELETE", f"/api/moderation/bans/{ban}"),
        "`POST /moderate/session`": lambda: blog.form("/moderate/session", token=desk.token),
        "`GET /moderate`": lambda: desk.open("/moderate"),
        "`POST /moderate`, one approved": lambda: desk.send({**press, f"on.{waiting[3]}": "2"}),
        "`GET /moderate/comments/{comment_id}`": lambda: desk.open(f"/moderate/comments/{waiting[4]}"),
        "`GET /moderate/log`": lambda: desk.open("/moderate/log"),
        "`GET /moderate/bans`": lambda: desk.open("/moderate/bans"),
        "`GET /moderate/act/{key}`": lambda: blog.get(link),
        "`POST /moderate/act/{key}`": lambda: blog.form(link),
    }


def _versions(blog: Any) -> dict[str, Callable[[], Any]]:
    """What a post was, and what it will be."""
    from tests.moderation.desks import Desk
    from tests.publishing.test_revision_pages import fields_of

    post = blog.post("Often changed", prose(2000))
    at = f"/api/posts/{post['id']}/revisions"
    for number in range(2):
        blog.api("PATCH", f"/api/posts/{post['id']}", body=prose(2002 + number))
    desk = Desk(blog, scopes=("moderate", "read", "update"))
    page = f"/moderate/posts/{post['id']}/revisions"
    desk.open(f"{page}/2")
    press = fields_of(desk, f"{page}/2")
    preview = f"/api/posts/{post['id']}/preview"
    key = urlsplit(blog.api("POST", preview).json["url"]).path
    return {
        "`GET /api/posts/{post_id}/revisions`": lambda: blog.api("GET", at),
        "`GET /api/posts/{post_id}/revisions/{number}`": lambda: blog.api("GET", f"{at}/1"),
        "`GET /api/posts/{post_id}/revisions/{number}/diff`": lambda: blog.api("GET", f"{at}/2/diff"),
        "`GET /moderate/posts/{post_id}/revisions`": lambda: desk.open(page),
        "`GET /moderate/posts/{post_id}/revisions/{number}`": lambda: desk.open(f"{page}/2"),
        "`POST /moderate/posts/{post_id}/revisions/{number}`": lambda: blog.send(
            "POST", f"{page}/2", body=urlencode(press), headers=desk.headers
        ),
        "`POST /api/posts/{post_id}/revisions/{number}/restore`": lambda: blog.api("POST", f"{at}/1/restore"),
        "`GET /preview/{key}`": lambda: blog.get(key),
        "`POST /api/posts/{post_id}/preview`": lambda: blog.api("POST", preview),
        "`DELETE /api/posts/{post_id}/preview`": lambda: blog.api("DELETE", preview),
        "`POST /api/render`": lambda: blog.api("POST", "/api/render", body=prose(2000)),
    }


def _files(blog: Any) -> dict[str, Callable[[], Any]]:
    from tests.media import files
    from tests.media.desk import begin, send

    begun = begin(blog, files.png(70, 50), "image/png")
    objects.put(begun["upload"]["fields"]["key"], files.png(70, 50), "image/png")
    sent = send(blog, files.png(80, 50), "image/png").json
    name = sent["url"].rpartition("/")[2]
    return {
        "`POST /api/media`": lambda: send(blog, files.png(90, 50), "image/png"),
        "`POST /api/media/uploads`": lambda: begin(blog, files.png(), "image/png"),
        "`POST /api/media/{media_id}/uploaded`": lambda: blog.api(
            "POST", f"/api/media/{begun['id']}/uploaded"
        ),
        "`GET /api/media`": lambda: blog.api("GET", "/api/media"),
        "`GET /api/media/{media_id}`": lambda: blog.api("GET", f"/api/media/{sent['id']}"),
        "`GET /media/{name}`": lambda: blog.get(f"/media/{name}"),
        "`DELETE /api/media/{media_id}`": lambda: blog.api("DELETE", f"/api/media/{sent['id']}"),
    }


LISTS = {
    "/tags": "/tags",
    "/tags/{tag}": "/tags/letters",
    "/archive": "/archive",
    "/archive/{year}": f"/archive/{clock.now():%Y}",
    "/archive/{year}/{month}": f"/archive/{clock.now():%Y/%m}",
    "/series": "/series",
    "/series/{series}": "/series/serial",
    "/author": "/author",
    "/subscribe": "/subscribe",
    "/privacy": "/privacy",
    "/sitemap.xml": "/sitemap.xml",
    "/sitemaps/pages.xml": "/sitemaps/pages.xml",
    "/sitemaps/{part}": f"/sitemaps/{clock.now():%Y-%m}.xml",
    "/robots.txt": "/robots.txt",
    "/manifest.webmanifest": "/manifest.webmanifest",
    "/icon.svg": "/icon.svg",
}
FED = {
    "": "",
    "/tags/{tag}": "/tags/letters",
    "/comments": "/comments",
    "/posts/{slug}/comments": "/posts/fifty/comments",
}


def _style(blog: Any) -> str:
    from tests import page

    return next(a for a in page.addresses(blog.get("/none/at/all").text) if a.endswith(".css"))


def _like(blog: Any, slug: str, cookie: str, **fields: str) -> Any:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    return blog.send("POST", f"/posts/{slug}/likes", body=urlencode(fields), headers=headers)


def _get(blog: Any, address: str) -> Callable[[], Any]:
    return lambda: blog.get(address)


def _unchanged(blog: Any, address: str) -> Callable[[], Any]:
    """By a reader who has the page already, and so long after the last change that it is settled."""
    with _later():
        tag = blog.get(address).headers["etag"]

    def ask() -> None:
        with _later():
            assert blog.get(address, If_None_Match=tag).status == 304

    return ask


@contextmanager
def _later() -> Iterator[None]:
    ordinary = clock.precisely
    clock.precisely = lambda: ordinary() + timedelta(minutes=1)
    try:
        yield
    finally:
        clock.precisely = ordinary


def measure(blog: Any, client: Any) -> dict[str, Cost]:
    """The cost of each request of the sample, in their order, on an empty blog."""
    with patch.object(clock, "precisely", Steps()) as steps:
        requests = sample(blog)
        # Of visitors without a cookie, two within some seconds are one who clicked twice.
        steps.now += timedelta(seconds=10)
        blog.api("GET", "/api/settings")
        costs = {}
        for name, request in requests.items():
            measuring = Measure(client)
            if "settings" in name:
                measuring.apart = ("TOKENS",)
            if not name.endswith("made before"):
                kept.pages.forget()
            costs[name] = measuring.of(request)
        return costs


class Steps:
    """A clock that goes on by a hundredth of a second whenever it is read: what comes in one second, and so
    beside what, is the same in each run.
    """

    def __init__(self) -> None:
        self.now = clock.precisely().replace(microsecond=0)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=10)
        return self.now


# --- the document ----------------------------------------------------------------------------


def as_table(costs: dict[str, Cost]) -> str:
    rows = [f"| {name} | {cost.summary} | {cost.reads:g} | {cost.writes:g} |" for name, cost in costs.items()]
    return "\n".join([HEAD, *rows])


def documented() -> str:
    """The table as it stands in the document."""
    text = DOCUMENT.read_text()
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def write_document(table: str) -> None:
    text = DOCUMENT.read_text()
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    DOCUMENT.write_text(pattern.sub(lambda _: f"{BEGIN}\n{table}\n{END}", text))


def main() -> None:
    import contextlib
    import io

    os.environ |= {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    os.environ |= {"TABLE_NAME": "measured", "AWS_EC2_METADATA_DISABLED": "true"}
    import app as parley
    from chalicelib.accounts.actions import create_token
    from chalicelib.core import table
    from dev import engine
    from tests.blog import Blog
    from tests.conftest import MEDIA, Bucket

    os.environ |= {"BUCKET_NAME": "files", "MEDIA_URL": MEDIA}
    running = engine.start_test_engine()
    try:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = running.endpoint
        engine.create_table(boto3.client("dynamodb"), "measured")
        with (
            contextlib.redirect_stdout(io.StringIO()),
            Bucket() as bucket,
            patch.object(objects, "client", bucket.client),
        ):
            costs = measure(Blog(parley.app, create_token("measuring").secret), table.client())
    finally:
        running.stop()
    print(as_table(costs))
    if "--write" in sys.argv:
        write_document(as_table(costs))


if __name__ == "__main__":
    main()
