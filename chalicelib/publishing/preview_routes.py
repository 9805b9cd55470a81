"""The author's API for what is not published: links to previews, and Markdown that is only looked at."""

from __future__ import annotations

from chalicelib.core import answers, clock, pictures, web
from chalicelib.core.answers import Answer
from chalicelib.core.fields import Fields, Number
from chalicelib.core.markup import IN_REQUEST_BYTES
from chalicelib.core.problems import TooLarge
from chalicelib.core.requests import Request
from chalicelib.core.text import reading_minutes
from chalicelib.posts.actions import require_post, try_post
from chalicelib.posts.model import POST_FIELDS
from chalicelib.posts.previews import MOST_HOURS, USUAL_HOURS, make_preview, revoke_previews
from chalicelib.publishing.documents import read_document
from chalicelib.publishing.routes import LARGEST

routes = web.Routes()

PREVIEW = Fields(hours=Number(1, MOST_HOURS))


@routes.post("/api/posts/{post_id}/preview", scope="update")
def make(request: Request, post_id: str) -> Answer:
    """201 with a link under which anybody can read the post until then."""
    sent = PREVIEW.read(request.json(1000)) if request.body else {}
    made = make_preview(require_post(post_id), sent.get("hours", USUAL_HOURS))
    url = web.absolute(request, f"/preview/{made.key}")
    return answers.of_json({"url": url, "expires_at": clock.stamp(made.expires_at)}, 201)


@routes.delete("/api/posts/{post_id}/preview", scope="update")
def revoke(_: Request, post_id: str) -> Answer:
    """204: no link to a preview of the post is good any more."""
    revoke_previews(require_post(post_id))
    return answers.nothing()


@routes.post("/api/render", scope="create")
def render(request: Request) -> Answer:
    """What publishing this would make of it. Nothing is kept."""
    if request.content_type in ("text/markdown", "text/x-markdown"):
        sent = read_document(request.text(LARGEST))
    else:
        sent = request.json(LARGEST, ", or Markdown as text/markdown")
    tried = try_post(POST_FIELDS.read(sent))
    if tried.rendering:
        raise TooLarge(
            "body",
            f"“body” takes longer than a request may: over {IN_REQUEST_BYTES:,} bytes of UTF-8 the worker"
            " renders it. Keep it as a draft, and read that.",
        )
    post, body = tried.post, tried.body
    return answers.of_json(
        {
            "html": pictures.at_origin(body.html) if body else "",
            "excerpt": post.excerpt,
            "words": post.words,
            "reading_minutes": reading_minutes(post.words),
            "warnings": [one.shown for one in tried.warnings],
        }
    )
