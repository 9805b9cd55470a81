"""Answers, and the headers that every one of them carries. Knows no framework."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote

from chalicelib.core.problems import Problem

SECURITY = {
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


@cache
def policy(media_url: str) -> str:
    """What a page may load (CSP 3). Pictures may come from anywhere by https; films and sound, and on a local
    blog pictures, from the origin of this blog's files, too.
    """
    media = origin_of(media_url)
    local = f" {media}" if media.startswith("http:") else ""
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            f"img-src 'self' https:{local}",
            *([f"media-src {media}"] if media else []),
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


@cache
def security(media_url: str) -> Mapping[str, str]:
    """The headers that every answer has, unless it says otherwise."""
    return {"Content-Security-Policy": policy(media_url), **SECURITY}


def origin_of(url: str) -> str:
    """Scheme, host and port, without what stands behind them; empty for what is no such address."""
    found = re.match(r"https?://[A-Za-z0-9.:\[\]-]+(?=[/?#]|\Z)", url)
    return found[0] if found else ""


URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"
"""RFC 3986, section 2: whatever else stands in an address is percent-encoded, line ends too."""

PRIVATE = {"Cache-Control": "no-store"}
NO_MORE: Mapping[str, str] = {}


@dataclass(slots=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


def public(seconds: int, stale: int = 0) -> dict[str, str]:
    """For what is the same for everyone. It may be `seconds` old, and `stale` more while a cache asks
    for the next copy (RFC 5861), and that alone: what comes at a known time must not be hidden by a
    copy that outlives it.
    """
    meanwhile = f", stale-while-revalidate={stale}" if stale else ""
    return {"Cache-Control": f"public, max-age={seconds}{meanwhile}"}


def html(body: str, headers: Mapping[str, str] = NO_MORE, status: int = 200) -> Answer:
    return Answer(status, body, {"Content-Type": "text/html; charset=utf-8", **headers})


MOST_CARRIED = 5_300_000
"""Bytes. A function's answer may have 6 MB (AWS Lambda, Quotas), with its headers."""


def carried(body: str) -> int:
    """How many bytes a body takes in the JSON, all ASCII, in which the platform carries it."""
    return len(json.dumps(body))


def of_json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, text, {"Content-Type": "application/json", **PRIVATE, **(headers or {})})


def nothing() -> Answer:
    return Answer(204, "", dict(PRIVATE))


def redirect(url: str, status: int, headers: Mapping[str, str] = PRIVATE) -> Answer:
    """301 for what has moved for good, 303 after a form."""
    location = quote(url, safe=URL_CHARACTERS)
    return Answer(status, "", {"Location": location, "Content-Type": "text/plain; charset=utf-8", **headers})


def of_problem(problem: Problem, request_id: str) -> Answer:
    """RFC 9457."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": request_id,
    }
    if problem.errors:
        body["errors"] = problem.errors
    answer = of_json(body, problem.status, problem.headers)
    answer.headers["Content-Type"] = "application/problem+json"
    return answer


def version_tag(version: int) -> dict[str, str]:
    """The strong ETag of an object in the API, to be sent back in `If-Match`."""
    return {"ETag": f'"v{version}"'}
