"""Links in mail: each asks first, and then acts, once."""

from __future__ import annotations

from urllib.parse import quote

from chalicelib.core import answers, web
from chalicelib.core.answers import Answer
from chalicelib.core.problems import Conflict, NotFound
from chalicelib.core.requests import Request
from chalicelib.moderation import links, views
from chalicelib.moderation.pages import LARGEST, PRIVATE, around, render
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import words_of

routes = web.Routes()


@routes.get("/moderate/act/{key}")
def show_link(request: Request, key: str) -> Answer:
    """What the link would do; looking at it does nothing."""
    try:
        link = links.read_link(key)
    except NotFound:
        return _no_link(request)
    return _link_page(request, link, links.GONE.get(link.state, 200))


@routes.post("/moderate/act/{key}")
def follow_link(request: Request, key: str) -> Answer:
    """Do it, once, or take it back (`undo`); then the same page says what became of it."""
    form = request.form(LARGEST) if request.body else answers.NO_MORE
    deed = links.take_back if "undo" in form else links.follow
    try:
        deed(links.read_link(key))
    except NotFound:
        return _no_link(request)
    except Conflict:
        link = links.read_link(key)
        return _link_page(request, link, links.GONE.get(link.state, 409))
    return answers.redirect(f"{request.root}/moderate/act/{quote(key)}", 303, PRIVATE)


def _no_link(request: Request) -> Answer:
    said = words_of(current_site())("link.forged")
    body = render(request, "moderation/link.html", "desk.title", link=None, said=said, line=None)
    return answers.html(body, PRIVATE, 404)


def _link_page(request: Request, link: links.Link, status: int) -> Answer:
    """Who holds a link reads the comment only while the link is good: it is for what the mail has shown."""
    words, state = words_of(current_site()), link.state
    comment = link.comment
    line = views.line(comment, around([comment]), request.root, words) if state == "good" else None
    view, said = views.link_view(link.act, state, comment.status, words)
    body = render(request, "moderation/link.html", "desk.title", link=view, said=said, line=line)
    return answers.html(body, PRIVATE, status)
