"""What belongs to the blog as a whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from chalicelib.core.fields import Choice, Fields, Flag, Number, Object, ObjectList, Text, TextList, Wrong
from chalicelib.core.text import ascii_host, direction_of, is_language, seen
from chalicelib.core.values import value

HOLD = ("all", "first", "none")
MOST_WORDS = 1000
KEPT_SECRETS = 2
"""The newest signs; the one before it still verifies."""

SCHEMES = ("", "_dark")
# The given look, as `templates/assets/style.css` says it: in light, in dark.
LOOK: Mapping[str, tuple[str, str]] = {
    "paper": ("#fdfcf9", "#161513"),
    "ink": ("#1c1b19", "#ece7dd"),
    "quiet": ("#655f56", "#aaa397"),
    "line": ("#e4dfd5", "#34302b"),
    "accent": ("#0b5f8a", "#86c5ea"),
    "tint": ("#f4f0e7", "#201e1b"),
    "seen": ("#6a4a86", "#c6aee0"),
}
FIXED: Mapping[str, tuple[str, str]] = {
    "alert": ("#a8321f", "#ee927c"),
    "leaf": ("#3c6318", "#a3c97c"),
    "amber": ("#7d4c00", "#e0b470"),
    "mark": ("#f6e6a6", "#55460f"),
}
"""Colours that a theme may change and `style` does not, on which or under which text stands."""
READ_ON: Mapping[str, tuple[str, ...]] = {
    "paper": ("ink", "quiet", "accent", "seen", "alert", "leaf", "amber"),
    "tint": ("ink", "quiet", "accent", "seen", "alert", "leaf", "amber"),
    "mark": ("ink",),
}
LEAST_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3."""
NARROWEST, WIDEST = 28, 45
"""Of a line of text, in rem."""


@value
class Link:
    label: str
    url: str
    """Absolute; in the navigation also a path on the blog, without the stage before it."""


@value
class PageLink:
    """A static page, as the navigation names it."""

    slug: str
    title: str
    at: datetime
    """When it is public."""


@value(slots=False)
class Site:
    title: str = "A new blog"
    description: str = ""
    author: str = "The author"
    language: str = "en"
    posts_per_page: int = 10
    time_zone: str = "UTC"
    """A name of the IANA database: what day it is, and in which month a post stands."""
    links: tuple[Link, ...] = ()
    """The author's other places."""
    navigation: tuple[Link, ...] = ()
    """What stands in the head; where there is none, the static pages do."""
    author_picture: str = ""
    author_picture_alt: str = ""
    """What it shows; empty: that it is the author."""
    author_biography: str = ""
    image: str = ""
    """For link cards of what has no picture of its own."""
    icon: str = ""
    """An uploaded square PNG, for home screens that take no drawing."""
    theme: str = ""
    """A folder of `templates/themes`; empty: the given look."""
    style: Mapping[str, str] = field(default_factory=dict)
    """Custom properties over those of the theme, by the names of `STYLE`."""
    comments_open: bool = True
    comments_close_days: int = 0
    """After its publication a post takes no more comments; 0: it always does."""
    comments_hold: str = "all"
    """Which replies wait for the author: `all`, those of `first`-timers, or `none`."""
    comments_edit_minutes: int = 15
    """For which a reply's writer may change or delete it; 0: never."""
    comments_honeypot: bool = True
    comments_form_seconds: int = 3
    """A form that comes back sooner was not filled by a person; 0: any time will do."""
    comments_form_hours: int = 24
    """An older form is given back, filled; 0: any age will do."""
    comments_per_minute: int = 2
    """From one network; 0: any number."""
    comments_per_day: int = 50
    comments_hold_links: int = 2
    """From so many links on a reply is held, whoever sent it; 0: any number will do."""
    comments_hold_duplicates: bool = True
    """Whether a text that somebody sent within a day is held."""
    held_words: tuple[str, ...] = ()
    """Words and hosts that hold a reply."""
    spam_words: tuple[str, ...] = ()
    """Those that make it spam."""
    likes_open: bool = True
    likes_per_network: int = 10
    """Of one post, in a day, by visitors without a cookie; 0: any number."""
    author_email: str = ""
    """Where the author is told of new replies; empty: nowhere."""
    mail_readers: bool = True
    """Whether readers may ask to be told of answers by mail."""
    mail_published: bool = True
    """Whether the author is told when a scheduled post is out."""
    revisions_kept: int = 100
    """Of each post, the newest; 0: all."""
    hsts_subdomains: bool = False
    hsts_preload: bool = False
    version: int = 1
    changed_at: datetime | None = field(default=None, compare=False)
    """When anything of this that can be seen last did."""
    biography: str = ""
    """The author's biography as HTML, made when it was set; empty where it is as it was typed."""
    secrets: tuple[bytes, ...] = ()
    """Signing secrets, newest first."""
    lasting: bytes = b""
    """The key under which people and networks are hashed; never another one."""
    coming: Mapping[str, datetime] = field(default_factory=dict)
    """{post id: when it becomes public}; may still name some that already are."""
    renderer: int = 0
    """The version of the renderer that made all texts; posts may be of a newer one."""
    pages: Mapping[str, PageLink] = field(default_factory=dict)
    """{post id: a static page}, scheduled ones among them."""
    pinned: Mapping[str, str] = field(default_factory=dict)
    """{post id: home} of the posts that the front page begins with."""

    @property
    def direction(self) -> str:
        """How the language is written: `ltr` or `rtl`."""
        return direction_of(self.language)

    def mark_at(self, moment: datetime) -> str:
        """Short text that is another one whenever anything is that the site shows then."""
        pages = self.public_pages(moment)
        pinned = [home for post, home in self.pinned.items() if self.coming.get(post, moment) <= moment]
        # With time more of them can be seen, and never less.
        counts = len(pages), len(pinned)
        if counts not in self._marks:
            shown = self.version, settings_of(self), pages, sorted(pinned)
            self._marks[counts] = sha256(repr(shown).encode()).hexdigest()[:12]
        return self._marks[counts]

    @cached_property
    def _marks(self) -> dict[tuple[int, int], str]:
        return {}

    def next_coming(self, moment: datetime) -> datetime | None:
        """When the lists will next change by themselves."""
        return min((time for time in self._times() if time > moment), default=None)

    def last_come(self, moment: datetime) -> datetime | None:
        """When they last did, as far as it is still known."""
        return max((time for time in self._times() if time <= moment), default=None)

    def _times(self) -> list[datetime]:
        return [*self.coming.values(), *(page.at for page in self.pages.values())]

    def public_pages(self, moment: datetime) -> list[PageLink]:
        """The static pages, the oldest first."""
        return sorted((page for page in self.pages.values() if page.at <= moment), key=_page_order)


def _page_order(page: PageLink) -> tuple[datetime, str]:
    return page.at, page.slug


def settings_of(site: Site) -> dict[str, Any]:
    """The settings as they are sent and stored: text, numbers, lists and objects."""
    return {name: _plain(getattr(site, name)) for name in SETTINGS.declared}


def typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that were sent or stored, as a `Site` holds them."""
    return {name: _typed(name, value) for name, value in values.items()}


def _typed(name: str, value: Any) -> Any:
    if name in LINKS:
        return _links(value)
    return tuple(value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{"label": one.label, "url": one.url} if isinstance(one, Link) else one for one in value]
    return dict(value) if isinstance(value, Mapping) else value


def _links(value: Iterable[Mapping[str, str]]) -> tuple[Link, ...]:
    return tuple(Link(entry["label"], entry["url"]) for entry in value)


# --- what a setting may be -------------------------------------------------------------------


def _filled(text: str) -> str:
    if not text:
        raise Wrong("must not be empty")
    return text


def language_tag(tag: str) -> str:
    if not is_language(tag):
        raise Wrong("must be a language tag such as en or pt-BR (BCP 47)")
    return tag


_ZONE = re.compile(r"(?:UTC|[A-Z][A-Za-z0-9_+-]*(?:/[A-Z][A-Za-z0-9_+-]*)+)")


def _time_zone(name: str) -> str:
    if name == "UTC":
        return name
    if not (_ZONE.fullmatch(name) and _is_zone(name)):
        raise Wrong(f"must be a time zone such as {_similar_zone(name)} (IANA), or UTC")
    return name


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        return bool(ZoneInfo(name))
    except (ValueError, KeyError, OSError):
        return False


def _similar_zone(name: str) -> str:
    """The zone that was probably meant: by its name, or by that of its city alone."""
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    zones = {zone.casefold(): zone for zone in available_timezones() if "/" in zone}
    cities = {zone.rpartition("/")[2]: full for zone, full in sorted(zones.items(), reverse=True)}
    meant = name.casefold().replace(" ", "_")
    known = zones | {city: full for city, full in cities.items() if city not in zones}
    return known[found[0]] if (found := get_close_matches(meant, known, 1, 0.7)) else "Europe/Berlin"


# RFC 3986: what cannot stand in an address in any form; other letters may (RFC 3987).
_WEB = re.compile(r"https?://[^\s/?#@:<>\"\\^`{|}]+(?::\d{1,5})?(?:[/?#][^\s<>\"\\^`{|}]*)?", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^\s<>\"\\^`{|}@?]+@[^\s<>\"\\^`{|}@]+", re.IGNORECASE)
# A second slash would make the first part a host; browsers take a backslash for a slash.
_PATH = re.compile(r"/(?:[^\s/<>\"\\^`{|}][^\s<>\"\\^`{|}]*)?")


def _address(url: str) -> str:
    if not (_WEB.fullmatch(url) or _MAIL.fullmatch(url)):
        raise Wrong("must be an address that begins with https://, http:// or mailto:")
    return url


def _address_or_path(url: str) -> str:
    if not (_WEB.fullmatch(url) or _MAIL.fullmatch(url) or _PATH.fullmatch(url)):
        raise Wrong("must be an address (https://, http://, mailto:) or a path on the blog, such as /about")
    return url


def picture(url: str) -> str:
    if url and not (_PATH.fullmatch(url) or (_WEB.fullmatch(url) and url.lower().startswith("https:"))):
        raise Wrong("must be an https:// address or a path on the blog, such as /me.jpg; or empty")
    return url


_SQUARE = re.compile(r"/media/[0-9a-f]{32}-([1-9][0-9]{2,4})x\1\.png")
SMALLEST_ICON = 180


def icon_side(path: str) -> int:
    """Pixels of an icon, by its name; 0 for what is none."""
    found = _SQUARE.fullmatch(path)
    return int(found[1]) if found else 0


def _square(path: str) -> str:
    if path and icon_side(path) < SMALLEST_ICON:
        raise Wrong(f"must be an uploaded square PNG (/media/…) of at least {SMALLEST_ICON} pixels, or empty")
    return path


# RFC 5321, section 4.1.2, without quotes; RFC 1123, section 2.1.
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def email_address(address: str) -> str:
    """In the one form that mail servers know it by: its host as the DNS has it, so that who is mailed, and
    who is banned, does not depend on how it was typed. Empty for none.
    """
    if not address:
        return ""
    mailbox, _, host = unicodedata.normalize("NFKC", address).rpartition("@")
    host = ascii_host(host)
    # What cannot be seen may tell one mailbox from another, and is never meant.
    if not mailbox or seen(address) != address or not _HOST.fullmatch(host):
        raise Wrong("is not an e-mail address; correct it or leave it empty")
    if not mailbox.isascii():
        raise Wrong("has letters before the @ that mail is not sent to; give one with a to z, or none")
    if not _MAILBOX.fullmatch(mailbox):
        raise Wrong("is not an e-mail address; correct it or leave it empty")
    return f"{mailbox}@{host}"


_FOLDER = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _folder(name: str) -> str:
    if name and not _FOLDER.fullmatch(name):
        raise Wrong("must be the name of a folder in templates/themes, or empty for the given look")
    return name


_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MEASURE = re.compile(r"([0-9]{2}(?:\.[0-9]{1,2})?)rem")
_FAMILY = re.compile(r"\"[A-Za-z0-9 -]+\"|'[A-Za-z0-9 -]+'|[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z][A-Za-z0-9-]*)*")
# In a list of names these make the whole of it invalid (CSS Fonts 4, section 2.1).
_NO_FAMILY = frozenset("inherit initial unset revert revert-layer default".split())


def _colour(text: str) -> str:
    if not _COLOUR.fullmatch(text):
        raise Wrong("must be a colour such as #0b5f8a: a # and six hexadecimal digits")
    return text.lower()


def _measure(text: str) -> str:
    found = _MEASURE.fullmatch(text)
    if not found or not NARROWEST <= float(found[1]) <= WIDEST:
        raise Wrong(f"must be a width from {NARROWEST}rem to {WIDEST}rem, such as 37rem")
    return text


def _font(text: str) -> str:
    families = [family.strip() for family in text.split(",")]
    if not all(_FAMILY.fullmatch(family) and family.lower() not in _NO_FAMILY for family in families):
        raise Wrong('must be names of fonts with commas between them, such as "Gill Sans", sans-serif')
    return ", ".join(families)


STYLE = Object(
    {
        **{name + scheme: Text(40, check=_colour) for scheme in SCHEMES for name in LOOK},
        "font": Text(200, check=_font),
        "measure": Text(40, check=_measure),
    }
)
_LABEL = Text(60, check=_filled)
_LINK = Object({"label": _LABEL, "url": Text(500, check=_address)}, needed=("label", "url"))
_ENTRY = Object({"label": _LABEL, "url": Text(500, check=_address_or_path)}, needed=("label", "url"))
LINKS = frozenset(("links", "navigation"))

SETTINGS = Fields(
    title=Text(200, check=_filled),
    description=Text(500),
    author=Text(100, check=_filled),
    language=Text(35, check=language_tag),
    posts_per_page=Number(1, 50),
    time_zone=Text(64, check=_time_zone),
    links=ObjectList(20, _LINK),
    navigation=ObjectList(20, _ENTRY),
    author_picture=Text(500, check=picture),
    author_picture_alt=Text(300),
    author_biography=Text(2000, lines=True),
    image=Text(500, check=picture),
    icon=Text(100, check=_square),
    theme=Text(40, check=_folder),
    style=STYLE,
    comments_open=Flag(),
    comments_close_days=Number(0, 3650),
    comments_hold=Choice(HOLD),
    comments_edit_minutes=Number(0, 7 * 24 * 60),
    comments_honeypot=Flag(),
    comments_form_seconds=Number(0, 600),
    comments_form_hours=Number(0, 24 * 30),
    comments_per_minute=Number(0, 1000),
    comments_per_day=Number(0, 1000),
    comments_hold_links=Number(0, 1000),
    comments_hold_duplicates=Flag(),
    held_words=TextList(MOST_WORDS, Text(100, check=_filled)),
    spam_words=TextList(MOST_WORDS, Text(100, check=_filled)),
    likes_open=Flag(),
    likes_per_network=Number(0, 1000),
    author_email=Text(254, check=email_address),
    mail_readers=Flag(),
    mail_published=Flag(),
    revisions_kept=Number(0, 10_000),
    hsts_subdomains=Flag(),
    hsts_preload=Flag(),
)
