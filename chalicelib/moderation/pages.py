"""What the author's pages and those of links in mail have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.accounts.sessions import Session
from chalicelib.comments.actions import comments_of
from chalicelib.comments.model import Comment
from chalicelib.core import answers
from chalicelib.core.answers import Answer
from chalicelib.core.requests import Request
from chalicelib.core.views import Page
from chalicelib.moderation import store, views
from chalicelib.posts.actions import posts_at
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import render_page, words_of

LARGEST = 100_000
PRIVATE = {**answers.PRIVATE, "Referrer-Policy": "no-referrer"}
Form = Mapping[str, str]


def render(request: Request, template: str, title: str, **values: Any) -> str:
    site = current_site()
    page = Page(words_of(site).plain(title), robots="noindex")
    return render_page(request, template, page, site, **values)


def desk_page(
    request: Request, session: Session, template: str, current: str, *, http: int = 200, **values: Any
) -> Answer:
    """A page for who is signed in, with the tab of what is `current`, which names it, too."""
    words = words_of(current_site())
    body = render(
        request,
        template,
        f"desk.{current}",
        tabs=views.tabs(request.root, current, words),
        mark=session.mark,
        who=session.principal.name,
        can_answer="create" in session.principal.scopes,
        notice=views.read_notice(request.parameter("notice") or "", words),
        **values,
    )
    return answers.html(body, PRIVATE, http)


def around(comments: Sequence[Comment]) -> views.Around:
    return views.Around(
        posts=posts_at({comment.home for comment in comments}),
        parents=comments_of(filter(None, map(views.parent_of, comments))),
        networks=store.networks_of(comment.full_id for comment in comments),
    )
