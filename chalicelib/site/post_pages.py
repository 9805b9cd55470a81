"""The page of a post, and the pages of its conversation, filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from chalicelib.comments.actions import why_closed
from chalicelib.comments.screening import form_era
from chalicelib.comments.views import (
    CommentView,
    Form,
    Talk,
    closed_sentence,
    comment_views,
    context_views,
    form_view,
    heading,
)
from chalicelib.core import clock, pages, versions, web
from chalicelib.core.listing import cursor
from chalicelib.core.requests import Request
from chalicelib.core.validators import Validator
from chalicelib.core.views import Page, PostLink
from chalicelib.core.words import Words
from chalicelib.lists.model import Around, Neighbour
from chalicelib.posts.model import Post
from chalicelib.posts.tallies import Tally
from chalicelib.posts.views import (
    Beside,
    PostView,
    SeriesView,
    address,
    path_of,
    post_view,
    series_path,
)
from chalicelib.settings.model import Site
from chalicelib.settings.pages import feed_links, render_page, words_of
from chalicelib.site import structured
from chalicelib.site.head import picture_of, titled
from chalicelib.site.reading import PostPage, Thread


def post_validator(request: Request, site: Site, tally: Tally, kind: str = "post") -> Validator:
    """By the post's tallies alone, so that a conditional request reads no more than those. They do not
    tell whether the post is public: only who was shown this very page knows its tag, which nobody can
    guess, and which a page that is hidden since does not have any more.
    """
    closed = why_closed(kind, tally.since, site)
    now = clock.now()
    parts = [
        request.root,
        request.path,
        *versions.known_by(site, now),
        f"{tally.content}",
        "closed" if closed else form_era(site),
    ]
    # Without its date, by which anybody could ask.
    return Validator(versions.settled("page", parts, tally.changed, now).tag)


def post_page(request: Request, site: Site, found: PostPage) -> str:
    post, words = found.post, words_of(site)
    beside = _beside(post, found.around, request.root, words)
    replies = found.tally.replies
    view = post_view(post, found.body, site.author, request.root, words, replies=replies, beside=beside)
    page = _head(request, site, post, view, found)
    conversation = Markup("")
    if not view.is_page:
        talk = _talk(post, view.url, found.thread, heading(replies, words), count=replies, site=site)
        conversation = _conversation(view, talk, form_view(post.id, view.url, site, words), site)
    return render_page(request, "posts/post.html", page, site, post=view, conversation=conversation)


def thread_page(request: Request, site: Site, post: Post, thread: Thread, target: str = "") -> str:
    """A later page of a conversation, or one reply and what hangs under it."""
    words = words_of(site)
    view = post_view(post, None, site.author, request.root, words)
    title = words("title.reply" if target else "title.thread")
    whole = f"{view.url}#conversation"
    talk = _talk(post, view.url, thread, title, count=len(thread.rows), site=site, target=target, whole=whole)
    answered = talk.comments[0] if target and talk.comments else None
    form = form_view(post.id, view.url, site, words, parent=answered)
    page = Page(
        title=titled(words, f"{title.unescape()}: {view.title_or_date}", site),
        canonical=web.absolute(request, path_of(post)),
        robots="noindex",
    )
    above = context_views(thread.above, view.url, words)
    conversation = _conversation(view, talk, form, site, above)
    return render_page(
        request, "comments/conversation.html", page, site, post=view, conversation=conversation
    )


def _head(request: Request, site: Site, post: Post, view: PostView, found: PostPage) -> Page:
    def absolute(path: str) -> str:
        return web.absolute(request, path)

    words, path = words_of(site), path_of(post)
    image = picture_of(request, site, post, found.body)
    replies = words.plain("feed.replies", title=view.title_or_date)
    return Page(
        title=titled(words, view.title_or_date, site),
        description=post.summary or post.excerpt,
        canonical=absolute(path),
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
        found.post, site, absolute, image=image, replies=found.tally.replies, rows=found.thread.rows
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


def _conversation(
    post: PostView, talk: Talk, form: Form, site: Site, above: Sequence[CommentView] = ()
) -> Markup:
    return pages.macro("comments/_conversation.html", "conversation", site.theme)(
        post, talk, above, form, words_of(site)
    )


def _talk(
    post: Post,
    url: str,
    thread: Thread,
    said: Markup,
    *,
    count: int,
    site: Site,
    target: str = "",
    whole: str | None = None,
) -> Talk:
    words = words_of(site)
    shown = comment_views(
        thread.rows, url, words, following=thread.following, above=thread.above, target=target
    )
    closed = why_closed(post.type, post.published_at, site)
    return Talk(
        heading=said,
        count=count,
        comments=shown,
        earlier=_thread_turn(post, url, "before", thread.before),
        later=_thread_turn(post, url, "after", thread.after),
        whole=whole,
        closed=closed_sentence(closed, words) if closed else None,
    )


def _thread_turn(post: Post, url: str, direction: str, sort_key: str | None) -> str | None:
    """With the post's home in it, so that a changed slug costs no look-up."""
    if not sort_key:
        return None
    return f"{url}/comments?{direction}={cursor(f'thread {post.slug}', f'{post.home} {sort_key}')}"
