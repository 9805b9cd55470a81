"""The conversation as it stands on a post's page, and the pages that it has of its own."""

from __future__ import annotations

from markupsafe import Markup

from chalicelib.comments.model import closed_for, closes_at
from chalicelib.comments.reading import NEWEST, Links, Thread, links_of
from chalicelib.comments.views import (
    CommentView,
    Talk,
    closed_sentence,
    closing_sentence,
    comment_views,
    context_views,
    form_view,
    pin_views,
)
from chalicelib.core import pages, web
from chalicelib.core.requests import Request
from chalicelib.core.views import Page
from chalicelib.posts.model import Post
from chalicelib.posts.views import PostView, path_of, post_view
from chalicelib.settings.model import Site
from chalicelib.settings.pages import render_page, titled, words_of


def thread_page(request: Request, site: Site, post: Post, thread: Thread, target: str = "") -> str:
    """A page of a conversation, or one reply (`target`) and what hangs under it."""
    words = words_of(site)
    view = post_view(post, None, site.author, request.root, words)
    title = words("title.reply" if target else "title.thread")
    page = Page(
        title=titled(words, f"{title.unescape()}: {view.title_or_date}", site),
        canonical=web.absolute(request, path_of(post)),
        robots="noindex",
    )
    shown = conversation(post, view, thread, title, site, count=len(thread.rows), target=target, is_part=True)
    return render_page(request, "comments/conversation.html", page, site, post=view, conversation=shown)


def conversation(
    post: Post,
    view: PostView,
    thread: Thread,
    heading: Markup,
    site: Site,
    *,
    count: int,
    target: str = "",
    is_part: bool = False,
) -> Markup:
    """A page of replies and the form under them. `is_part`: it stands at an address of its own."""
    words = words_of(site)
    comments = comment_views(
        thread.rows, view.url, words, following=thread.following, above=thread.above, target=target
    )
    closed, closes, links = closed_for(post, site), closes_at(post, site), links_of(thread, post)
    talk = Talk(
        heading=heading,
        count=count,
        comments=comments,
        author=site.author,
        pinned=pin_views(thread.sticky, comments, view.url, words),
        is_newest_first=thread.order == NEWEST,
        **_addresses(view.url, links),
        whole=f"{view.url}#conversation" if is_part and thread.order != NEWEST else None,
        own=f"{comments[0].url}/own" if target and comments and _is_somebodys(comments[0]) else None,
        other_order=_other_order(view.url, thread),
        closed=closed_sentence(closed, words) if closed else None,
        closing=closing_sentence(closes, words) if closes else None,
    )
    answered = comments[0] if target and comments else None
    form = form_view(post.id, view.url, site, words, parent=answered)
    above = context_views(thread.above, view.url, words)
    return pages.macro("comments/_conversation.html", "conversation", site.theme)(
        view, talk, above, form, words
    )


def _is_somebodys(comment: CommentView) -> bool:
    """Whether a reader wrote it who may want to change it."""
    return not (comment.is_author or comment.gone)


def _addresses(url: str, links: Links) -> dict[str, str | None]:
    return {name: url + path if path else None for name, path in links._asdict().items()}


def _other_order(url: str, thread: Thread) -> str | None:
    if thread.order == NEWEST:
        return f"{url}#conversation"
    return f"{url}/comments?order={NEWEST}" if thread.has_many and not thread.branch else None
