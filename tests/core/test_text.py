from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import text

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("Don't  stop -- believing", "dont-stop-believing"),
        ("Ça va? Straße & Œuvre", "ca-va-strasse-oeuvre"),
        ("Καλημέρα κόσμε", "kalimera-kosme"),
        ("Привет, мир", "privet-mir"),
        ("你好，世界", "你好-世界"),
        ("مرحبا بالعالم", "مرحبا-بالعالم"),
        ("हिन्दी में", "हिन्दी-में"),
        ("🎉 Party 🎉", "party"),
        ("🎉🎉", ""),
        ("", ""),
        ("--- ../..//", ""),
        ("C++ & C#", "c-plus-plus-c-sharp"),
    ],
)
def test_a_slug_is_made_of_the_words_of_a_title(title: str, slug: str) -> None:
    assert text.slugify(title) == slug


@given(st.text(max_size=300))
def test_a_slug_is_its_own_slug_and_fits(title: str) -> None:
    slug = text.slugify(title)
    assert text.slugify(slug) == slug
    assert len(slug.encode()) <= text.SLUG_BYTES
    assert not set(slug) & set("/?#%. ")


def test_a_long_title_is_cut_between_words() -> None:
    slug = text.slugify("word " * 60)
    assert len(slug) <= text.SLUG_BYTES
    assert set(slug.split("-")) == {"word"}


@given(st.lists(st.integers(0, 10**11), min_size=2, max_size=5, unique=True))
def test_ids_sort_by_time(milliseconds: list[int]) -> None:
    in_order = sorted(milliseconds)
    ids = [text.new_id(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=m)) for m in in_order]
    assert sorted(ids) == ids
    assert all(map(text.is_id, ids))


def test_ids_of_the_same_moment_differ() -> None:
    assert len({text.new_id(NOON) for _ in range(200)}) > 190


@pytest.mark.parametrize("given_text", ["", "x", "A" * 13, "0" * 12, "0" * 14, "é" * 13, "0123456789a/c"])
def test_other_texts_are_no_ids(given_text: str) -> None:
    assert not text.is_id(given_text)


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("a few words", "a few words"),
        ("one, two, three four", "one, two\u2026"),
        ("x" * 30, "x" * 12 + "\u2026"),
        ("line\nend", "line end"),
    ],
)
def test_an_excerpt_is_cut_between_words(long: str, short: str) -> None:
    assert text.excerpt(long, 12) == short


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (1, 1), (230, 1), (460, 2), (2300, 10)])
def test_reading_time_is_never_nothing(words: int, minutes: int) -> None:
    assert text.reading_minutes(words) == minutes


@pytest.mark.parametrize(("source", "count"), [("two words", 2), ("", 0), ("\u4f60\u597d" * 10, 11)])
def test_words_are_counted_in_scripts_without_spaces_too(source: str, count: int) -> None:
    assert text.count_words(source) == count


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Ann", "Ann"),
        ("  Ann \t Lee ", "Ann Lee"),
        ("evil\u202eexe.txt", "evilexe.txt"),
        ("\u2066A\u2069\u200b\ufeff", "A"),
        ("e\u0301", "é"),
        ("Z" + "\u0336" * 40, "Z" + "\u0336" * 2),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("\u200b", ""),
    ],
)
def test_a_name_holds_no_direction_tricks_or_piles_of_marks(sent: str, shown: str) -> None:
    assert text.plain_name(sent) == shown


@pytest.mark.parametrize(
    "name", ["\u200d", "\u3164", "\u2800", "\u115f\u1160", "\u034f", "\ufe0f", "\u202e", " \u00a0 "]
)
def test_a_name_that_nobody_sees_is_none(name: str) -> None:
    assert text.plain_name(name) == ""


@pytest.mark.parametrize("title", ["❤️", "☀️ ✌️", "\ufe0f", "\u0301"])
def test_a_title_of_signs_alone_has_no_slug(title: str) -> None:
    assert text.slugify(title) == ""


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("ar", "rtl"),
        ("ar-EG", "rtl"),
        ("az-Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("zh-Hant", "ltr"),
        ("en", "ltr"),
    ],
)
def test_a_script_that_is_named_decides_the_direction(language: str, direction: str) -> None:
    assert text.direction_of(language) == direction


def test_words_of_hangul_are_counted_by_their_spaces() -> None:
    assert text.count_words("안녕하세요 세계") == 2
