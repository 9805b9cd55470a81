"""How one text became another: by lines, and by words within lines that were changed. Pure.

The shortest way from one to the other (Myers, 1986) takes time that grows with the product of their length
and of what differs, so it is sought with a bounded effort: first between the texts, then between lines that
stand once in each. What is still too much to compare is said to be replaced as a whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from chalicelib.core.values import value

CONTEXT = 3
MOST_LINES = 200_000
"""Of both texts together; more are not compared at all but where they begin and end alike."""
MOST_CHANGED = 50_000
"""Lines that went or came: who tells of millions takes seconds, and all the memory there is."""
MOST_EDITS = 500
MOST_STEPS = 500_000
"""A quarter of a second or so; the rest is for taking texts apart."""
LONGEST_BLOCK = 20_000
"""Characters on each side of a change within which words are compared."""
LEAST_ALIKE = 0.25
"""Of the longer side: what has less in common reads better as two texts than as one with marks."""

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
# Scripts without spaces between words are compared by characters.
_NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uff00-\uff65"
_PUNCTUATION = r"!-/:-@\[-`{-~\u2010-\u2027"
_TOKENS = re.compile(rf"\n|[^\S\n]+|[{_PUNCTUATION}{_NO_SPACES}]|[^\s{_PUNCTUATION}{_NO_SPACES}]+")


class TooMuch(ValueError):
    """More changed than is told line by line."""


class Piece(NamedTuple):
    op: str
    """` ` for what stayed, `-` for what went, `+` for what came."""
    text: str


class Line(NamedTuple):
    op: str
    text: str
    """With its line end, which the last line of a text may lack."""
    words: tuple[Piece, ...] = ()
    """The same in pieces, where it is told which words were changed."""


@value
class Hunk:
    """Lines that changed, and some around them."""

    old_start: int
    new_start: int
    """Of its first line, counted from one."""
    lines: tuple[Line, ...]

    @property
    def old_lines(self) -> int:
        return sum(line.op != "+" for line in self.lines)

    @property
    def new_lines(self) -> int:
        return sum(line.op != "-" for line in self.lines)


class Block(NamedTuple):
    """Where two sequences differ: `old[old_from:old_to]` became `new[new_from:new_to]`."""

    old_from: int
    old_to: int
    new_from: int
    new_to: int


class _Effort:
    """How many steps are left for all that is compared."""

    def __init__(self, steps: int) -> None:
        self.left = steps


def compare(old: str, new: str) -> list[Hunk]:
    """What changed, in the order of the text; empty where nothing did. Raises TooMuch."""
    lines = _LINES.findall(old), _LINES.findall(new)
    effort = _Effort(MOST_STEPS if sum(map(len, lines)) <= MOST_LINES else 0)
    blocks = list(_compared(*_numbered(*lines), effort))
    if sum(one.old_to - one.old_from + one.new_to - one.new_from for one in blocks) > MOST_CHANGED:
        raise TooMuch
    return [_hunk(*lines, group, effort) for group in _grouped(blocks)]


def compare_words(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """A short text and what became of it, in pieces."""
    told = _words(old, new, _Effort(MOST_STEPS))
    return told or ([Piece("-", old)] * bool(old), [Piece("+", new)] * bool(new))


def merged(before: Iterable[Piece], after: Iterable[Piece]) -> Iterator[Piece]:
    """Both in one, what went before what came."""
    rest = deque(after)
    for piece in before:
        if piece.op == " ":
            while rest and rest[0].op == "+":
                yield rest.popleft()
            rest.popleft()
        yield piece
    yield from rest


def unified(hunks: Iterable[Hunk]) -> Iterator[str]:
    """As `diff -u` writes it, without the names of the files."""
    for hunk in hunks:
        old, new = _range(hunk.old_start, hunk.old_lines), _range(hunk.new_start, hunk.new_lines)
        yield f"@@ -{old} +{new} @@\n"
        for line in hunk.lines:
            end = "" if line.text.endswith("\n") else "\n\\ No newline at end of file\n"
            yield f"{line.op}{line.text}{end}"


def _range(start: int, count: int) -> str:
    """An empty one stands after the line that it names."""
    return f"{start if count else start - 1},{count}"


# --- hunks -----------------------------------------------------------------------------------


def _grouped(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks whose lines around them would meet."""
    group: list[Block] = []
    for block in blocks:
        if group and block.old_from - group[-1].old_to > 2 * CONTEXT:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _hunk(old: Sequence[str], new: Sequence[str], group: Sequence[Block], effort: _Effort) -> Hunk:
    first = group[0]
    start = max(0, first.old_from - CONTEXT)
    lines: list[Line] = []
    at = start
    for block in group:
        lines += [Line(" ", text) for text in old[at : block.old_from]]
        lines += _replaced(old[block.old_from : block.old_to], new[block.new_from : block.new_to], effort)
        at = block.old_to
    lines += [Line(" ", text) for text in old[at : at + CONTEXT]]
    return Hunk(start + 1, first.new_from - (first.old_from - start) + 1, tuple(lines))


def _replaced(old: Sequence[str], new: Sequence[str], effort: _Effort) -> Iterator[Line]:
    before, after = "".join(old), "".join(new)
    told = None
    if before and after and max(len(before), len(after)) <= LONGEST_BLOCK:
        told = _words(before, after, effort)
    for op, lines, pieces in zip("-+", (old, new), told or ([], []), strict=True):
        parts = _by_line(pieces) if told else [()] * len(lines)
        yield from (Line(op, text, part) for text, part in zip(lines, parts, strict=True))


def _by_line(pieces: Iterable[Piece]) -> list[tuple[Piece, ...]]:
    lines: list[tuple[Piece, ...]] = []
    line: list[Piece] = []
    for op, text in pieces:
        for part in _LINES.findall(text):
            line.append(Piece(op, part))
            if part.endswith("\n"):
                lines.append(tuple(line))
                line = []
    return [*lines, tuple(line)] if line else lines


# --- words -----------------------------------------------------------------------------------


def _words(old: str, new: str, effort: _Effort) -> tuple[list[Piece], list[Piece]] | None:
    """Both in pieces; None where they have little in common, or are too much to compare."""
    tokens = _TOKENS.findall(old), _TOKENS.findall(new)
    numbers = _numbered(*tokens)
    pairs = _shortest(*numbers, effort)
    if pairs is None:
        return None
    blocks = _joined(_between(pairs, len(tokens[0]), len(tokens[1])), tokens[0])
    if not _are_alike(blocks, *tokens):
        return None
    return (
        _pieces("-", tokens[0], [(block.old_from, block.old_to) for block in blocks]),
        _pieces("+", tokens[1], [(block.new_from, block.new_to) for block in blocks]),
    )


def _joined(blocks: Iterable[Block], tokens: Sequence[str]) -> list[Block]:
    """Changes with nothing but a space between them are one."""
    found: list[Block] = []
    for block in blocks:
        if found and not "".join(tokens[found[-1].old_to : block.old_from]).strip(" "):
            before = found.pop()
            block = Block(before.old_from, block.old_to, before.new_from, block.new_to)  # noqa: PLW2901
        found.append(block)
    return found


def _are_alike(blocks: Iterable[Block], old: Sequence[str], new: Sequence[str]) -> bool:
    def visible(tokens: Iterable[str]) -> int:
        return sum(len(token) for token in tokens if not token.isspace())

    longer = max(visible(old), visible(new))
    gone = sum(visible(old[block.old_from : block.old_to]) for block in blocks)
    return visible(old) - gone >= longer * LEAST_ALIKE


def _pieces(op: str, tokens: Sequence[str], ranges: Iterable[tuple[int, int]]) -> list[Piece]:
    found, at = list[Piece](), 0
    for start, end in [*ranges, (len(tokens), len(tokens))]:
        found += [Piece(" ", "".join(tokens[at:start])), Piece(op, "".join(tokens[start:end]))]
        at = end
    return [piece for piece in found if piece.text]


# --- sequences -------------------------------------------------------------------------------


def _numbered(old: Iterable[str], new: Iterable[str]) -> tuple[list[int], list[int]]:
    """Equal texts get equal numbers, which are compared sooner."""
    known: dict[str, int] = {}
    first, second = ([known.setdefault(text, len(known)) for text in texts] for texts in (old, new))
    return first, second


def _compared(
    old: Sequence[int],
    new: Sequence[int],
    effort: _Effort,
    *,
    at: tuple[int, int] = (0, 0),
    whole: bool = True,
) -> Iterator[Block]:
    """Where they differ; `at` is where they stand in the `whole`."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    left, right = at[0] + head, at[1] + head
    if not (old or new):
        return
    pairs = _shortest(old, new, effort) if old and new else []
    if pairs is None and whole and effort.left > 0:
        for gap in _between(_anchors(old, new), len(old), len(new)):
            here, there = old[gap.old_from : gap.old_to], new[gap.new_from : gap.new_to]
            place = left + gap.old_from, right + gap.new_from
            yield from _compared(here, there, effort, at=place, whole=False)
        return
    for block in _between(pairs or [], len(old), len(new)):
        yield Block(left + block[0], left + block[1], right + block[2], right + block[3])


def _common(old: Sequence[int], new: Sequence[int]) -> int:
    """How many they begin with alike."""
    for at, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return at
    return min(len(old), len(new))


def _between(pairs: Iterable[tuple[int, int]], old: int, new: int) -> Iterator[Block]:
    """What stands between pairs of equals, in two sequences of such lengths."""
    left = right = 0
    for here, there in [*pairs, (old, new)]:
        if here > left or there > right:
            yield Block(left, here, right, there)
        left, right = here + 1, there + 1


def _anchors(old: Sequence[int], new: Sequence[int]) -> list[tuple[int, int]]:
    """The most pairs of what stands once in each, in the order of both."""
    counts, others = Counter(old), Counter(new)
    places = {number: at for at, number in enumerate(new) if others[number] == 1}
    ends: list[int] = []
    chains: list[tuple[int, int]] = []
    before: list[int] = []
    last: list[int] = []
    for at, number in enumerate(old):
        if counts[number] != 1 or number not in places:
            continue
        length = bisect_left(ends, places[number])
        ends[length : length + 1] = [places[number]]
        last[length : length + 1] = [len(chains)]
        before.append(last[length - 1] if length else -1)
        chains.append((at, places[number]))
    found, link = list[tuple[int, int]](), last[-1] if last else -1
    while link >= 0:
        found.append(chains[link])
        link = before[link]
    return found[::-1]


def _shortest(old: Sequence[int], new: Sequence[int], effort: _Effort) -> list[tuple[int, int]] | None:
    """Pairs of equals on the shortest way from one to the other; None where it takes too much. No search
    may use up more than half of what is left for all.
    """
    furthest, history = {1: 0}, list[dict[int, int]]()
    least = effort.left // 2
    for edits in range(MOST_EDITS + 1):
        history.append(furthest.copy())
        effort.left -= edits + 1
        for diagonal in range(-edits, edits + 1, 2):
            x = _entered(furthest, diagonal, edits)
            start = x
            while x < len(old) and 0 <= x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            effort.left -= x - start
            furthest[diagonal] = x
            if x >= len(old) and x - diagonal >= len(new):
                return _traced(history, len(old), len(new))
            if effort.left < least:
                return None
    return None


def _entered(furthest: dict[int, int], diagonal: int, edits: int) -> int:
    """Where a diagonal is reached by one more edit: a new element, or one that is gone."""
    if diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1]):
        return furthest[diagonal + 1]
    return furthest[diagonal - 1] + 1


def _traced(history: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for edits in range(len(history) - 1, -1, -1):
        furthest, diagonal = history[edits], x - y
        start = _entered(furthest, diagonal, edits) if edits else 0
        while x > start:
            x, y = x - 1, y - 1
            found.append((x, y))
        if edits:
            came_down = diagonal == -edits or (
                diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1]
            )
            x, y = (x, y - 1) if came_down else (x - 1, y)
    return found[::-1]
