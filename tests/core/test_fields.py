from typing import Any

import pytest

from chalicelib.core.fields import Choice, Fields, Moment, Number, Text, TextList
from chalicelib.core.problems import Invalid, TooLarge

SOME = Fields(
    line=Text(10),
    lines=Text(20, lines=True),
    list=TextList(2, Text(3)),
    one=Choice(("a", "b")),
    number=Number(1, 9),
    at=Moment(),
)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("line", 1, "must be text"),
        ("line", None, "must be text"),
        ("line", ["a"], "must be text"),
        ("line", "a\nb", "single line"),
        ("line", "a\rb", "single line"),
        ("line", "a\x00b", r"U\+0000 at character 2"),
        ("line", "\x1b[31m", r"U\+001B"),
        ("line", "\ud800", "surrogate"),
        ("line", "a\udfff", "surrogate pair at character 2"),
        ("line", "\uffff", r"U\+FFFF"),
        ("lines", "\x7f", r"U\+007F"),
        ("list", "a", "must be a list"),
        ("list", {"a": 1}, "must be a list"),
        ("list", ["a", "b", "c"], "3 entries; at most 2"),
        ("list", ["a", 2], "entry 2 must be text"),
        ("list", ["abcd"], "entry 1 is too long"),
        ("one", "c", "must be one of a, b"),
        ("one", ["a"], "must be one of a, b"),
        ("number", True, "whole number"),
        ("number", 1.0, "whole number"),
        ("number", 10, "from 1 to 9"),
        ("number", 0, "from 1 to 9"),
        ("at", "yesterday", "RFC 3339|a time such as"),
        ("at", 5, "a time such as"),
        ("at", "2026-11-23T06:09:29" + "0" * 40 + "Z", "a time such as"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(field: str, value: Any, says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        SOME.read({field: value})
    assert [error["field"] for error in caught.value.errors] == [field]


@pytest.mark.parametrize(("field", "value"), [("line", "é" * 6), ("lines", "🎉" * 6)])
def test_limits_are_bytes_of_utf_8(field: str, value: str) -> None:
    with pytest.raises(TooLarge, match="bytes"):
        SOME.read({field: value})
    assert SOME.read({field: value[:-1]}) == {field: value[:-1]}


def test_unknown_fields_are_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid) as caught:
        SOME.read({"colour": 1, "line": 2})
    assert [error["field"] for error in caught.value.errors] == ["line", "colour"]
    assert "these are: line, lines, list" in caught.value.errors[1]["detail"]


def test_an_absent_field_stays_absent() -> None:
    assert SOME.read({}) == {}


def test_line_ends_are_one_character() -> None:
    assert SOME.read({"lines": "a\r\nb\rc\n"}) == {"lines": "a\nb\nc\n"}
