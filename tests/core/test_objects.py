"""Objects in the bucket: kept, found, and honest where they are not."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from chalicelib.core import objects, table
from chalicelib.core.problems import Unavailable

pytestmark = pytest.mark.usefixtures("blog")


def test_an_object_is_kept_with_its_type_and_how_long_it_lasts() -> None:
    objects.put("media/a.png", b"\x89PNG", "image/png", lasting=True)
    assert objects.get("media/a.png") == b"\x89PNG"
    assert objects.head("media/a.png") == objects.Head(4, "image/png")
    stored = objects.client().head_object(Bucket="files", Key="media/a.png")
    assert stored["CacheControl"] == objects.LASTING


def test_what_is_not_there_is_none_and_can_be_deleted() -> None:
    assert objects.get("media/none") is None
    assert objects.head("media/none") is None
    objects.delete("media/none")


def test_a_deleted_object_is_gone() -> None:
    objects.put("uploads/1", b"a", "text/plain")
    objects.delete("uploads/1")
    assert objects.get("uploads/1") is None


def test_each_call_is_counted() -> None:
    meter = table.start_meter()
    objects.put("uploads/1", b"a", "text/plain")
    objects.get("uploads/1")
    assert meter.calls == 2


@pytest.mark.parametrize(
    "fault",
    [
        ConnectTimeoutError(endpoint_url="https://s3"),
        ClientError({"Error": {"Code": "SlowDown"}}, "GetObject"),
        ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject"),
    ],
)
def test_a_fault_of_the_service_is_told_apart_from_absence(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def get_object(self, **_: str) -> None:
            raise fault

    monkeypatch.setattr(objects, "client", Broken)
    with pytest.raises(Unavailable):
        objects.get("texts/1")


def test_a_form_is_for_one_key_one_type_a_size_and_some_minutes() -> None:
    form = objects.form("uploads/7", "image/png", most=1000, seconds=300)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    conditions = policy["conditions"]
    assert {"key": "uploads/7"} in conditions
    assert {"Content-Type": "image/png"} in conditions
    assert ["content-length-range", 1, 1000] in conditions
    assert not any(isinstance(one, list) and one[0] == "starts-with" for one in conditions)
    ends = datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) < ends - datetime.now(UTC) <= timedelta(seconds=300)
    assert "eu-west-1" in form.url
