"""The two Markdown dialects, as Python-Markdown instances. Importing this is slow: do it late.

An instance is built for every call. Building costs about a millisecond once the extensions are
imported, an instance keeps state between calls (footnotes, references, the HTML stash), and one
that raised half-way may keep it in spite of `reset()`. So nothing is shared between threads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.attr_list import AttrListTreeprocessor
from markdown.extensions.toc import slugify_unicode
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AMP_SUBSTITUTE, AtomicString

from chalicelib.core.markup import floods, notes, remarks
from chalicelib.core.markup.cards import Cards, LoneAddress
from chalicelib.core.markup.code import HighlightExtension, Purse
from chalicelib.core.markup.maths import MathExtension
from chalicelib.core.words import Words, words_for

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class _Scaled(Preprocessor):
    """What spends more on a longer text."""

    def __init__(self, md: Markdown, scale: float) -> None:
        super().__init__(md)
        self.scale = scale


class _Brackets(_Scaled):
    """Takes the meaning from every `<` that begins no whole tag, once fenced code is out of sight."""

    def run(self, lines: list[str]) -> list[str]:
        text = "\n".join(lines)
        floods.refuse_raw_html(text, self.scale)
        return floods.escape_stray_tags(text, AMP_SUBSTITUTE + "lt;").split("\n")


class _Gate(_Scaled):
    """Weighs what the block parser will see: text without fenced code and blocks of HTML."""

    def run(self, lines: list[str]) -> list[str]:
        floods.refuse(lines, self.scale)
        return lines


class _Skipped(AtomicString):
    """Text in which the next patterns have nothing to find."""


class _Skip(Treeprocessor):
    """Marks text without any `wanted` character, so that no pattern is tried: twice as fast."""

    def __init__(self, md: Markdown, wanted: str) -> None:
        super().__init__(md)
        self.wanted = re.compile(wanted)

    def run(self, root: Element) -> None:
        for element in root.iter():
            element.text = self._mark(element.text)
            element.tail = self._mark(element.tail)

    def _mark(self, text: str | None) -> str | None:
        return _Skipped(text) if type(text) is str and not self.wanted.search(text) else text


class _Unskip(Treeprocessor):
    """Takes the marks away again."""

    def run(self, root: Element) -> None:
        for element in root.iter():
            if type(element.text) is _Skipped:
                element.text = str(element.text)
            if type(element.tail) is _Skipped:
                element.tail = str(element.tail)


class _ImageAttributes(AttrListTreeprocessor):
    """`![words](address){width=300}`: attributes of images, and of nothing else, since braces are
    common in prose and code.
    """

    INLINE_RE = re.compile(  # type: ignore[misc]
        r"\{:?[ ]*([^{}\n]+)\}"
    )

    def run(self, doc: Element) -> None:
        for image in doc.iter("img"):
            if found := self.INLINE_RE.match(image.tail or ""):
                rest = self.assign_attrs(image, found[1])
                image.tail = (image.tail or "")[found.end() :] + rest
            if not image.get("alt", "").strip():
                image.set("alt", "")
                if image.get("role") not in ("presentation", "none"):
                    remarks.without_alt(self.md, image.get("src", ""))


class _Outline(Treeprocessor):
    """Headings without gaps from the second level down: the page's title is the first, and a reader
    who goes by headings must not look for one that is not there.
    """

    def run(self, root: Element) -> None:
        above: list[int] = []
        for element in root.iter():
            if found := re.fullmatch(r"h([1-6])", str(element.tag)):
                level = int(found[1])
                if above and level > above[-1] + 1:
                    self._remark(element, above[-1], level)
                while above and above[-1] >= level:
                    above.pop()
                above.append(level)
                element.tag = f"h{min(len(above) + 1, 6)}"

    def _remark(self, element: Element, above: int, level: int) -> None:
        words = "".join(element.itertext())
        message = f"The heading “{words[:60]}” skips a level, from {above} to {level}."
        remarks.note(self.md, "heading-skips", message, f"{'#' * level} {element.text or ''}".rstrip())


class _Contents(Treeprocessor):
    """A table of contents is a landmark."""

    def run(self, root: Element) -> None:
        for element in root.iter("div"):
            if element.get("class") == "toc":
                element.tag = "nav"
                element.set("aria-label", _words(self.md).plain("markup.contents"))


class _Callouts(Treeprocessor):
    """Their titles in the language of the post, where its author gave them none."""

    def run(self, root: Element) -> None:
        words = _words(self.md)
        for element in root.iter():
            is_title = element.tag == "summary" or element.get("class") == "admonition-title"
            key = f"callout.{(element.text or '').strip().lower()}"
            if is_title and key in words and not len(element):
                element.text = words.plain(key)


class _Finish(Postprocessor):
    """Changes that Markdown and the author's own HTML need alike. The sanitiser comes after it."""

    CHANGES = (
        # The page's title is its h1.
        (re.compile(r"<(/?)h1\b", re.IGNORECASE), r"<\1h2"),
        # A wide table scrolls by itself, and by keyboard.
        (
            re.compile(r"<table\b", re.IGNORECASE),
            '<div class="table-scroll" tabindex="0" role="region" aria-label="{markup.table}"><table',
        ),
        (re.compile(r"</table>", re.IGNORECASE), "</table></div>"),
        # The policy forbids inline style.
        (re.compile(r'<(t[dh]) style="text-align: (left|center|right);">'), r'<\1 class="al-\2">'),
        (re.compile(r"<input\b", re.IGNORECASE), '<input type="checkbox" disabled'),
        (
            re.compile(r'(disabled type="checkbox" disabled) checked/>'),
            r'\1 checked aria-label="{markup.done}">',
        ),
        (re.compile(r'(disabled type="checkbox" disabled)/>'), r'\1 aria-label="{markup.todo}">'),
    )

    def run(self, text: str) -> str:
        words = _words(self.md)
        for pattern, replacement in self.CHANGES:
            said = _LABEL.sub(lambda label: words(label[1]).replace("\\", ""), replacement)
            text = pattern.sub(said, text)
        return text


_LABEL = re.compile(r"\{([a-z.]+)\}")


def _words(md: Any) -> Words:
    """Those of the post's language."""
    found: Words = md.words
    return found


class _Gated(Extension):
    """What both dialects share: the check for floods, between fenced code and everything else."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name is Python-Markdown's
        md.purse = Purse(self.scale)  # type: ignore[attr-defined]
        md.preprocessors.register(_Brackets(md, self.scale), "stray_brackets", 24)
        md.preprocessors.register(_Gate(md, self.scale), "gate", 19)


class _Finishing(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        md.treeprocessors.register(_Skip(md, r"[][*_~^=`<&\\!$]|://|  \n"), "skip_inline", 20.5)
        md.treeprocessors.register(_Unskip(md), "unskip_inline", 19.5)
        # Ahead of "prettify" (10): the line breaks which that adds make these two slow.
        md.treeprocessors.register(md.treeprocessors["abbr"], "abbr", 12)
        md.treeprocessors.register(_Skip(md, r"[\"'`]|--|\.\.\."), "skip_smarty", 11.5)
        md.treeprocessors.register(md.treeprocessors["smarty"], "smarty", 11)
        # Ahead of "toc" (5), which lists what it finds.
        md.treeprocessors.register(_ImageAttributes(md), "image_attributes", 8)
        md.treeprocessors.register(_Outline(md), "outline", 6)
        md.inlinePatterns.register(LoneAddress(md), "lone-address", 195)
        md.treeprocessors.register(Cards(md), "cards", 4.5)
        md.treeprocessors.register(_Contents(md), "contents", 4)
        md.treeprocessors.register(_Callouts(md), "callouts", 3)
        notes.register(md)
        md.postprocessors.register(_Finish(md), "finish", -1)


def slug(title: str, separator: str) -> str:
    """An id for a heading; the prefix keeps it apart from the page's own ids."""
    return "h-" + (slugify_unicode(title, separator) or "section")


def post(language: str, scale: float = 1.0) -> Markdown:
    own: list[Extension] = [
        HighlightExtension(linenums_style="pymdownx-inline"),
        MathExtension(),
        _Gated(scale),
        _Finishing(),
    ]
    md = Markdown(extensions=[*POST, *own], extension_configs=OPTIONS)
    md.words = words_for(language)  # type: ignore[attr-defined]
    md.remarks = {}  # type: ignore[attr-defined]
    return md


def comment() -> Markdown:
    """No headings, images, rules or raw HTML: what is left out stays as it was typed."""
    plain = HighlightExtension(use_pygments=False)
    md = Markdown(extensions=[*COMMENT, plain, _Gated()], extension_configs=COMMENT_OPTIONS)
    md.preprocessors.deregister("html_block")
    # A reference would write its address out at each use: a few bytes would make a page of megabytes.
    for name in ("reference", "short_reference"):
        md.inlinePatterns.deregister(name)
    md.parser.blockprocessors.deregister("reference")
    for name in ("html", "image_link", "image_reference", "short_image_ref", "magic-mail"):
        md.inlinePatterns.deregister(name)
    for name in ("hashheader", "setextheader", "hr"):
        md.parser.blockprocessors.deregister(name)
    return md


POST = [
    "markdown.extensions.abbr",
    "markdown.extensions.def_list",
    "markdown.extensions.footnotes",
    "markdown.extensions.sane_lists",
    "markdown.extensions.smarty",
    "markdown.extensions.tables",
    "markdown.extensions.toc",
    "pymdownx.blocks.caption",
    "pymdownx.caret",
    "pymdownx.mark",
    "pymdownx.quotes",
    "pymdownx.superfences",
    "pymdownx.tasklist",
    "pymdownx.tilde",
]
# A fence with attributes that mean nothing here is still a fence.
RELAXED = {"relaxed_headers": True}
OPTIONS: dict[str, dict[str, Any]] = {
    "markdown.extensions.footnotes": {
        "SEPARATOR": "-",
        "BACKLINK_TITLE": "{}",
        "PLACE_MARKER": "\x00",
    },
    "markdown.extensions.toc": {"slugify": slug, "separator": "-"},
    "pymdownx.quotes": {"callouts": True},
    "pymdownx.superfences": RELAXED,
}
COMMENT = [
    "markdown.extensions.nl2br",
    "markdown.extensions.sane_lists",
    "pymdownx.magiclink",
    "pymdownx.superfences",
    "pymdownx.tilde",
]
COMMENT_OPTIONS: dict[str, dict[str, Any]] = {
    "pymdownx.superfences": RELAXED,
    "pymdownx.tilde": {"subscript": False},
}
