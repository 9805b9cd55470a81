"""Likes over HTTP, and whether what is counted is what is recorded."""

from __future__ import annotations

from itertools import count
from urllib.parse import urlencode

from chalicelib.core import table
from chalicelib.core.config import config
from chalicelib.likes import store
from chalicelib.posts.actions import public_post
from tests.blog import Blog, Got

BROWSERS = count()
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}


def like(blog: Blog, cookie: str = "", *, slug: str = "open", ip: str = "203.0.113.9", **fields: str) -> Got:
    """As a browser sends the form: each time another one, unless it is named."""
    agent = fields.pop("browser", f"Browser {next(BROWSERS)}")
    headers = {**FORM, "User-Agent": agent, **({"Cookie": cookie} if cookie else {})}
    return blog.send("POST", f"/posts/{slug}/likes", body=urlencode(fields), headers=headers, source_ip=ip)


def unlike(blog: Blog, cookie: str = "", *, slug: str = "open") -> Got:
    return like(blog, cookie, slug=slug, liked="no")


def cookie_of(got: Got) -> str:
    """What a browser sends back."""
    return got.headers["set-cookie"].partition(";")[0]


def records(slug: str) -> int:
    """How many likes of a post are on record, looking everywhere."""
    prefix = f"L#{public_post(slug).id}#"
    return sum(key[0].startswith(prefix) for key in _keys())


def rows(slug: str) -> int:
    """How many of them come from sites."""
    return sum(key[0] == f"L#{public_post(slug).id}" for key in _keys())


def contradictions(slug: str) -> list[str]:
    """Where the records, the rows, the tally and the faces of a post disagree."""
    post = public_post(slug)
    tally, faces = store.likes_of(post.home)
    newest = tuple(store.newest(post.id)[: store.MOST_FACES])
    told = {
        f"{tally.likes} are counted, {records(slug)} recorded": tally.likes == records(slug),
        f"{faces.count} come from sites, {rows(slug)} have rows": faces.count == rows(slug),
        f"shown are {faces.shown}, the newest are {newest}": faces.shown == newest,
        f"the tally is at faces {tally.faces}, they are at {faces.version}": tally.faces == faces.version,
    }
    return [what for what, holds in told.items() if not holds]


def _keys() -> list[tuple[str, str]]:
    keys, more = [], {}
    while True:
        found = table.client().scan(TableName=config().table_name, **more)
        keys += [(item["pk"]["S"], item["sk"]["S"]) for item in found["Items"]]
        if "LastEvaluatedKey" not in found:
            return keys
        more = {"ExclusiveStartKey": found["LastEvaluatedKey"]}
