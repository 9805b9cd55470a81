"""The page of a post that is shown to those who have a link to it."""

from __future__ import annotations

from chalicelib.core import answers, web
from chalicelib.core.answers import Answer
from chalicelib.core.problems import Gone, NotFound
from chalicelib.core.requests import Request
from chalicelib.core.views import Page
from chalicelib.posts.previews import open_preview
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import render_page, words_of
from chalicelib.site.post_pages import preview_page
from chalicelib.site.reading import read_preview

routes = web.Routes()

UNSEEN = {**answers.PRIVATE, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@routes.get("/preview/{key}")
def show_preview(request: Request, key: str) -> Answer:
    """The post as it is now; for a link that is not good a page that tells nothing of it."""
    try:
        post, until = open_preview(key)
    except (NotFound, Gone) as problem:
        return _no_preview(request, problem.status)
    page = preview_page(request, current_site(), read_preview(post), until)
    return answers.html(page, UNSEEN)


def _no_preview(request: Request, status: int) -> Answer:
    site = current_site()
    head = Page(words_of(site).plain("preview.none"), robots="noindex")
    body = render_page(request, "posts/no_preview.html", head, site, has_ended=status == Gone.status)
    return answers.html(body, UNSEEN, status)
