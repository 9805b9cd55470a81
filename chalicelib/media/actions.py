"""Taking files: at once, or through the bucket for large ones; listing and deleting them."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core import clock, jobs, objects, text
from chalicelib.core.problems import Conflict, Invalid, NotFound, TooLarge, Unavailable
from chalicelib.core.table import Page, Refused
from chalicelib.core.values import value
from chalicelib.media import store
from chalicelib.media.looking import look_at, look_through, name_of
from chalicelib.media.model import (
    DELETING,
    DIRECTLY,
    FORM_SECONDS,
    PROCESSING,
    WAITING,
    WAITS,
    Media,
    kind_of,
    require_size,
)
from chalicelib.media.streams import Stream, hash_of

JOB = "media"
"""The kind of job that does whatever is to be done about a file."""
TRIES = 4


@value
class Taken:
    media: Media
    is_new: bool


@value
class Begun:
    media: Media
    form: objects.Form


def take_file(content: bytes, given: str, file_name: str = "") -> Taken:
    """A whole file. What is refused leaves nothing; what was there before is given again."""
    kind = kind_of(given)
    if not content:
        raise Invalid("body", "The file is empty. Send its bytes as the body of the request.")
    require_size(kind, len(content))
    if len(content) > DIRECTLY:
        raise TooLarge(
            "body",
            f"The file has {len(content):,} bytes, and {DIRECTLY:,} can be sent at once. Begin with"
            " POST /api/media/uploads, which tells where to send more.",
        )
    seen = None
    if kind.is_picture:
        seen = look_at(content, given)
    else:
        look_through(Stream([content]), given)
    hash_ = hash_of(content)
    new = _new(given, len(content), file_name)
    return _keep(content, replace(new, hash=hash_, name=name_of(hash_, given, seen)))


def _keep(content: bytes, new: Media) -> Taken:
    """Under its claim, if that is free; else whoever has it may lack the bytes still, and gets them."""
    for _ in range(TRIES):
        media = store.owner_of(new.hash) or new
        if media.state == DELETING:
            raise Conflict("This very file was just deleted and is still being removed. Wait two minutes.")
        try:
            if media is new:
                store.begin(new, jobs.new(JOB, new.id).put(WAITS))
            if media.state == WAITING:
                objects.put(media.upload_key, content, media.type)
                media = _process(media)
        except Refused:
            continue  # Somebody sent the same at the same moment.
        return Taken(media, is_new=media.id == new.id)
    raise Unavailable


def begin_upload(given: str, size: int, file_name: str = "") -> Begun:
    """A file that its client will send to the bucket, with a form for that file alone."""
    require_size(kind_of(given), size)
    media = _new(given, size, file_name)
    store.begin(media, jobs.new(JOB, media.id).put(WAITS))
    return Begun(media, objects.form(media.upload_key, given, most=size, seconds=FORM_SECONDS))


def note_uploaded(media_id: str) -> Media:
    """The client says that the form was sent. Saying it twice changes nothing."""
    media = require_media(media_id)
    if media.state != WAITING:
        return media
    found = objects.head(media.upload_key)
    if not found:
        raise Conflict("No file has come by this form yet. Post it to the address of the form, then say so.")
    try:
        return _process(replace(media, size=found.size))
    except Refused:
        return require_media(media_id)


def _process(media: Media) -> Media:
    """What has arrived is looked at by the worker."""
    job = jobs.new(JOB, media.id)
    store.arrived(media, job.put(queued=True))
    jobs.send([job])
    return replace(media, state=PROCESSING)


def list_media(limit: int, after: str | None) -> Page[Media]:
    return store.page(limit, after)


def require_media(media_id: str) -> Media:
    """Where it was there before, the earlier one. Raises NotFound."""
    media = store.find(media_id) if text.is_id(media_id) else None
    if media and media.same_as:
        media = store.find(media.same_as)
    if not media or media.state == DELETING:
        raise NotFound("There is no file of that id. GET /api/media lists them.")
    return media


def delete_media(media_id: str) -> None:
    """Its record, its objects, and what was sent. Whoever is making its sizes at this moment ends before
    they are removed.
    """
    media = require_media(media_id)
    is_at_work = media.state == PROCESSING
    job = jobs.new(JOB, media.id)
    try:
        store.delete(media, job.put(jobs.LEASE if is_at_work else jobs.GRACE))
    except Refused as refused:
        raise Conflict("The file changed at this very moment. Send this again.") from refused
    if not is_at_work:
        jobs.run(job)


def _new(given: str, size: int, file_name: str) -> Media:
    moment = clock.precisely()
    return Media(text.new_id(moment), WAITING, given, size, clock.now(), file_name)
