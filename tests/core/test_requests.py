from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.problems import BadRequest, Invalid, PreconditionFailed, Problem
from chalicelib.core.requests import Request, read_json

BLANK = Request(
    id="1", method="GET", path="/", route="/", root="", origin="", headers={}, query={}, body=b"", network=""
)


@pytest.mark.parametrize(
    ("sent", "problem", "says"),
    [
        ("", BadRequest, "not JSON"),
        ("{", BadRequest, "line 1, column 2"),
        ('{"a": NaN}', BadRequest, "NaN"),
        ('{"a": -Infinity}', BadRequest, "-Infinity"),
        ('{"a": 1, "a": 2}', Invalid, "twice"),
        ('{"a": {"b": 1, "b": 2}}', Invalid, "twice"),
        ("[]", BadRequest, "object"),
        ('"text"', BadRequest, "object"),
        ("null", BadRequest, "object"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", BadRequest, "deep"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, BadRequest, "deep"),
        ('{"a": ' + "[" * 20 + "]" * 20 + "}", BadRequest, "deep"),
        ('{"a": ' + "9" * 5000 + "}", BadRequest, "number"),
        ("\ufeff{}", BadRequest, "BOM"),
        ('{"a": 1} x', BadRequest, "Extra data"),
    ],
)
def test_json_is_read_strictly(sent: str, problem: type[Problem], says: str) -> None:
    with pytest.raises(problem, match=says):
        read_json(sent)


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("{}", {}),
        ('{"a": [1, null, true, "\\u00e9"]}', {"a": [1, None, True, "é"]}),
        ('{"a": ' + "[" * 19 + "]" * 19 + "}", None),
    ],
)
def test_good_json_is_read(sent: str, value: Any) -> None:
    assert value is None or read_json(sent) == value
    read_json(sent)


@pytest.mark.parametrize(
    "tag", ["v3", '"3"', 'W/"v3"', '"v3", "v4"', '"v-3"', '"v"', '"v' + "9" * 40 + '"', ""]
)
def test_a_malformed_if_match_is_refused(tag: str) -> None:
    with pytest.raises((PreconditionFailed, BadRequest)):
        replace(BLANK, headers={"if-match": tag}).expected_version()


@pytest.mark.parametrize(
    ("headers", "version"), [({}, None), ({"if-match": "*"}, None), ({"if-match": ' "v12" '}, 12)]
)
def test_if_match_names_a_version(headers: dict[str, str], version: int | None) -> None:
    assert replace(BLANK, headers=headers).expected_version() == version


@pytest.mark.parametrize(
    ("path", "headers", "html"),
    [
        ("/", {}, True),
        ("/", {"accept": "*/*"}, True),
        ("/", {"accept": "application/json"}, False),
        ("/", {"accept": "application/problem+json"}, False),
        ("/", {"accept": "text/html,application/json"}, True),
        ("/", {"content-type": "application/json"}, False),
        ("/api/posts", {"accept": "text/html"}, False),
        ("/api", {"accept": "text/html"}, False),
        ("/apis", {}, True),
    ],
)
def test_people_get_pages_and_clients_get_json(path: str, headers: dict[str, str], *, html: bool) -> None:
    assert replace(BLANK, path=path, headers=headers).wants_html is html


def test_a_form_of_very_many_fields_is_refused() -> None:
    request = replace(
        BLANK, headers={"content-type": "application/x-www-form-urlencoded"}, body=b"&".join([b"a=1"] * 101)
    )
    with pytest.raises(BadRequest, match="100 fields"):
        request.form(10_000)


def test_of_a_field_that_stands_twice_the_last_counts() -> None:
    request = replace(BLANK, headers={"content-type": "application/x-www-form-urlencoded"}, body=b"a=1&a=2")
    assert request.form(100) == {"a": "2"}
