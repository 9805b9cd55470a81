"""What a page is about, for machines: JSON-LD with the words of schema.org.

Each function gives the content of one `<script type="application/ld+json">`. Whatever people typed
is in there; no `<` is, so that nothing can end the element.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from chalicelib.comments.store import Row
from chalicelib.core import clock, text
from chalicelib.core.words import words_for
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of, told_of
from chalicelib.settings.model import Site
from chalicelib.settings.pages import biography_of

MOST_COMMENTS = 10
MOST_LETTERS = 120
"""Of each comment. A page says them again, and in full; its size counts."""
ENOUGH_HTML = 4 * MOST_LETTERS
"""So much of a comment's HTML holds as many letters, unless it is made of links."""

Absolute = Callable[[str], str]
"""The full URL of a path on the blog."""
Thing = dict[str, Any]

_BREAK = re.compile(r"<(?:/?(?:p|li|pre|blockquote)|br)\b[^>]*>")
# The end may be cut anywhere: in a tag, in a value, in a reference.
_TAG = re.compile(r'<(?:[^">]|"[^"]*(?:"|$))*(?:>|$)|&#?\w*$')
_ESCAPES = [(letter, f"\\u{ord(letter):04x}") for letter in "<>&\u2028\u2029"]


def home_data(site: Site, absolute: Absolute) -> Markup:
    home = absolute("/")
    common = {
        "url": home,
        "name": site.title,
        "description": site.description,
        "inLanguage": site.language,
        "publisher": {"@id": absolute("/author")},
    }
    return _script(
        {"@type": "WebSite", "@id": f"{home}#site", **common},
        {"@type": "Blog", "@id": f"{home}#blog", **common, "author": {"@id": absolute("/author")}},
        _person(site, absolute),
    )


def post_data(
    post: Post,
    site: Site,
    absolute: Absolute,
    *,
    image: str = "",
    replies: int = 0,
    likes: int = 0,
    rows: Iterable[Row] = (),
) -> Markup:
    """A post with its first replies. `image` is a URL; `rows` are those that the page shows."""
    return _script(
        {
            "@type": "BlogPosting",
            **_writing(post, site, absolute, image),
            "headline": _name(post),
            "keywords": list(post.tags),
            "wordCount": post.words,
            "isPartOf": {"@type": "Blog", "@id": f"{absolute('/')}#blog", "name": site.title},
            "commentCount": replies,
            "interactionStatistic": _interactions(likes),
            "comment": _comments(post, rows, absolute),
        }
    )


def page_data(post: Post, site: Site, absolute: Absolute, *, image: str = "") -> Markup:
    """A static page."""
    return _script(
        {
            "@type": "WebPage",
            **_writing(post, site, absolute, image),
            "name": _name(post),
            "isPartOf": _website(site, absolute),
            "breadcrumb": _trail(site, absolute, [(_name(post), path_of(post))]),
        }
    )


def author_data(site: Site, absolute: Absolute, *, image: str = "") -> Markup:
    """`image` is the URL of the author's picture."""
    person = {**_person(site, absolute), "description": biography_of(site).striptags(), "image": image}
    return _script({"@type": "ProfilePage", "url": absolute("/author"), "mainEntity": _filled(person)})


def list_data(trail: Sequence[tuple[str, str]], site: Site, absolute: Absolute) -> Markup:
    """A page that lists posts. `trail` are (name, path) of what leads to it from the front page, and
    of the page itself: `[("Tags", "/tags"), ("letters", "/tags/letters")]`.
    """
    name, path = trail[-1]
    return _script(
        {
            "@type": "CollectionPage",
            "url": absolute(path),
            "name": name,
            "inLanguage": site.language,
            "isPartOf": _website(site, absolute),
            "breadcrumb": _trail(site, absolute, trail),
        }
    )


# --- parts -----------------------------------------------------------------------------------


def _writing(post: Post, site: Site, absolute: Absolute, image: str) -> Thing:
    """What posts and static pages have in common."""
    url = absolute(path_of(post))
    published = post.published_at or post.created_at
    return {
        "url": url,
        "mainEntityOfPage": url,
        "datePublished": clock.stamp(published),
        "dateModified": clock.stamp(max(published, post.updated_at or published)),
        "description": told_of(post, words_for(site.language)),
        "image": image,
        # The reference page of the same work; where people are to read this copy is `url`.
        "sameAs": post.canonical_url,
        "inLanguage": post.language or site.language,
        "author": _person(site, absolute),
        "publisher": {"@id": absolute("/author")},
    }


def _person(site: Site, absolute: Absolute) -> Thing:
    url = absolute("/author")
    elsewhere = [link.url for link in site.links if link.url.startswith(("https://", "http://"))]
    return _filled({"@type": "Person", "@id": url, "name": site.author, "url": url, "sameAs": elsewhere})


def _website(site: Site, absolute: Absolute) -> Thing:
    home = absolute("/")
    return {"@type": "WebSite", "@id": f"{home}#site", "name": site.title, "url": home}


def _trail(site: Site, absolute: Absolute, steps: Sequence[tuple[str, str]]) -> Thing:
    whole = [(site.title, "/"), *steps]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": absolute(path)}
            for position, (name, path) in enumerate(whole, 1)
        ],
    }


def _comments(post: Post, rows: Iterable[Row], absolute: Absolute) -> list[Thing]:
    replies = absolute(f"/posts/{quote(post.slug)}/comments")
    return [
        {
            "@type": "Comment",
            "author": {"@type": "Person", "name": row.name},
            "dateCreated": row.at,
            "url": f"{replies}/{row.id}",
            "text": _words(row.html[:ENOUGH_HTML]),
        }
        for row in [row for row in rows if not (row.gone or row.is_hidden)][:MOST_COMMENTS]
    ]


def _interactions(likes: int) -> Thing | str:
    if not likes:
        return ""
    return {
        "@type": "InteractionCounter",
        "interactionType": {"@type": "LikeAction"},
        "userInteractionCount": likes,
    }


@lru_cache(1024)
def _words(html: str) -> str:
    """The first words of a comment's HTML."""
    return text.excerpt(unescape(_TAG.sub("", _BREAK.sub(" ", html))), MOST_LETTERS)


def _name(post: Post) -> str:
    return post.title or text.excerpt(post.began, 60) or clock.stamp(post.published_at or post.created_at)


def _script(*things: Mapping[str, Any]) -> Markup:
    """What is empty says nothing, and is left out."""
    filled = [_filled(thing) for thing in things]
    context = {"@context": "https://schema.org"}
    whole = {**context, "@graph": filled} if len(filled) > 1 else {**context, **filled[0]}
    written = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    for letter, escaped in _ESCAPES:
        written = written.replace(letter, escaped)
    return Markup(written)  # noqa: S704 - nothing is left that markup is made of


def _filled(thing: Mapping[str, Any]) -> Thing:
    return {name: value for name, value in thing.items() if value not in ("", [])}
