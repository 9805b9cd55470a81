"""An author's week."""

from __future__ import annotations

import pytest

from tests.blog import Blog
from tests.conftest import Moment
from tests.journeys.week import Week
from tests.lists.standing import contradictions, finish_jobs

ACTS, LOOKS = 150, 10


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 10))]
)
def test_readers_see_what_they_should_whatever_the_author_does(
    engine_blog: Blog, moment: Moment, seed: int
) -> None:
    assert engine_blog.api("PATCH", "/api/settings", posts_per_page=50).status == 200
    week = Week(engine_blog, moment, seed)
    for number in range(1, ACTS + 1):
        week.act()
        if week.chance.randrange(4) == 0:
            finish_jobs()
        if number % (ACTS // LOOKS) == 0:
            wrong = list(week.contradictions())
            assert not wrong, "\n".join([*wrong, *week.said[-30:]])
    moment.forward(days=2)
    finish_jobs()
    week._note_what_came()
    assert not list(week.contradictions())
    assert contradictions(post.id for post in week.posts) == []
