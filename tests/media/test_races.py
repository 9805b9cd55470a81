"""The same file from several sides at once."""

from __future__ import annotations

from functools import partial

import pytest

from chalicelib.core import table
from chalicelib.media.processing import work_at
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Conflicts, at_once
from tests.media import files
from tests.media.desk import in_bucket, in_table, send, shown, through_the_bucket, work
from tests.media.test_crashes import finished, told_truly

pytestmark = pytest.mark.usefixtures("moment")


def test_the_same_bytes_sent_at_once_are_one_file(engine_blog: Blog, moment: Moment) -> None:
    assert in_bucket() == []
    with Conflicts(table.client()):
        got = at_once([partial(send, engine_blog, files.png(), "image/png") for _ in range(6)])
    assert sorted(one.status for one in got) == [200] * 5 + [201]
    assert len({one.json["id"] for one in got}) == 1
    finished(engine_blog, moment)
    assert (len(in_table(engine_blog)), len(in_bucket())) == (2, 1)


def test_workers_at_one_file_make_it_once(engine_blog: Blog, moment: Moment) -> None:
    told = through_the_bucket(engine_blog, files.jpeg(500, 300), "image/jpeg")
    at_once([partial(work_at, told["id"]) for _ in range(2)])
    assert shown(engine_blog, told["id"])["state"] == "ready"
    finished(engine_blog, moment)
    assert (len(in_table(engine_blog)), len(in_bucket())) == (2, 2)


def test_the_same_bytes_through_the_bucket_at_once_are_one_file(engine_blog: Blog, moment: Moment) -> None:
    told = [through_the_bucket(engine_blog, files.MP4, "video/mp4") for _ in range(3)]
    at_once([partial(work_at, one["id"]) for one in told])
    finished(engine_blog, moment)
    assert len({shown(engine_blog, one["id"])["id"] for one in told}) == 1
    assert len(engine_blog.api("GET", "/api/media").json["items"]) == 1
    assert len(in_bucket()) == 1


def test_sending_and_deleting_at_once_never_tells_of_what_is_not_there(
    engine_blog: Blog, moment: Moment
) -> None:
    for _ in range(4):
        told = send(engine_blog, files.png(), "image/png").json
        work(moment)
        at_once(
            [
                partial(send, engine_blog, files.png(), "image/png"),
                partial(engine_blog.api, "DELETE", f"/api/media/{told['id']}"),
                partial(send, engine_blog, files.png(), "image/png"),
            ]
        )
        told_truly(engine_blog)
        finished(engine_blog, moment)
        assert len(in_bucket()) == len(engine_blog.api("GET", "/api/media").json["items"])


def test_saying_at_once_that_it_has_come_begins_one_job(engine_blog: Blog, moment: Moment) -> None:
    told = through_the_bucket(engine_blog, files.MP4, "video/mp4")
    got = at_once([partial(engine_blog.api, "POST", f"/api/media/{told['id']}/uploaded") for _ in range(4)])
    assert {one.status for one in got} == {202}
    finished(engine_blog, moment)
    assert shown(engine_blog, told["id"])["state"] == "ready"
