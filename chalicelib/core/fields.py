"""What a client may send, declared once: names, types, limits. Everything else is refused.

    TAGS = Fields(title=Text(300), tags=TextList(30, Text(60)))
    TAGS.read({"title": "Hello"})   # {"title": "Hello"}, or raises Invalid naming each wrong field

Limits are bytes of UTF-8. A field that is absent stays absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Protocol

from chalicelib.core import clock
from chalicelib.core.problems import Invalid, TooLarge
from chalicelib.core.values import value

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# What no file system, feed or page can carry either (XML 1.0, section 2.2).
_NOT_TEXT = re.compile(r"[\ufffe\uffff]")


EARLIEST, LATEST = 1000, 9999
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Wrong(ValueError):
    """What is wrong with one value, as the end of a sentence that begins with the field's name."""


class TooLong(Wrong):
    """The value passes its limit."""


class Field(Protocol):
    def read(self, value: Any) -> Any:
        """The value as actions take it. Raises Wrong."""
        ...


@value
class Text:
    """Text of at most `limit` bytes, its line ends made line feeds. `lines` allows more than one."""

    limit: int
    lines: bool = False
    check: Callable[[str], str] | None = None

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong("must be text")
        text = value.replace("\r\n", "\n").replace("\r", "\n")
        _refuse_odd_characters(text)
        if not self.lines:
            text = _single_line(text)
        if len(text.encode()) > self.limit:
            size = len(text.encode())
            raise TooLong(f"is too long: {size:,} bytes of UTF-8, and {self.limit:,} bytes fit; shorten it")
        return self.check(text) if self.check else text


def _single_line(text: str) -> str:
    if "\n" in text:
        raise Wrong("must be a single line")
    return text.strip()


def _refuse_odd_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Wrong(
            f"has half of a surrogate pair at character {error.start + 1}; send whole characters"
        ) from error
    if odd := _CONTROL.search(text) or _NOT_TEXT.search(text):
        raise Wrong(
            f"has the control character U+{ord(odd[0]):04X} at character {odd.start() + 1}; remove it"
        )


@value
class TextList:
    most: int
    each: Text

    def read(self, value: Any) -> list[str]:
        if not isinstance(value, list):
            raise Wrong("must be a list of texts")
        if len(value) > self.most:
            raise Wrong(f"has {len(value)} entries; at most {self.most}")
        return [self._entry(number, entry) for number, entry in enumerate(value, 1)]

    def _entry(self, number: int, entry: Any) -> str:
        try:
            return self.each.read(entry)
        except Wrong as wrong:
            raise type(wrong)(f"entry {number} {wrong}") from wrong


@value
class Choice:
    names: tuple[str, ...]

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.names:
            raise Wrong(f"must be one of {', '.join(self.names)}")
        return value


@value
class Number:
    least: int
    most: int

    def read(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise Wrong(f"must be a whole number from {self.least:,} to {self.most:,}")
        return value


@value
class Moment:
    """A time of RFC 3339 with its offset, or a date: midnight UTC, or with `dates` the date itself."""

    dates: bool = False

    def read(self, value: Any) -> datetime | date:
        text = value if isinstance(value, str) and len(value) <= 40 else ""
        try:
            moment = date.fromisoformat(text) if self.dates and _DATE.fullmatch(text) else clock.parse(text)
        except ValueError as error:
            raise Wrong("must be a time such as 2026-11-23T06:09:29Z, with its offset, or a date") from error
        # Every time zone's year has four digits, then.
        if not EARLIEST < moment.year < LATEST:
            raise Wrong(f"must be between the years {EARLIEST} and {LATEST}")
        return moment


@value
class OrNull:
    """Another field, or null where there shall be none."""

    field: Field

    def read(self, value: Any) -> Any:
        return None if value is None else self.field.read(value)


@value
class Flag:
    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise Wrong("must be true or false")
        return value


@value
class Object:
    """An object whose fields are declared; `needed` are those that it cannot do without."""

    fields: Mapping[str, Field]
    needed: tuple[str, ...] = ()

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong("must be an object")
        if unknown := [name for name in value if name not in self.fields]:
            known = ", ".join(self.fields)
            raise Wrong(f"has “{_printable(unknown[0])}”, which is not among its fields: {known}")
        if missing := [name for name in self.needed if name not in value]:
            raise Wrong(f"lacks “{missing[0]}”")
        return {name: self._part(name, part) for name, part in value.items()}

    def _part(self, name: str, part: Any) -> Any:
        try:
            return self.fields[name].read(part)
        except Wrong as wrong:
            raise type(wrong)(f"has a wrong “{name}”: it {wrong}") from wrong

    def mend(self, value: Any) -> dict[str, Any]:
        """What is right of a stored value. Raises Wrong where that is not enough."""
        parts = value.items() if isinstance(value, dict) else ()
        return self.read({name: part for name, part in parts if self._fits(name, part)})

    def _fits(self, name: str, part: Any) -> bool:
        try:
            self.fields[name].read(part)
        except (Wrong, KeyError):
            return False
        return True


@value
class ObjectList:
    most: int
    each: Object

    def read(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise Wrong("must be a list of objects")
        if len(value) > self.most:
            raise Wrong(f"has {len(value)} entries; at most {self.most}")
        return [self._entry(number, entry) for number, entry in enumerate(value, 1)]

    def _entry(self, number: int, entry: Any) -> dict[str, Any]:
        try:
            return self.each.read(entry)
        except Wrong as wrong:
            raise type(wrong)(f"entry {number} {wrong}") from wrong

    def mend(self, value: Any) -> list[dict[str, Any]]:
        """The entries of a stored value that are right."""
        found = []
        for entry in value if isinstance(value, list) else ():
            try:
                found.append(self.each.read(entry))
            except Wrong:
                continue
        return found[: self.most]


@value
class TextOrObject:
    """A text, or an object that says more."""

    text: Text
    object: Object

    def read(self, value: Any) -> str | dict[str, Any]:
        if isinstance(value, dict):
            return self.object.read(value)
        if not isinstance(value, str):
            raise Wrong("must be text or an object")
        return self.text.read(value)


@value
class ListOf:
    """A list of one entry at least."""

    most: int
    each: Field

    def read(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Wrong("must be a list")
        if not 1 <= len(value) <= self.most:
            raise Wrong(f"has {len(value)} entries; it must have 1 to {self.most}")
        return [self._entry(number, entry) for number, entry in enumerate(value, 1)]

    def _entry(self, number: int, entry: Any) -> Any:
        try:
            return self.each.read(entry)
        except Wrong as wrong:
            raise type(wrong)(f"entry {number} {wrong}") from wrong


class Fields:
    """An object's fields; the order of declaration is that of error messages."""

    def __init__(self, **fields: Field) -> None:
        self.declared: Mapping[str, Field] = fields
        self._owned: frozenset[str] = frozenset()

    def apart_from(self, *owned: str) -> Fields:
        """The same; what the blog itself keeps under other names is refused as that."""
        fields = Fields(**self.declared)
        fields._owned = frozenset(owned)
        return fields

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.declared)

    def read(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """The values sent, checked. Raises Invalid with every wrong or unknown field, or TooLarge
        where a single field is too long.
        """
        values: dict[str, Any] = {}
        wrongs: dict[str, Wrong] = {}
        for name, field in self.declared.items():
            try:
                if name in sent:
                    values[name] = field.read(sent[name])
            except Wrong as wrong:
                wrongs[name] = wrong
        errors = {name: f"“{name}” {wrong}." for name, wrong in wrongs.items()} | self._unknown(sent)
        if errors:
            only_long = len(errors) == 1 and any(isinstance(w, TooLong) for w in wrongs.values())
            raise (TooLarge if only_long else Invalid).fields(errors)
        return values

    def _unknown(self, sent: Mapping[str, Any]) -> dict[str, str]:
        unknown = [name for name in sent if name not in self.declared][:10]
        known = ", ".join(self.declared)
        return {
            _printable(name): f"“{name}” is kept by the blog itself and cannot be sent; leave it out."
            if name in self._owned
            else f"“{_printable(name)}” is not a field here; these are: {known}."
            for name in unknown
        }


def _printable(name: str) -> str:
    return _CONTROL.sub("?", name.encode(errors="replace").decode())[:60]
