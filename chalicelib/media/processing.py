"""What the worker does about a file, whatever state it is in. It may be stopped at any point, and begins
anew: objects are written before the record says `ready`, and what was sent goes last.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.core import clock, objects
from chalicelib.core.pictures import parse
from chalicelib.core.problems import Invalid, Unavailable, UnsupportedMediaType
from chalicelib.core.table import Refused
from chalicelib.media import store
from chalicelib.media.formats import Seen
from chalicelib.media.looking import look_at, look_through, name_of
from chalicelib.media.model import (
    DELETING,
    KINDS,
    MOST_ATTEMPTS,
    PROCESSING,
    READY,
    WAITING,
    Media,
    require_size,
)
from chalicelib.media.streams import Stream, hash_of


def work_at(media_id: str) -> datetime | None:
    """Until no form can send anything more for it, it is looked at once more."""
    media = store.find(media_id)
    if not media:
        objects.delete(f"uploads/{media_id}")
        return None
    is_over = clock.now() >= media.waits_until
    if media.state == WAITING and not is_over:
        return media.waits_until
    try:
        if media.state == PROCESSING:
            _process(media)
        elif media.state in (DELETING, WAITING):
            _remove(media)
    except Refused:
        pass  # Somebody else brought it further meanwhile, with a job of their own.
    else:
        objects.delete(media.upload_key)
    return None if is_over else media.waits_until


def _remove(media: Media) -> None:
    for name in _names(media.name):
        objects.delete(f"media/{name}")
    store.forget(media)


def _names(name: str) -> list[str]:
    """Of a public file and its sizes."""
    upload = parse(name)
    return [name for _, name in upload.sizes] or [upload.name] if upload else []


def _process(media: Media) -> None:
    try:
        _attempt(media)
        _publish(media)
    except (Invalid, UnsupportedMediaType) as problem:
        # What was found out about it meanwhile is in its record.
        store.refuse(store.find(media.id) or media, problem.detail)
    except Unavailable:
        store.attempt(media, -1)
        raise


def _attempt(media: Media) -> None:
    """What ends the function that works at it is not tried for ever."""
    if media.attempts >= MOST_ATTEMPTS:
        raise Invalid("file", "The file takes more memory or time than there is. Send a smaller one.")
    store.attempt(media)


def _publish(media: Media) -> None:
    kind = KINDS[media.type]
    with objects.opened(media.upload_key) as sent:
        if not sent:
            raise Invalid("file", "What was sent is gone. Send it again.")
        require_size(kind, sent.size)
        if kind.is_picture:
            content = b"".join(sent.chunks)
            _publish_picture(media, content, look_at(content, media.type))
        else:
            stream = Stream(sent.chunks)
            look_through(stream, media.type)
            _publish_as_sent(media, stream.hash, sent.etag)


def _publish_picture(media: Media, content: bytes, seen: Seen) -> None:
    from chalicelib.media.drawing import draw

    known = _identified(media, hash_of(content), seen)
    upload = parse(known.name) if known else None
    if known and upload:
        for made in draw(content, seen, upload):
            objects.put(f"media/{made.name}", made.content, made.type, lasting=True)
        store.made(known)


def _publish_as_sent(media: Media, hash_: str, etag: str) -> None:
    if known := _identified(media, hash_, None):
        objects.copy(media.upload_key, f"media/{known.name}", media.type, etag)
        store.made(known)


def _identified(media: Media, hash_: str, seen: Seen | None) -> Media | None:
    """With its name, claimed. None where another file had these bytes before: its id leads there now."""
    known = replace(media, hash=hash_, name=name_of(hash_, media.type, seen))
    if media.hash not in ("", hash_):
        raise Invalid("file", "The file was exchanged for another one after it had come. Send it again.")
    try:
        store.identify(known)
    except Refused as refused:
        if 0 in refused.positions:
            raise
    else:
        return known
    other = store.owner_of(hash_)
    if not other or other.state not in (PROCESSING, READY):
        raise Unavailable(cause="Claimed")  # It comes, or goes, and then this is tried again.
    store.lead_to(media, other)
    return None


JOBS = {"media": work_at}
