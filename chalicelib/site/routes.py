"""The readers' pages."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote, urlencode
from zlib import crc32

from chalicelib.comments.validators import Copies
from chalicelib.core import answers, pages, versions, web
from chalicelib.core.answers import Answer
from chalicelib.core.listing import position, window
from chalicelib.core.problems import MethodNotAllowed, NotFound
from chalicelib.core.requests import Request
from chalicelib.core.text import slugify
from chalicelib.core.validators import Validator, has_copies
from chalicelib.posts.model import RESERVED
from chalicelib.posts.tallies import read_tally
from chalicelib.posts.views import path_of, series_path, tag_path
from chalicelib.settings.actions import current_site, kept_by_caches
from chalicelib.settings.model import Site
from chalicelib.settings.pages import stylesheet
from chalicelib.site import list_pages
from chalicelib.site.lists import Window
from chalicelib.site.post_pages import post_page
from chalicelib.site.reading import Moved, open_post

routes = web.Routes()

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
NOT_HERE = "There is no page at this address. The front page lists what there is."

Render = Callable[[Site], str]


# --- lists -----------------------------------------------------------------------------------


@routes.get("/")
def show_home(request: Request) -> Answer:
    where = _window(request, "home")
    return _listed(request, lambda site: list_pages.home_page(request, site, where))


@routes.get("/tags")
def show_tags(request: Request) -> Answer:
    after = position("tags", request.parameter("after"))
    return _listed(request, lambda site: list_pages.tags_page(request, site, after), "posts")


@routes.get("/tags/{tag}")
def show_tag(request: Request, tag: str) -> Answer:
    if (name := slugify(tag)) != tag:
        return _spelled(request, tag_path(tag) if name else "")
    where = _window(request, f"tag {tag}")
    return _listed(request, lambda site: list_pages.tag_page(request, site, tag, where))


@routes.get("/archive")
def show_archive(request: Request) -> Answer:
    return _listed(request, lambda site: list_pages.archive_page(request, site), "posts")


@routes.get("/archive/{year}")
def show_year(request: Request, year: str) -> Answer:
    where = _window(request, f"year {year}")
    return _listed(request, lambda site: list_pages.year_page(request, site, year, where))


@routes.get("/archive/{year}/{month}")
def show_month(request: Request, year: str, month: str) -> Answer:
    where = _window(request, f"month {year}-{month}")
    return _listed(request, lambda site: list_pages.month_page(request, site, year, month, where))


@routes.get("/series")
def show_all_series(request: Request) -> Answer:
    after = position("all series", request.parameter("after"))
    return _listed(request, lambda site: list_pages.all_series_page(request, site, after), "posts")


@routes.get("/series/{series}")
def show_series(request: Request, series: str) -> Answer:
    if (name := slugify(series)) != series:
        return _spelled(request, series_path(series) if name else "")
    after = position(f"series {series}", request.parameter("after"))
    return _listed(request, lambda site: list_pages.series_page(request, site, series, after))


@routes.get("/author")
def show_author(request: Request) -> Answer:
    return _listed(request, lambda site: list_pages.author_page(request, site))


@routes.get("/subscribe")
def show_subscribe(request: Request) -> Answer:
    return _listed(request, lambda site: list_pages.subscribe_page(request, site), "posts")


@routes.get("/privacy")
def show_privacy(request: Request) -> Answer:
    return _of_site(request, lambda site: list_pages.privacy_page(request, site))


# --- posts -----------------------------------------------------------------------------------


@routes.get("/posts/{slug}")
def show_post(request: Request, slug: str) -> Answer:
    return _post(request, slug)


@routes.get("/assets/{name}")
def show_asset(_: Request, name: str) -> Answer:
    if name.startswith("style-") and name.endswith(".css"):
        return _stylesheet(name)
    if name not in pages.assets():
        raise NotFound("There is no such file.")
    content_type, content = pages.assets()[name]
    return Answer(200, content, {"Content-Type": content_type, **FOR_EVER})


@routes.every_method("/{proxy+}")
def show_other(request: Request, **__: str) -> Answer:
    """Static pages, which stand at the top, and every address that no route takes."""
    path = unquote(request.path)
    name = path.strip("/")
    if path != path.lower() and ("/" in name or name.lower() in RESERVED):
        # Two slashes at the beginning would be another host (RFC 3986, section 4.2).
        return _elsewhere(request, f"/{quote(path.lower().lstrip('/'))}")
    if not name or "/" in name or name in RESERVED or slugify(name) != name.lower():
        raise NotFound(NOT_HERE)
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed("This address takes GET and HEAD.", headers={"Allow": "GET, HEAD"})
    return _post(request, name, "page")


def _stylesheet(name: str) -> Answer:
    """A page in some cache may ask for the one before: it gets the present one, for a while."""
    current, content = stylesheet(current_site())
    kept = FOR_EVER if name == current else answers.public(60)
    return Answer(200, content, {"Content-Type": pages.ASSET_TYPES[".css"], **kept})


# --- what they share ---------------------------------------------------------------------------


def _post(request: Request, slug: str, kind: str = "post") -> Answer:
    """A post's page, known by its tallies: where there is a good copy, those alone are read."""
    site, wanted, slug = current_site(), slug, slug.lower()
    if has_copies(request) and (again := Copies(request, site, read_tally(slug), kind).again()):
        return again
    found = open_post(slug)
    if isinstance(found, Moved) or found.post.type != kind or wanted != slug:
        query = f"?{urlencode(request.query, doseq=True, errors='replace')}" if request.query else ""
        return _elsewhere(request, path_of(found.post) + query)
    if not found.is_whole:
        return answers.html(post_page(request, site, found), kept_by_caches(site))
    # The tallies of a post whose slug was changed stand at another.
    copies = Copies(request, site, found.tally, kind)
    return copies.again() or copies.made(answers.html(post_page(request, site, found)))


def _listed(request: Request, render: Render, *kinds: str) -> Answer:
    """What is made of many posts (and, unless `kinds` says otherwise, of how many replies they have)
    is known by the counters of changes.
    """
    site = current_site()
    validator = versions.read().validator(site, kinds or versions.KINDS, _salt(request))
    return _known(request, site, render, validator)


def _of_site(request: Request, render: Render) -> Answer:
    """What is made of the settings alone."""
    site = current_site()
    return _known(request, site, render, versions.of_site(site, _salt(request)))


def _known(request: Request, site: Site, render: Render, validator: Validator) -> Answer:
    cached = kept_by_caches(site)
    return validator.again(request, cached) or validator.made(request, answers.html(render(site)), cached)


def _salt(request: Request) -> str:
    """Lists change together; a tag belongs to one address all the same."""
    return f"{crc32(repr((request.root, request.path, sorted(request.query.items()))).encode()):x}"


def _window(request: Request, listing: str) -> Window:
    return Window(*window(request, listing))


def _spelled(request: Request, path: str) -> Answer:
    """To the one spelling of a name, if it has any."""
    if not path:
        raise NotFound(NOT_HERE)
    return _elsewhere(request, path)


def _elsewhere(request: Request, path: str) -> Answer:
    return answers.redirect(request.root + path, 301, kept_by_caches(current_site()))
