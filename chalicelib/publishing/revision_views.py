"""Revisions and what changed in them, as the author's pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

from chalicelib.core.difference import Hunk, Line, Piece, merged
from chalicelib.core.values import value
from chalicelib.core.views import Stamp, stamp_of
from chalicelib.core.words import Words
from chalicelib.posts.model import Post, Revision
from chalicelib.posts.revisions import Difference

NAMES = {
    "title": "version.title",
    "summary": "version.summary",
    "language": "version.language",
    "content_warning": "version.warning",
    "body": "version.body",
}
MOST_SHOWN = 200_000
"""Characters of differences, and of a text, on a page."""
LONGEST_SAME = 600
"""Characters of a line that did not change."""
SPACES = str.maketrans({"\n": "¶\n", " ": "·", "\t": "→"})


@value
class VersionLine:
    url: str
    name: Markup
    at: Stamp
    by: str
    words: Markup | None
    changed: Markup | None
    is_current: bool


@value
class Part:
    """Pieces of text that stand together, with what they are about."""

    name: Markup
    pieces: tuple[Piece, ...]


def version_line(post: Post, revision: Revision, root: str, words: Words) -> VersionLine:
    fields = [words.plain(NAMES[name]) for name in revision.changed or () if name in NAMES]
    return VersionLine(
        url=f"{root}{versions_path(post)}/{revision.number}",
        name=name_of(revision, words),
        at=stamp_of(revision.saved_at, words),
        by=revision.by,
        words=None if revision.words is None else words.count("version.words", revision.words),
        changed=words("version.changed", fields=", ".join(fields)) if fields else None,
        is_current=revision.number == post.revision,
    )


def versions_path(post: Post) -> str:
    return f"/moderate/posts/{post.id}/revisions"


def name_of(revision: Revision, words: Words) -> Markup:
    return words("version.name", n=words.number(revision.number))


def parts_of(found: Difference, words: Words) -> tuple[list[Part], bool]:
    """What changed, and whether that is all of it."""
    parts = [
        Part(words(NAMES[one.field]), tuple(_visible(merged(one.before, one.after))))
        for one in found.fields
        if one.field in NAMES
    ]
    if not found.is_whole:
        return parts, False
    room = MOST_SHOWN
    for hunk in found.hunks:
        pieces = tuple(_visible(_pieces(hunk)))
        room -= sum(len(piece.text) for piece in pieces)
        if room < 0:
            return parts, False
        parts.append(Part(words("version.line", n=words.number(hunk.new_start)), pieces))
    return parts, True


def _pieces(hunk: Hunk) -> Iterator[Piece]:
    lines = [(is_same, list(group)) for is_same, group in groupby(hunk.lines, lambda line: line.op == " ")]
    for is_same, group in lines:
        if is_same:
            yield from (Piece(" ", _shortened(line.text)) for line in group)
        else:
            yield from _changed(group)


def _changed(lines: Sequence[Line]) -> Iterator[Piece]:
    """What went and what came in its place: word by word where that is told."""
    if all(line.words for line in lines):
        went, came = ([piece for line in lines if line.op == op for piece in line.words] for op in "-+")
        yield from merged(went, came)
        return
    for op in "-+":
        if text := "".join(line.text for line in lines if line.op == op):
            yield Piece(op, text if text.endswith("\n") else f"{text}\n")


def _visible(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Spaces and line ends that came or went by themselves could not be seen."""
    for piece in pieces:
        hidden = piece.op != " " and piece.text.isspace()
        yield Piece(piece.op, piece.text.translate(SPACES)) if hidden else piece


def _shortened(line: str) -> str:
    half = LONGEST_SAME // 2
    return line if len(line) <= LONGEST_SAME else f"{line[:half]} … {line[-half:]}"
