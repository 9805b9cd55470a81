"""An author's week."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.blog import Blog
from tests.conftest import Moment
from tests.journeys.week import MARKER, Week
from tests.lists.standing import contradictions, finish_jobs
from tests.notices.office import AUTHOR, opened

ACTS, LOOKS = 150, 10


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 10))]
)
def test_readers_see_what_they_should_whatever_the_author_does(
    engine_blog: Blog, moment: Moment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    office = opened(tmp_path / "mail", monkeypatch)
    settings = {"posts_per_page": 50, "author_email": AUTHOR}
    assert engine_blog.api("PATCH", "/api/settings", **settings).status == 200
    week = Week(engine_blog, moment, seed)
    for number in range(1, ACTS + 1):
        week.act()
        if week.chance.randrange(4) == 0:
            finish_jobs()
            week.jobs_are_done()
        if number % (ACTS // LOOKS) == 0:
            wrong = list(week.contradictions())
            assert not wrong, "\n".join([*wrong, *week.said[-30:]])
    moment.forward(days=2)
    finish_jobs()
    week._note_what_came()
    assert not list(week.contradictions())
    assert contradictions(post.id for post in week.posts) == []
    told = Counter(number_in(got.subject) for got in office.all(AUTHOR))
    assert set(told.values()) <= {1}
    assert week.to_be_told <= set(told)
    assert set(told) <= {post.number for post in week.posts if post.waited}
    for post in week.posts:
        announced = engine_blog.api("GET", f"/api/posts/{post.id}").json["announced_at"]
        assert announced if post.is_listed(week.now) else post.was_public or not announced, post


def number_in(subject: str) -> int:
    return int(MARKER.findall(subject)[0].removeprefix("MARK").partition("x")[0])
