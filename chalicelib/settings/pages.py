"""Pages in the blog's own look: what every template needs besides its own values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from markupsafe import Markup

from chalicelib.core import clock, pages
from chalicelib.core.pictures import served
from chalicelib.core.problems import Problem
from chalicelib.core.requests import Request
from chalicelib.core.views import Alternate, Page
from chalicelib.core.words import Words, words_for
from chalicelib.settings.actions import current_site, given_colours
from chalicelib.settings.model import LOOK, Link, Site

FEEDS = (
    ("Atom", "application/atom+xml", "atom"),
    ("RSS", "application/rss+xml", "rss"),
    ("JSON Feed", "application/feed+json", "json"),
)

PORTRAIT = 300
"""Pixels in which a picture of the author is sharp on any screen."""

CONTRAST = "@media (prefers-contrast: more) { :root { --quiet: var(--ink); --line: var(--ink) } }\n"
"""As in the given stylesheet, after what would undo it: the reader's wish goes before anybody's taste."""


def render_page(request: Request, template: str, page: Page, site: Site | None = None, **values: Any) -> str:
    """In the site's theme; `values` are the template's own."""
    site = site or current_site()
    return pages.render(template, site.theme, **_common(request, page, site), **values)


def _common(request: Request, page: Page, site: Site) -> dict[str, Any]:
    root = request.root
    return {
        "site": site,
        "page": page,
        "t": words_of(site),
        "nav": navigation(request, site),
        "feeds": [*page.feeds, *feed_links(root, site.title)],
        "root": root,
        "author_picture": rooted(root, served(site.author_picture, PORTRAIT)),
        "papers": papers(site),
        "css_url": f"{root}/assets/{stylesheet(site)[0]}",
        "icon_url": f"{root}/icon.svg",
        "touch_icon": rooted(root, served(site.icon)),
        "manifest_url": f"{root}/manifest.webmanifest",
    }


def words_of(site: Site) -> Words:
    """The interface in the blog's language, with days by its clocks."""
    return words_for(site.language, site.time_zone)


def titled(words: Words, title: str, site: Site) -> str:
    """What stands in a browser's tab."""
    return words.plain("title.with_site", title=title, site=site.title)


@lru_cache(64)
def feed_links(path: str, title: str) -> tuple[Alternate, ...]:
    """The formats under a path (with the stage before it), the best first."""
    return tuple(
        Alternate(f"{title} ({name})", kind, f"{path}/feed.{ending}") for name, kind, ending in FEEDS
    )


def error_page(request: Request, problem: Problem) -> str:
    """Also where the storage does not answer, so it must do without it."""
    try:
        site = current_site()
    except Exception:  # noqa: BLE001 - the problem that is told is the first one
        site = Site()
    words = words_of(site)
    title = _said(words, f"error.{problem.status}.title", problem.title)
    error = {
        "status": problem.status,
        "title": title,
        "detail": _said(words, f"error.{problem.status}.detail", problem.detail),
        "errors": problem.errors,
        "request_id": request.id,
    }
    return render_page(request, "errors/error.html", Page(title, robots="noindex"), site, error=error)


def _said(words: Words, key: str, own: str) -> str:
    """In the blog's language where it has words for it. A problem's own, which are English, are more
    to the point than those of a catalogue.
    """
    english = words_for("en")
    is_said = key in words and not (key in english and words(key) == english(key))
    return words(key) if is_said else own


def biography_of(site: Site) -> Markup:
    """Sanitised when it was set; paragraphs of what an older version has stored."""
    if site.biography:
        return Markup(site.biography)  # noqa: S704
    parts = [part.strip() for part in site.author_biography.split("\n\n")]
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts if part)


# --- links -----------------------------------------------------------------------------------


class NavLink(NamedTuple):
    label: str
    url: str
    is_current: bool


def navigation(request: Request, site: Site) -> list[NavLink]:
    """What stands in the head: what the author chose, else the static pages."""
    if not (site.navigation or site.pages):
        return []
    links = site.navigation or [
        Link(page.title, f"/{quote(page.slug)}") for page in site.public_pages(clock.now())
    ]
    return [NavLink(link.label, rooted(request.root, link.url), _is_at(link, request)) for link in links]


def rooted(root: str, url: str) -> str:
    """An address as a page links to it: a path on the blog gets the stage before it."""
    return root + url if url.startswith("/") else url


def _is_at(link: Link, request: Request) -> bool:
    return link.url.startswith("/") and unquote(urlsplit(link.url).path) == unquote(request.path)


# --- the stylesheet --------------------------------------------------------------------------


def papers(site: Site) -> tuple[str, str]:
    """The colour of the page, in light and in dark."""
    light, dark = (given["paper"] for given in given_colours(site.theme))
    return site.style.get("paper", light), site.style.get("paper_dark", dark)


def stylesheet(site: Site) -> tuple[str, str]:
    """The public name and the content: the given look, the theme's own, then the author's."""
    return _stylesheet(site.theme, tuple(site.style.items()))


@lru_cache(8)
def _stylesheet(theme: str, style: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    name = pages.asset_name("style", ".css")
    given = pages.assets()[name][1]
    if not (added := pages.theme_css(theme) + style_css(dict(style))):
        return name, given
    # What is printed is printed in black, whatever the colours are.
    screen, media, printed = given.partition("@media print")
    content = screen + added + CONTRAST + media + printed
    return pages.public_name("style", ".css", content), content


def style_css(style: Mapping[str, str]) -> str:
    """The author's values as rules."""
    names = {"font": "--serif", "measure": "--measure"}
    light = {f"--{name}": style[name] for name in LOOK if name in style}
    dark = {f"--{name}": style[f"{name}_dark"] for name in LOOK if f"{name}_dark" in style}
    return (
        _rule({names[name]: style[name] for name in names if name in style})
        + _rule(light, "(prefers-color-scheme: light)")
        + _rule(dark, "(prefers-color-scheme: dark)")
    )


def _rule(properties: Mapping[str, str], media: str = "") -> str:
    rule = f":root {{ {'; '.join(f'{name}: {value}' for name, value in properties.items())} }}"
    return f"@media {media} {{ {rule} }}\n" if properties and media else f"{rule}\n" if properties else ""
