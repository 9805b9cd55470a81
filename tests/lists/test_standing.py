"""Whatever is done to posts, in whatever order, and wherever a process dies: the lists say what the posts say."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Died, Fault, Faults, at_once, die_after, die_before
from tests.lists.standing import contradictions, finish_jobs

TAGS = ["One", "one", "Two words", "Three", "Ünï"]
SERIES = ["", "Long story", "long STORY", "Other"]


def change_of(rng: Random, moment: Moment, number: int) -> dict[str, Any]:
    """Fields of a PATCH: some alone, some together."""
    choices: dict[str, Any] = {
        "tags": rng.sample(TAGS, rng.randrange(4)),
        "series": rng.choice(SERIES),
        "title": f"Title {number}",
        "slug": f"slug-{number}",
        "status": rng.choice(["published", "published", "unlisted", "draft"]),
        "published_at": moment.ahead(minutes=rng.randrange(-10, 10)),
        "type": rng.choice(["post", "post", "post", "page"]),
    }
    return {name: choices[name] for name in rng.sample(sorted(choices), rng.randrange(1, 4))}


def act(blog: Blog, rng: Random, moment: Moment, ids: list[str], number: int) -> None:
    """One change of one post. Some are refused, as they should be."""
    kind, target = rng.randrange(10), f"/api/posts/{rng.choice(ids)}" if ids else ""
    if not ids or (kind == 0 and len(ids) < 6):
        fields = {"title": f"Made {number}", "body": "b", **change_of(rng, moment, number)}
        got = blog.api("POST", "/api/posts", **fields)
        ids += [got.json["id"]] if got.status == 201 else []
    elif kind == 1:
        got = blog.api("DELETE", target)
    elif kind == 2:
        got = blog.api("PATCH", target, status="published")
    else:
        got = blog.api("PATCH", target, **change_of(rng, moment, number))
    assert got.status < 500, got.text


@pytest.mark.parametrize("seed", range(8))
def test_any_sequence_of_changes_leaves_the_lists_true(engine_blog: Blog, moment: Moment, seed: int) -> None:
    rng, ids = Random(seed), list[str]()
    for number in range(40):
        act(engine_blog, rng, moment, ids, number)
        assert contradictions(ids) == []
        if not number % 5:
            moment.forward(minutes=rng.randrange(5))
            assert contradictions(ids) == []
            if rng.randrange(2):
                finish_jobs()
    moment.forward(days=2)
    finish_jobs()
    assert contradictions(ids) == []


def seven_posts(blog: Blog, moment: Moment) -> list[str]:
    made = []
    for number in range(7):
        moment.forward(seconds=number % 2)
        ahead = {"published_at": moment.ahead(days=1)} if number == 5 else {}
        tags = ["Two words", "common", f"own {number}"]
        made.append(blog.post(f"Post {number}", tags=tags, series=SERIES[number % 3], **ahead)["id"])
    return made


CHANGES: dict[str, Callable[[Blog, str, int], Any]] = {
    "tags, series, title and slug": lambda blog, target, number: blog.api(
        "PATCH",
        target,
        tags=["common", f"tag {number % 3}"],
        series=f"Series {number % 3}",
        title=f"Title {number}",
        slug=f"slug-{number}",
    ),
    "deleted and restored": lambda blog, target, _: (
        blog.api("DELETE", target)
        if blog.api("GET", target).json["status"] != "deleted"
        else blog.api("PATCH", target, status="published")
    ),
    "thirty tags moved": lambda blog, target, number: blog.api(
        "PATCH", target, tags=[f"tag {number % 3} {which}" for which in range(30)]
    ),
}


@pytest.mark.parametrize("fault", [die_before, die_after])
@pytest.mark.parametrize(
    "change",
    [
        "deleted and restored",
        *(pytest.param(name, marks=pytest.mark.slow) for name in CHANGES if " and restored" not in name),
    ],
)
def test_a_change_that_died_anywhere_is_finished_by_the_tick(
    engine_blog: Blog, moment: Moment, faults: Faults, change: str, fault: Callable[[], Fault]
) -> None:
    ids = seven_posts(engine_blog, moment)
    target = f"/api/posts/{ids[3]}"
    for number in range(250):
        faults.clear()
        faults.on("*", fault(), skip=number)
        try:
            assert CHANGES[change](engine_blog, target, number).status < 400
        except Died:
            faults.clear()
            moment.forward(minutes=1)
            finish_jobs()
            assert contradictions(ids) == [], number
        else:
            break
    assert 20 < number < 240


@pytest.mark.parametrize("seed", range(4))
def test_changes_at_the_same_time_leave_the_lists_true(engine_blog: Blog, moment: Moment, seed: int) -> None:
    ids = seven_posts(engine_blog, moment)

    def editing(thread: int) -> Callable[[], None]:
        rng, own = Random(seed * 100 + thread), list(ids)

        def run() -> None:
            for number in range(10):
                target = f"/api/posts/{rng.choice(own)}"
                change = change_of(rng, moment, thread * 1000 + number)
                got = (
                    engine_blog.api("DELETE", target)
                    if rng.randrange(6) == 0
                    else engine_blog.api("PATCH", target, **change)
                )
                assert got.status in (200, 204, 409, 422, 503), got.text

        return run

    at_once([editing(thread) for thread in range(4)])
    moment.forward(minutes=2)
    finish_jobs()
    assert contradictions(ids) == []
