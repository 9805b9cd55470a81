"""Markdown to HTML that is safe to store and to serve, for posts and, a smaller subset, comments.

Posts are Python-Markdown with these on top; `docs` shows them in use:

- fenced code, highlighted when written: three backticks and the language; `title="app.py"` too
- callouts, as on GitHub: a quote that begins with `[!NOTE]`, `[!TIP]`, `[!IMPORTANT]`,
  `[!WARNING]` or `[!CAUTION]`; words after it replace the title, `[!NOTE]-` folds it away
- captions: `/// caption`, the text and `///` on lines of their own, right after an image, a table
  or a code block
- footnotes `[^1]`, tables, task lists `- [x]`, definition lists, abbreviations `*[HTML]: ...`,
  `[TOC]`, `~~deleted~~`, `==marked==`, `^^inserted^^`, `H~2~O`, `x^2^`, typographic quotes, dashes
- formulas in TeX, `$…$` and `$$…$$`, as MathML; cards for links to well-known places; players for
  uploaded films and sounds
- a harmless subset of HTML

Both functions are pure. They raise `Invalid` for text that only serves to keep a server busy.
"""

from __future__ import annotations

import html

from chalicelib.core import log
from chalicelib.core.markup.remarks import Remark, Warned, located
from chalicelib.core.values import value

__all__ = ["Rendered", "Warned", "render_comment", "render_post"]

RENDERER = 2
"""Raised whenever the output changes, and stored beside the HTML."""

UNSAFE_RENDERERS: frozenset[int] = frozenset()
"""Versions whose HTML must not be shown as it is stored."""

IN_REQUEST_BYTES = 196_608
"""The longest source that is rendered while its author waits."""
POST_BYTES = 2_097_152
COMMENT_BYTES = 8_192
"""The longest sources that the time limits were measured for, in UTF-8. The caller holds them."""


@value
class Rendered:
    html: str
    """Sanitised."""
    text: str
    """The words, for excerpts and counts: no code blocks, footnotes or table of contents."""
    warnings: tuple[Warned, ...] = ()
    """What the author may want to mend, in the order of the text."""


def render_post(source: str, language: str = "en") -> Rendered:
    """An author's Markdown, in a language (BCP 47). Raises `Invalid` for the field `body`."""
    from chalicelib.core.markup import sanitise

    source = sanitise.printable(source)
    unsafe, remarks = _convert(source, "post", language)
    cleaned = _fitting(sanitise.clean_post(unsafe), "post", source)
    return Rendered(cleaned, sanitise.plain_text(cleaned), located(remarks, source))


def render_plain(source: str) -> Rendered:
    """A text as it was typed, in paragraphs: for one that is too long to be rendered at once."""
    from chalicelib.core.markup import sanitise

    parts = [html.escape(part.strip(), quote=False) for part in sanitise.printable(source).split("\n\n")]
    return Rendered("\n".join(f"<p>{part}</p>" for part in parts if part), source)


def render_comment(source: str) -> str:
    """A stranger's Markdown: paragraphs, lists, quotes, emphasis, code and links; HTML is text."""
    from chalicelib.core.markup import sanitise

    unsafe, _ = _convert(sanitise.printable(source), "comment")
    return _fitting(sanitise.clean_comment(unsafe), "comment")


def _fitting(cleaned: str, name: str, source: str = "") -> str:
    """What the sanitiser made; it adds a little to each link."""
    from chalicelib.core.markup import floods

    try:
        floods.refuse_length(cleaned, name, floods.scale_of(source))
    except floods.Flood as flood:
        raise flood.located("") from None
    return cleaned


def _convert(source: str, name: str, language: str = "en") -> tuple[str, list[Remark]]:
    """HTML that still has to be sanitised, and what there is to say of the source. Escaped text where
    Python-Markdown fails.
    """
    from chalicelib.core.markup import dialect, floods

    scale = floods.scale_of(source)
    try:
        floods.refuse_fences(source, scale)
        md = dialect.post(language, scale) if name == "post" else dialect.comment()
        unsafe = md.convert(source)
        if name == "post":
            from chalicelib.core.markup import media

            unsafe = media.with_media(unsafe, md)
        floods.refuse_length(unsafe, name, scale)
        floods.refuse_open_tags(unsafe)
    except floods.Flood as flood:
        raise flood.located(source) from None
    except RecursionError:
        raise floods.Flood("", floods.REMEDIES["depth"]).located(source) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, the text is not lost
        log.fault(error, "the text is kept as it was typed")
        return f"<pre>{html.escape(source)}</pre>", []
    return unsafe, list(getattr(md, "remarks", ()))
