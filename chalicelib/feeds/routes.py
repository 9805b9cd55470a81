"""What machines read of the blog: feeds, sitemaps, robots.txt, the manifest and the icon.

What makes them is imported where it is needed: a cold start that answers with a page needs none of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote
from zlib import crc32

from chalicelib.core import answers, clock, pages, text, versions, web
from chalicelib.core.answers import Answer
from chalicelib.core.problems import NotFound
from chalicelib.core.requests import Request
from chalicelib.core.validators import Validator
from chalicelib.feeds import icons
from chalicelib.posts.actions import public_post
from chalicelib.posts.tallies import read_tally
from chalicelib.posts.views import tag_path
from chalicelib.settings.actions import current_site, kept_by_caches

if TYPE_CHECKING:
    from chalicelib.feeds.entries import Desk, Feed
    from chalicelib.feeds.sitemap import Place

routes = web.Routes()

FRESH_SECONDS = 60
ICON_SECONDS = 3600
"""How old a copy of what changes with the settings alone may be."""

FOR_ALL = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
"""Readers that run in a browser fetch feeds from other origins."""
ICON = "/icon.svg"


# --- feeds -----------------------------------------------------------------------------------


@routes.get("/feed.atom")
@routes.get("/feed.rss")
@routes.get("/feed.json")
def show_feed(request: Request) -> Answer:
    from chalicelib.feeds.reading import read_posts

    return _feed(request, ["posts"], read_posts)


@routes.get("/tags/{tag}/feed.atom")
@routes.get("/tags/{tag}/feed.rss")
@routes.get("/tags/{tag}/feed.json")
def show_tag_feed(request: Request, tag: str) -> Answer:
    from chalicelib.feeds.reading import read_tagged

    if text.slugify(tag) not in ("", tag):
        return _moved(request, f"{tag_path(tag)}/feed")
    return _feed(request, ["posts"], lambda desk: read_tagged(desk, tag))


@routes.get("/comments/feed.atom")
@routes.get("/comments/feed.rss")
@routes.get("/comments/feed.json")
def show_replies_feed(request: Request) -> Answer:
    from chalicelib.feeds.reading import read_replies

    return _feed(request, versions.KINDS, read_replies)


@routes.get("/posts/{slug}/comments/feed.atom")
@routes.get("/posts/{slug}/comments/feed.rss")
@routes.get("/posts/{slug}/comments/feed.json")
def show_post_feed(request: Request, slug: str) -> Answer:
    from chalicelib.feeds.reading import read_replies_to

    if slug != slug.lower():
        return _moved(request, f"/posts/{quote(slug.lower())}/comments/feed")
    validator = _of_post(request, slug)
    if again := _again(request, validator, FOR_ALL):
        return again
    post = public_post(slug)
    if post.type == "page":
        raise NotFound("A static page takes no replies, and so has no feed of them.")
    if post.slug != slug:
        return _moved(request, f"/posts/{quote(post.slug)}/comments/feed")
    # The tallies of a post whose slug was changed stand at another.
    validator = validator or _of_post(request, post.home)
    return _fresh(request, validator, _document(request, lambda desk: read_replies_to(desk, post)), FOR_ALL)


def _of_post(request: Request, home: str) -> Validator | None:
    """By the post's tallies alone; None where they do not say that it may be read."""
    tally = read_tally(home)
    if not tally.is_public(clock.now()):
        return None
    return versions.of_one(current_site(), tally.content, tally.changed, _salt(request))


@routes.get("/posts/{slug}/comments/feed")
def show_usual_post_feed(request: Request, slug: str) -> Answer:
    """In one step from an older slug, too."""
    post = public_post(slug.lower())
    address = f"/posts/{quote(post.slug)}/comments/feed.rss"
    return answers.redirect(request.root + address, 301, kept_by_caches(current_site()))


@routes.get("/feed")
@routes.get("/comments/feed")
@routes.get("/tags/{tag}/feed")
def show_usual_feed(request: Request, **_: str) -> Answer:
    """The address that readers try first, and that WordPress has."""
    return answers.redirect(f"{request.root}{request.path}.rss", 301, kept_by_caches(current_site()))


def _feed(request: Request, kinds: Iterable[str], read: Callable[[Desk], Feed]) -> Answer:
    return _fresh(request, _of_kinds(request, kinds), _document(request, read), FOR_ALL)


def _document(request: Request, read: Callable[[Desk], Feed]) -> Callable[[Desk], Answer]:
    from chalicelib.feeds import documents

    kind = _kind(request)
    headers = {"Content-Type": documents.content_type(kind)}
    return lambda desk: Answer(200, documents.document(read(desk), kind), headers)


def _kind(request: Request) -> str:
    """The format that the address asks for."""
    return request.route.rpartition(".")[2]


def _moved(request: Request, address: str) -> Answer:
    url = f"{request.root}{address}.{_kind(request)}"
    return answers.redirect(url, 301, kept_by_caches(current_site()))


# --- sitemaps --------------------------------------------------------------------------------


@routes.get("/sitemap.xml")
def show_sitemap(request: Request) -> Answer:
    from chalicelib.feeds import sitemap

    return _fresh(
        request, _of_kinds(request, ["posts"]), lambda desk: _sitemap("sitemapindex", sitemap.parts(desk))
    )


@routes.get("/sitemaps/pages.xml")
def show_sitemap_pages(request: Request) -> Answer:
    from chalicelib.feeds import sitemap

    return _fresh(
        request, _of_kinds(request, ["posts"]), lambda desk: _sitemap("urlset", sitemap.pages(desk))
    )


@routes.get("/sitemaps/{part}")
def show_sitemap_part(request: Request, part: str) -> Answer:
    from chalicelib.feeds import sitemap

    span = sitemap.span_of(part.removesuffix(".xml")) if part.endswith(".xml") else None
    if not span:
        raise _no_part()

    def make(desk: Desk) -> Answer:
        if found := sitemap.part(span, desk):
            return _sitemap("urlset", found)
        raise _no_part()

    return _fresh(request, _of_kinds(request, ["posts"]), make)


def _sitemap(kind: str, places: Sequence[Place]) -> Answer:
    shown = pages.render("feeds/sitemap.xml", kind=kind, places=places, rfc3339=clock.stamp)
    return Answer(200, shown, {"Content-Type": "application/xml; charset=utf-8"})


def _no_part() -> NotFound:
    return NotFound("There is no such part of the sitemap; /sitemap.xml names those that there are.")


# --- what is made of the settings ------------------------------------------------------------


@routes.get("/robots.txt")
def show_robots(request: Request) -> Answer:
    """RFC 9309: everything may be read but the API and addresses that are private to somebody."""
    lines = [
        "User-agent: *",
        f"Disallow: {request.root}/api/",
        *(f"Disallow: {request.root}/{part}/" for part in ("replies", "mail", "yours")),
        "",
        f"Sitemap: {web.absolute(request, '/sitemap.xml')}",
        "",
    ]
    return _of_settings(request, "text/plain; charset=utf-8", "\n".join(lines), ICON_SECONDS)


@routes.get("/manifest.webmanifest")
def show_manifest(request: Request) -> Answer:
    found = icons.manifest(current_site(), request.root, request.root + ICON)
    return _of_settings(
        request, "application/manifest+json", json.dumps(found, ensure_ascii=False), FRESH_SECONDS
    )


@routes.get("/icon.svg")
def show_icon(request: Request) -> Answer:
    answer = _of_settings(request, "image/svg+xml", icons.icon(current_site()), ICON_SECONDS)
    answer.headers |= FOR_ALL
    return answer


def _of_settings(request: Request, content_type: str, content: str, seconds: int) -> Answer:
    """What is made of the settings alone is known by what it says."""
    validator = Validator(sha256(content.encode()).hexdigest()[:16])
    cached = answers.public(seconds)
    if again := validator.again(request, cached):
        return again
    return Answer(200, content, {"Content-Type": content_type, **cached, **validator.headers})


# --- copies that are still good --------------------------------------------------------------


def _of_kinds(request: Request, kinds: Iterable[str]) -> Validator:
    """By the counters of changes: one small read."""
    return versions.read().validator(current_site(), kinds, _salt(request))


def _salt(request: Request) -> str:
    """Feeds change together; a tag belongs to one address all the same."""
    return f"{crc32(f'{request.root}{request.path}'.encode()):x}"


def _fresh(
    request: Request,
    validator: Validator | None,
    make: Callable[[Desk], Answer],
    headers: Mapping[str, str] = answers.NO_MORE,
) -> Answer:
    """What `make` gives, known by `validator`; or 304."""
    from chalicelib.feeds.entries import Desk

    if again := _again(request, validator, headers):
        return again
    site = current_site()
    made = make(Desk(site, partial(web.absolute, request), validator.changed if validator else None))
    cached = {**kept_by_caches(site), **headers}
    if not validator:
        return Answer(made.status, made.body, {**made.headers, **cached})
    return validator.made(request, made, cached)


def _again(request: Request, validator: Validator | None, headers: Mapping[str, str]) -> Answer | None:
    cached = {**kept_by_caches(current_site()), **headers}
    return validator.again(request, cached) if validator else None
