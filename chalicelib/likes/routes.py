"""One click: liking a post, seeing what became of it, taking it back; and likes from other sites."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.core import answers, web
from chalicelib.core.answers import Answer
from chalicelib.core.listing import cursor, limit_from, position
from chalicelib.core.problems import BadRequest, Conflict, FromElsewhere, NotFound, Problem, TooMany
from chalicelib.core.requests import Request
from chalicelib.core.views import Page
from chalicelib.core.visitors import Visitor, remembering, visitor_of
from chalicelib.likes.actions import (
    Stranger,
    does_like,
    like_from_site,
    like_post,
    likes_of,
    list_site_likes,
    take_back,
    take_back_from_site,
)
from chalicelib.likes.model import OWN_FORM, OWN_LIKE, SITE_LIKE, SiteLike
from chalicelib.likes.views import likes_view
from chalicelib.posts.actions import public_post, require_post
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of, post_view
from chalicelib.settings.actions import current_site, kept_by_caches
from chalicelib.settings.pages import render_page, words_of

routes = web.Routes()

LARGEST = 10_000
VARY = {"Vary": "Accept"}

# --- for readers -----------------------------------------------------------------------------


@routes.post("/posts/{slug}/likes")
def take_like(request: Request, slug: str) -> Answer:
    """A form gets 303 to the visitor's own view of the likes, JSON the count."""
    post, visitor = public_post(slug), visitor_of(request)
    if request.is_cross_site:
        return _refused(request, post, visitor, FromElsewhere())
    if "json" in request.content_type:
        if OWN_LIKE.read(request.json(LARGEST)).get("liked", True):
            visitor, _ = like_post(post, visitor, _stranger(request))
            return _told(post, is_liked=True, headers=remembering(visitor))
        return _without(post, visitor)
    form = request.form(LARGEST)
    if OWN_FORM.read({name: value for name, value in form.items() if name == "liked"}).get("liked") == "no":
        take_back(post, visitor)
        return _back_to_page(request, post, "taken")
    try:
        visitor, is_new = like_post(post, visitor, _stranger(request))
    except (Conflict, TooMany) as problem:
        return _refused(request, post, visitor, problem)
    done = "liked" if is_new else "again"
    return _back_to_page(request, post, done, remembering(visitor))


def _stranger(request: Request) -> Stranger:
    headers = ("user-agent", "accept-language", "accept")
    told = "\n".join(request.headers.get(name, "") for name in headers)
    return Stranger(request.network, request.neighbourhood, told)


@routes.delete("/posts/{slug}/likes")
def take_like_back(request: Request, slug: str) -> Answer:
    return _without(public_post(slug), visitor_of(request))


@routes.get("/posts/{slug}/likes")
def show_likes(request: Request, slug: str) -> Answer:
    """The likes, and whether one of them is the visitor's own."""
    post = public_post(slug)
    if post.type == "page" or post.slug != slug:
        path = path_of(post) if post.type == "page" else f"{path_of(post)}/likes"
        return answers.redirect(request.root + path, 301, kept_by_caches(current_site()))
    visitor = visitor_of(request)
    is_liked = does_like(post, visitor)
    if not request.wants_html:
        return _told_in_full(post, is_liked=is_liked)
    note = _note(request.parameter("done"), is_liked=is_liked)
    return _page(request, post, note, is_liked=is_liked, headers=VARY)


def _without(post: Post, visitor: Visitor | None) -> Answer:
    take_back(post, visitor)
    return _told(post, is_liked=False)


def _told(post: Post, *, is_liked: bool, headers: Mapping[str, str] = answers.NO_MORE) -> Answer:
    return answers.of_json({"likes": likes_of(post).likes, "liked": is_liked}, headers=headers)


def _told_in_full(post: Post, *, is_liked: bool) -> Answer:
    found = likes_of(post)
    faces = [{"name": like.name, "url": like.url, "picture": like.picture} for like in found.faces.shown]
    return answers.of_json({"likes": found.likes, "liked": is_liked, "faces": faces}, headers=VARY)


def _back_to_page(
    request: Request, post: Post, done: str, headers: Mapping[str, str] = answers.NO_MORE
) -> Answer:
    where = f"{request.root}{path_of(post)}/likes?done={done}"
    return answers.redirect(where, 303, {**answers.PRIVATE, **headers})


def _note(done: str | None, *, is_liked: bool) -> str:
    """The key of what is said of the visitor's own like; empty for nothing."""
    if is_liked:
        return "likes.again" if done == "again" else "likes.yours"
    # A browser that keeps no cookie cannot be known again.
    return {"liked": "likes.unkept", "again": "likes.unkept", "taken": "likes.taken"}.get(done or "", "")


_WHY_NOT: Mapping[type[Problem], str] = {
    Conflict: "likes.closed",
    FromElsewhere: "likes.elsewhere",
    TooMany: "likes.many",
}


def _refused(request: Request, post: Post, visitor: Visitor | None, problem: Problem) -> Answer:
    if post.type == "page" or "json" in request.content_type:
        raise problem
    note = _WHY_NOT[type(problem)]
    is_liked = does_like(post, visitor)
    return _page(request, post, note, is_liked=is_liked, status=problem.status, headers=problem.headers)


def _page(
    request: Request,
    post: Post,
    note: str,
    *,
    is_liked: bool,
    headers: Mapping[str, str],
    status: int = 200,
) -> Answer:
    site, found = current_site(), likes_of(post)
    words = words_of(site)
    view = post_view(post, None, site.author, request.root, words)
    likes = likes_view(view.url, found.likes, found.faces, words, is_open=site.likes_open, is_liked=is_liked)
    title = words.plain("title.likes", title=view.title_or_date)
    body = render_page(
        request,
        "likes/likes.html",
        Page(title, robots="noindex"),
        site,
        post=view,
        likes=likes,
        note=words(note) if note else "",
    )
    return answers.html(body, {**answers.PRIVATE, **headers}, status)


# --- for the author --------------------------------------------------------------------------


@routes.get("/api/posts/{post_id}/likes", scope="moderate", takes=("limit", "cursor"))
def show_site_likes(request: Request, post_id: str) -> Answer:
    """Those from people's own sites, the newest first."""
    post, limit, listing = require_post(post_id), limit_from(request), f"likes {post_id}"
    found = list_site_likes(post, limit, position(listing, request.parameter("cursor")))
    more = cursor(listing, found.last) if found.more else None
    return answers.of_json({"items": list(map(_shown, found.items)), "cursor": more})


@routes.post("/api/posts/{post_id}/likes", scope="moderate")
def take_site_like(request: Request, post_id: str) -> Answer:
    post = require_post(post_id)
    sent = SITE_LIKE.read({"url": "", "name": "", **request.json(LARGEST)})
    like, is_new = like_from_site(post, **sent)
    return answers.of_json(_shown(like), 201 if is_new else 200)


@routes.delete("/api/posts/{post_id}/likes", scope="moderate", takes=("url",))
def drop_site_like(request: Request, post_id: str) -> Answer:
    post, url = require_post(post_id), request.parameter("url")
    if url is None:
        raise BadRequest("Say which like to take back: “url” is the address that it stands at.")
    if not take_back_from_site(post, url):
        raise NotFound("No like of this post stands at that address. GET lists them.")
    return answers.nothing()


def _shown(like: SiteLike) -> dict[str, str]:
    return {"url": like.url, "name": like.name, "picture": like.picture, "created_at": like.at}
