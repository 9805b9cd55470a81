"""Uploading as a client does, and what is left of it in the bucket and in the table."""

from __future__ import annotations

from typing import Any

from chalicelib.core import events, objects
from tests.blog import Blog, Got
from tests.conftest import Moment


def send(blog: Blog, content: bytes, kind: str, file_name: str = "") -> Got:
    headers = {"Authorization": f"Bearer {blog.token}", "Content-Type": kind}
    query = f"?file_name={file_name}" if file_name else ""
    return blog.send("POST", f"/api/media{query}", body=content, headers=headers)


def begin(blog: Blog, content: bytes, kind: str, **more: Any) -> dict[str, Any]:
    got = blog.api("POST", "/api/media/uploads", type=kind, size=len(content), **more)
    assert got.status == 201, got.text
    return dict(got.json)


def through_the_bucket(blog: Blog, content: bytes, kind: str, **more: Any) -> dict[str, Any]:
    """As it stands after its client said that it is there; its id and state."""
    begun = begin(blog, content, kind, **more)
    objects.put(begun["upload"]["fields"]["key"], content, kind)
    got = blog.api("POST", f"/api/media/{begun['id']}/uploaded")
    assert got.status == 202, got.text
    return dict(got.json)


def work(moment: Moment) -> None:
    """As ticks do it, half a minute later."""
    moment.forward(seconds=31)
    events.run_tick(60)


def shown(blog: Blog, media_id: str) -> dict[str, Any]:
    got = blog.api("GET", f"/api/media/{media_id}")
    assert got.status == 200, got.text
    return dict(got.json)


def published(blog: Blog, moment: Moment, content: bytes, kind: str, **more: Any) -> dict[str, Any]:
    """Sent at once and made; as the API shows it."""
    got = send(blog, content, kind, **more)
    assert got.status in (200, 201), got.text
    work(moment)
    return shown(blog, got.json["id"])


def in_bucket() -> list[str]:
    found = objects.client().list_objects_v2(Bucket="files").get("Contents", [])
    return sorted(one["Key"] for one in found)


def in_table(blog: Blog) -> list[str]:
    """The keys of all that is about files."""
    keys = [item["pk"]["S"] for item in blog.everything()]
    return sorted(key for key in keys if key.startswith(("FILE#", "BYTES#", "JOB#media#")))


def name_in(media: dict[str, Any]) -> str:
    return str(media["url"]).rpartition("/")[2]
