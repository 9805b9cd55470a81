"""The privacy page says what is true: every duration on it is the one that the code keeps to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.comments.actions import FORGOTTEN_AFTER
from chalicelib.comments.store import ORIGIN_KEPT
from chalicelib.core import networks, visitors
from chalicelib.notices import store as notices
from chalicelib.people.store import UNCONFIRMED
from chalicelib.site.list_pages import LOG_DAYS
from tests import page
from tests.blog import Blog

COOKIE = timedelta(seconds=visitors.LASTS_SECONDS)
KEY_OF_A_DAY = (networks.LONGEST_WINDOW, 2 * networks.LONGEST_WINDOW)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)

ENGLISH = [
    ("These notes are kept for 30 days", LOG_DAYS * DAY, 30 * DAY),
    ("for two weeks if you do not confirm", UNCONFIRMED, 2 * WEEK),
    ("for three days at most", notices.WAITS, 3 * DAY),
    ("recognised for up to 400 days", COOKIE, 400 * DAY),
    ("thrown away after a day or two", KEY_OF_A_DAY, (DAY, 2 * DAY)),
    ("is kept for two weeks", ORIGIN_KEPT, 2 * WEEK),
    ("put back for 30 days", FORGOTTEN_AFTER, 30 * DAY),
]
ARABIC = [
    ("٣٠ يومًا", LOG_DAYS * DAY, 30 * DAY),
    ("أسبوعين إن لم تؤكّد", UNCONFIRMED, 2 * WEEK),
    ("ثلاثة أيام على الأكثر", notices.WAITS, 3 * DAY),
    ("٤٠٠ يوم", COOKIE, 400 * DAY),
    ("بعد يوم أو يومين", KEY_OF_A_DAY, (DAY, 2 * DAY)),
    ("أسبوعين، كي", ORIGIN_KEPT, 2 * WEEK),
    ("خلال ٣٠ يومًا", FORGOTTEN_AFTER, 30 * DAY),
]


def shown(blog: Blog, **settings: str) -> str:
    blog.api("PATCH", "/api/settings", author="Maren", **settings)
    (main,) = page.parse(blog.get("/privacy").text).iter("main")
    return page.words(main)


@pytest.mark.parametrize(("language", "told"), [("en", ENGLISH), ("ar", ARABIC)])
def test_every_duration_is_that_of_the_code(
    engine_blog: Blog, language: str, told: Sequence[tuple[str, Any, Any]]
) -> None:
    said = shown(engine_blog, language=language)
    for sentence, real, meant in told:
        assert sentence in said
        assert real == meant
    if language == "en":
        for sentence, _, _ in told:
            said = said.replace(sentence, "", 1)
        assert re.findall(r"\w+ (?:days?|weeks?|months?|years?|hours?|minutes?)\b", said) == []


def test_the_cookie_is_called_by_its_name(engine_blog: Blog) -> None:
    assert f"one cookie, {visitors.COOKIE}," in shown(engine_blog)


@pytest.mark.parametrize(
    ("hold", "sentence"),
    [
        ("all", "Once Maren has approved it, everybody can read"),
        ("first", "If it is your first one here"),
        ("none", "Everybody can read all three at once"),
    ],
)
def test_who_reads_a_reply_when_is_as_the_blog_holds_them(
    engine_blog: Blog, hold: str, sentence: str
) -> None:
    assert sentence in shown(engine_blog, comments_hold=hold)
