"""The interface's words: complete in each language, safe, and right with numbers, days and clocks."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from chalicelib.core.words import CATALOGUES, PLURALS, languages, words_for
from tests import page
from tests.blog import Blog

ROOT = Path(__file__).parents[2]
ENGLISH = json.loads((CATALOGUES / "en.json").read_text(encoding="utf-8"))
FOREIGN = [code for code in languages() if code != "en"]
# CLDR's own samples of whole numbers, by category.
SAMPLES = {
    "en": {"one": [1], "other": [0, 2, 16, 100, 1000]},
    "ja": {"other": [0, 1, 15, 100]},
    "fr": {"one": [0, 1], "other": [2, 17, 100], "many": [1_000_000]},
    "es": {"one": [1], "other": [0, 2, 16], "many": [1_000_000]},
    "fa": {"one": [0, 1], "other": [2, 17]},
    "ru": {"one": [1, 21, 101], "few": [2, 4, 22, 104], "many": [0, 5, 11, 12, 14, 111]},
    "hr": {"one": [1, 21, 101], "few": [2, 4, 22], "other": [0, 5, 11, 12, 19]},
    "pl": {"one": [1], "few": [2, 4, 22, 104], "many": [0, 5, 12, 21, 101]},
    "cs": {"one": [1], "few": [2, 3, 4], "other": [0, 5, 22]},
    "sl": {"one": [1, 101], "two": [2, 102], "few": [3, 4, 103], "other": [0, 5, 100]},
    "lt": {"one": [1, 21, 101], "few": [2, 9, 22], "other": [0, 10, 11, 20]},
    "ro": {"one": [1], "few": [0, 2, 16, 101], "other": [20, 100]},
    "he": {"one": [1], "two": [2], "other": [0, 3, 17]},
    "ar": {
        "zero": [0],
        "one": [1],
        "two": [2],
        "few": [3, 10, 103, 1010],
        "many": [11, 26, 111],
        "other": [100, 102, 200, 1000],
    },
}


def texts(entry: Any) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values()) if isinstance(entry, dict) else []


def names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("code", FOREIGN)
def test_a_catalogue_says_all_that_the_english_one_says(code: str) -> None:
    catalogue = json.loads((CATALOGUES / f"{code}.json").read_text(encoding="utf-8"))
    assert catalogue.keys() == ENGLISH.keys()
    for key, entry in ENGLISH.items():
        wanted = set().union(*map(names, texts(entry)))
        assert type(catalogue[key]) is type(entry), key
        # A form for one or two may leave out the number, and nothing else.
        assert all(wanted - {"n"} <= names(text) <= wanted for text in texts(catalogue[key])), key


@pytest.mark.parametrize("code", languages())
def test_every_plural_form_of_the_language_is_there(code: str) -> None:
    catalogue = json.loads((CATALOGUES / f"{code}.json").read_text(encoding="utf-8"))
    forms = {PLURALS[code](number) for number in [*range(10_000), 1_000_000]} | {"other"}
    plural = {key: set(entry) for key, entry in catalogue.items() if isinstance(entry, dict)}
    assert plural
    assert all(found == forms for found in plural.values()), plural


@pytest.mark.parametrize("code", SAMPLES)
def test_plurals_are_those_of_the_language(code: str) -> None:
    for category, numbers in SAMPLES[code].items():
        assert {PLURALS[code](number) for number in numbers} == {category}


def test_every_rule_has_its_samples() -> None:
    assert set(PLURALS.values()) - {PLURALS["es"], PLURALS["fr"]} <= {PLURALS[code] for code in SAMPLES}


def test_every_word_is_used_and_every_word_that_is_used_is_there() -> None:
    files = (ROOT / "templates").rglob("*.html")
    source = "".join(path.read_text() for path in [*files, *(ROOT / "chalicelib").rglob("*.py")])
    said = set(re.findall(r"\bt(?:\.count|\.plain)?\(\"([a-z_.0-9]+)\"", source))
    said |= set(re.findall(r"\bwords(?:\.count|\.plain)?\(\s*\"([a-z_.0-9]+)\"", source))
    assert {key for key in said if key not in ENGLISH} == set()
    made = r"^(digits|group|months|date\.|error\.\d|form\.\w+\.|reply\.state\.|title\.(tags|archive))"
    unused = {key for key in ENGLISH if f'"{key}"' not in source and not re.match(made, key)}
    assert unused == set()


@pytest.mark.parametrize(
    ("language", "number", "shown"),
    [("en", 0, "0 replies"), ("en", 1, "1 reply"), ("en", 1234, "1,234 replies")],
)
def test_numbers_choose_the_form(language: str, number: int, shown: str) -> None:
    assert words_for(language).count("replies", number) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "لا ردود"), (1, "ردّ واحد"), (2, "ردّان"), (3, "٣ ردود"), (11, "١١ ردًّا"), (100, "١٠٠ ردّ")],
)
def test_arabic_counts_in_six_ways(number: int, shown: str) -> None:
    assert words_for("ar").count("replies", number) == shown


@pytest.mark.parametrize(
    ("language", "zone", "day", "time"),
    [
        ("en", "UTC", "31 December 2026", "31 December 2026, 23:30 UTC"),
        ("en", "Europe/Berlin", "1 January 2027", "1 January 2027, 00:30 CET"),
        ("en", "No/Where", "31 December 2026", "31 December 2026, 23:30 UTC"),
        ("ar", "UTC", "٣١ ديسمبر ٢٠٢٦", "٣١ ديسمبر ٢٠٢٦، ٢٣:٣٠ UTC"),
    ],
)
def test_days_and_times_are_by_the_blogs_clocks(language: str, zone: str, day: str, time: str) -> None:
    words = words_for(language, zone)
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert (words.day(moment), words.time(moment)) == (day, time)
    assert words.day_of("2026-12-31T23:30:00Z") == day


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("en-GB", "en"),
        ("AR", "ar"),
        ("ar-EG", "ar"),
        ("pt-BR", "en"),
        ("", "en"),
        ("x", "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_a_language_without_a_catalogue_is_spoken_in_the_nearest(asked: str, found: str) -> None:
    assert words_for(asked).language == found


def test_values_are_escaped_unless_they_are_markup() -> None:
    words = words_for("en")
    assert words("title.tag", tag="<b>") == "Posts tagged &lt;b&gt;"
    assert words("title.tag", tag=Markup("<b>")) == "Posts tagged <b>"
    assert words.plain("title.tag", tag="<b> & {x}") == "Posts tagged <b> & {x}"


def test_the_whole_interface_speaks_arabic(engine_blog: Blog) -> None:
    engine_blog.post("عنوان", "نص", tags=["وسم"], series="سلسلة", slug="open")
    engine_blog.reply("open", "ردّ", name="سلمى")
    settings = {"language": "ar", "title": "مدونة", "author": "مها"}
    assert engine_blog.api("PATCH", "/api/settings", **settings).status == 200
    targets = ["/", "/posts/open", "/tags", "/archive", "/series", "/author", "/subscribe", "/privacy", "/no"]
    got = [engine_blog.get(target) for target in targets]
    got.append(engine_blog.form("/posts/open/comments", name="", body=" ", email="x", website="\\"))
    english = {
        text for entry in ENGLISH.values() for text in texts(entry) if re.fullmatch(r"[A-Za-z ,.:]{4,}", text)
    }
    for answer in got:
        found = page.parse(answer.text)
        assert (found.get("lang"), found.get("dir")) == ("ar", "rtl")
        shown = {" ".join(part.split()) for part in found.find("body").itertext()}
        assert shown & english == set()
