"""What HTML may hold once it has left this package. Nothing may change it after these functions."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.core.markup.providers import KINDS
from chalicelib.core.words import languages, words_for

if TYPE_CHECKING:
    from nh3 import Cleaner

SCHEMES = {"http", "https", "mailto"}
# Taken out with all they hold; any other tag that is not allowed leaves its text behind.
DROPPED = set(
    """
    applet canvas embed frame frameset iframe noembed noframes noscript object plaintext
    script select style svg template textarea title xmp
    """.split()
)
COMMENT_TAGS = set("a blockquote br code del em li ol p pre strong ul".split())
POST_TAGS = COMMENT_TAGS | set(
    """
    abbr audio b bdi bdo caption cite col colgroup dd details dfn div dl dt figcaption figure h2 h3 h4 h5
    h6 hr i img input ins kbd mark nav q rp rt ruby s samp section small span sub summary sup table
    tbody td tfoot th thead time tr u var video wbr
    """.split()
)
# Presentation alone (MathML Core, and `menclose` for boxes): nothing that links, acts or holds HTML.
MATH_TAGS = set(
    """
    math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace
    msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover
    """.split()
)
MATH_ATTRIBUTES = {
    **{tag: {"dir", "displaystyle", "mathcolor", "mathvariant", "scriptlevel"} for tag in MATH_TAGS},
}
for _tag, _names in {
    "math": "alttext display",
    "menclose": "notation",
    "mfrac": "linethickness",
    "mo": "fence form largeop lspace maxsize minsize movablelimits rspace separator stretchy symmetric",
    "mover": "accent",
    "mpadded": "depth height lspace voffset width",
    "mspace": "depth height width",
    "mtd": "columnspan rowspan",
    "munder": "accentunder",
    "munderover": "accent accentunder",
}.items():
    MATH_ATTRIBUTES[_tag] |= set(_names.split())
# MathML 3, which checkers know, has it elsewhere only; it is what tables have anyway.
MATH_ATTRIBUTES["mtable"] -= {"scriptlevel"}
POST_ATTRIBUTES = {
    "*": {"dir", "id", "lang", "title"},
    "a": {"aria-label", "href", "rel", "role"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "audio": {"aria-label", "src"},
    "img": {"alt", "height", "sizes", "src", "srcset", "width"},
    "input": {"aria-label", "checked"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "span": {"data-linenos"},
    "td": {"colspan", "headers", "rowspan"},
    "th": {"abbr", "colspan", "headers", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"aria-label", "src"},
}
POST_VALUES = {
    "div": {"role": {"region"}, "tabindex": {"0"}},
    "audio": {"controls": {""}, "preload": {"metadata"}},
    "img": {"decoding": {"async"}, "fetchpriority": {"high"}, "loading": {"lazy"}},
    "input": {"disabled": {""}, "type": {"checkbox"}},
    "section": {"role": {"doc-endnotes"}},
    "video": {"controls": {""}, "preload": {"metadata"}},
}
# Written by `dialect` already, in one order; the sanitiser would add what is missing in any order.
FORCED = {
    "audio": {"controls": "", "preload": "metadata"},
    "img": {"decoding": "async"},
    "input": {"type": "checkbox", "disabled": ""},
    "pre": {"tabindex": "0"},
    "video": {"controls": "", "preload": "metadata"},
}
CALLOUTS = {"note", "tip", "important", "warning", "caution"}
MICROFORMATS = set("h-card h-cite p-name u-url u-in-reply-to u-like-of u-repost-of u-bookmark-of".split())
CLASSES = {
    "a": {"footnote-backref", "footnote-ref"} | MICROFORMATS,
    "details": CALLOUTS,
    "div": {"admonition", "highlight", "table-scroll"} | CALLOUTS | MICROFORMATS,
    "figure": {"link-card"},
    "h2": {"unseen"},
    "li": {"task-list-item"},
    "nav": {"toc"},
    "p": {"admonition-title"},
    "section": {"footnotes"},
    "td": {"al-left", "al-center", "al-right"},
    "th": {"al-left", "al-center", "al-right"},
    "ul": {"task-list"},
}
CARDS = {"address", "kind", "name", *KINDS}
ID = re.compile(r"(?:h|fn|fnref\d*)-[\w-]{1,200}")
RELATIONS = set("author external license me nofollow noopener noreferrer tag ugc".split())
ROLES = {"doc-noteref", "doc-backlink"}
IMAGE_SCHEME = re.compile(r"(?i)(?:https?:|(?![a-z][a-z0-9+.-]*:))")


def clean_post(markup: str) -> str:
    """The subset of HTML that an author may publish. Stable: cleaning twice changes nothing."""
    return _PLAYER.sub("", _MATH.sub(_plain_math, _post_cleaner().clean(_printable(markup))))


def clean_comment(markup: str) -> str:
    """The far smaller subset for strangers: no class, no id, no image."""
    return _comment_cleaner().clean(_printable(markup))


@cache
def _post_cleaner() -> Cleaner:
    from nh3 import Cleaner

    return Cleaner(
        tags=POST_TAGS | MATH_TAGS,
        clean_content_tags=DROPPED,
        attributes={**POST_ATTRIBUTES, **MATH_ATTRIBUTES},
        attribute_filter=_filter,
        tag_attribute_values={
            **POST_VALUES,
            "div": {**POST_VALUES["div"], "aria-label": _said("markup.table")},
            "span": {"aria-label": _said("markup.formula"), "role": {"group"}, "tabindex": {"0"}},
            "nav": {"aria-label": _said("markup.contents")},
        },
        set_tag_attribute_values=FORCED,
        allowed_classes=_classes(),
        url_schemes=SCHEMES,
        link_rel=None,
    )


# One without a file of ours, with what would stand in its place.
_PLAYER = re.compile(r'<(audio|video)\b(?!(?:[^">]|"[^"]*")* src=")(?:[^">]|"[^"]*")*>.*?</\1>', re.DOTALL)
_MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
_ANY_TAG = re.compile(r'</?([a-z0-9]+)(?: (?:[^">]|"[^"]*")*)?>')


def _plain_math(formula: re.Match[str]) -> str:
    """Without HTML in its words, where an HTML parser would change its mind about what is what."""
    return _ANY_TAG.sub(lambda tag: tag[0] if tag[1] in MATH_TAGS else "", formula[0])


def _said(key: str) -> set[str]:
    """What the renderer says of a thing, in any language."""
    return {words_for(language).plain(key) for language in languages()}


@cache
def _comment_cleaner() -> Cleaner:
    from nh3 import Cleaner

    return Cleaner(
        tags=COMMENT_TAGS,
        clean_content_tags=DROPPED,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        set_tag_attribute_values={"pre": {"tabindex": "0"}},
        url_schemes=SCHEMES,
        link_rel="nofollow ugc noopener",
    )


def _classes() -> dict[str, set[str]]:
    from chalicelib.core.markup import maths

    spans = _pygments_classes() | {"filename", "formula", "linenos", "within"} | CARDS | MICROFORMATS
    return CLASSES | maths.CLASSES | {"span": spans}


def _pygments_classes() -> set[str]:
    from pygments.token import STANDARD_TYPES

    return {name for name in STANDARD_TYPES.values() if name} | {"hll"}


def _filter(tag: str, name: str, value: str) -> str | None:
    """Ids only under our prefixes, so that no content can pass for a part of the page."""
    if name == "id":
        return value if ID.fullmatch(value) else None
    if name == "rel":
        return " ".join(word for word in value.lower().split() if word in RELATIONS) or None
    if name == "role" and tag == "a":
        return value if value in ROLES else None
    if tag == "img" and name == "src":
        return value if IMAGE_SCHEME.match(value.strip()) else None
    if name == "src":
        return value if _is_upload(value) else None
    if name == "srcset":
        return value if all(map(_is_upload, re.split(r" \d+w(?:, |$)", value)[:-1])) else None
    if name == "data-linenos":
        return value if re.fullmatch(r" *\d{1,10} ?", value) else None
    if name in ("width", "height") and tag == "img":
        return value if re.fullmatch(r"[1-9]\d{0,4}", value) else None
    return value


def _is_upload(address: str) -> bool:
    """Whether it is the path of a file of ours, or of one of its other sizes."""
    return bool(re.fullmatch(r"/media/[0-9a-f]{32}[0-9a-z.-]{1,40}", address))


# What XML 1.0 forbids, which would break a feed. As references they would survive until here.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,8}));?")


def printable(text: str) -> str:
    """`text` without control characters, lone surrogates and non-characters (XML 1.0, 2.2)."""
    return _FORBIDDEN.sub("", text)


def _printable(markup: str) -> str:
    return _REFERENCE.sub(_harmless, printable(markup))


def _harmless(reference: re.Match[str]) -> str:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return "\ufffd" if code > 0x10FFFF or _FORBIDDEN.match(chr(code)) else reference[0]


_LEFT_OUT = re.compile(
    r'<div class="highlight">.*?</div>|<pre\b.*?</pre>|<nav\b[^>]* class="toc".*?</nav>'
    r'|<section class="footnotes".*?</section>',
    re.DOTALL,
)
_MARK_OF_NOTE = re.compile(r'<sup id="fnref\d*-\d+">.*?</sup>', re.DOTALL)
# A formula's TeX says more than its letters without their places.
_FORMULA = re.compile(r'<math\b[^>]*? alttext="([^"]*)".*?</math>', re.DOTALL)
_INLINE = "|".join(
    """
    a abbr b bdi bdo cite code del dfn em i ins kbd mark q rp rt ruby s samp small span strong sub
    sup time u var wbr
    """.split()
)
_INLINE_TAG = re.compile(rf'</?(?:{_INLINE})(?: (?:[^">]|"[^"]*")*)?>')
_TAG = re.compile(r'<(?:[^">]|"[^"]*")*>')


def plain_text(cleaned: str) -> str:
    """The words of sanitised HTML: no code blocks, footnotes, marks of footnotes or contents."""
    cleaned = _FORMULA.sub(r"\1", cleaned) if "<math" in cleaned else cleaned
    text = _INLINE_TAG.sub("", _MARK_OF_NOTE.sub("", _LEFT_OUT.sub(" ", cleaned)))
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())
