r"""Formulas in TeX, as MathML Core: written once, no reader needs a script or a font for them.

`$…$` and `\(…\)` stand in a line, `$$…$$`, `\[…\]` and `\begin{align}…\end{align}` by themselves.
The converter is written in Rust and recurses: what it gets is short and not deeply nested.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.inlinepatterns import InlineProcessor
from markdown.postprocessors import Postprocessor
from markdown.util import AMP_SUBSTITUTE, ETX, STX, AtomicString
from pymdownx.arithmatex import ArithmatexExtension, BlockArithmatexProcessor, InlineArithmatexPattern

from chalicelib.core.markup import remarks

if TYPE_CHECKING:
    from math_core import LatexToMathML

CHARS = 4_000
NESTED = 40
"""Braces, environments and commands in one another: the converter's stack is that of the process."""
EXPANSIONS = 200
"""Of commands that the converter itself knows as abbreviations."""
LONG = 24
"""Characters from which on a formula in a line may be wider than a small screen, and scrolls."""

# Arithmatex's, stricter with money: “$5 and $6” is none, nor is what runs into code, or on without end.
_DOLLAR = r"(?<![\\$\w])(\$)(?![\s$])((?:\\.|[^\\$\x02\x03]|\x02amp\x03){1,4000}?)(?<!\s)\$(?![\w$])"
_ROUND = r"(?<!\\)(\\\()((?:\\[^)]|[^\\\x02\x03]|\x02amp\x03){1,4000}?)\\\)"
_INLINE = rf"(?:(?<!\\)((?:\\{{2}})+)(?=\$)|{_DOLLAR}|(?<!\\)((?:\\{{2}})+?)(?=\\\()|{_ROUND})"
_DISPLAY = (
    r"(?<![\\$])(?:\$\$(?P<dollars>(?:\\.|[^\\$\x02\x03]|\x02amp\x03){1,4000}?)\$\$"
    r"|\\\[(?P<square>(?:\\[^\]]|[^\\\x02\x03]|\x02amp\x03){1,4000}?)\\\])"
)
_PLACE = re.compile(f"{STX}mthzzwx(\\d+){ETX}")


class MathExtension(ArithmatexExtension):  # type: ignore[misc]
    """Arithmatex's syntax, and the formulas themselves in place of its marks."""

    def __init__(self) -> None:
        super().__init__(generic=True)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name is Python-Markdown's
        super().extendMarkdown(md)
        formulas = _Formulas(md)
        block = md.parser.blockprocessors["arithmatex-block"]
        md.parser.blockprocessors.register(_Block(block, formulas), "arithmatex-block", 79.9)
        inline = _Inline(_INLINE, self.getConfigs(), formulas)
        md.inlinePatterns.register(inline, "arithmatex-inline", 189.9)
        md.inlinePatterns.register(_Display(_DISPLAY, formulas), "display-math", 189.95)
        md.postprocessors.register(formulas, "formulas", 25)


class _Block(BlockProcessor):
    """A formula that is a block of its own."""

    def __init__(self, found: BlockArithmatexProcessor, formulas: _Formulas) -> None:
        super().__init__(found.parser)
        self.found, self.formulas = found, formulas

    def test(self, parent: Element, block: str) -> bool:
        return bool(self.found.test(parent, block))

    def run(self, parent: Element, blocks: list[str]) -> bool:
        blocks.pop(0)
        tex = next(filter(None, map(self.found.match.groupdict().get, ("math", "math2", "math3"))))
        SubElement(parent, "p").text = AtomicString(self.formulas.place(tex, display=True))
        return True


class _Inline(InlineArithmatexPattern):  # type: ignore[misc]
    def __init__(self, pattern: str, config: dict[str, Any], formulas: _Formulas) -> None:
        super().__init__(pattern, config)
        self.formulas = formulas

    def handleMatch(self, m: re.Match[str], data: str) -> Any:  # noqa: N802
        if m[1] or m[4]:
            return super().handleMatch(m, data)
        return self.formulas.place(m[3] or m[6]), m.start(), m.end()


class _Display(InlineProcessor):
    """A formula on lines of its own within a paragraph."""

    def __init__(self, pattern: str, formulas: _Formulas) -> None:
        super().__init__(pattern)
        self.formulas = formulas

    def handleMatch(  # type: ignore[override] # noqa: N802
        self,
        m: re.Match[str],
        data: str,  # noqa: ARG002
    ) -> tuple[str, int, int]:
        return self.formulas.place(m["dollars"] or m["square"], display=True), m.start(), m.end()


class _Formulas(Postprocessor):
    """Keeps what was made of the formulas, and puts it into the finished HTML: MathML, or code where
    a formula cannot be converted.
    """

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self.made: list[str] = []
        self.converter: LatexToMathML | None = None

    def place(self, tex: str, *, display: bool = False) -> str:
        """Convert a formula; what stands for it in the text."""
        # As it was typed, before stray brackets were escaped.
        tex = tex.replace(f"{AMP_SUBSTITUTE}lt;", "<").strip()
        self.made.append(self._made(tex, display=display))
        return f"{STX}mthzzwx{len(self.made) - 1}{ETX}"

    def run(self, text: str) -> str:
        return _PLACE.sub(lambda found: self.made[int(found[1])], text) if self.made else text

    def _made(self, tex: str, *, display: bool) -> str:
        from math_core import LatexError

        problem = too_much(tex)
        if not problem:
            self.converter = self.converter or _converter()
            try:
                mathml = _fitted(tex, self.converter.convert_with_global_state(tex, displaystyle=display))
            except LatexError as error:
                problem = _reason(str(error))
            else:
                return self._scrolling(mathml, display) if display or len(tex) > LONG else mathml
        message = f"The formula “{tex[:60]}” is shown as code: {problem}."
        remarks.note(self.md, "formula-as-code", message, tex)
        return f"<code>{html.escape(tex)}</code>"

    def _scrolling(self, mathml: str, display: bool) -> str:
        """By itself, and by keyboard; never the page."""
        label = html.escape(self.md.words.plain("markup.formula"))  # type: ignore[attr-defined]
        kind = "formula" if display else "formula within"
        return f'<span class="{kind}" role="group" aria-label="{label}" tabindex="0">{mathml}</span>'


def too_much(tex: str) -> str:
    """Why a formula is not given to the converter; empty where it may be."""
    if len(tex) > CHARS:
        return f"it has {len(tex):,} characters, and {CHARS:,} are the most"
    if found := _DEFINING.search(tex):
        return f"{found[0]} is not understood, for each formula stands alone"
    depth = deepest = run = 0
    for mark in _MARKS.findall(tex):
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING:
            depth, run = max(0, depth - 1), 0
        elif mark[0] in "\\^_":
            # A command without braces takes what follows it as its argument: `\\sqrt\\sqrt\\sqrt x`.
            run += 1
        elif not mark.isspace():
            run = 0
        deepest = max(deepest, depth, run)
    return f"it is nested more than {NESTED} deep" if deepest > NESTED else ""


_DEFINING = re.compile(r"\\(?:[egx]?def|(?:re)?newcommand|providecommand|let|DeclareMathOperator)\b")
_MARKS = re.compile(r"\\[a-zA-Z]+|\\.|\s|[{}^_]|[^\\\s{}^_]+", re.DOTALL)
_OPENING = frozenset(("{", r"\begin", r"\left"))
_CLOSING = frozenset(("}", r"\end", r"\right"))


def _converter() -> LatexToMathML:
    """One for each document, so that equations are numbered through it."""
    from math_core import LatexToMathML

    return LatexToMathML(max_expansions=EXPANSIONS)


_COLOURS = re.compile(r"\x1b\[[\d;]*m")


def _reason(report: str) -> str:
    """The first line of what the converter says, which draws a picture of the place below it."""
    first = _COLOURS.sub("", report).strip().partition("\n")[0]
    return first.removeprefix("Error: ").rstrip(".").replace('"', "“", 1).replace('"', "”", 1)


# How the converter aligns and rules cells; the policy forbids inline style.
_STYLES = {
    "text-align: left": "m-left",
    "text-align: right": "m-right",
    "padding-left: 0": "m-l0",
    "padding-left:1em": "m-l1",
    "padding-right: 0": "m-r0",
    "width: 100%": "m-wide",
    "width: 50%": "m-half",
    **{
        f"border-{side}: 0.05em {line} currentcolor": f"m-{side}-line"
        for side in ("top", "bottom", "left", "right")
        for line in ("solid", "dashed")
    },
}
_STRUCK = {f"menclose-{way}" for way in ("updiagonalstrike", "downdiagonalstrike")}
CLASSES = {
    "mrow": _STRUCK,
    "mtable": {"m-wide"},
    "mtd": set(_STYLES.values()) - {"m-wide"},
    "mtext": {"m-bold", "m-italic"},
}
_STYLE = re.compile(r' style="([^"]*)"')
_WORDS = re.compile(r"<mtext><(b|i|em)>([^<]*)</\1></mtext>")
_HTML = re.compile(r"</?(?:a|b|i|em|s|u|span|code)\b[^>]*>")
_EMPTY = re.compile(r"<([a-z]+)([^>]*)/>")


def _fitted(tex: str, mathml: str) -> str:
    """With classes for styles, and plain words: HTML within a formula would be a way out of it."""
    mathml = _WORDS.sub(
        lambda found: f'<mtext class="m-{"bold" if found[1] == "b" else "italic"}">{found[2]}</mtext>', mathml
    )
    mathml = _EMPTY.sub(r"<\1\2></\1>", mathml)
    # What excerpts say, and what stands in its place where no MathML is shown.
    words = html.escape(" ".join(tex.split()))
    return _STYLE.sub(_classes, _HTML.sub("", mathml)).replace("<math", f'<math alttext="{words}"', 1)


def _classes(found: re.Match[str]) -> str:
    declarations = [declaration.strip() for declaration in found[1].split(";")]
    classes = " ".join(_STYLES[known] for known in declarations if known in _STYLES)
    colour = next((word[6:] for word in declarations if re.fullmatch("color:#[0-9A-F]{6}", word)), "")
    return (f' class="{classes}"' if classes else "") + (f' mathcolor="{colour}"' if colour else "")
