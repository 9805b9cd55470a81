"""What was written in a comment, and what stood there before somebody changed it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from chalicelib.comments.model import Comment

TEXTS = ("name", "website", "body")
MOST_TEXTS = 8
"""Earlier texts that are kept of a comment, the first of all among them."""


def texts_of(comment: Comment) -> dict[str, str]:
    return {"name": comment.name, "website": comment.website, "body": comment.source}


def earlier_texts(comment: Comment) -> dict[int, dict[str, str]]:
    """{version: what was written then}, the first of all first, as `with_texts` keeps them. Text alone is
    what its writer had written.
    """
    if comment.original is None:
        return {}
    try:
        kept = json.loads(comment.original)
        return {entry[0]: dict(zip(TEXTS, entry[1:], strict=True)) for entry in kept}
    except (ValueError, TypeError, LookupError):
        return {0: {**texts_of(comment), "body": comment.original}}


def original_of(comment: Comment) -> dict[str, str] | None:
    """What its writer had written, where the author changed it."""
    return next(iter(earlier_texts(comment).values()), None)


def with_texts(before: Comment, texts: Mapping[str, str], html: str, edited_by: str) -> Comment:
    """The comment with other texts; what they replace is kept with it, and goes when it is erased."""
    own = texts_of(before)
    kept = [*earlier_texts(before).items(), (before.version, own)]
    if len(kept) > MOST_TEXTS:
        kept = [kept[0], *kept[-MOST_TEXTS + 1 :]]
    told = [[version, *(entry[name] for name in TEXTS)] for version, entry in kept]
    return replace(
        before,
        name=texts["name"],
        website=texts["website"],
        source=texts["body"],
        html=html,
        edited_by=edited_by,
        original=json.dumps(told, ensure_ascii=False, separators=(",", ":")),
    )
