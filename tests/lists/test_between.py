"""A whole change between any two steps of another: who goes on with what it saw before writes nothing of that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Faults, Send, at_once
from tests.lists.standing import contradictions, finish_jobs

Fields = dict[str, Any]

THERE_AND_BACK: dict[str, tuple[Fields, Fields]] = {
    "published and taken back": ({"status": "published"}, {"status": "draft"}),
    "taken back and published": ({"status": "draft"}, {"status": "published"}),
    "retagged and as before": ({"tags": ["odd"], "series": "b"}, {"tags": ["even"], "series": "a"}),
    "renamed and as before": ({"title": "New", "slug": "new"}, {"title": "Old", "slug": "old"}),
}
USUAL: Fields = {"tags": ["even"], "series": "a"}


@pytest.mark.parametrize(
    "case",
    [
        "published and taken back",
        *(pytest.param(case, marks=pytest.mark.slow) for case in [*THERE_AND_BACK][1:]),
    ],
)
def test_a_change_back_between_any_two_steps_leaves_the_lists_true(
    engine_blog: Blog, faults: Faults, moment: Moment, case: str
) -> None:
    there, back = THERE_AND_BACK[case]
    ids = []
    for number in range(4):
        moment.forward(seconds=1)
        ids.append(
            engine_blog.post(**{"title": f"Post {number}", **USUAL, **(back if number == 1 else {})})["id"]
        )
    target = f"/api/posts/{ids[1]}"

    def change_back(request: Any, send: Send) -> Any:
        (got,) = at_once([lambda: engine_blog.api("PATCH", target, **back)])
        assert got.status == 200
        return send(request)

    wrong, steps, happened = dict[int, list[str]](), 0, True
    while happened:
        faults.on("*", change_back, skip=steps)
        assert engine_blog.api("PATCH", target, **there).status == 200
        happened = not faults.waits
        faults.clear()
        moment.forward(minutes=2)
        finish_jobs()
        if found := contradictions(ids):
            wrong[steps] = found
        assert engine_blog.api("PATCH", target, **back).status == 200
        steps += 1
    assert not wrong
    assert steps > 20
