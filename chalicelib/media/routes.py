"""Uploads, over the API; and the way from a file's path on the blog to where it is served."""

from __future__ import annotations

from typing import Any

from chalicelib.core import answers, clock, web
from chalicelib.core.answers import Answer
from chalicelib.core.fields import Wrong
from chalicelib.core.listing import cursor, limit_from, position
from chalicelib.core.pictures import PATH, address, is_file_name, parse
from chalicelib.core.problems import Invalid, NotFound
from chalicelib.core.requests import Request
from chalicelib.media.actions import (
    begin_upload,
    delete_media,
    list_media,
    note_uploaded,
    require_media,
    take_file,
)
from chalicelib.media.model import FILE_NAME, FORM_SECONDS, UPLOAD, Media

routes = web.Routes()

LISTING = "media"
FOR_ALL = {"Cross-Origin-Resource-Policy": "cross-origin", **answers.public(24 * 3600)}
"""A text may show a file of this blog wherever it is copied to."""


@routes.post("/api/media", scope="media", takes=("file_name",))
def upload(request: Request) -> Answer:
    """The body is the file: 201, or 200 where the blog has it already."""
    taken = take_file(request.body, request.content_type, _file_name(request))
    return _answer(request, taken.media, 201 if taken.is_new else 200)


@routes.post("/api/media/uploads", scope="media")
def begin(request: Request) -> Answer:
    """Where and how to send a large file: a form for it alone."""
    sent = UPLOAD.read(request.json(limit=10_000))
    if missing := [name for name in ("type", "size") if name not in sent]:
        raise Invalid.fields({name: f"“{name}” is missing." for name in missing})
    begun = begin_upload(sent["type"], sent["size"], sent.get("file_name", ""))
    form = {"url": begun.form.url, "fields": begun.form.fields, "seconds": FORM_SECONDS}
    return _answer(request, begun.media, 201, upload=form)


@routes.post("/api/media/{media_id}/uploaded", scope="media")
def uploaded(request: Request, media_id: str) -> Answer:
    return _answer(request, note_uploaded(media_id), 202)


@routes.get("/api/media", scope="media", takes=("limit", "cursor"))
def show_all(request: Request) -> Answer:
    """The newest first."""
    found = list_media(limit_from(request), position(LISTING, request.parameter("cursor")))
    more = cursor(LISTING, found.last) if found.more else None
    return answers.of_json({"items": [_shown(request, media) for media in found.items], "cursor": more})


@routes.get("/api/media/{media_id}", scope="media")
def show(request: Request, media_id: str) -> Answer:
    return answers.of_json(_shown(request, require_media(media_id)))


@routes.delete("/api/media/{media_id}", scope="media")
def delete(_: Request, media_id: str) -> Answer:
    delete_media(media_id)
    return answers.nothing()


@routes.get("/media/{name}")
def lead_to_origin(_: Request, name: str) -> Answer:
    """By its name alone: whether there is such a file, its origin says."""
    url = address(name)
    if not is_file_name(name) or url.startswith(PATH):
        raise NotFound("There is no file of that name.")
    return answers.redirect(url, 301, FOR_ALL)


def _file_name(request: Request) -> str:
    try:
        return FILE_NAME.read(request.parameter("file_name") or "")
    except Wrong as wrong:
        raise Invalid("file_name", f"“file_name” {wrong}.") from wrong


def _answer(request: Request, media: Media, status: int, **more: Any) -> Answer:
    headers = {"Location": f"{request.root}/api/media/{media.id}"}
    return answers.of_json({**_shown(request, media), **more}, status, headers)


def _shown(request: Request, media: Media) -> dict[str, Any]:
    return {
        "id": media.id,
        "state": media.state,
        "type": media.type,
        "size": media.size,
        "file_name": media.file_name,
        "created_at": clock.stamp(media.created_at),
        "reason": media.reason or None,
        **_public(request, media),
    }


def _public(request: Request, media: Media) -> dict[str, Any]:
    """Where it is, or will be within moments; nothing until its name is known."""
    found = parse(media.name)
    if not found:
        return dict.fromkeys(("url", "markdown", "width", "height"))
    sizes = [{"width": width, "url": _url(request, name)} for width, name in found.sizes[:-1]]
    return {
        "url": _url(request, found.name),
        "markdown": _markdown(media),
        "width": found.width or None,
        "height": found.height or None,
        "is_moving": found.is_moving,
        "sizes": sizes,
    }


def _url(request: Request, name: str) -> str:
    url = address(name)
    return web.absolute(request, url) if url.startswith(PATH) else url


def _markdown(media: Media) -> str:
    """What shows it in a text; the words between the brackets are for whoever cannot see it."""
    if media.type != "application/pdf":
        return f"![]({PATH}{media.name})"
    words = "".join(f"\\{letter}" if letter in "\\[]`*_<&!" else letter for letter in media.file_name)
    return f"[{words or 'PDF'}]({PATH}{media.name})"
