"""What the interface says, in the reader's language: one catalogue a language, `templates/words/`.

A catalogue is a flat JSON object: `{"key": "text with {name}"}`, or, where a number decides, one
text for each plural category of the language (Unicode CLDR, Language Plural Rules):
`{"replies": {"one": "{n} reply", "other": "{n} replies"}}`. What it lacks is said in English.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from string import Formatter
from typing import Any

from markupsafe import Markup, escape

from chalicelib.core import clock
from chalicelib.core.pages import TEMPLATES
from chalicelib.core.text import direction_of

CATALOGUES = TEMPLATES / "words"
Plural = Callable[[int], str]


class Text:
    """A text with places for values, parted where they go: a page says some thirty of them, and
    `Markup.format` looks for the places each time.
    """

    def __init__(self, text: str) -> None:
        self.whole = escape(text)
        self._parts = [(part, name) for part, name, _, _ in Formatter().parse(self.whole)]

    def filled(self, values: Mapping[str, Any]) -> Markup:
        """Values that the text does not name are passed over. Raises KeyError for one that is missing."""
        told: list[str] = []
        for part, name in self._parts:
            told.append(part)
            if name is not None:
                told.append(escape(values[name]))
        return Markup("".join(told))  # noqa: S704 - every part is escaped


class Words:
    """The interface in one language, with its numbers and its days in one time zone."""

    def __init__(self, language: str, catalogue: Mapping[str, Any], zone: tzinfo) -> None:
        self.language = language
        self.direction = direction_of(language)
        self._zone = zone
        self._plural = next((PLURALS[code] for code in _narrowing(language) if code in PLURALS), _one)
        self._months: list[str] = catalogue["months"]
        self._digits = str.maketrans("0123456789", catalogue["digits"])
        self._group = catalogue["group"]
        self._say = {key: _safe(text) for key, text in catalogue.items() if isinstance(text, str | dict)}

    def __call__(self, key: str, **values: Any) -> Markup:
        """The text of a key; values are escaped unless they are `Markup`."""
        text: Text = self._say[key]
        return text.filled(values) if values else text.whole

    def plain(self, key: str, **values: Any) -> str:
        """The same as text, for what escapes it later."""
        return self(key, **values).unescape()

    def __contains__(self, key: str) -> bool:
        return key in self._say

    def count(self, key: str, number: int, **values: Any) -> Markup:
        """The text for a number of things, which it may name as `{n}`."""
        texts = self._say[key]
        text: Text = texts.get(self._plural(number)) or texts["other"]
        return text.filled({"n": self.number(number), **values})

    def number(self, number: int) -> str:
        """With its thousands parted."""
        return f"{number:,}".replace(",", self._group).translate(self._digits)

    def month_name(self, month: int) -> str:
        return self._months[month - 1]

    def month(self, year: int, month: int) -> str:
        """“November 2026”."""
        return str(self("date.month", month=self.month_name(month), year=self.year(year)))

    def year(self, year: int) -> str:
        return str(year).translate(self._digits)

    def local(self, moment: datetime) -> datetime:
        """The same moment by the blog's clocks."""
        return moment.astimezone(self._zone)

    def day(self, moment: date) -> str:
        """“23 November 2026”."""
        at = self.local(moment) if isinstance(moment, datetime) else moment
        day = str(at.day).translate(self._digits)
        return str(self("date.day", day=day, month=self.month_name(at.month), year=self.year(at.year)))

    def time(self, moment: datetime) -> str:
        """“23 November 2026, 14:05 UTC”."""
        at = self.local(moment)
        hour = f"{at.hour:02}:{at.minute:02}".translate(self._digits)
        return str(self("date.time", day=self.day(moment), clock=hour, zone=at.tzname() or "UTC"))

    def day_of(self, stamp: str) -> str:
        """The day of a stored time, without making a date of it twice: a page says fifty of them."""
        return _day_of(self, stamp[:10] if self._zone is UTC else stamp)


@lru_cache(4096)
def _day_of(words: Words, stamp: str) -> str:
    try:
        return words.day(datetime.fromisoformat(stamp) if len(stamp) > 10 else date.fromisoformat(stamp))
    except ValueError:
        return ""


@lru_cache(16)
def words_for(language: str, time_zone: str = "UTC") -> Words:
    """The catalogue of a language, of what it is a variety of, or English."""
    code = next((code for code in _narrowing(language) if (CATALOGUES / f"{code}.json").is_file()), "en")
    english = _catalogue("en")
    return Words(code, {**english, **_catalogue(code)} if code != "en" else english, clock.zone(time_zone))


def languages() -> list[str]:
    """Those with a catalogue."""
    return sorted(file.stem for file in CATALOGUES.glob("*.json"))


def _narrowing(language: str) -> list[str]:
    """`pt-br`, then `pt`."""
    parts = language.lower().split("-")
    good = all(part.isascii() and part.isalnum() for part in parts)
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)] if good else []


def _catalogue(code: str) -> dict[str, Any]:
    return dict(json.loads((CATALOGUES / f"{code}.json").read_text(encoding="utf-8")))


def _safe(text: str | Mapping[str, str]) -> Any:
    if isinstance(text, str):
        return Text(text)
    return {category: Text(form) for category, form in text.items()}


# --- plurals of whole numbers (CLDR 48, Language Plural Rules) ----------------------------------


def _other(_: int) -> str:
    return "other"


def _one(n: int) -> str:
    return "one" if n == 1 else "other"


def _none_or_one(n: int) -> str:
    return "one" if n in (0, 1) else "other"


def _millions(rule: Plural) -> Plural:
    """Romance languages count millions with a preposition."""
    return lambda n: "many" if n and n % 1_000_000 == 0 else rule(n)


def _east_slavic(n: int) -> str:
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "many"


def _south_slavic(n: int) -> str:
    return _east_slavic(n).replace("many", "other")


def _polish(n: int) -> str:
    return "one" if n == 1 else _east_slavic(n).replace("one", "many")


def _czech(n: int) -> str:
    return "one" if n == 1 else "few" if n in (2, 3, 4) else "other"


def _slovenian(n: int) -> str:
    return {1: "one", 2: "two", 3: "few", 4: "few"}.get(n % 100, "other")


def _lithuanian(n: int) -> str:
    if 11 <= n % 100 <= 19 or n % 10 == 0:
        return "other"
    return "one" if n % 10 == 1 else "few"


def _romanian(n: int) -> str:
    if n == 1:
        return "one"
    return "few" if n == 0 or 1 <= n % 100 <= 19 else "other"


def _hebrew(n: int) -> str:
    return {1: "one", 2: "two"}.get(n, "other")


def _arabic(n: int) -> str:
    if n in (0, 1, 2):
        return ("zero", "one", "two")[n]
    return "few" if 3 <= n % 100 <= 10 else "many" if n % 100 >= 11 else "other"


PLURALS: Mapping[str, Plural] = {
    **dict.fromkeys("en de nl sv da nb nn no fi et el hu bg tr ur sw eu ka".split(), _one),
    **dict.fromkeys("ja zh ko vi th id ms".split(), _other),
    **dict.fromkeys("hi fa bn".split(), _none_or_one),
    **dict.fromkeys("es it ca".split(), _millions(_one)),
    **dict.fromkeys("fr pt".split(), _millions(_none_or_one)),
    **dict.fromkeys("ru uk be".split(), _east_slavic),
    **dict.fromkeys("hr sr bs".split(), _south_slavic),
    **dict.fromkeys("cs sk".split(), _czech),
    "pl": _polish,
    "sl": _slovenian,
    "lt": _lithuanian,
    "ro": _romanian,
    "he": _hebrew,
    "ar": _arabic,
}
