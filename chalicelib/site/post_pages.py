"""The page of a post, filled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from markupsafe import Markup

from chalicelib.comments.thread_pages import conversation
from chalicelib.comments.views import heading
from chalicelib.core import clock, pages, web
from chalicelib.core.requests import Request
from chalicelib.core.views import Page, PostLink, TagLink, stamp_of
from chalicelib.core.words import Words
from chalicelib.likes.views import likes_view
from chalicelib.lists.model import Around, Neighbour
from chalicelib.posts.actions import readable
from chalicelib.posts.model import Post
from chalicelib.posts.views import (
    Beside,
    PostView,
    SeriesView,
    address,
    post_view,
    series_path,
    told_of,
)
from chalicelib.settings.model import Site
from chalicelib.settings.pages import feed_links, render_page, titled, words_of
from chalicelib.site import structured
from chalicelib.site.head import canonical_of, picture_of
from chalicelib.site.reading import PostPage


def post_page(request: Request, site: Site, found: PostPage) -> str:
    post, words = found.post, words_of(site)
    found = replace(found, body=readable(post, found.body))
    beside = _beside(post, found.around, request.root, words)
    replies = found.tally.replies
    view = post_view(post, found.body, site.author, request.root, words, replies=replies, beside=beside)
    page = _head(request, site, post, view, found)
    talk = likes = Markup("")
    if not view.is_page:
        likes = _likes(view, found, site)
        talk = conversation(post, view, found.thread, heading(replies, words), site, count=replies)
    return render_page(request, "posts/post.html", page, site, post=view, likes=likes, conversation=talk)


def preview_page(request: Request, site: Site, found: PostPage, until: datetime) -> str:
    """As it will look, for those who have the link, and known to nobody else: its head names no address of
    the post, and nothing on it can be sent.
    """
    words, now = words_of(site), clock.now()
    body = readable(found.post, found.body)
    post = replace(found.post, published_at=found.post.published_at or now)
    beside = _beside(post, found.around, request.root, words)
    view = post_view(post, body, site.author, request.root, words, beside=beside)
    here = replace(view, url=request.root + request.path)
    if not post.is_public(now):
        # Its tags may have no pages yet.
        here = replace(here, tags=tuple(TagLink(tag.name, "") for tag in view.tags))
    title = words.plain("preview.title", title=view.title_or_date)
    page = Page(titled(words, title, site), robots="noindex", language=post.language)
    return render_page(
        request,
        "posts/preview.html",
        page,
        site,
        post=here,
        likes=Markup(""),
        conversation=Markup(""),
        until=stamp_of(until, words),
    )


def _head(request: Request, site: Site, post: Post, view: PostView, found: PostPage) -> Page:
    def absolute(path: str) -> str:
        return web.absolute(request, path)

    words = words_of(site)
    image = picture_of(request, site, post, found.body)
    replies = words.plain("feed.replies", title=view.title_or_date)
    return Page(
        title=titled(words, view.title_or_date, site),
        description=told_of(post, words),
        canonical=canonical_of(request, post),
        robots="noindex" if view.is_unlisted else None,
        image=image,
        type="article",
        data=_data(found, site, absolute, image.url if image else ""),
        language=post.language,
        published=view.published.iso,
        updated=view.updated.iso if view.updated else "",
        feeds=() if view.is_page else feed_links(f"{view.url}/comments", replies),
    )


def _data(found: PostPage, site: Site, absolute: Callable[[str], str], image: str) -> Markup:
    if found.post.type == "page":
        return structured.page_data(found.post, site, absolute, image=image)
    return structured.post_data(
        found.post,
        site,
        absolute,
        image=image,
        replies=found.tally.replies,
        likes=found.tally.likes,
        rows=found.thread.rows,
    )


def _beside(post: Post, around: Around, root: str, words: Words) -> Beside:
    """What can be seen now of what stands beside a post."""
    now = clock.now()

    def link(one: Neighbour | None) -> PostLink | None:
        if not one or one.at > now:
            return None
        return PostLink(root + address(one.slug), one.title or words.day(one.at), one.language)

    series = None
    if post.series:
        before, after = link(around.series_previous), link(around.series_following)
        # An unlisted post stands on no page of its series, and one that it has alone has none.
        url = root + series_path(post.series) if post.is_listed else ""
        series = SeriesView(post.series, url, before, after)
    told = (series.previous, series.next) if series else ()
    # What the series says of its parts need not be said again.
    previous, following = (
        shown if (shown := link(one)) not in told else None for one in (around.previous, around.following)
    )
    related = tuple(shown for one in around.related if (shown := link(one)))
    return Beside(previous, following, series, related)


def _likes(post: PostView, found: PostPage, site: Site) -> Markup:
    words = words_of(site)
    view = likes_view(post.url, found.tally.likes, found.faces, words, is_open=site.likes_open)
    return pages.macro("likes/_likes.html", "likes", site.theme)(view, words)
