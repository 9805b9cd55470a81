"""Whether a client's copy is still good (RFC 9110, section 13)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.requests import Request
from chalicelib.core.validators import Validator, has_copies

CHANGED = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
DATE = "Mon, 23 Nov 2026 12:00:00 GMT"


def asked(headers: dict[str, str]) -> Request:
    return Request(
        id="",
        method="GET",
        path="/",
        route="/",
        root="",
        origin="",
        headers=headers,
        query={},
        body=b"",
        network="",
    )


@pytest.mark.parametrize(
    ("headers", "good"),
    [
        ({}, False),
        ({"if-none-match": 'W/"a.b"'}, True),
        ({"if-none-match": '"a.b"'}, True),
        ({"if-none-match": '"x", W/"a.b" , "y"'}, True),
        ({"if-none-match": '"x","a.b"'}, True),
        ({"if-none-match": " * "}, False),
        ({"if-none-match": '"x"'}, False),
        ({"if-none-match": '"A.B"'}, False),
        ({"if-none-match": '"a.b.c"'}, False),
        ({"if-none-match": "a.b"}, False),
        ({"if-none-match": ""}, False),
        ({"if-none-match": '"' * 9999}, False),
        ({"if-modified-since": DATE}, True),
        ({"if-modified-since": "Monday, 23-Nov-26 12:00:00 GMT"}, True),
        ({"if-modified-since": "Mon Nov 23 12:00:00 2026"}, True),
        ({"if-modified-since": "Mon, 23 Nov 2026 11:59:59 GMT"}, False),
        ({"if-modified-since": "Mon, 23 Nov 2026 13:30:00 +0200"}, False),
        ({"if-modified-since": "soon"}, False),
        ({"if-modified-since": ""}, False),
        ({"if-modified-since": "Mon, 01 Jan 0001 00:00:00 +2300"}, False),
        ({"if-none-match": '"x"', "if-modified-since": DATE}, False),
        ({"if-none-match": '"a.b"', "if-modified-since": "Mon, 23 Nov 2020 12:00:00 GMT"}, True),
    ],
)
def test_a_copy_is_good_or_not(headers: dict[str, str], good: bool) -> None:
    answer = Validator("a.b", CHANGED).again(asked(headers), {"Cache-Control": "c"})
    assert (answer is not None) == good
    if answer:
        assert (answer.status, answer.body) == (304, "")
        assert answer.headers == {"Cache-Control": "c", "ETag": 'W/"a.b"', "Last-Modified": DATE}


def test_without_a_date_a_date_says_nothing() -> None:
    assert Validator("a").headers == {"ETag": 'W/"a"'}
    assert Validator("a").again(asked({"if-modified-since": "Mon, 23 Nov 2099 12:00:00 GMT"}), {}) is None


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({}, False),
        ({"if-none-match": "*"}, False),
        ({"if-none-match": '"a"'}, True),
        ({"if-modified-since": DATE}, False),
    ],
)
def test_which_requests_name_copies(headers: dict[str, Any], named: bool) -> None:
    assert has_copies(asked(headers)) == named
