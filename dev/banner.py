"""What the local server says when it is ready."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from urllib.parse import quote, urlsplit

from dev import engine
from dev.gateway import Gateway, Request
from dev.listener import HOST
from dev.settings import Places, Settings


def banner(places: Places, engine_line: str, token: str, mail: Path, slug: str) -> str:
    """What a newcomer needs to know, and three things to try."""
    address = places.blog
    return f"""
  Parley    {address}
  Media     {places.media}
  Engine    {engine_line}
  Token     {token}
  Mail      {mail}

  Publish a post:
    curl {address}/api/posts -H 'Authorization: Bearer {token}' \\
      -H 'Content-Type: application/json' \\
      -d '{{"title": "Hello", "body": "My *first* post.", "status": "published"}}'
  Leave a comment:
    curl {address}/posts/{quote(slug)}/comments \\
      -H 'Content-Type: application/json' -d '{{"name": "Ada", "body": "I read it *twice*."}}'
  List the comments that wait for you:
    curl '{address}/api/comments?status=pending' -H 'Authorization: Bearer {token}'

  Ctrl-C stops it.
"""


def describe(settings: Settings, running: engine.Engine | None) -> str:
    """Which engine holds the data, and where and how long they last."""
    given = [_elsewhere(settings.endpoint, "")] if settings.endpoint else []
    given += [_elsewhere(settings.s3_endpoint, "files in ")] if settings.s3_endpoint else []
    return "; ".join([*given, _embedded(settings, running)] if running else given)


def _elsewhere(endpoint: str, what: str) -> str:
    loopback = urlsplit(endpoint).hostname in ("localhost", HOST, "::1")
    return f"{what}the one at {endpoint}" + ("" if loopback else ", which is NOT on this machine")


def _embedded(settings: Settings, running: engine.Engine) -> str:
    what = "files" if settings.endpoint else "data"
    if running.lasting:
        return f"{running.name}, {what} in {settings.folder}"
    return (
        f"{running.name}, IN MEMORY: your {what} will NOT last, since roto-aws has no wheel for this platform"
    )


def newest_slug(gateway: Gateway, token: str) -> str:
    """A post that can be replied to: the newest one, else the one that the banner has its reader publish."""
    request = Request("GET", "/api/posts", "status=published&limit=1", [("Authorization", f"Bearer {token}")])
    # Its line in the log would stand before the banner.
    with contextlib.redirect_stdout(io.StringIO()):
        reply = gateway.answer(request)
    found = json.loads(reply.body)["items"] if reply.status == 200 else []
    return str(found[0]["slug"]) if found else "hello"
