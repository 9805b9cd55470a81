"""The interface's words: complete in each language, safe, and right with numbers, days and clocks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from chalicelib.comments.model import STATUSES
from chalicelib.comments.screening import REASONS
from chalicelib.core import words
from chalicelib.core.markup.providers import KINDS as CARD_KINDS
from chalicelib.core.markup.sanitise import CALLOUTS
from chalicelib.core.problems import Problem
from chalicelib.core.words import CATALOGUES, PLURALS, languages, words_for
from chalicelib.moderation.links import IN_MAIL
from chalicelib.moderation.model import ACTS, KINDS, STATUS_OF
from chalicelib.moderation.views import OF_A_NETWORK
from tests import page
from tests.blog import Blog

ROOT = Path(__file__).parents[2]
ENGLISH = json.loads((CATALOGUES / "en.json").read_text(encoding="utf-8"))
FOREIGN = [code for code in languages() if code != "en"]
# CLDR's own samples of whole numbers, by category.
SAMPLES: dict[str, dict[str, list[int]]] = {
    "en de nl sv da nb nn no fi et el hu bg tr ur sw eu ka": {
        "one": [1],
        "other": [0, 2, 16, 21, 100, 101, 1000, 1_000_000],
    },
    "ja zh ko vi th id ms": {"other": [0, 1, 2, 15, 100, 1_000_000]},
    "hi fa bn": {"one": [0, 1], "other": [2, 17, 100, 101, 1_000_000]},
    "fr pt": {"one": [0, 1], "other": [2, 17, 100, 101, 100_000], "many": [1_000_000, 2_000_000]},
    "es it ca": {"one": [1], "other": [0, 2, 16, 101, 100_000], "many": [1_000_000, 2_000_000]},
    "ru uk be": {
        "one": [1, 21, 101, 1001],
        "few": [2, 4, 22, 34, 102, 1002],
        "many": [0, 5, 11, 12, 14, 19, 111, 112, 1_000_000],
    },
    "hr sr bs": {
        "one": [1, 21, 101, 1001],
        "few": [2, 4, 22, 34, 102, 1002],
        "other": [0, 5, 11, 12, 14, 19, 111, 112, 1_000_000],
    },
    "cs sk": {"one": [1], "few": [2, 3, 4], "other": [0, 5, 19, 21, 22, 102, 1_000_000]},
    "pl": {
        "one": [1],
        "few": [2, 4, 22, 34, 102, 1002],
        "many": [0, 5, 11, 12, 14, 19, 21, 101, 111, 112, 1_000_000],
    },
    "sl": {
        "one": [1, 101, 201, 1001],
        "two": [2, 102, 202, 1002],
        "few": [3, 4, 103, 204, 1003],
        "other": [0, 5, 19, 21, 22, 100, 1_000_000],
    },
    "lt": {
        "one": [1, 21, 81, 101, 1001],
        "few": [2, 9, 22, 29, 102, 1002],
        "other": [0, 10, 11, 12, 19, 20, 30, 111, 112, 1_000_000],
    },
    "ro": {
        "one": [1],
        "few": [0, 2, 16, 19, 101, 119, 1001],
        "other": [20, 35, 100, 120, 1000, 1_000_000],
    },
    "he": {"one": [1], "two": [2], "other": [0, 3, 17, 20, 100, 101, 102, 1_000_000]},
    "ar": {
        "zero": [0],
        "one": [1],
        "two": [2],
        "few": [3, 10, 103, 110, 1003, 1010],
        "many": [11, 26, 99, 111, 1011],
        "other": [100, 102, 200, 202, 300, 1000, 10_000, 1_000_000],
    },
}
LANGUAGES = {code: samples for codes, samples in SAMPLES.items() for code in codes.split()}


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


@pytest.mark.parametrize("code", PLURALS)
def test_plurals_are_those_of_the_language(code: str) -> None:
    samples = {number: category for category, numbers in LANGUAGES[code].items() for number in numbers}
    assert {number: PLURALS[code](number) for number in samples} == samples


def test_every_word_is_used_and_every_word_that_is_used_is_there() -> None:
    templates = ROOT / "templates"
    files = [*templates.rglob("*.html"), *templates.rglob("*.txt"), *(ROOT / "chalicelib").rglob("*.py")]
    source = "".join(path.read_text() for path in files)
    said = set(re.findall(r"\b(?:t|words)(?:\.count|\.plain)?\(\s*\"([a-z_.0-9]+)\"", source))
    assert said - ENGLISH.keys() == set()
    # A key may reach its call by another name, but only one with a dot is sure to be a key there.
    said |= {key for key in ENGLISH if "." in key and f'"{key}"' in source}
    assert ENGLISH.keys() - said - put_together() == {"digits", "group", "months"}


def test_every_word_whose_key_is_put_together_is_there() -> None:
    assert put_together() - ENGLISH.keys() == set()


def put_together() -> set[str]:
    """The keys that no source names in full."""
    kinds = [kind for kind in problems(Problem) if kind.__module__.startswith("chalicelib.")]
    return {
        *(f"error.{kind.status}.{part}" for kind in kinds for part in ("title", "detail")),
        *(f"reply.state.{status}" for status in STATUSES),
        *(f"form.{name}.{fault}" for name in ("body", "name") for fault in ("empty", "long", "odd")),
        *(f"form.{name}.{fault}" for name in ("email", "website") for fault in ("wrong", "long")),
        *("form.email.empty", "form.quick", "form.old", "form.refused.403", "form.refused.429"),
        *(f"callout.{kind}" for kind in CALLOUTS),
        *(f"card.{kind}" for kind in CARD_KINDS),
        *(f"act.{act}" for act in (*ACTS, "answer", "undo")),
        *(f"do.{act}" for act in STATUS_OF),
        *(f"reason.{reason}" for reason in REASONS),
        *(f"desk.{part}" for part in (*STATUSES, "log", "bans", "versions")),
        *(f"desk.all.{act}" for act in STATUS_OF),
        *(f"desk.flood.{act}" for act in set(OF_A_NETWORK.values())),
        *(f"desk.kind.{kind}" for kind in KINDS),
        *(f"desk.days.{days}" for days in (30, 365, 0)),
        *(f"desk.edited.{who}" for who in ("author", "self")),
        *(f"link.{part}.{act}" for act in IN_MAIL for part in ("do", "done")),
        *(f"link.{state}" for state in ("used", "changed", "expired")),
        *(f"link.now.{status}" for status in STATUSES),
        *(f"mail.act.{act}" for act in ("approve", "spam", "delete")),
        *(f"markup.{name}" for name in ("done", "table", "todo")),
    }


def problems(kind: type[Problem]) -> Iterator[type[Problem]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from problems(narrower)


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
        ("ar", "Europe/Berlin", "١ يناير ٢٠٢٧", "١ يناير ٢٠٢٧، ٠٠:٣٠ CET"),
        ("ar", "UTC", "٣١ ديسمبر ٢٠٢٦", "٣١ ديسمبر ٢٠٢٦، ٢٣:٣٠ UTC"),
    ],
)
def test_days_and_times_are_by_the_blogs_clocks(language: str, zone: str, day: str, time: str) -> None:
    spoken = words_for(language, zone)
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert (spoken.day(moment), spoken.time(moment)) == (day, time)
    assert spoken.day_of("2026-12-31T23:30:00Z") == day


@pytest.mark.parametrize(
    ("language", "month", "number"),
    [("en", "November 2026", "1,234,567"), ("ar", "نوفمبر ٢٠٢٦", "١٬٢٣٤٬٥٦٧")],
)
def test_months_and_numbers_are_written_as_in_the_language(language: str, month: str, number: str) -> None:
    spoken = words_for(language)
    assert (spoken.month(2026, 11), spoken.number(1_234_567)) == (month, number)
    assert spoken.year(2026) == month[-4:]


@pytest.mark.parametrize("stamp", ["", "soon", "2026-02-30", "2026-11-23T99:00:00Z"])
def test_a_stamp_that_is_no_time_has_no_day(stamp: str) -> None:
    assert words_for("en", "Europe/Berlin").day_of(stamp) == ""


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
        ("../words/ar", "en"),
    ],
)
def test_a_language_without_a_catalogue_is_spoken_in_the_nearest(asked: str, found: str) -> None:
    assert words_for(asked).language == found


@pytest.fixture
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Portuguese and traditional Chinese with a word or two, beside English."""
    said: dict[str, Any] = {
        "en": ENGLISH,
        "pt": {"skip": "Ir <b>&</b> vir", "replies": {"one": "{n} <resposta>", "other": "{n} <respostas>"}},
        "zh-hant": {"replies": {"one": "no such form", "other": "{n} 則回覆"}},
    }
    for code, catalogue in said.items():
        (tmp_path / f"{code}.json").write_text(json.dumps(catalogue), encoding="utf-8")
    monkeypatch.setattr(words, "CATALOGUES", tmp_path)
    words_for.cache_clear()
    yield
    words_for.cache_clear()


@pytest.mark.parametrize(
    ("asked", "found", "number", "said"),
    [
        ("pt-BR", "pt", 0, "0 &lt;resposta&gt;"),
        ("zh-Hant-TW", "zh-hant", 1, "1 則回覆"),
        ("zh-Hans", "en", 1, "1 reply"),
    ],
)
def test_a_variety_is_spoken_and_counted_as_its_language(
    catalogues: None, asked: str, found: str, number: int, said: str
) -> None:
    spoken = words_for(asked)
    assert (spoken.language, spoken.count("replies", number)) == (found, said)
    assert spoken("foot.tags") == ENGLISH["foot.tags"]


def test_what_a_catalogue_says_is_text_and_not_markup(catalogues: None) -> None:
    spoken = words_for("pt")
    assert spoken("skip") == "Ir &lt;b&gt;&amp;&lt;/b&gt; vir"
    assert spoken.count("replies", 2) == "2 &lt;respostas&gt;"
    assert spoken.plain("skip") == "Ir <b>&</b> vir"


def test_values_are_escaped_unless_they_are_markup() -> None:
    english = words_for("en")
    assert english("title.tag", tag="<b>") == "Posts tagged &lt;b&gt;"
    assert english("title.tag", tag=Markup("<b>")) == "Posts tagged <b>"
    assert english.count("subscribe.tags", 2, tags="<b>").count("&lt;b&gt;") == 1
    assert english.plain("title.tag", tag="<b> & {x}") == "Posts tagged <b> & {x}"


LATIN = re.compile(r"[A-Za-z]{2,}")
# What Arabic pages say in Latin letters: formats by their names, and examples of addresses.
NOT_ENGLISH = re.compile(r"\b(Atom|RSS|JSON Feed|UTC$|name@example\.org|https://example\.org)")


def shown(html: str) -> list[str]:
    """Every piece of text that is seen or spoken, with the title, but without code and addresses."""
    pieces: list[str] = []
    for element in page.parse(html).iter():
        own = "" if element.tag in ("script", "style", "code") else element.text
        pieces += [own or "", element.tail or "", *(element.get(name, "") for name in SPOKEN)]
    return [" ".join(piece.split()) for piece in pieces]


SPOKEN = ("aria-label", "alt", "title", "placeholder")


def test_the_whole_interface_speaks_arabic(engine_blog: Blog) -> None:
    engine_blog.post("عنوان", "نص", tags=["وسم"], series="سلسلة", slug="open", pinned=True)
    engine_blog.post("تال", "نص " * 700 + "## أ\n\n## ب\n\n## ج", tags=["وسم"], series="سلسلة", slug="next")
    reply = engine_blog.reply("open", "ردّ", name="سلمى").partition(".")[2]
    engine_blog.reply("open", "ردّ آخر", name="ليلى", parent=reply)
    settings = {"language": "ar", "title": "مدونة", "author": "مها", "posts_per_page": 1}
    assert engine_blog.api("PATCH", "/api/settings", **settings).status == 200
    own = engine_blog.form("/posts/open/comments", name="نور", body="جواب").headers["location"]
    targets = "/ /posts/open /posts/next /posts/open/comments /tags /tags/وسم /archive /series /series/سلسلة"
    more = f"/author /subscribe /privacy /yours /no /?after=odd /posts/open/comments/{reply} {own}"
    year = datetime.now(UTC).year
    got = [engine_blog.get(target) for target in [*targets.split(), *more.split(), f"/archive/{year}"]]
    wrong = {"name": "", "body": " ", "email": "x", "website": "\\"}
    long = dict.fromkeys(wrong, "س" * 30_000)
    got += [engine_blog.form("/posts/open/comments", **fields) for fields in (wrong, long)]
    engine_blog.api("PATCH", "/api/settings", comments_open=False)
    got.append(engine_blog.get("/posts/open"))
    for answer in got:
        found = page.parse(answer.text)
        assert (found.get("lang"), found.get("dir")) == ("ar", "rtl")
        left = [piece for piece in shown(answer.text) if LATIN.search(NOT_ENGLISH.sub("", piece))]
        assert left == []
    assert {answer.status for answer in got} == {200, 400, 404, 422}


def test_no_english_sentence_is_left_in_another_language() -> None:
    for code in FOREIGN:
        catalogue = json.loads((CATALOGUES / f"{code}.json").read_text(encoding="utf-8"))
        same = {key for key, entry in catalogue.items() if set(texts(entry)) & set(texts(ENGLISH[key]))}
        assert {key for key in same if not key.startswith("date.") and key != "title.with_site"} == set()
