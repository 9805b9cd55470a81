"""How Mozilla's HTTP Observatory marks an answer, as far as headers tell.

https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring: a hundred points to begin with, minus what is
amiss; what is better than it must be counts only where ninety are left. What it asks of scripts, certificates and
the redirection from HTTP is left out: it earns nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Headers = Mapping[str, str]

HALF_A_YEAR = 15_768_000
ENOUGH_FOR_EXTRA = 90
BROAD = {"*", "http:", "https:", "ftp:", "http://*", "https://*", "http://*.*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}
PRIVATE_REFERRERS = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
GRADES = {
    100: "A+",
    90: "A",
    85: "A-",
    80: "B+",
    70: "B",
    65: "B-",
    60: "C+",
    50: "C",
    45: "C-",
    0: "D or worse",
}


def score(headers: Headers) -> int:
    """Names of headers in lower case."""
    marks = [mark(headers) for mark in MARKS]
    lost = sum(points for points in marks if points < 0)
    gained = sum(points for points in marks if points > 0)
    return max(0, 100 + lost + (gained if 100 + lost >= ENOUGH_FOR_EXTRA else 0))


def grade(headers: Headers) -> str:
    return next(name for least, name in GRADES.items() if score(headers) >= least)


def policy(headers: Headers) -> dict[str, set[str]] | None:
    """The content-security policy by directive; None where it cannot be read or there is none."""
    found: dict[str, set[str]] = {}
    for part in filter(None, map(str.strip, headers.get("content-security-policy", "").lower().split(";"))):
        name, *sources = part.split()
        if name in found:
            return None
        found[name] = set(sources) or {"'none'"}
    return found or None


def content_security_policy(headers: Headers) -> int:
    rules = policy(headers)
    if rules is None:
        return -25
    default = rules.get("default-src", {"*"})
    script, style, objects = (rules.get(f"{name}-src", default) for name in ("script", "style", "object"))
    passive = {name: sources for name, sources in rules.items() if name in ("img-src", "media-src")}
    if script & (BROAD | INLINE) or objects & BROAD:
        return -20
    if _insecure(*(sources for name, sources in rules.items() if name not in passive)):
        return -20
    if "'unsafe-eval'" in script | style or _insecure(*passive.values()):
        return -10
    if style & (BROAD | INLINE):
        return 0
    return 10 if default == {"'none'"} else 5


def _insecure(*lists: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for sources in lists for source in sources)


def cookies(headers: Headers) -> int:
    cookie = headers.get("set-cookie", "").lower()
    if not cookie:
        return 0
    if "samesite=none" in cookie or "secure" not in cookie:
        return -20
    return -30 if "httponly" not in cookie else 5 if "samesite=" in cookie else 0


def cross_origin_sharing(headers: Headers) -> int:
    """Credentials for everybody are the worst that there is."""
    return -50 if "true" in headers.get("access-control-allow-credentials", "").lower() else 0


def cross_origin_resources(headers: Headers) -> int:
    return _of(
        headers, "cross-origin-resource-policy", {"same-origin": 10, "same-site": 10, "cross-origin": 0}
    )


def cross_origin_opener(headers: Headers) -> int:
    good = dict.fromkeys(("same-origin", "same-origin-allow-popups", "noopener-allow-popups"), 10)
    return _of(headers, "cross-origin-opener-policy", {**good, "unsafe-none": 0})


def cross_origin_embedder(headers: Headers) -> int:
    good = {"require-corp": 10, "credentialless": 10, "unsafe-none": 0}
    return _of(headers, "cross-origin-embedder-policy", good)


def _of(headers: Headers, name: str, marks: Mapping[str, int]) -> int:
    """Not said costs nothing, said wrongly does."""
    value = headers.get(name, "").strip().lower()
    return marks.get(value, -5) if value else 0


def referrer_policy(headers: Headers) -> int:
    value = headers.get("referrer-policy", "")
    if not value:
        return 0
    return 5 if value.rpartition(",")[2].strip().lower() in PRIVATE_REFERRERS else -5


def strict_transport_security(headers: Headers) -> int:
    """Five more for a domain on the preload list, which is the domain's owner's choice."""
    found = re.search(r"max-age=(\d+)", headers.get("strict-transport-security", ""))
    if not found:
        return -20
    return 0 if int(found[1]) >= HALF_A_YEAR else -10


def content_type_options(headers: Headers) -> int:
    return 0 if headers.get("x-content-type-options", "").strip().lower() == "nosniff" else -5


def framing(headers: Headers) -> int:
    said = headers.get("x-frame-options", "").strip().lower() in ("deny", "sameorigin")
    return 5 if said or "frame-ancestors" in (policy(headers) or {}) else -20


MARKS: tuple[Callable[[Headers], int], ...] = (
    content_security_policy,
    cookies,
    cross_origin_sharing,
    cross_origin_resources,
    cross_origin_opener,
    cross_origin_embedder,
    referrer_policy,
    strict_transport_security,
    content_type_options,
    framing,
)
