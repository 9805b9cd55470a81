"""Refuses text that would keep Python-Markdown busy, before it starts.

Its patterns look at a whole paragraph again for every special character, and at a whole block again
for every line that may begin something, so the time grows with the square of odd input: seconds for
8,000 opening brackets. Nothing here does; each check reads the text once, adds up what the text
will cost in microseconds, and stops at `BUDGET`. Ordinary text costs less than 1 µs a character.
The figures were measured with Python-Markdown 3.11 and are rounded up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from chalicelib.core.problems import Invalid

BUDGET = 400_000
"""For a text that is rendered in a request. The worker has time for longer ones: `Scale`."""

LONGEST_IN_REQUEST = 196_608
DEPTH = 20
FENCES = 400
OPEN_TAGS = 100
MOST_OUTPUT = 2_000_000
MOST_LONG_OUTPUT = 4_000_000
"""Characters of HTML; an answer of the function holds 6 MB."""

MOST_COMMENT_OUTPUT = 40_000
"""Fifty of them stand on a page, a hundred in an answer of the API."""

REMEDIES = {
    "length": "the text is too intricate for its length; publish it as several posts",
    "blocks": "there are too many list items, paragraphs or headings; publish them as several posts",
    "cells": "the table has too many cells; publish it as a file or as several posts",
    "marks": "there are too many special characters in one paragraph; break it up or fence it as code",
    "brackets": "many brackets are not closed; close them or fence the text as code",
    "starts": "too many headings, rules, definitions or quotes follow each other; put blank lines between",
    "depth": "lists or quotes are long and deeply nested; nest less",
    "footnotes": "one footnote is mentioned too often; mention it less",
    "abbreviations": "there are too many abbreviations; define fewer",
    "contents": "there is more than one table of contents; keep one [TOC]",
    "captions": "captions are not closed; end each with a line of ///",
    "scripts": "many ^ or ~ have no counterpart; write them as \\^ and \\~",
    "formulas": "there are too many formulas, or they are not closed; publish them as several posts",
    "backticks": "many backticks have no counterpart; close them or fence the text as code",
}  # fmt: skip

# The address of a link reference, with a title on the next line if it has one there.
_REFERENCE = re.compile(r"^[ >]*+\[(?!\^)([^\]\n]++)\]:(.*(?:\n[ ]*+[\"'(].*)?)", re.MULTILINE)
_PLAIN_REFERENCE = re.compile(r" {0,3}\[(?!\^)[^\[\]\n]++\]: *+[^\s<\"'(]\S*+ *+")
_HEAD = re.compile(r"^(?=[ >*+:#0-9-])(?:[ >]*+(?:[-*+:#]|\d{1,9}[.)])(?= ))*+[ >]*+", re.MULTILINE)
_MARKER = re.compile(r">|[-*+:#](?= )|\d[.)](?= )")
_RULE = re.compile(r"[ >]*+([-*_])(?: {0,2}\1)*+ *+$", re.MULTILINE)
_START = re.compile(
    r"^[ >]{0,40}+(?:#|:|///|>|([-=*_])(?:[ ]*+\1)*+[ ]*+$|\*?\[[^\]\n]*+\][ ]?:)", re.MULTILINE
)
_MARK = re.compile(r"[\[*_~^=`\"'<&\\@$]|--|\.\.\.|://|www\.|  \n")
# A superscript or subscript that nothing closes before the next white space looks at all that follow.
_OPEN_SCRIPT = re.compile(r"(?<=[^\s\\~^])([~^])(?!\1)(?=\S)(?=[^\s~^]*+(?:\s|$))")
_DELIMITERS = re.compile(r"[ >]*+[ :|-]*+")
_ITEM = re.compile(r"[ >]*+(?:([-*+])|\d{1,9}\.) ")
_QUOTE_GAP = re.compile(r" {0,3}(?:> ?)++ *+")
_INDENTED = re.compile(r"[ >]{0,40}+(?<=    )\S")
_FENCE = re.compile(r"^[ >]*+(?:```|~~~)", re.MULTILINE)

# What is taken out before any other mark is looked for.
_FORMULA = re.compile(
    r"(?<![\\$\w])(?:\$(?![\s$])(?:\\.|[^\\$`]){1,300}?(?<!\s)\$(?![\w$])|\$\$(?:\\.|[^\\$`]){1,4000}?\$\$)"
)
# Each number that it holds is a line, and each range many.
_LONG_HEAD = re.compile(r"^[ >]*+(?:```|~~~)(?=[^\n]*(?:hl_lines|linenums))[^\n]{300}", re.MULTILINE)

Cost = tuple[str, str, float]
"""A key of `REMEDIES`, the text that costs, and microseconds."""


def scale_of(source: str) -> float:
    """How many times as much as in a request may be spent on a text: 1 for all that are rendered in one."""
    return max(1.0, len(source.encode()) / LONGEST_IN_REQUEST)


def refuse(lines: Sequence[str], scale: float = 1.0) -> None:
    """Raise `Flood` when `lines`, without fenced code and HTML blocks, would take too long."""
    bill: Counter[str] = Counter()
    worst: dict[str, tuple[float, str]] = {}
    for kind, text, cost in _costs(lines):
        bill[kind] += int(cost)
        worst[kind] = max(worst.get(kind, (0.0, "")), (cost, text))
        if bill.total() > BUDGET * scale:
            [(dearest, _)] = bill.most_common(1)
            raise Flood(worst[dearest][1], REMEDIES[dearest])


def refuse_length(markup: str, name: str, scale: float = 1.0) -> None:
    """Raise `Flood` for HTML that is too long for the page it belongs to."""
    longest = int(min(MOST_LONG_OUTPUT, MOST_OUTPUT * scale))
    limit = longest if name == "post" else MOST_COMMENT_OUTPUT
    if len(markup) > limit:
        raise Flood("", f"this makes {len(markup):,} characters of HTML, and {limit:,} fit; shorten it")


class Flood(Exception):
    """Text that would take too long. Turned into `Invalid` where the source's lines are known."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(remedy)
        self.text, self.remedy = text, remedy

    def located(self, source: str) -> Invalid:
        """For the author: the line number in `source`, a few words to look for, what to do."""
        # Up to a placeholder, which stands for HTML or code and means nothing to the author.
        first = self.text.strip().partition("\n")[0].partition("\x02")[0].strip()[:40]
        if not first:
            return Invalid("body", f"{self.remedy[0].upper()}{self.remedy[1:]}.")
        line = source.expandtabs(4).partition(first)[0].count("\n") + 1
        return Invalid("body", f"Line {line}, at “{first}”: {self.remedy}.")


def refuse_fences(source: str, scale: float = 1.0) -> None:
    """Raise `Flood` for more fences than a post has, open or closed."""
    if head := _LONG_HEAD.search(source):
        raise Flood(head[0], "the first line of this code is too long; name fewer lines of it")
    fences = list(_FENCE.finditer(source))
    if len(fences) > 2 * FENCES * scale:
        raise Flood(source[fences[-1].start() :], "there are too many code fences; use fewer")


def _costs(lines: Sequence[str]) -> Iterator[Cost]:
    text = "\n".join(lines)
    yield "length", "", 0.6 * len(text) + 2 * len(lines)
    yield from _document_costs(text)
    code = False
    for block in _blocks(lines):
        yield from _block_costs(block)
        before, code = code, all(line.startswith("    ") for line in block)
        if not (before and code) and any(map(_INDENTED.match, block)):
            # A run of indented blocks is one piece of code, which the highlighter gets.
            yield "blocks", "\n".join(block), 300


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Runs of lines between blank lines."""
    block: list[str] = []
    for line in [*lines, ""]:
        if line and not line.isspace():
            block.append(line)
        elif block:
            yield block
            block = []


def _document_costs(text: str) -> Iterator[Cost]:
    """What depends on places of the text that are far apart."""
    mentions = Counter(re.findall(r"\[\^([^\[\]\n]*+)\]", text))
    label, count = max(mentions.items(), key=lambda item: item[1], default=("", 0))
    yield "footnotes", f"[^{label}]", count * count * 0.4 + 50 * mentions.total()
    yield from _abbreviation_costs(text)
    _refuse_references(text)
    headings = len(re.findall(r"^[ >]*+#|^(?:=+|-+) *+$", text, re.MULTILINE))
    contents = text.count("[TOC]")
    yield "contents", "[TOC]", max(0, contents - 1) * (headings + 20) * 20
    yield "captions", "///", _open_captions(text)


def _abbreviation_costs(text: str) -> Iterator[Cost]:
    """Each mention copies its paragraph, and writes the meaning out."""
    defined = dict(re.findall(r"^[ >]*+\*\[([^\]\n]*+)\] ?:(.*)", text, re.MULTILINE))
    yield "abbreviations", "*[", len(defined) * len(text) * 0.01
    if len(defined) * len(text) < MOST_OUTPUT * 10:
        mentions = sum(text.count(name) for name in defined if name)
        yield "abbreviations", "*[", mentions * mentions * 0.012
        _refuse_output(mentions * max(map(len, defined.values()), default=0), "*[")


def _refuse_references(text: str) -> None:
    """Each use of a reference writes its address out."""
    defined = {label.lower(): len(rest) for label, rest in _REFERENCE.findall(text)}
    if defined:
        mentions = Counter(re.findall(r"\[([^\[\]\n]*+)\]", text.lower()))
        sizes = {f"[{label}]": size * mentions[label] for label, size in defined.items()}
        _refuse_output(sum(sizes.values()), max(sizes, key=lambda label: sizes[label]))


def _refuse_output(size: int, text: str) -> None:
    if size > MOST_OUTPUT:
        raise Flood(text, "what it stands for is long and mentioned often, which makes too long a page")


def _open_captions(text: str) -> int:
    """Each open caption is looked at for every line that follows."""
    depth = total = 0
    for name in re.findall(r"^[ >]*+///+ *+(\w?)", text, re.MULTILINE):
        depth = depth + 1 if name else max(0, depth - 1)
        total += depth if depth > 1 else 0
    return total


def _block_costs(block: list[str]) -> Iterator[Cost]:
    text = "\n".join(block)
    if all(map(_PLAIN_REFERENCE.fullmatch, block)):
        yield "starts", text, len(block) * (len(text) * 0.0002 + 20)
        return
    starts = sum(1 for _ in _START.finditer(text))
    yield "starts", text, starts * len(text) * 0.02 + 100 * starts
    yield from _nesting_costs(text, len(block))
    yield "cells", text, _cells(block) * 45
    for segment in _segments(block, _is_table(block)):
        yield from _segment_costs(segment)


def _nesting_costs(text: str, lines: int) -> Iterator[Cost]:
    """Every level of a list or quote is a block that is read again."""
    markers = deepest = 0
    for found in _HEAD.finditer(text):
        head = found.group()
        own = len(_MARKER.findall(head))
        depth = own and own + (len(head) - len(head.lstrip(" "))) // 4
        if depth > DEPTH and not _RULE.match(text, found.start()):
            raise Flood(text[found.start() :], f"nested more than {DEPTH} deep; nest less")
        markers += own
        deepest = max(deepest, depth)
    yield "blocks", text, 60 + 40 * markers
    yield "depth", text, deepest * len(text) * (0.15 + lines * 2e-5)
    if text.startswith("    "):
        yield "depth", text, len(text) * 0.2


def _cells(block: list[str]) -> int:
    """Rows times columns of the largest table that the block may become: it may begin at any two
    lines that look like its head, takes all that follow, and fills up short rows.
    """
    return max(
        (
            (max(above.count("|"), line.count("|")) + 1) * (len(block) - at)
            for at, (above, line) in enumerate(pairwise(block))
            if ("|" in above or "|" in line) and _DELIMITERS.fullmatch(line)
        ),
        default=0,
    )


def _is_table(block: list[str]) -> bool:
    """Whether each line becomes cells. In doubt it does not, which is the dearer answer."""
    if len(block) < 2 or not _DELIMITERS.fullmatch(block[1]) or re.search(r"[`\\]", block[0]):
        return False
    columns = [line.strip(" >").strip("|").count("|") for line in block[:2]]
    return "|" in block[0] and columns[0] == columns[1]


def _segments(block: list[str], table: bool) -> Iterator[str]:
    """The parts of a block whose marks are looked for together: items, rows, or all of it.

    Python-Markdown begins an item only in a block that begins with one, of the same kind, and one
    level deeper at most.
    """
    if table:
        yield from block
    elif _ITEM.match(block[0]):
        yield from _items(block)
    elif _QUOTE_GAP.match(block[0]):
        yield from _parts(block, [not _QUOTE_GAP.fullmatch(line) for line in block])
    else:
        yield "\n".join(block)


def _items(block: list[str]) -> Iterator[str]:
    kinds: dict[int, bool] = {}
    level = 0
    joined: list[bool] = []
    for line in block:
        item = _ITEM.match(line)
        here = (len(line) - len(line.lstrip(" "))) // 4
        if item and (here <= level + 1 or not joined):
            kinds.setdefault(here, bool(item[1]))
        new = item and kinds.get(here) == bool(item[1])
        joined.append(not new)
        level = here if new else level
    return _parts(block, joined)


def _parts(block: list[str], joined: list[bool]) -> Iterator[str]:
    """`block` cut before each line that is not joined to the one before it."""
    start = 0
    for index in range(1, len(block)):
        if not joined[index]:
            yield "\n".join(block[start:index])
            start = index
    yield "\n".join(block[start:])


def _segment_costs(text: str) -> Iterator[Cost]:
    if "[" in text:
        yield "brackets", text, (_reach(text, "[", "]") + _link_reach(text)) * 0.2
    if "`" in text:
        yield "backticks", text, _tick_reach(text) * 0.05
    if "^" in text or "~" in text:
        open_scripts = sum(1 for _ in _OPEN_SCRIPT.finditer(text)) + text.count("^^^") + text.count("~~~")
        yield "scripts", text, open_scripts * open_scripts * 2.5
    if "$" in text or "\\" in text:
        # As far as an open formula is read; then what its conversion takes.
        yield "formulas", text, (text.count("\\(") + text.count("\\[")) * min(len(text), 4_000) * 0.03
        rest, formulas = _FORMULA.subn("", text)
        yield "formulas", text, formulas * 40
    else:
        rest = text
    marks = sum(1 for _ in _MARK.finditer(rest))
    if marks:
        yield "marks", text, marks * len(text) * 0.005 + marks * 12 + 50


def _reach(text: str, opening: str, closing: str) -> int:
    """How many characters lie between each opening mark and its counterpart, or else the end."""
    opened: list[int] = []
    total = 0
    for found in re.finditer(f"[{re.escape(opening + closing)}]", text):
        if found.group() == opening:
            opened.append(found.start())
        elif opened:
            total += found.start() - opened.pop()
    return total + sum(len(text) - start for start in opened)


def _link_reach(text: str) -> int:
    """The same for the addresses of links; a quote that is not a title's runs to the end."""
    opened: list[tuple[int, bool]] = []
    total = 0
    for found in re.finditer(r"\](?=\()|[()]", text):
        start = found.start()
        if found.group() == "(":
            opened.append((start, start > 0 and text[start - 1] == "]"))
        elif found.group() == ")" and opened:
            begin, link = opened.pop()
            inner = text[begin:start].rstrip() if link and start - begin < 2000 else ""
            odd = link and (start - begin >= 2000 or _has_stray_quote(inner))
            total += (len(text) if odd else start) - begin if link else 0
    return total + sum(len(text) - start for start, link in opened if link)


def _has_stray_quote(address: str) -> bool:
    quote = re.search("[\"']", address)
    return bool(quote and not address.endswith(quote.group()))


def _tick_reach(text: str) -> int:
    """The same for runs of backticks. Runs of different lengths may each look for a counterpart."""
    runs = [(found.start(), len(found.group())) for found in re.finditer("`++", text)]
    if len({size for _, size in runs}) > 1:
        return len(runs) * len(text)
    pairs = zip(runs[::2], runs[1::2], strict=False)
    unpaired = len(text) - runs[-1][0] if len(runs) % 2 else 0
    return sum(close - start for (start, _), (close, _) in pairs) + unpaired


_TAG = re.compile(
    r"</?[a-zA-Z][\w:-]*+"
    r"(?:\s++[^\s\"'<>/=`]++(?:\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'=<>`]++))?+)*+\s*+/?>"
    r"|<[a-zA-Z][a-zA-Z0-9+.-]{1,31}+:[^<>\s]*+>|<[^<>\s@]++@[^<>\s@]++>"
)


def escape_stray_tags(text: str, escaped: str) -> str:
    """Replace every `<` that begins no whole tag, comment or address; reads the text once."""
    parts: list[str] = []
    done = 0
    comments = True
    while (start := text.find("<", done)) >= 0:
        end = start + 1
        if comments and text.startswith("<!--", start):
            close = text.find("-->", start + 4)
            comments = close >= 0
            end = close + 3 if comments else end
        elif tag := _TAG.match(text, start):
            end = tag.end()
        whole = end > start + 1
        parts += text[done:start], text[start:end] if whole else escaped
        done = end
    return "".join(parts) + text[done:]


# Those that never hold anything, and with them those whose end may be left out.
_EMPTY = frozenset("area base br col embed hr img input link meta source track wbr".split())
_VOID = _EMPTY | frozenset("p li dt dd tr td th option".split())

_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)")
# An address in angle brackets is no tag.
_RAW = re.compile(r"&|<!--|<(?:(/?)([a-zA-Z][a-zA-Z0-9]*+)(?![:@.+-]))?")


def refuse_raw_html(text: str, scale: float = 1.0) -> None:
    """Raise `Flood` for tags and entities by the ten thousand; each looks through the open ones."""
    depth: Counter[str] = Counter()
    opened = total = 0
    for found in _RAW.finditer(text):
        closing, name = found.groups()
        if found.group() == "<!--":
            # Looked for the end of each open inline tag.
            total += 12 * opened
        elif name:
            step = 0 if name.lower() in _EMPTY else int(not closing) or -min(1, depth[name])
            depth[name] += step
            opened += step
        total += (9 if name.lower() in _EMPTY else 5 + opened // 5) if name else 3
        # The time that they take grows with the square of their number.
        if total > BUDGET * scale**0.5 / 2:
            raise Flood("<" if name else "&", "too many HTML tags or entities; publish less of them")


def refuse_open_tags(markup: str) -> None:
    """Raise `Flood` where an HTML parser would have to reopen many tags in every paragraph."""
    depth: Counter[str] = Counter()
    opened = 0
    for closing, name in _OPENING.findall(markup):
        if name not in _VOID:
            step = -1 if closing and depth[name] else int(not closing)
            depth[name] += step
            opened += step
            if opened > OPEN_TAGS:
                raise Flood(f"<{name}", f"more than {OPEN_TAGS} HTML tags are open at once; close them")
