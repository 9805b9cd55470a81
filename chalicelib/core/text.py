"""Pure functions on text: ids, slugs, excerpts, reading time."""

from __future__ import annotations

import re
import secrets
import unicodedata
import zlib
from datetime import UTC, datetime
from urllib.parse import urlsplit

ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 13
SLUG_BYTES = 120
WORDS_A_MINUTE = 230

BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols that show nothing."""

_MORE_UNSEEN = frozenset("\u034f\u17b4\u17b5" + BLANKS).union(
    *(map(chr, range(first, last + 1)) for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F)))
)
"""Marks that show nothing by themselves: joiners, and the choice of one shape among several."""

RIGHT_TO_LEFT = frozenset("ar ckb dv fa he ks ps sd ug ur yi".split())
RIGHT_TO_LEFT_SCRIPTS = frozenset("adlm arab hebr nkoo rohg syrc thaa".split())

_SPACES = re.compile(r"\s+")
_ROMANISED = ("LATIN", "GREEK", "CYRILLIC")


def new_id(moment: datetime) -> str:
    """13 characters that sort by time: 45 bits of milliseconds, then 20 random ones (base 32)."""
    number = int(moment.timestamp() * 1000) << 20 | secrets.randbits(20)
    digits = [ID_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5)]
    return "".join(digits)


def moment_of(made_id: str) -> datetime:
    """When an id was made."""
    number = 0
    for letter in made_id:
        number = number << 5 | ID_ALPHABET.index(letter)
    return datetime.fromtimestamp((number >> 20) / 1000, UTC)


def is_id(text: str) -> bool:
    return len(text) == ID_LENGTH and all(letter in ID_ALPHABET for letter in text)


LONGEST_TITLE = 2_000
"""Letters; what comes after them cannot be part of a slug."""


def slugify(title: str) -> str:
    """Words joined by hyphens: Latin, Greek and Cyrillic in ASCII, other scripts as they are.

    Empty where the title has no letter or digit. At most 120 bytes of UTF-8, cut between words
    where that is possible.
    """
    slug, before = _slug_of(title[:LONGEST_TITLE]), title
    # Marks may join letters that were romanised before them: a slug is its own slug.
    while slug != before:
        slug, before = _slug_of(slug), slug
    return slug


def _slug_of(title: str) -> str:
    letters = unicodedata.normalize("NFC", unicodedata.normalize("NFC", title).lower())
    for sign, name in _NAMED_SIGNS:
        letters = sign.sub(name, letters)
    plain = "".join(_slug_letter(letter) for letter in letters).lower()
    words = (_without_bare_marks(word) for word in plain.split("-"))
    return shortened("-".join(word for word in words if word), SLUG_BYTES)


def _without_bare_marks(word: str) -> str:
    """Marks belong to the letter before them; those of an emoji are left without one."""
    first = next((at for at, letter in enumerate(word) if unicodedata.category(letter)[0] != "M"), len(word))
    return word[first:]


def shortened(slug: str, limit: int) -> str:
    """At most `limit` bytes of a slug, cut between words where that is possible."""
    if len(slug.encode()) > limit:
        # One byte more tells whether the last word is whole.
        words = slug.encode()[: limit + 1].decode(errors="ignore").rpartition("-")[0]
        slug = words or slug.partition("-")[0]
    return unicodedata.normalize("NFC", slug).encode()[:limit].decode(errors="ignore")


# C++ and C# are two languages.
_NAMED_SIGNS = [(re.compile(r"(?<=\w)\+\+"), "-plus-plus"), (re.compile(r"(?<=\w)#(?!\w)"), "-sharp")]


def _slug_letter(letter: str) -> str:
    if letter in "'\u2019\u02bc" or "\ufe00" <= letter <= "\ufe0f":
        return ""
    if letter.isascii():
        return letter if letter.isalnum() else "-"
    if unicodedata.category(letter)[0] not in "LNM":
        return "-"
    if unicodedata.name(letter, "").startswith(_ROMANISED):
        from anyascii import anyascii

        return re.sub(r"[^A-Za-z0-9]", "", anyascii(letter))
    return letter


def seen(text: str) -> str:
    """`text` without what nobody can see: format characters, blank letters, selectors of shapes."""
    return text if text.isascii() else "".join(letter for letter in text if not _is_unseen(letter))


def _is_unseen(letter: str) -> bool:
    if letter in _MORE_UNSEEN or "\U000e0100" <= letter <= "\U000e01ef":
        return True
    return unicodedata.category(letter) == "Cf"


def ascii_host(host: str) -> str:
    """A host in the one form that it has in the DNS, however it was typed: as browsers map it (UTS #46,
    section 4, not transitional), in ASCII and lower case, without a final dot.
    """
    if not host.isascii():
        host = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen(host)).lower())
    return ".".join(map(_ascii_label, host.lower().replace("\u3002", ".").rstrip(".").split(".")))


def _ascii_label(label: str) -> str:
    # RFC 3492. Python's own codec `idna` is of 2003: it takes “ß” for “ss”, which is another host.
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def is_language(tag: str) -> bool:
    """Whether it has the form of a language tag (RFC 5646, section 2.1, without its registry)."""
    return re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag) is not None


def direction_of(language: str) -> str:
    """How a language (BCP 47) is written, by its script where it names one: `ltr` or `rtl`."""
    name, *others = language.lower().split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), "")
    return "rtl" if (script in RIGHT_TO_LEFT_SCRIPTS if script else name in RIGHT_TO_LEFT) else "ltr"


def host_of(url: str) -> str:
    """Host and port of an address, as they can be compared; empty where it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    usual = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return host if port in (None, usual) else f"{host}:{port}"


def one_line(text: str) -> str:
    """White space runs, line ends among them, folded to single spaces."""
    return _SPACES.sub(" ", text).strip()


def excerpt(text: str, length: int = 240) -> str:
    """The beginning of `text`, cut between words and closed with an ellipsis where it was cut."""
    text = one_line(text)
    if len(text) <= length:
        return text
    words = text[: length + 1].rpartition(" ")[0]
    return (words if len(words) > length // 2 else text[:length]).rstrip(" ,;:.-\u2013\u2014") + "\u2026"


def reading_minutes(words: int) -> int:
    return max(1, round(words / WORDS_A_MINUTE))


def count_words(text: str) -> int:
    """Words by white space; each letter of a script that writes none, such as Han, counts as half."""
    unspaced = sum(1 for letter in text if "\u3040" <= letter <= "\u9fff")
    return len(text.split()) + unspaced // 2


def plain_name(name: str) -> str:
    """A person's name as it may be shown: NFC, one line, no invisible or direction-changing
    characters, at most two combining marks on a letter. Empty where nothing of it would be seen.
    """
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", one_line(name)):
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        # The zero-width joiners hold emoji and some scripts together; other format characters
        # turn text around or hide.
        if marks <= 2 and (category[0] != "C" or letter in "\u200c\u200d"):
            kept.append(letter)
    shown = "".join(kept).strip()
    seen = (letter for letter in shown if letter not in BLANKS)
    return shown if any(unicodedata.category(letter)[0] in "LNSP" for letter in seen) else ""


def deflated(text: str) -> bytes:
    """As it is stored (RFC 1950)."""
    return zlib.compress(text.encode(), 9)


def inflated(stored: bytes) -> str:
    """Empty where what is stored is damaged: the page around it stands."""
    try:
        return zlib.decompress(stored).decode()
    except (zlib.error, UnicodeDecodeError):
        return ""
