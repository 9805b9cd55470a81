"""The author's API for posts."""

from __future__ import annotations

from typing import Any

from chalicelib.core import answers, clock, pictures, web
from chalicelib.core.answers import Answer
from chalicelib.core.idempotency import idempotency
from chalicelib.core.listing import cursor, limit_from, position
from chalicelib.core.markup import POST_BYTES, Warned
from chalicelib.core.problems import BadRequest, Invalid
from chalicelib.core.requests import Request
from chalicelib.core.text import host_of
from chalicelib.moderation.closing import closing
from chalicelib.posts import past
from chalicelib.posts.actions import create_post, delete_post, edit_post, list_posts, read_text, require_post
from chalicelib.posts.model import POST_FIELDS, STATES, TYPES, Body, Changes, Post
from chalicelib.posts.views import path_of
from chalicelib.publishing.documents import read_document
from chalicelib.publishing.repair import recount

routes = web.Routes()

# JSON may write every character of the body as \u0000, and the other fields come on top.
LARGEST = 6 * POST_BYTES + 100_000


@routes.post("/api/posts", scope="create")
def publish(request: Request) -> Answer:
    """A post from JSON or from a Markdown document: 201 with its address."""
    told: list[Warned] = []
    post = create_post(_changes(request), idempotency(request), by=_name(request), told=told)
    headers = {"Location": f"{request.root}/api/posts/{post.id}", **answers.version_tag(post.version)}
    shown = {**_permitted(request, post), "warnings": [one.shown for one in told]}
    return answers.of_json(shown, 201, headers)


@routes.get("/api/posts", scope="read", takes=("status", "type", "limit", "cursor"))
def show_posts(request: Request) -> Answer:
    """One state, without the texts: the newest first, of scheduled posts the next."""
    state, kind = request.parameter("status") or "published", request.parameter("type") or "post"
    if state not in STATES:
        raise BadRequest(f"“status” must be one of {', '.join(STATES)}.")
    if kind not in TYPES:
        raise BadRequest(f"“type” must be one of {', '.join(TYPES)}.")
    listing = f"{kind}s {state}"
    found = list_posts(state, limit_from(request), position(listing, request.parameter("cursor")), kind)
    more = cursor(listing, found.last) if found.more else None
    return answers.of_json({"items": [_shown(request, post) for post in found.items], "cursor": more})


@routes.get("/api/posts/{post_id}", scope="read")
def show_post(request: Request, post_id: str) -> Answer:
    return _answer(request, require_post(post_id))


@routes.post("/api/posts/{post_id}/recount", scope="update")
def count_anew(_: Request, post_id: str) -> Answer:
    """The replies and likes of a post, one by one; what was counted before is told with it."""
    done = recount(require_post(post_id))
    return answers.of_json({**done.found, "counted": done.counted})


@routes.patch("/api/posts/{post_id}", scope="update")
def edit(request: Request, post_id: str) -> Answer:
    changes = _changes(request)
    log = closing(request.principal) if request.principal else None
    expected, once = request.expected_version(), idempotency(request)
    told: list[Warned] = []
    post = edit_post(post_id, changes, expected, once, log, by=_name(request), told=told)
    shown = {**_permitted(request, post), "warnings": _told(request, changes, told)}
    return answers.of_json(shown, headers=answers.version_tag(post.version))


@routes.delete("/api/posts/{post_id}", scope="delete")
def delete(request: Request, post_id: str) -> Answer:
    """204. The post is kept: PATCH with a status brings it back."""
    delete_post(post_id, request.expected_version(), idempotency(request))
    return answers.nothing()


def _told(request: Request, changes: Changes, told: list[Warned]) -> list[dict[str, Any]]:
    """What is said of a text names words of it: only to who has sent it, or may read it."""
    may_know = "body" in changes or (request.principal and "read" in request.principal.scopes)
    return [one.shown for one in told] if may_know else []


def _name(request: Request) -> str:
    """Of the token, for the history of a post."""
    return request.principal.name if request.principal else ""


def _changes(request: Request) -> Changes:
    if request.content_type in ("text/markdown", "text/x-markdown"):
        document = read_document(request.text(LARGEST))
        if request.method == "PATCH" and not document["body"].strip():
            # Front matter alone changes its fields; it does not empty the text.
            del document["body"]
        return _own_fields(request, POST_FIELDS.read(document))
    return _own_fields(request, POST_FIELDS.read(request.json(LARGEST, ", or Markdown as text/markdown")))


def _own_fields(request: Request, changes: Changes) -> Changes:
    """What depends on where the blog is."""
    canonical = changes.get("canonical_url")
    if canonical and host_of(canonical) == host_of(web.absolute(request, "/")):
        raise Invalid(
            "canonical_url",
            "“canonical_url” is an address of this blog. Name the page elsewhere where the post was first"
            " published, or leave it out: the post's own address is the canonical one then.",
        )
    return changes


def _answer(request: Request, post: Post) -> Answer:
    return answers.of_json(_permitted(request, post), headers=answers.version_tag(post.version))


def _permitted(request: Request, post: Post) -> dict[str, Any]:
    """The post, or its outline for a token that may write and not read."""
    if request.principal and "read" in request.principal.scopes:
        return _whole(request, post)
    shown = _shown(request, post)
    return {name: shown[name] for name in ("id", "url", "slug", "status", "version")}


def _whole(request: Request, post: Post) -> dict[str, Any]:
    """Without its HTML where that and the text are more than one answer holds."""
    (source, body), before = read_text(post), past.read(post.id)
    html = pictures.at_origin(body.html) if body else ""
    whole = {
        **_shown(request, post),
        "older_slugs": before.older_slugs(post),
        "taken_slugs": [{"slug": slug, "by": taker} for slug, taker in before.taken.items()],
        **clock.stamps({"announced_at": before.announced_at}),
        "body": source,
        "html": html,
        **({"rendering": _rendering(body)} if body else {}),
    }
    # A letter takes twelve bytes at most, so most posts need not be measured.
    if 12 * (len(source) + len(html)) <= answers.MOST_CARRIED:
        return whole
    fits = answers.carried(answers.of_json(whole).body) <= answers.MOST_CARRIED
    return whole if fits else {**whole, "html": None}


def _rendering(body: Body) -> str:
    """Whether `html` is what was meant."""
    return body.problem or ("waiting" if body.is_plain else "done")


def _shown(request: Request, post: Post) -> dict[str, Any]:
    return {
        "id": post.id,
        "type": post.type,
        "url": web.absolute(request, path_of(post)),
        "slug": post.slug,
        "title": post.title,
        "status": post.state(clock.now()),
        "tags": list(post.tags),
        "series": post.series,
        "pinned": post.pinned,
        "comments_open": post.comments_open,
        "canonical_url": post.canonical_url,
        "content_warning": post.content_warning,
        "language": post.language,
        "summary": post.summary,
        "summary_generated": not post.summary,
        "image": post.image,
        "image_alt": post.image_alt,
        "syndication": list(post.syndication),
        "excerpt": post.excerpt,
        "words": post.words,
        "version": post.version,
        **clock.stamps(post.times),
    }
