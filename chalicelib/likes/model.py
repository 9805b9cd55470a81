"""Likes that come from people's own sites: who, from where, with which picture."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from chalicelib.core import text
from chalicelib.core.fields import Choice, Fields, Flag, Text, Wrong
from chalicelib.core.values import value

MOST_FACES = 12
LONGEST_URL = 500

# RFC 3986: what cannot stand in an address in any form; other letters may (RFC 3987). Without user names.
_WEB = re.compile(r"https?://[^\s/?#@:<>\"\\^`{|}]+(?::\d{1,5})?(?:[/?#][^\s<>\"\\^`{|}]*)?", re.IGNORECASE)
_USUAL_PORTS = {"http": ":80", "https": ":443"}


@value
class SiteLike:
    """A like that somebody gave on their own site."""

    id: str
    """Sorts by time."""
    url: str
    """Where it stands, or who gave it; one like for each."""
    name: str
    picture: str
    """An https address, or empty."""
    at: str
    """When it came, as stored."""


@value
class Faces:
    """The newest of those likes, as they stand beside a post."""

    shown: tuple[SiteLike, ...] = ()
    count: int = 0
    """How many likes of the post come from people's own sites."""
    version: int = 0
    """Raised by each change; 0 where there never was any."""


def _site(url: str) -> str:
    """One spelling (RFC 3986, section 6.2): scheme and host in lower case, no usual port, no fragment."""
    try:
        parts = urlsplit(url) if _WEB.fullmatch(url) else None
    except ValueError:
        parts = None
    if not parts:
        raise Wrong("is not a web address such as https://example.com/likes/1")
    scheme, host = parts.scheme.lower(), parts.netloc.lower()
    host = host.removesuffix(_USUAL_PORTS[scheme])
    return urlunsplit((scheme, host, parts.path or "/", parts.query, ""))


def _name(name: str) -> str:
    if not (shown := text.plain_name(name)):
        raise Wrong("must not be empty: say who likes the post")
    return shown


def _picture(url: str) -> str:
    if url and not (_WEB.fullmatch(url) and url.lower().startswith("https:")):
        raise Wrong("must be an https:// address; or empty, for a generated face")
    return url


SITE_LIKE = Fields(
    url=Text(LONGEST_URL, check=_site), name=Text(100, check=_name), picture=Text(500, check=_picture)
)
SITE_URL = Fields(url=Text(LONGEST_URL, check=_site))
OWN_LIKE = Fields(liked=Flag())
OWN_FORM = Fields(liked=Choice(("yes", "no")))
