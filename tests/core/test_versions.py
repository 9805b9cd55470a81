"""The two counters that lists are known by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.core import clock, signing, table, versions
from chalicelib.core.table import Put
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Faults, at_once


@dataclass
class Marked:
    mark: str = "m"
    times: list[datetime] = field(default_factory=list)
    changed_at: datetime | None = None

    def mark_at(self, _: datetime) -> str:
        return self.mark

    def last_come(self, moment: datetime) -> datetime | None:
        return max((time for time in self.times if time <= moment), default=None)


def test_counters_add_up_wherever_they_were_raised(blog: Blog, moment: Moment) -> None:
    assert versions.read() == versions.Versions(0, 0, None, None)
    for attempt in (0, 0, 1, 2, 5):
        moment.forward(seconds=1)
        table.write(versions.bump(versions.shard_of(attempt), "posts"))
    at = clock.now()
    moment.forward(seconds=1)
    table.write(versions.bump("0", "posts", "replies"))
    assert versions.read() == versions.Versions(6, 1, clock.now(), clock.now())
    assert at < clock.now()


def test_the_first_try_meets_on_one_shard_and_later_ones_on_any() -> None:
    assert {versions.shard_of(0) for _ in range(100)} == {"0"}
    assert {versions.shard_of(1) for _ in range(1000)} == set("0123456789abcdef")


def test_none_is_lost_when_many_are_raised_at_once(engine_blog: Blog) -> None:
    at_once(
        [
            lambda: [
                table.transact(lambda attempt: [versions.bump(versions.shard_of(attempt), "posts")])
                for _ in range(5)
            ]
            for _ in range(8)
        ]
    )
    assert versions.read().posts == 40


def test_reading_is_one_query(engine_blog: Blog, faults: Faults) -> None:
    versions.read()
    assert faults.calls == ["Query"]


@pytest.mark.parametrize(
    "item", [{}, {"posts": "many"}, {"posts_at": "soon"}, {"posts_at": 7, "replies": None}]
)
def test_a_damaged_shard_costs_itself(blog: Blog, item: dict[str, object]) -> None:
    table.write(Put({"pk": versions.PK, "sk": "3", **item}))
    assert versions.read().posts == 0


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags are signed."""
    monkeypatch.setattr(signing, "_secrets", lambda: [b"x" * 32])


@pytest.mark.usefixtures("secret")
def test_tags_change_with_everything_that_is_shown(moment: Moment) -> None:
    at = clock.now() - timedelta(days=1)
    now = versions.Versions(1, 1, at, at)
    tags = [
        now.validator(Marked()).tag,
        now.validator(Marked("n")).tag,
        now.validator(Marked(times=[at])).tag,
        now.validator(Marked(), salt="s").tag,
        now.validator(Marked(), ["posts"]).tag,
        versions.Versions(2, 1, at, at).validator(Marked()).tag,
        versions.Versions(1, 2, at, at).validator(Marked()).tag,
    ]
    assert len(set(tags)) == len(tags)
    assert versions.Versions(1, 9, at, clock.now()).validator(Marked(), ["posts"]).tag == tags[4]
    assert (
        versions.Versions(1, 1, at, at).validator(Marked(times=[clock.now() + timedelta(1)])).tag == tags[0]
    )


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("by", ["a change", "a post that came"])
def test_what_is_too_young_is_good_for_its_second(moment: Moment, by: str) -> None:
    at, old = clock.now(), clock.now() - timedelta(days=1)
    site = Marked(times=[at] if by == "a post that came" else [])
    read = versions.Versions(1, 0, at if by == "a change" else old, None)
    found = []
    for _ in range(5):
        found.append(read.validator(site))
        moment.forward(seconds=1)
    assert len({validator.tag for validator in found}) == 4
    assert found[3] == found[4]
    assert [validator.changed for validator in found] == [at - timedelta(seconds=1)] * 3 + [at] * 2


@pytest.mark.usefixtures("secret")
def test_a_change_from_a_clock_that_runs_ahead_has_no_date_yet(moment: Moment) -> None:
    ahead = clock.now() + timedelta(seconds=2)
    assert versions.Versions(1, 0, ahead, None).validator(Marked()).changed is None


def test_a_release_is_known_by_all_that_is_shown(tmp_path: Path) -> None:
    for name in ("chalicelib/a.py", "templates/b.html", "chalicelib/__pycache__/c.pyc", "tests/d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    found = [versions.digest_of(tmp_path)]
    for name in ("chalicelib/__pycache__/c.pyc", "tests/d.py", "chalicelib/a.py", "templates/b.html"):
        (tmp_path / name).write_text("2")
        found.append(versions.digest_of(tmp_path))
    (tmp_path / "templates/b.html").rename(tmp_path / "templates/e.html")
    found.append(versions.digest_of(tmp_path))
    assert found[0] == found[1] == found[2]
    assert len(set(found[2:])) == 4
