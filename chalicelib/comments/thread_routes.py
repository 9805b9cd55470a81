"""Reading a conversation: its pages, for people and for programs."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from chalicelib.comments.documents import thread_document
from chalicelib.comments.reading import (
    FIRST,
    NEWEST,
    OLDEST,
    Place,
    Thread,
    listing,
    open_branch,
    open_newest,
    open_thread,
)
from chalicelib.comments.store import Head, head_of
from chalicelib.comments.thread_pages import thread_page
from chalicelib.comments.validators import Copies
from chalicelib.core import answers, web
from chalicelib.core.answers import Answer
from chalicelib.core.listing import cursor, window
from chalicelib.core.problems import BadRequest
from chalicelib.core.requests import Request
from chalicelib.posts.actions import public_post
from chalicelib.posts.model import Post
from chalicelib.posts.tallies import Tally, read_tally
from chalicelib.posts.views import path_of
from chalicelib.settings.actions import current_site, kept_by_caches

routes = web.Routes()

BY_ACCEPT = {"Vary": "Accept"}
"""Both representations say so, also in a 304 (RFC 9110, sections 12.5.5 and 15.4.5)."""


@routes.get("/posts/{slug}/comments")
def show_thread(request: Request, slug: str) -> Answer:
    """A page of a conversation; `order` is `oldest` if absent, or `newest`."""
    order = _order(request)
    home, place = _place(request, slug, order)
    head = _head(home, order)
    if again := _copies(request, head.tally).again():
        return again
    post, thread = open_newest(home, head, place) if order == NEWEST else open_thread(home, place)
    if post.slug != slug or post.type == "page":
        tail = f"/comments{_query(post, order, place)}" if post.type == "post" else ""
        return _elsewhere(request, path_of(post) + tail)
    # The tallies of a post whose slug was changed stand at another.
    tally = head.tally if post.home == home else read_tally(post.home)
    return _shown(request, tally, post, thread)


@routes.get("/posts/{slug}/comments/{comment_id}")
def show_comment(request: Request, slug: str, comment_id: str) -> Answer:
    """One reply and its answers, or a later page of those."""
    post = public_post(slug)
    if post.type == "page":
        return _elsewhere(request, path_of(post))
    _, place = _place(request, slug, OLDEST, comment_id)
    if post.slug != slug:
        query = _query(post, OLDEST, place, comment_id)
        return _elsewhere(request, f"{path_of(post)}/comments/{quote(comment_id)}{query}")
    tally = read_tally(post.home)
    if again := _copies(request, tally).again():
        return again
    thread = open_branch(post, comment_id, place)
    return _shown(request, tally, post, thread, comment_id if place == FIRST else "")


def _order(request: Request) -> str:
    order = request.parameter("order") or OLDEST
    if order not in (OLDEST, NEWEST):
        raise BadRequest(f"“order” must be {OLDEST} or {NEWEST}.")
    return order


def _place(request: Request, slug: str, order: str, branch: str = "") -> tuple[str, Place]:
    """The home of the post, if a cursor tells it, and where the page begins or ends."""
    after, before = window(request, listing(slug, order, branch))
    home, _, at = (after or before or slug).partition(" ")
    return home, Place(at if after else None, at if before else None)


def _query(post: Post, order: str, place: Place, branch: str = "") -> str:
    """The same place in the conversation at the post's present address: cursors belong to one."""
    asked = {"order": order} if order != OLDEST else {}
    for direction, at in place._asdict().items():
        if at:
            asked[direction] = cursor(listing(post.slug, order, branch), f"{post.home} {at}")
    return f"?{urlencode(asked)}" if asked else ""


def _head(home: str, order: str) -> Head:
    """What stands before the rows; without more than the tallies where that is not needed."""
    return head_of(home) if order == NEWEST else Head(read_tally(home), (), "")


def _copies(request: Request, tally: Tally) -> Copies:
    form = "json" if request.prefers_json else "page"
    return Copies(request, current_site(), tally, form=form, headers=BY_ACCEPT)


def _shown(request: Request, tally: Tally, post: Post, thread: Thread, target: str = "") -> Answer:
    if request.prefers_json:
        shown = answers.of_json(thread_document(request, post, thread, tally.replies))
    else:
        shown = answers.html(thread_page(request, current_site(), post, thread, target))
    return _copies(request, tally).made(shown)


def _elsewhere(request: Request, path: str) -> Answer:
    return answers.redirect(request.root + path, 301, kept_by_caches(current_site()))
