"""The readers' pages."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from chalicelib.comments.views import (
    CommentView,
    Form,
    Talk,
    comment_views,
    context_views,
    form_view,
    heading,
)
from chalicelib.core import answers, clock, pages, web
from chalicelib.core.answers import Answer
from chalicelib.core.listing import cursor, window
from chalicelib.core.problems import NotFound
from chalicelib.core.requests import Request
from chalicelib.core.views import Page
from chalicelib.posts.actions import public_post
from chalicelib.posts.model import Post
from chalicelib.posts.views import PostView, path_of, post_view, summary_view
from chalicelib.settings.actions import current_site
from chalicelib.settings.model import Site
from chalicelib.settings.pages import render_page
from chalicelib.site.reading import Moved, PostPage, Thread, open_branch, open_home, open_post, open_thread

routes = web.Routes("site")

FRESH_SECONDS = 60
"""How old a public page may be in a cache."""


@routes.get("/")
def show_home(request: Request) -> Answer:
    site = current_site()
    after, before = window(request, "home")
    home = open_home(site.posts_per_page, after=after, before=before)
    is_first = not (after or before)
    page = Page(site.title, site.description, web.absolute(request, "/") if is_first else None)
    body = render_page(
        request,
        "site/home.html",
        page,
        site,
        posts=[summary_view(post, request.root) for post in home.posts],
        newer=_turn(request, "before", home.newer),
        older=_turn(request, "after", home.older),
        is_first_page=is_first,
    )
    return answers.html(body, answers.public(_until_next_post(site)))


@routes.get("/posts/{slug}")
def show_post(request: Request, slug: str) -> Answer:
    found = open_post(slug)
    if isinstance(found, Moved):
        return answers.redirect(request.root + path_of(found.post), 301, answers.public(FRESH_SECONDS))
    return answers.html(_post_page(request, found), answers.public(FRESH_SECONDS))


@routes.get("/posts/{slug}/comments")
def show_thread(request: Request, slug: str) -> Answer:
    after, before = window(request, f"thread {slug}")
    home, _, start = (after or before or slug).partition(" ")
    post, thread = open_thread(home, after=start if after else None, before=start if before else None)
    if post.slug != slug:
        return answers.redirect(f"{request.root}{path_of(post)}/comments", 301, answers.public(FRESH_SECONDS))
    return _thread_page(request, post, thread, title="The conversation")


@routes.get("/posts/{slug}/comments/{comment_id}")
def show_comment(request: Request, slug: str, comment_id: str) -> Answer:
    post = public_post(slug)
    if post.slug != slug:
        url = f"{request.root}{path_of(post)}/comments/{comment_id}"
        return answers.redirect(url, 301, answers.public(FRESH_SECONDS))
    thread = open_branch(post, comment_id)
    return _thread_page(request, post, thread, title="A reply", target=comment_id)


@routes.get("/assets/{name}")
def show_asset(_: Request, name: str) -> Answer:
    if name not in pages.assets():
        raise NotFound("There is no such file.")
    content_type, content = pages.assets()[name]
    headers = {"Content-Type": content_type, "Cache-Control": "public, max-age=31536000, immutable"}
    return Answer(200, content, headers)


@routes.every_method("/{proxy+}")
def show_nothing(_: Request, **__: str) -> Answer:
    """Every address that no route takes."""
    raise NotFound("There is no page at this address. The front page lists what there is.")


# --- rendering -------------------------------------------------------------------------------


def _post_page(request: Request, found: PostPage) -> str:
    site, post = current_site(), found.post
    view = post_view(post, found.body, site.author, request.root)
    page = Page(
        title=view.title_or_date,
        description=post.summary or post.excerpt,
        canonical=web.absolute(request, path_of(post)),
        robots="noindex" if view.is_unlisted else None,
    )
    talk = _talk(post, view.url, found.thread, heading(found.replies), found.replies)
    conversation = _conversation(view, talk, form_view(view.url, site.author))
    return render_page(request, "posts/post.html", page, site, post=view, conversation=conversation)


def _thread_page(request: Request, post: Post, thread: Thread, *, title: str, target: str = "") -> Answer:
    site = current_site()
    view = post_view(post, None, site.author, request.root)
    talk = _talk(
        post, view.url, thread, title, len(thread.rows), target=target, whole=f"{view.url}#conversation"
    )
    form = form_view(view.url, site.author, parent=talk.comments[0] if target and talk.comments else None)
    page = Page(
        title=f"{title}: {view.title_or_date}",
        canonical=web.absolute(request, path_of(post)),
        robots="noindex",
    )
    body = render_page(
        request,
        "comments/conversation.html",
        page,
        site,
        post=view,
        conversation=_conversation(view, talk, form, context_views(thread.above, view.url)),
    )
    return answers.html(body, answers.public(FRESH_SECONDS))


def _conversation(post: PostView, talk: Talk, form: Form, above: Sequence[CommentView] = ()) -> Markup:
    return pages.macro("comments/_conversation.html", "conversation")(post, talk, above, form)


def _talk(
    post: Post,
    url: str,
    thread: Thread,
    words: str,
    count: int,
    *,
    target: str = "",
    whole: str | None = None,
) -> Talk:
    shown = comment_views(thread.rows, url, following=thread.following, above=thread.above, target=target)
    return Talk(
        heading=words,
        count=count,
        comments=shown,
        earlier=_thread_turn(post, url, "before", thread.before),
        later=_thread_turn(post, url, "after", thread.after),
        whole=whole,
    )


def _thread_turn(post: Post, url: str, direction: str, sort_key: str | None) -> str | None:
    """With the post's home in it, so that a changed slug costs no look-up."""
    if not sort_key:
        return None
    return f"{url}/comments?{direction}={cursor(f'thread {post.slug}', f'{post.home} {sort_key}')}"


def _turn(request: Request, direction: str, sort_key: str | None) -> str | None:
    return f"{request.root}/?{direction}={cursor('home', sort_key)}" if sort_key else None


def _until_next_post(site: Site) -> int:
    """A list may be kept until the next scheduled post turns up in it."""
    now = clock.now()
    coming = site.next_coming(now)
    return min(FRESH_SECONDS, int((coming - now).total_seconds())) if coming else FRESH_SECONDS
