"""What who wrote a reply sees of it, and does with it, at an address that nobody else knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.comments.actions import find_parent, require_comment
from chalicelib.comments.forms import faults_of, read_form
from chalicelib.comments.model import COMMENT_FIELDS, OWN_FIELDS, Comment
from chalicelib.comments.own import (
    MOST_VERSIONS,
    ask_for_mail,
    changeable_until,
    delete_own,
    edit_own,
    edited,
    is_own,
    mail_state,
    own_comment,
    private_key,
    stop_mail,
)
from chalicelib.comments.views import form_of_own, of_record
from chalicelib.core import answers, clock, web
from chalicelib.core.answers import Answer
from chalicelib.core.problems import Conflict, Invalid, NotFound, NotWelcome, Problem, TooMany
from chalicelib.core.requests import Request
from chalicelib.core.views import Page, stamp_of
from chalicelib.core.visitors import visitor_of
from chalicelib.core.words import Words
from chalicelib.posts.actions import posts_at, public_post
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of, post_view
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import render_page, words_of

routes = web.Routes()

LARGEST = 1_000_000
SECRET = {**answers.PRIVATE, "Referrer-Policy": "no-referrer"}


@routes.get("/replies/{key}")
def show_own_comment(request: Request, key: str) -> Answer:
    """What became of a reply, and what its writer may do with it."""
    comment = own_comment(key)
    post = _post_of(comment)
    if not request.wants_html:
        return answers.of_json(_shown(request, comment, post), headers=SECRET)
    return answers.html(_page(request, key, comment, post), SECRET)


@routes.post("/replies/{key}")
def change_own_comment(request: Request, key: str) -> Answer:
    """A form: the text, the name and the website anew, or a preview of them."""
    comment, typed = own_comment(key), request.form(LARGEST)
    post = _post_of(comment)
    try:
        fields = read_form(OWN_FIELDS, typed)
        if typed.get("preview"):
            shown = edited(comment, fields)
            return answers.html(_page(request, key, comment, post, typed=typed, shown=shown), SECRET)
        edit_own(key, fields, request.neighbourhood)
    except (Conflict, Invalid, NotWelcome) as problem:
        return _refused(request, key, problem, typed)
    return answers.redirect(f"{request.root}/replies/{key}", 303, SECRET)


@routes.patch("/replies/{key}")
def patch_own_comment(request: Request, key: str) -> Answer:
    """The same in JSON; what is not sent stays."""
    post = _post_of(own_comment(key))
    comment = edit_own(key, OWN_FIELDS.read(request.json(LARGEST)), request.neighbourhood)
    return answers.of_json(_shown(request, comment, post), headers=SECRET)


@routes.delete("/replies/{key}")
def remove_own_comment(_: Request, key: str) -> Answer:
    """For good."""
    delete_own(key)
    return answers.nothing()


@routes.post("/replies/{key}/delete")
def take_back_own_comment(request: Request, key: str) -> Answer:
    """The same by a form."""
    try:
        delete_own(key)
    except Conflict as problem:
        return _refused(request, key, problem, {})
    return answers.redirect(f"{request.root}/replies/{key}", 303, SECRET)


@routes.post("/replies/{key}/mail")
def change_own_mail(request: Request, key: str) -> Answer:
    """A form: have answers mailed to an address, or to none."""
    typed = request.form(LARGEST)
    try:
        if typed.get("stop"):
            stop_mail(key)
        else:
            _post_of(own_comment(key))
            email = COMMENT_FIELDS.read({"email": typed.get("email", "")})["email"]
            ask_for_mail(key, email, request.neighbourhood)
    except (Conflict, Invalid, NotWelcome, TooMany) as problem:
        return _refused(request, key, problem, typed, about="mail")
    return answers.redirect(f"{request.root}/replies/{key}", 303, SECRET)


@routes.get("/posts/{slug}/comments/{comment_id}/own")
def find_own_comment(request: Request, slug: str, comment_id: str) -> Answer:
    """To the private page, where this browser sent the reply: its cookie shows that. Others are told so."""
    post = public_post(slug)
    comment = require_comment(f"{post.id}.{comment_id}")
    if is_own(comment, visitor_of(request)):
        return answers.redirect(f"{request.root}/replies/{private_key(comment)}", 303, SECRET)
    if comment.status != "approved":
        raise NotFound("There is no such reply under this post, or not any more.")
    site = current_site()
    view = post_view(post, None, site.author, request.root, words_of(site))
    page = Page(words_of(site).plain("title.own"), robots="noindex")
    back = f"{view.url}/comments/{comment.id}"
    return answers.html(
        render_page(request, "comments/not_own.html", page, site, post=view, back=back), SECRET
    )


# --- the page --------------------------------------------------------------------------------


def _post_of(comment: Comment) -> Post:
    post = posts_at([comment.home]).get(comment.home)
    if not post or not post.is_public(clock.now()):
        raise NotFound("The post of this reply is not public any more, and its replies neither.")
    return post


def _refused(
    request: Request, key: str, problem: Problem, typed: Mapping[str, str], about: str = "text"
) -> Answer:
    comment = own_comment(key)
    words = words_of(current_site())
    errors = faults_of(words, problem, typed) or {"": _why_not(problem, comment, words, about)}
    page = _page(request, key, comment, _post_of(comment), typed=typed, errors=errors)
    return answers.html(page, {**SECRET, **problem.headers}, problem.status)


def _why_not(problem: Problem, comment: Comment, words: Words, about: str) -> str:
    if isinstance(problem, NotWelcome):
        return words.plain("form.refused.403")
    if isinstance(problem, TooMany):
        return words.plain("own.mail.often")
    if comment.version >= MOST_VERSIONS:
        return words.plain("own.often")
    if about == "mail":
        return words.plain("own.mail.none")
    return words.count("own.late", current_site().comments_edit_minutes).unescape()


def _page(
    request: Request,
    key: str,
    comment: Comment,
    post: Post,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    shown: Comment | None = None,
) -> str:
    site = current_site()
    words = words_of(site)
    view = post_view(post, None, site.author, request.root, words)
    told = of_record(comment, view.url, words, find_parent(post, comment.parent_id))
    state = comment.told_status
    until = changeable_until(comment, site)
    return render_page(
        request,
        "comments/received.html",
        Page(words.plain("title.own"), robots="noindex"),
        site,
        post=view,
        comment=told,
        sent_at=stamp_of(comment.created_at, words),
        is_erased=comment.is_erased,
        state={"name": state, "sentence": words(f"reply.state.{state}", author=site.author)},
        public_url=told.url if comment.status == "approved" else None,
        form=form_of_own(
            f"{request.root}/replies/{key}",
            comment,
            site,
            words,
            until=until,
            mail_state=mail_state(comment),
            typed=typed,
            errors=errors,
        ),
        shown=of_record(shown, view.url, words) if shown else None,
    )


def _shown(request: Request, comment: Comment, post: Post) -> dict[str, Any]:
    until = changeable_until(comment, current_site())
    path = f"{path_of(post)}/comments/{comment.id}"
    return {
        "id": comment.full_id,
        "status": comment.told_status,
        "url": web.absolute(request, path) if comment.status == "approved" else None,
        "name": comment.name,
        "website": comment.website,
        "body": comment.source,
        "html": comment.html,
        "notify": mail_state(comment) != "off",
        "created_at": clock.stamp(comment.created_at),
        "changeable_until": clock.stamp(until) if until else None,
    }
