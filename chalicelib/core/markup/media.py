"""Pictures, films, sounds and documents in a post's HTML, before it is sanitised.

What its name says of an uploaded file stands in the HTML: a picture has its size and smaller copies, so
that nothing moves when it comes. Files of this blog are `/media/name`, wherever they are served from.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from chalicelib.core import pictures
from chalicelib.core.config import config
from chalicelib.core.markup import remarks
from chalicelib.core.markup.sanitise import SCHEMES
from chalicelib.core.pictures import PATH, Upload

FILMS = frozenset(("mp4", "webm"))
SOUNDS = frozenset(("mp3", "m4a", "ogg"))
NEAR_TOP = 1_200
"""Characters of text before the first picture, up to which a browser shows it at once."""
_KEPT = ("alt", "src", "title", "id", "lang")
SIZES = "(min-width: 70rem) 46rem, (min-width: 39rem) 37rem, 100vw"
"""How wide a picture stands in the text, by the window."""

_INSIDE = r"((?:[^\"'<>]|\"[^\"]*\"|'[^']*')*+)"
_PLAYER = re.compile(rf"<(video|audio)\b{_INSIDE}>(?:.*?</\1\s*>)?", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(rf"<(a|img)(?=[\s/>]){_INSIDE}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?")
_ANY_TAG = re.compile(r"<[^>]*>")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20]")
_LEFT_OUT = re.compile(r"<(script|style|iframe|object|embed|svg|form|canvas)\b", re.IGNORECASE)

Attributes = dict[str, str]


def with_media(unsafe: str, md: Any) -> str:
    """The HTML of a post with what is known of its files; remarks on what will not be shown."""
    for name in dict.fromkeys(found[1].lower() for found in _LEFT_OUT.finditer(unsafe)):
        remarks.note(md, "html-dropped", f"<{name}> is left out: a post holds no such HTML.", f"<{name}")
    unsafe = _PLAYER.sub(lambda found: _player(found, md), unsafe)
    seen = False

    def tag(found: re.Match[str]) -> str:
        nonlocal seen
        attributes = _attributes(found[2])
        if found[1].lower() == "a":
            return _link(found[0], attributes, md)
        first, seen = not seen, True
        at_once = first and len(_ANY_TAG.sub("", unsafe[: found.start()])) <= NEAR_TOP
        return _image(attributes, md, at_once=at_once)

    return _TAG.sub(tag, unsafe)


def _attributes(inside: str) -> Attributes:
    found: Attributes = {}
    for name, *values in _ATTRIBUTE.findall(inside):
        found.setdefault(name.lower(), unescape(next(filter(None, values), "")))
    return found


def _written(name: str, attributes: Attributes) -> str:
    return "".join((f"<{name}", *(f' {key}="{escape(said)}"' for key, said in attributes.items()), ">"))


def _link(tag: str, attributes: Attributes, md: Any) -> str:
    address = attributes.get("href", "")
    if unsafe_scheme(address):
        remarks.note(md, "link-dropped", f"The link to “{address[:60]}” is left out: {_ALLOWED}.", address)
        return tag
    origin = config().media_url
    if origin and address.startswith(origin) and (upload := pictures.upload_at(address)):
        return _written("a", {**attributes, "href": PATH + upload.name})
    return tag


_ALLOWED = "only https:, http: and mailto: addresses and paths are kept"


def unsafe_scheme(address: str, allowed: frozenset[str] = frozenset(SCHEMES)) -> bool:
    """Whether the sanitiser will take an address away."""
    scheme = _SCHEME.match(_UNSEEN.sub("", address))
    return scheme is not None and scheme[1].lower() not in allowed


def _image(attributes: Attributes, md: Any, *, at_once: bool) -> str:
    address = attributes.get("src", "").strip()
    if unsafe_scheme(address, frozenset(("http", "https"))):
        remarks.note(md, "image-dropped", f"The image “{address[:60]}” is left out: {_ALLOWED}.", address)
    elif "alt" not in attributes:
        remarks.without_alt(md, address)
    upload = pictures.upload_at(address)
    if upload and not upload.width:
        return _file(upload, attributes.get("alt", "").strip())
    loading = {"fetchpriority": "high"} if at_once else {"loading": "lazy"}
    kept: Attributes = {name: said for name, said in attributes.items() if name in _KEPT}
    size = _typed_size(attributes)
    return _written(
        "img", {**loading, "decoding": "async", **kept, **(_sized(upload, size) if upload else size)}
    )


def _typed_size(attributes: Attributes) -> Attributes:
    """Whole pixels, as the author wrote them."""
    typed = {name: attributes.get(name, "").strip().removesuffix("px") for name in ("width", "height")}
    return {name: said for name, said in typed.items() if re.fullmatch(r"[1-9]\d{0,4}", said)}


def _sized(upload: Upload, typed: Attributes) -> Attributes:
    """A picture of ours: what its name says, and what it is shown as wide as its author wished."""
    width, height = upload.width, upload.height
    if "width" in typed:
        width = int(typed["width"])
        height = int(typed.get("height", 0)) or max(1, round(width * upload.height / upload.width))
    elif "height" in typed:
        height = int(typed["height"])
        width = max(1, round(height * upload.width / upload.height))
    known = {"src": PATH + upload.shown, "width": str(width), "height": str(height)}
    if len(upload.sizes) > 1:
        known["srcset"] = ", ".join(f"{PATH}{name} {wide}w" for wide, name in upload.sizes)
        known["sizes"] = f"{width}px" if typed else SIZES
    return known


def _file(upload: Upload, words: str) -> str:
    """What is no picture, written as one."""
    address, shown = PATH + upload.name, escape(words or upload.name)
    kind = "video" if upload.ending in FILMS else "audio" if upload.ending in SOUNDS else ""
    link = f'<a href="{address}">{shown}</a>'
    if not kind:
        return link
    label = f' aria-label="{shown}"' if words else ""
    return f'<{kind} controls="" preload="metadata" src="{address}"{label}>{link}</{kind}>'


def _player(found: re.Match[str], md: Any) -> str:
    """A player that the author wrote in HTML: for files of ours alone."""
    attributes = _attributes(found[2])
    address = attributes.get("src", "")
    if (upload := pictures.upload_at(address.strip())) and upload.ending in FILMS | SOUNDS:
        return _file(upload, attributes.get("aria-label") or attributes.get("title", ""))
    message = (
        f"<{found[1].lower()}> is left out: it plays files that were uploaded to this blog, named in “src”."
    )
    remarks.note(md, "media-dropped", message, found[0][:60])
    return ""
