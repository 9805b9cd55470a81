"""Pages that list posts, and those that tell about the blog, filled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import quote

from markupsafe import escape

from chalicelib.core import text, web
from chalicelib.core.listing import cursor
from chalicelib.core.pictures import served
from chalicelib.core.problems import NotFound
from chalicelib.core.requests import Request
from chalicelib.core.table import Page as Slice
from chalicelib.core.values import value
from chalicelib.core.views import Alternate, Page, PostLink, TagLink
from chalicelib.core.visitors import COOKIE
from chalicelib.core.words import Words
from chalicelib.lists.model import SERIES, TAG, Count
from chalicelib.lists.store import month_tallies
from chalicelib.posts.model import Post
from chalicelib.posts.views import PostSummary, summary_view
from chalicelib.settings.model import Site
from chalicelib.settings.pages import (
    FEEDS,
    PORTRAIT,
    biography_of,
    feed_links,
    render_page,
    rooted,
    titled,
    words_of,
)
from chalicelib.site import structured
from chalicelib.site.head import full_address, picture_of
from chalicelib.site.lists import (
    YEAR_PAGE,
    Listed,
    Replies,
    Window,
    by_month,
    open_counts,
    open_home,
    open_recent,
    open_series,
    open_span,
    open_tag,
    span_of,
)


@value
class MonthView:
    name: str
    url: str
    count: int


@value
class YearView:
    year: str
    url: str
    count: int
    months: list[MonthView]


def home_page(request: Request, site: Site, window: Window) -> str:
    listed, pinned = open_home(site, window)
    words = words_of(site)
    page = Page(
        site.title,
        site.description,
        web.absolute(request, "/") if window.is_first else None,
        image=picture_of(request, site, None, None),
        data=structured.home_data(site, _absolute(request)),
    )
    return render_page(
        request,
        "site/home.html",
        page,
        site,
        posts=_summaries(listed.posts, listed.replies, request, words),
        pinned=_summaries(pinned, listed.replies, request, words),
        **_turns(request, "home", "/", listed),
        is_first_page=window.is_first,
    )


def tag_page(request: Request, site: Site, tag: str, window: Window) -> str:
    name, listed, count = open_tag(tag, site, window)
    words, path = words_of(site), f"/tags/{quote(tag)}"
    up = PostLink(f"{request.root}/tags", words.plain("title.tags"))
    head = _head(
        request,
        site,
        path,
        words.plain("title.tag", tag=name),
        window,
        up=(up.title, "/tags"),
        feeds=feed_links(request.root + path, words.plain("feed.tag", tag=name)),
    )
    return _list_page(
        request,
        site,
        head,
        listed,
        listing=f"tag {tag}",
        path=path,
        kicker="title.tags",
        name=name,
        count=count,
        up=up,
    )


def month_page(request: Request, site: Site, year: str, month: str, window: Window) -> str:
    number, which = _number(year, 4), _number(month, 2)
    listed = open_span(span_of(site, number, which), window, site.posts_per_page)
    words, path = words_of(site), f"/archive/{year}/{month}"
    name = words.month(number, which)
    head = _head(
        request, site, path, words.plain("title.month", month=name), window, up=(year, f"/archive/{year}")
    )
    up = PostLink(f"{request.root}/archive/{year}", words.year(number))
    return _list_page(
        request,
        site,
        head,
        listed,
        listing=f"month {year}-{month}",
        path=path,
        kicker="title.archive",
        name=name,
        up=up,
    )


def _list_page(
    request: Request,
    site: Site,
    head: Page,
    listed: Listed,
    *,
    listing: str,
    path: str,
    kicker: str,
    name: str,
    up: PostLink,
    count: int | None = None,
) -> str:
    words = words_of(site)
    return render_page(
        request,
        "site/list.html",
        head,
        site,
        kicker=words(kicker),
        heading=escape(name),
        posts=_summaries(listed.posts, listed.replies, request, words),
        count=count,
        **_turns(request, listing, path, listed),
        up=up,
    )


def year_page(request: Request, site: Site, year: str, window: Window) -> str:
    number = _number(year, 4)
    listed = open_span(span_of(site, number), window, YEAR_PAGE)
    words, path = words_of(site), f"/archive/{year}"
    archive = words.plain("title.archive"), "/archive"
    years = sorted({int(tally.slug[:4]) for tally in month_tallies()})
    groups = [
        (
            words.month_name(month),
            f"{request.root}{path}/{month:02}",
            _summaries(posts, listed.replies, request, words),
        )
        for (_, month), posts in by_month(listed.posts, site).items()
    ]
    return render_page(
        request,
        "site/year.html",
        _head(request, site, path, words.plain("title.year", year=words.year(number)), window, up=archive),
        site,
        heading=words.year(number),
        previous=_year_link(request, words, [one for one in years if one < number][-1:]),
        next=_year_link(request, words, [one for one in years if one > number][:1]),
        groups=groups,
        **_turns(request, f"year {year}", path, listed),
    )


def archive_page(request: Request, site: Site) -> str:
    words = words_of(site)
    years: dict[str, list[Count]] = {}
    for tally in reversed(month_tallies()):
        years.setdefault(tally.slug[:4], []).append(tally)
    shown = [_year_view(request, words, year, months) for year, months in years.items()]
    head = _head(request, site, "/archive", words.plain("title.archive"))
    return render_page(request, "site/archive.html", head, site, years=shown)


def tags_page(request: Request, site: Site, after: str | None) -> str:
    words, found = words_of(site), open_counts(TAG, after)
    tags = _counted(request, "tags", found.items)
    more = f"{request.root}/tags?after={cursor('tags', _last(found))}" if found.more else None
    head = _head(request, site, "/tags", words.plain("title.tags"), Window(after))
    return render_page(request, "site/tags.html", head, site, tags=tags, more=more)


def all_series_page(request: Request, site: Site, after: str | None) -> str:
    words, found = words_of(site), open_counts(SERIES, after)
    more = f"{request.root}/series?after={cursor('all series', _last(found))}" if found.more else None
    head = _head(request, site, "/series", words.plain("title.series"), Window(after))
    series = _counted(request, "series", found.items)
    return render_page(request, "site/series_list.html", head, site, series=series, more=more)


def series_page(request: Request, site: Site, series: str, after: str | None) -> str:
    name, listed = open_series(series, after)
    words, path = words_of(site), f"/series/{quote(series)}"
    later = f"{request.root}{path}?after={cursor(f'series {series}', listed.older)}" if listed.older else None
    all_series = words.plain("title.series"), "/series"
    head = _head(
        request, site, path, words.plain("title.series_one", name=name), Window(after), up=all_series
    )
    posts = _summaries(listed.posts, listed.replies, request, words)
    return render_page(request, "site/series.html", head, site, name=name, posts=posts, later=later)


def author_page(request: Request, site: Site) -> str:
    words, recent, biography = words_of(site), open_recent(), biography_of(site)
    picture = rooted(request.root, served(site.author_picture, PORTRAIT))
    portrait = full_address(request, site.author_picture)
    page = Page(
        titled(words, words.plain("title.author", author=site.author), site),
        text.excerpt(biography.striptags()),
        web.absolute(request, "/author"),
        image=picture_of(request, site, None, None),
        type="profile",
        data=structured.author_data(site, _absolute(request), image=portrait),
    )
    return render_page(
        request,
        "site/author.html",
        page,
        site,
        author=site.author,
        picture=picture,
        biography=biography,
        picture_alt=site.author_picture_alt,
        links=[(link.label, link.url) for link in site.links],
        posts=_summaries(recent.posts, recent.replies, request, words),
    )


def subscribe_page(request: Request, site: Site) -> str:
    words = words_of(site)
    addresses = [
        (title, name, web.absolute(request, f"{path}/feed.{ending}"))
        for title, path in ((site.title, ""), (words.plain("feed.all_replies"), "/comments"))
        for name, _, ending in FEEDS
    ]
    head = _head(request, site, "/subscribe", words.plain("title.subscribe"))
    found = open_counts(TAG, None)
    tags = 0 if found.more else len(found.items)
    return render_page(request, "site/subscribe.html", head, site, addresses=addresses, tag_count=tags)


def privacy_page(request: Request, site: Site) -> str:
    head = _head(request, site, "/privacy", words_of(site).plain("title.privacy"))
    told = {"author": site.author, "log_days": LOG_DAYS, "cookie": COOKIE}
    return render_page(request, "site/privacy.html", head, site, **told)


LOG_DAYS = 30
"""As `.chalice/resources.json` says unless its operator says otherwise."""


# --- parts -----------------------------------------------------------------------------------


def _head(
    request: Request,
    site: Site,
    path: str,
    title: str,
    window: Window | None = None,
    *,
    up: tuple[str, str] | None = None,
    feeds: tuple[Alternate, ...] = (),
) -> Page:
    """Later parts of a list are found by their links, and not by search engines."""
    is_first = window is None or window.is_first
    return Page(
        titled(words_of(site), title, site),
        canonical=web.absolute(request, path) if is_first else None,
        robots=None if is_first else "noindex",
        image=picture_of(request, site, None, None),
        data=structured.list_data([*([up] if up else []), (title, path)], site, _absolute(request)),
        feeds=feeds,
    )


def _summaries(posts: Iterable[Post], replies: Replies, request: Request, words: Words) -> list[PostSummary]:
    return [summary_view(post, request.root, words, replies.get(post.home, 0)) for post in posts]


def _turns(request: Request, listing: str, path: str, listed: Listed) -> dict[str, str | None]:
    def turn(name: str, sort_key: str | None) -> str | None:
        return f"{request.root}{path}?{name}={cursor(listing, sort_key)}" if sort_key else None

    return {"newer": turn("before", listed.newer), "older": turn("after", listed.older)}


def _last(found: Slice[Count]) -> str:
    """Where the next page of names begins: after one that is shown, since a cursor can be read, and the
    last that was looked at may be the tag of a hidden post.
    """
    return found.items[-1].slug if found.items else found.last


def _counted(request: Request, path: str, counts: Sequence[Count]) -> list[TagLink]:
    return [TagLink(one.name, f"{request.root}/{path}/{quote(one.slug)}", one.count) for one in counts]


def _year_view(request: Request, words: Words, year: str, months: Sequence[Count]) -> YearView:
    url = f"{request.root}/archive/{year}"
    shown = [
        MonthView(words.month_name(int(tally.slug[5:])), f"{url}/{tally.slug[5:]}", tally.count)
        for tally in months
    ]
    return YearView(words.year(int(year)), url, sum(tally.count for tally in months), shown)


def _year_link(request: Request, words: Words, years: Sequence[int]) -> PostLink | None:
    return PostLink(f"{request.root}/archive/{years[0]}", words.year(years[0])) if years else None


def _number(text: str, digits: int) -> int:
    """A year or a month as it stands in an address. Raises NotFound for what is none."""
    if not re.fullmatch(rf"[0-9]{{{digits}}}", text) or not 1 <= int(text) <= (12 if digits == 2 else 9998):
        raise NotFound("There is no such time. The archive tells what there is.")
    return int(text)


def _absolute(request: Request) -> Callable[[str], str]:
    return lambda path: web.absolute(request, path)
