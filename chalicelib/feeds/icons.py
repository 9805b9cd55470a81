"""The blog as a mark: an icon made of its initial, and the web app manifest that names it. Pure."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import Any

from chalicelib.core.pictures import served
from chalicelib.settings.actions import colours_of
from chalicelib.settings.model import Site, icon_side

SHORT_NAME = 12
"""Letters that fit under an icon."""
MOST_PARTS = 12
"""Code points that one letter may be made of here; the longest emoji have ten."""

_SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="{}"/>'
)
_LETTER = (
    '<text x="32" y="32" dy=".35em" text-anchor="middle" font-size="40" font-weight="700"'
    " font-family=\"'Iowan Old Style','Palatino Linotype','URW Palladio L',P052,serif\" fill=\"{}\">{}</text>"
)
_ENVELOPE = (
    '<path d="M8 18h48v30H8zM8 18l24 19 24-19" fill="none" stroke="{}" stroke-width="4"'
    ' stroke-linejoin="round"/>'
)
_JOINER = "\u200d"
_SKINS = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def icon(site: Site) -> str:
    """An SVG image: the first letter or emoji of the title, or an envelope. It fills its square, so
    that a mask may cut its edges.
    """
    ground, paper = escape(_colour(site, "accent")), escape(_colour(site, "paper"))
    letter = initial(site.title)
    sign = _LETTER.format(paper, escape(letter)) if letter else _ENVELOPE.format(paper)
    return f"{_SQUARE.format(ground)}{sign}</svg>"


def manifest(site: Site, root: str, icon_path: str) -> dict[str, Any]:
    """Web Application Manifest (W3C). The icon is one drawing for every size, after the author's own."""
    drawn = {"src": icon_path, "sizes": "any", "type": "image/svg+xml"}
    side = icon_side(site.icon)
    uploaded = {"src": served(site.icon), "sizes": f"{side}x{side}", "type": "image/png", "purpose": "any"}
    return {
        "id": f"{root}/",
        "name": site.title,
        "short_name": short_name(site.title),
        "description": site.description,
        "lang": site.language,
        "dir": site.direction,
        "start_url": f"{root}/",
        "scope": f"{root}/",
        "display": "minimal-ui",
        "theme_color": _colour(site, "paper"),
        "background_color": _colour(site, "paper"),
        "icons": [
            *([uploaded] if side else []),
            *({**drawn, "purpose": purpose} for purpose in ("any", "maskable")),
        ],
    }


def initial(title: str) -> str:
    """The first letter, digit or emoji with all that belongs to it; empty where there is none."""
    for at, letter in enumerate(title):
        if letter.isalnum() or unicodedata.category(letter) == "So":
            return _whole(title, at).upper()
    return ""


def short_name(title: str) -> str:
    """The words that fit under an icon; the first one where not even that does."""
    words = title.split()
    while len(words) > 1 and len(" ".join(words)) > SHORT_NAME:
        words.pop()
    return " ".join(words)


def _whole(title: str, at: int) -> str:
    """The letter at a place with its marks, and an emoji with its colour, joined parts or second half
    of a flag (roughly Unicode Standard Annex 29, section 3).
    """
    end = at + 1
    if _is_flag(title[at]) and _is_flag(title[end : end + 1]):
        return title[at : end + 1]
    while end < min(len(title), at + MOST_PARTS) and (_belongs(title[end]) or title[end - 1] == _JOINER):
        end += 1
    return title[at:end]


def _belongs(letter: str) -> bool:
    return letter == _JOINER or letter in _SKINS or unicodedata.category(letter) in ("Mn", "Mc", "Me")


def _is_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _colour(site: Site, name: str) -> str:
    return colours_of(site, 0)[name]
