"""Spam defence without third parties, in layers: each can be set, and none decides in public. What looks
wrong is held for the author; only floods, bans and forms that nobody can have filled are refused.

| pk | sk | holds |
|----|----|-------|
| `SAME#text` | `-` | `ttl`: that text was sent within a day |
| `TRUST#visitor` | `-` | `at`: a person approved what that browser sent; `ttl`, when its cookie ends |
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from chalicelib.comments import bans
from chalicelib.comments.stamps import takes_any_age
from chalicelib.core import clock, networks, signing, table, windows
from chalicelib.core.items import fitting
from chalicelib.core.markup import COMMENT_BYTES
from chalicelib.core.problems import TooMany
from chalicelib.core.table import Delete, Item, Key, Put, Write
from chalicelib.core.text import seen
from chalicelib.core.values import value
from chalicelib.core.visitors import LASTS_SECONDS, Visitor
from chalicelib.core.windows import Limit, Window
from chalicelib.people import store as people
from chalicelib.settings.model import Site

REASONS = ("first", "links", "words", "duplicate", "unstamped", "trap", "edited")
"""Why a reply is held or taken for spam, by the names of the interface's words `reason.…`."""
SAME_SECONDS = 24 * 3600
SHORTEST_SAME = 20
"""Letters: many people say “Thank you!”."""
MOST_READ = COMMENT_BYTES
"""Letters of a reply: none has more, and none shall take longer."""

# Scripts whose words stand between spaces and do not grow at their front.
_PARTED = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "CHEROKEE")
_LINK = re.compile(r'<a [^>]*?href="([^"]*)"')


@value
class Sender:
    """Who sends a reply, as far as anything is known."""

    neighbourhood: str
    visitor: Visitor
    is_stamped: bool
    """Whether it came with the stamp of a form (`stamp`) that is neither too young nor too old."""
    trapped: bool = False
    """Whether a field was filled that people do not see."""
    browser: str = ""
    """What tells one browser from others without a cookie, as a keyed hash; empty where nothing does."""

    @property
    def mark(self) -> str:
        return self.visitor.mark("reply")


@value
class Verdict:
    status: str
    reasons: tuple[str, ...]
    writes: Sequence[Write]
    """What goes into the transaction of the reply, so that the next one is judged by it."""
    has_mailbox: bool
    """Whether answers may be mailed to this sender already."""


# --- a reply ---------------------------------------------------------------------------------


def screen(site: Site, said: Said, person: str, sender: Sender) -> Verdict:
    """What becomes of a reply: one BatchGetItem. Raises NotWelcome or TooMany; then nothing was written."""
    network = networks.lasting_key(sender.neighbourhood)
    window_keys = windows.keys("reply", networks.keys_of(sender.neighbourhood))
    ban_keys = bans.keys_for(person, said.website, network)
    same, trusted = _same_key(said.source), trust_key(sender.mark)
    mailbox = [people.mailbox_key(person, sender.mark)] if person else []
    # What is read late costs another look: the window is written only as it was read.
    found = table.batch_get([*window_keys, *ban_keys, same, trusted, *mailbox])
    bans.refuse(ban_keys, found)
    window, limits = windows.window(window_keys, found), _limits(site)
    _not_too_often(window, limits)
    reasons = list(content_reasons(site, said))
    if site.comments_hold_duplicates and _is_standing(found.get(same)) and _is_long(said.source):
        reasons.append("duplicate")
    if not sender.is_stamped and not takes_any_age(site):
        reasons.append("unstamped")
    is_trusted = bool(_since(found.get(trusted)))
    status = _status(site, reasons, is_trusted=is_trusted, trapped=sender.trapped, said=said)
    if status == "pending" and site.comments_hold == "first" and not is_trusted:
        reasons.append("first")
    writes: list[Write] = [window.noted(limits)] if limits else []
    if site.comments_hold_duplicates and _is_long(said.source):
        writes.append(_note_same(same))
    box = people.decode_mailbox(found[mailbox[0]]) if mailbox and mailbox[0] in found else None
    return Verdict(status, tuple(reasons) + (("trap",) if sender.trapped else ()), writes, box is not None)


@value
class Said:
    """What is looked at of a reply."""

    name: str
    website: str
    source: str
    html: str


def content_reasons(site: Site, said: Said) -> Iterable[str]:
    """Why its text alone would be held."""
    links = _LINK.findall(said.html)
    if site.comments_hold_links and len(links) >= site.comments_hold_links:
        yield "links"
    if _holds_any(site.held_words, said) or _holds_any(site.spam_words, said):
        yield "words"


def status_of(site: Site, said: Said, *, is_trusted: bool) -> str:
    """What becomes of a reply by its text and by who sent it."""
    return _status(site, list(content_reasons(site, said)), is_trusted=is_trusted, trapped=False, said=said)


def _status(site: Site, reasons: Sequence[str], *, is_trusted: bool, trapped: bool, said: Said) -> str:
    if trapped or _holds_any(site.spam_words, said):
        return "spam"
    is_free = site.comments_hold == "none" or (site.comments_hold == "first" and is_trusted)
    return "approved" if is_free and not reasons else "pending"


# --- how often -------------------------------------------------------------------------------


def _limits(site: Site) -> list[Limit]:
    limits = (Limit(site.comments_per_minute, 60), Limit(site.comments_per_day, 24 * 3600))
    return [limit for limit in limits if limit.most]


def _not_too_often(window: Window, limits: Sequence[Limit]) -> None:
    if wait := window.wait(limits):
        raise TooMany(
            "Several replies have just come from your network. Please send yours again later.", wait
        )


# --- the same text, and trust ----------------------------------------------------------------


def trust_key(mark: str) -> Key:
    return f"TRUST#{mark}", "-"


def trust(mark: str, since: str) -> Put:
    """A person has approved what this browser sent, at that moment (as stored)."""
    pk, sk = trust_key(mark)
    ttl = int((clock.known(since) or clock.now()).timestamp()) + LASTS_SECONDS
    return Put({"pk": pk, "sk": sk, "at": since, "ttl": ttl})


def distrust(mark: str) -> Delete:
    return Delete(trust_key(mark))


def trusted_since(mark: str) -> str:
    """The moment, as stored; empty for a browser that is not trusted (any more)."""
    return _since(table.get(trust_key(mark))) if mark else ""


def _since(item: Item | None) -> str:
    known = fitting(item or {}, {"at": str, "ttl": int})
    now = clock.now().timestamp()
    return known.get("at", "") if known.get("ttl", now + 1) > now else ""


def _same_key(source: str) -> Key:
    return f"SAME#{signing.digest('same text', _letters(source))}", "-"


def _note_same(key: Key) -> Put:
    return Put({"pk": key[0], "sk": key[1], "ttl": int(clock.now().timestamp()) + SAME_SECONDS})


def _is_standing(item: Item | None) -> bool:
    ttl = item.get("ttl") if item else None
    return isinstance(ttl, int) and ttl > clock.now().timestamp()


def _is_long(source: str) -> bool:
    return len(_letters(source)) >= SHORTEST_SAME


def _letters(source: str) -> str:
    return "".join(letter for letter in _plain(source) if letter.isalnum())


# --- words -----------------------------------------------------------------------------------


@value
class _List:
    """A list of words, made ready for looking."""

    pattern: re.Pattern[str]
    hosts: frozenset[str]


@value
class _Read:
    """What is looked at of a reply, made ready for it."""

    text: str
    hosts: frozenset[str]
    """Those that it leads to, and those above them."""


@lru_cache(4)
def _holds_any(words: tuple[str, ...], said: Said) -> bool:
    if not words:
        return False
    listed, read = _listed(words), _read(said)
    return bool(listed.hosts & read.hosts) or listed.pattern.search(read.text) is not None


@lru_cache(1)
def _read(said: Said) -> _Read:
    from chalicelib.core.markup.sanitise import plain_text

    # As it was written, and as it is shown: marks and references can stand in the middle of a word.
    source, shown = said.source[:MOST_READ], plain_text(said.html)[:MOST_READ]
    text = f"{said.name}\n{said.website}\n{source}\n{shown}"
    plain, bare = _plain(text), _bare(text)
    text = plain if plain == bare else f"{plain}\n{bare}"
    hosts = {bans.host_of(url) for url in (*_LINK.findall(said.html), said.website)}
    return _Read(text, frozenset(above for host in hosts for above in _from_top(host)))


def _from_top(host: str) -> Iterable[str]:
    parts = host.split(".")
    return (".".join(parts[at:]) for at in range(len(parts)))


@lru_cache(4)
def _listed(words: tuple[str, ...]) -> _List:
    """One pattern for all of them: a thousand searches of a long reply would take seconds."""
    by_ends: dict[tuple[str, str], set[str]] = {}
    for word in words:
        front, text, back = _parts_of(word)
        if text:
            by_ends.setdefault((front, back), set()).add(text)
    parts = (f"{front}{_any_of(texts)}{back}" for (front, back), texts in by_ends.items())
    hosts = frozenset(bans.plain_host(word) for word in words if _is_host(word))
    return _List(re.compile("|".join(parts) or r"(?!)"), hosts)


def _any_of(texts: Iterable[str]) -> str:
    """Parted by their first letters, so that most of them are never tried."""
    by_letter: dict[str, list[str]] = {}
    for text in sorted(texts):
        by_letter.setdefault(text[0], []).append(text[1:])
    tails = ((re.escape(first), "|".join(map(_spaced, rest))) for first, rest in by_letter.items())
    return f"(?:{'|'.join(f'{first}(?:{tail})' for first, tail in tails)})"


def _spaced(text: str) -> str:
    return r"\s+".join(map(re.escape, text.split(" ")))


def _is_host(word: str) -> bool:
    return "." in word.strip(".") and not re.search(r"[\s*/]", word)


def _parts_of(word: str) -> tuple[str, str, str]:
    """Whole words in scripts that part them by spaces, anywhere in others; `*` at an end is any letters."""
    plain = _plain(word)
    text = " ".join(plain.strip("*").split())
    front = r"(?<![^\W_])" if not plain.startswith("*") and _is_parted(text[:1]) else ""
    back = r"(?![^\W_])" if not plain.endswith("*") and _is_parted(text[-1:]) else ""
    return front, text, back


def _is_parted(letter: str) -> bool:
    return letter.isdigit() or unicodedata.name(letter, "").startswith(_PARTED)


def _plain(text: str) -> str:
    """As people read it: one form of each letter, no case, nothing that cannot be seen."""
    return unicodedata.normalize("NFKC", _seen(text).casefold())


def _seen(text: str) -> str:
    return seen(unicodedata.normalize("NFKC", seen(text)))


_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MARKED = re.compile(f"([A-Za-z\u00c0-\u024f\u1e00-\u1eff])[{_MARKS}]+")
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
# Letters that look like Latin ones, each above what it is taken for (the best known of Unicode TR 39).
_LIKE_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԚԜаеѕіјкмнорстухԁԛԝһӏвьΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβγεηικνορτυχωıɡɑ",
    "ABESIJKMHOPCTYXQWaesijkmhopctyxdqwhlbbABEZHIKMNOPTYXabyenikvoptuxwiga",
)


def _bare(text: str) -> str:
    """The same for who wishes to be read and not found: marks on Latin letters are left out, and letters of
    other scripts within a Latin word are those that they look like.
    """
    apart = unicodedata.normalize("NFD", _seen(text))
    latin = apart if apart.isascii() else _MARKED.sub(r"\1", _WORD.sub(_as_latin, apart))
    return unicodedata.normalize("NFKC", latin.casefold())


def _as_latin(found: re.Match[str]) -> str:
    word = found[0]
    is_mixed = not word.isascii() and any("a" <= letter <= "z" for letter in word.lower())
    return word.translate(_LIKE_LATIN) if is_mixed else word
