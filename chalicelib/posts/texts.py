"""Texts of posts, deflated: within their items, or in the bucket where they would not fit.

An attribute `html` holds the text itself, `html_at` the key of its object, `texts/post/hash`. An object is
written before the item that names it, and never again under the same name, so whoever reads the item finds
the text. What no item names any more is found by a job, which is noted before the object is written: it
also finds what was left by a change that was cut off.
"""

from __future__ import annotations

import json
from collections.abc import Container
from datetime import datetime, timedelta
from hashlib import sha256

from chalicelib.core import answers, clock, jobs, log, objects, table
from chalicelib.core.problems import Invalid
from chalicelib.core.table import Item

MOST_INLINE = 300_000
"""Bytes, deflated: an item may have 400 KB, with its other attributes."""
TIDY = "tidy"
"""The job that deletes a post's texts that no item names; the room of posts does it."""
UNSURE = timedelta(hours=1)
"""So young an object may belong to a change that is being written."""


def require_readable(source: str, html: str) -> None:
    """Raises Invalid for what no answer could hold: the page with its HTML, or the API's with its source."""
    if 12 * max(len(source), len(html)) <= answers.MOST_CARRIED:
        return
    if (
        max(answers.carried(html), answers.carried(json.dumps(source, ensure_ascii=False)))
        > answers.MOST_CARRIED
    ):
        raise Invalid(
            "body",
            'The text is longer than an answer can be: signs such as < & " \\ and letters outside ASCII take'
            " more room there than here. Publish it as several posts.",
        )


def stored(name: str, post_id: str, deflated: bytes) -> Item:
    """A text as an attribute of that name. A long one is in the bucket when this returns."""
    if len(deflated) <= MOST_INLINE:
        return {name: deflated}
    key = f"{_folder(post_id)}{sha256(deflated).hexdigest()[:32]}"
    note_tidying(post_id)
    objects.put(key, deflated, "application/zlib")
    return {f"{name}_at": key}


def note_tidying(post_id: str) -> None:
    """To be done when what is written now is settled."""
    table.write(jobs.new(TIDY, post_id).put(grace=UNSURE + timedelta(minutes=1)))


def fetched(key: str) -> bytes:
    """A long text, deflated; empty where it is gone, which costs the text and not its page."""
    found = objects.get(key)
    if found is None:
        log.write(level="error", event="text missing", key=key)
    return found or b""


def sweep(post_id: str, named: Container[str]) -> datetime | None:
    """Delete a post's objects but those `named`; when to look again, where some are too young to tell."""
    settled = clock.now() - UNSURE
    loose = [one for one in objects.under(_folder(post_id)) if one.key not in named]
    for one in loose:
        if one.modified_at <= settled:
            objects.delete(one.key)
    young = [one.modified_at for one in loose if one.modified_at > settled]
    return max(young) + UNSURE + timedelta(seconds=1) if young else None


def _folder(post_id: str) -> str:
    return f"texts/{post_id}/"
