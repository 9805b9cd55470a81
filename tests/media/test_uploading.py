"""Files are sent at once or through the bucket, published by the worker, listed and deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, jobs, objects, table
from chalicelib.core.pictures import parse
from chalicelib.media.model import DIRECTLY, KINDS, WAITS
from chalicelib.seldom import BINARY
from tests.blog import Blog
from tests.conftest import MEDIA, Moment
from tests.media import desk, files
from tests.media.desk import in_bucket, in_table, name_in, published, send, shown, through_the_bucket, work

pytestmark = pytest.mark.usefixtures("moment")


def test_the_gateway_hands_on_the_bytes_of_every_type_that_is_taken() -> None:
    assert set(BINARY) == set(KINDS)


# --- at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_taken_at_once_and_published_by_the_worker(blog: Blog, moment: Moment, kind: str) -> None:
    got = send(blog, files.GOOD[kind], kind, "My%20file")
    assert got.status == 201
    told = got.json
    name = name_in(told)
    assert got.headers["location"] == f"/api/media/{told['id']}"
    assert (told["state"], told["type"], told["file_name"]) == ("processing", kind, "My file")
    assert told["url"] == f"{MEDIA}/{name}"
    assert f"](/media/{name})" in told["markdown"]
    assert f"media/{name}" not in in_bucket()
    work(moment)
    assert shown(blog, told["id"]) == {**told, "state": "ready"}
    assert in_bucket() == [f"media/{name}"]
    stored = objects.client().head_object(Bucket="files", Key=f"media/{name}")
    assert (stored["ContentType"], stored["CacheControl"]) == (kind, objects.LASTING)
    found = parse(name)
    assert found
    if kind.startswith("image/"):
        assert (told["width"], told["height"]) == (found.width, found.height) == (64, 48)
    else:
        assert objects.get(f"media/{name}") == files.GOOD[kind]


def test_a_wide_picture_comes_in_smaller_sizes_too(blog: Blog, moment: Moment) -> None:
    told = published(blog, moment, files.jpeg(1700, 850), "image/jpeg")
    name = name_in(told)
    upload = parse(name)
    assert upload
    assert sorted(in_bucket()) == sorted(f"media/{one}" for _, one in upload.sizes)
    assert [size["width"] for size in told["sizes"]] == [480, 960, 1600]
    for size in told["sizes"]:
        key = "media/" + size["url"].rpartition("/")[2]
        stored = objects.client().head_object(Bucket="files", Key=key)
        assert (stored["ContentType"], stored["CacheControl"]) == ("image/webp", objects.LASTING)


def test_the_same_bytes_are_one_file(blog: Blog, moment: Moment) -> None:
    first, again = (send(blog, files.png(), "image/png") for _ in range(2))
    work(moment)
    later = send(blog, files.png(), "image/png")
    assert [got.status for got in (first, again, later)] == [201, 200, 200]
    assert first.json["id"] == again.json["id"] == later.json["id"]
    assert later.json["state"] == "ready"
    assert len(blog.api("GET", "/api/media").json["items"]) == 1
    assert len(in_bucket()) == 1


def test_bytes_that_no_text_has_arrive_as_they_were_sent(blog: Blog, moment: Moment) -> None:
    content = files.MP3 + bytes(range(256)) * 4
    told = published(blog, moment, content, "audio/mpeg")
    assert objects.get(f"media/{name_in(told)}") == content


def test_four_megabytes_are_taken_and_one_byte_more_is_sent_elsewhere(blog: Blog) -> None:
    room = files.box(b"free", bytes(DIRECTLY - len(files.MP4) - 8))
    assert send(blog, files.MP4 + room, "video/mp4").status == 201
    got = send(blog, files.MP4 + room + b"\0", "video/mp4")
    assert got.status == 413
    assert "/api/media/uploads" in got.json["detail"]


def test_a_document_is_linked_by_its_name(blog: Blog) -> None:
    told = send(blog, files.PDF, "application/pdf", "a%5Bb%5D.pdf").json
    assert told["markdown"] == f"[a\\[b\\].pdf](/media/{name_in(told)})"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("C%3A%5Cphotos%5Cme.png", "me.png"), ("..%2F..%2Fme.png", "me.png"), ("%20x%20", "x")],
)
def test_of_a_file_name_its_folders_are_dropped(blog: Blog, given: str, kept: str) -> None:
    assert send(blog, files.png(), "image/png", given).json["file_name"] == kept


@pytest.mark.parametrize("query", ["?file_name=" + "x" * 201, "?file_name=a%0Ab", "?name=x"])
def test_a_wrong_parameter_is_refused_before_anything_is_kept(blog: Blog, query: str) -> None:
    headers = {"Authorization": f"Bearer {blog.token}", "Content-Type": "image/png"}
    got = blog.send("POST", f"/api/media{query}", body=files.png(), headers=headers)
    assert got.status in (400, 413, 422)
    assert in_bucket() == in_table(blog) == []


# --- through the bucket ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_goes_through_the_bucket(blog: Blog, moment: Moment, kind: str) -> None:
    told = through_the_bucket(blog, files.GOOD[kind], kind, file_name="mine")
    assert (told["state"], told["url"], told["file_name"]) == ("processing", None, "mine")
    work(moment)
    made = shown(blog, told["id"])
    assert (made["state"], made["size"]) == ("ready", len(files.GOOD[kind]))
    assert in_bucket() == [f"media/{name_in(made)}"]
    stored = objects.client().head_object(Bucket="files", Key=f"media/{name_in(made)}")
    assert (stored["ContentType"], stored["CacheControl"]) == (kind, objects.LASTING)


def test_a_form_is_for_one_file(blog: Blog) -> None:
    begun = desk.begin(blog, files.MP4, "video/mp4")
    assert begun["state"] == "waiting"
    fields = begun["upload"]["fields"]
    assert fields["key"] == f"uploads/{begun['id']}"
    assert fields["Content-Type"] == "video/mp4"
    assert begun["upload"]["seconds"] == 300


@pytest.mark.parametrize(
    ("kind", "most"),
    [("image/jpeg", 25), ("video/mp4", 500), ("audio/mpeg", 100), ("application/pdf", 50)],
)
def test_each_type_has_its_largest_size(blog: Blog, kind: str, most: int) -> None:
    bytes_ = most * 1024 * 1024
    assert blog.api("POST", "/api/media/uploads", type=kind, size=bytes_).status == 201
    got = blog.api("POST", "/api/media/uploads", type=kind, size=bytes_ + 1)
    assert got.status == 413
    assert f"{bytes_:,}" in got.json["detail"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"type": "image/png"}, 422),
        ({"size": 5}, 422),
        ({"type": "image/png", "size": 0}, 422),
        ({"type": "image/png", "size": "5"}, 422),
        ({"type": "image/png", "size": 5, "key": "media/x"}, 422),
        ({"type": "image/svg+xml", "size": 5}, 415),
        ({"type": "text/html", "size": 5}, 415),
        ({"type": "", "size": 5}, 415),
    ],
)
def test_what_cannot_be_sent_gets_no_form(blog: Blog, fields: dict[str, Any], status: int) -> None:
    got = blog.api("POST", "/api/media/uploads", **fields)
    assert got.status == status
    assert in_table(blog) == []


def test_nothing_is_worked_at_before_it_has_come(blog: Blog) -> None:
    begun = desk.begin(blog, files.MP4, "video/mp4")
    got = blog.api("POST", f"/api/media/{begun['id']}/uploaded")
    assert got.status == 409
    assert shown(blog, begun["id"])["state"] == "waiting"


def test_saying_twice_that_it_has_come_changes_nothing(blog: Blog, moment: Moment) -> None:
    told = through_the_bucket(blog, files.MP4, "video/mp4")
    assert blog.api("POST", f"/api/media/{told['id']}/uploaded").json == told
    work(moment)
    again = blog.api("POST", f"/api/media/{told['id']}/uploaded")
    assert (again.status, again.json["state"]) == (202, "ready")


def test_bytes_that_were_there_before_lead_to_the_earlier_file(blog: Blog, moment: Moment) -> None:
    first = published(blog, moment, files.MP4, "video/mp4")
    second = through_the_bucket(blog, files.MP4, "video/mp4")
    work(moment)
    assert shown(blog, second["id"]) == first
    assert [one["id"] for one in blog.api("GET", "/api/media").json["items"]] == [first["id"]]
    assert blog.api("DELETE", f"/api/media/{second['id']}").status == 204
    assert in_bucket() == []
    assert blog.api("GET", f"/api/media/{second['id']}").status == 404
    moment.forward(days=1, seconds=1)
    assert blog.api("GET", f"/api/media/{second['id']}").status == 404


def test_what_is_never_sent_is_forgotten(blog: Blog, moment: Moment) -> None:
    desk.begin(blog, files.MP4, "video/mp4")
    moment.now += WAITS
    work(moment)
    assert in_table(blog) == in_bucket() == []


def test_what_is_sent_and_never_told_of_is_removed(blog: Blog, moment: Moment) -> None:
    begun = desk.begin(blog, files.MP4, "video/mp4")
    objects.put(f"uploads/{begun['id']}", files.MP4, "video/mp4")
    work(moment)
    assert in_bucket()
    moment.now += WAITS
    work(moment)
    assert in_table(blog) == in_bucket() == []


def test_what_is_sent_again_by_the_same_form_does_not_stay(blog: Blog, moment: Moment) -> None:
    told = through_the_bucket(blog, files.MP4, "video/mp4")
    work(moment)
    objects.put(f"uploads/{told['id']}", files.HTML, "video/mp4")
    moment.now += WAITS
    work(moment)
    made = shown(blog, told["id"])
    assert in_bucket() == [f"media/{name_in(made)}"]
    assert objects.get(in_bucket()[0]) == files.MP4
    assert not [key for key in in_table(blog) if key.startswith("JOB#")]


# --- lists and deletion ----------------------------------------------------------------------


def test_the_newest_stand_first_in_pages(blog: Blog, moment: Moment) -> None:
    made = []
    for width in range(20, 25):
        made.append(send(blog, files.png(width), "image/png").json["id"])
        moment.forward(seconds=1)
    first = blog.api("GET", "/api/media?limit=3").json
    second = blog.api("GET", f"/api/media?limit=3&cursor={first['cursor']}").json
    assert [one["id"] for one in first["items"] + second["items"]] == made[::-1]
    assert second["cursor"] is None
    assert blog.api("GET", f"/api/posts?cursor={first['cursor']}").status == 400


def test_a_deleted_file_is_gone_with_its_sizes(blog: Blog, moment: Moment) -> None:
    told = published(blog, moment, files.jpeg(1000, 700), "image/jpeg")
    other = published(blog, moment, files.png(), "image/png")
    assert blog.api("DELETE", f"/api/media/{told['id']}").status == 204
    assert in_bucket() == [f"media/{name_in(other)}"]
    assert blog.api("GET", f"/api/media/{told['id']}").status == 404
    assert blog.api("DELETE", f"/api/media/{told['id']}").status == 404
    moment.now += WAITS
    work(moment)
    assert len(in_table(blog)) == 2
    assert published(blog, moment, files.jpeg(1000, 700), "image/jpeg")["state"] == "ready"


def test_a_file_that_is_being_made_is_deleted_when_that_must_be_over(blog: Blog, moment: Moment) -> None:
    told = send(blog, files.png(), "image/png").json
    assert blog.api("DELETE", f"/api/media/{told['id']}").status == 204
    assert blog.api("GET", f"/api/media/{told['id']}").status == 404
    assert blog.api("GET", "/api/media").json["items"] == []
    assert send(blog, files.png(), "image/png").status == 409
    moment.now += jobs.LEASE - timedelta(seconds=32)
    work(moment)
    assert in_table(blog)
    work(moment)
    assert in_bucket() == []
    assert send(blog, files.png(), "image/png").status == 201


def test_a_file_that_still_waits_can_be_deleted(blog: Blog) -> None:
    begun = desk.begin(blog, files.MP4, "video/mp4")
    assert blog.api("DELETE", f"/api/media/{begun['id']}").status == 204
    assert not [key for key in in_table(blog) if key.startswith("FILE#")]


@pytest.mark.parametrize("media_id", ["x", "0000000000000", "%00", "a" * 3000])
def test_an_unknown_id_is_not_found(blog: Blog, media_id: str) -> None:
    for method, target in (("GET", ""), ("DELETE", ""), ("POST", "/uploaded")):
        assert blog.api(method, f"/api/media/{media_id}{target}").status == 404


def test_a_record_that_cannot_be_read_costs_itself(blog: Blog, moment: Moment) -> None:
    told = published(blog, moment, files.png(), "image/png")
    table.write(table.Put({"pk": "FILE#odd", "sk": "-", "lpk": "FILES", "lsk": "9"}))
    assert [one["id"] for one in blog.api("GET", "/api/media").json["items"]] == [told["id"]]


# --- the path on the blog --------------------------------------------------------------------

HASH = "8a3c" * 8


@pytest.mark.parametrize(
    "name", [f"{HASH}-9x9.png", f"{HASH}-9x9-moving.gif", f"{HASH}.mp4", f"{HASH}-2000x900.960.webp"]
)
def test_a_path_on_the_blog_leads_to_the_origin_of_files(blog: Blog, name: str) -> None:
    got = blog.get(f"/media/{name}")
    assert (got.status, got.headers["location"]) == (301, f"{MEDIA}/{name}")
    assert got.headers["cache-control"] == "public, max-age=86400"
    assert got.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize(
    "name",
    [
        "x.png",
        f"{HASH}.svgz5",
        f"{HASH}-9x9.961.webp",
        f"{HASH}.960.webp",
        f"..%2F{HASH}.png",
        "https:%2F%2Fevil.example",
    ],
)
def test_no_other_path_leads_anywhere(blog: Blog, name: str) -> None:
    assert blog.get(f"/media/{name}").status == 404


def test_times_are_told(blog: Blog) -> None:
    told = send(blog, files.png(), "image/png").json
    assert clock.parse(told["created_at"]) == clock.now()
