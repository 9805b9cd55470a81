"""What is too large for the table, in one private bucket. This is the only module that speaks S3.

| key | holds | read by |
|----|----|----|
| `texts/post/hash` | a long text of a post, deflated, named by its content | the pages of that post |
| `uploads/id` | a file as it was sent, until it has been looked at | the worker |
| `media/name` | what readers get, named by content | the media origin, and nobody else of the public |

Files carry their type and how long they may be kept, so that an origin in front of the bucket adds nothing
but security headers. An object that is written twice under one name is the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache
from typing import IO, Any, TypeVar

from chalicelib.core import table
from chalicelib.core.config import config
from chalicelib.core.problems import Unavailable
from chalicelib.core.values import value

T = TypeVar("T")

LASTING = "public, max-age=31536000, immutable"
"""For names that never hold anything else (RFC 8246)."""

CHUNK = 1024 * 1024

_MISSING = {"NoSuchKey", "404", "NotFound"}
_MISTAKES = {"NoSuchBucket", "InvalidArgument", "InvalidRequest", "MalformedPOSTRequest"}


@value
class Head:
    size: int
    """Bytes."""
    type: str


@value
class Found:
    key: str
    modified_at: datetime


@value
class Opened:
    size: int
    """Bytes."""
    etag: str
    chunks: Iterator[bytes]


@value
class Form:
    """What a client posts a file with: these fields, then the file as `file`, to this address."""

    url: str
    fields: dict[str, str]


def put(key: str, content: bytes | IO[bytes], kind: str, *, lasting: bool = False) -> None:
    kept = {"CacheControl": LASTING} if lasting else {}
    _call(lambda s3, at: s3.put_object(**at, Key=key, Body=content, ContentType=kind, **kept))


def get(key: str) -> bytes | None:
    """None where there is no such object."""
    found = _call(lambda s3, at: s3.get_object(**at, Key=key)["Body"].read())
    return bytes(found) if found is not None else None


@contextmanager
def opened(key: str) -> Iterator[Opened | None]:
    """For what is too large to be kept in memory: to be read once, from its beginning. None where there is no
    such object; what fails while it is read raises Unavailable, too.
    """
    found = _call(lambda s3, at: s3.get_object(**at, Key=key))
    if not found:
        yield None
        return
    with closing(found["Body"]) as body:
        yield Opened(found["ContentLength"], found["ETag"], _chunks(body))


def copy(source: str, key: str, kind: str, etag: str) -> None:
    """Within the bucket, without passing through here, of a type of its own, for good. Raises Unavailable
    where the source is not what `etag` says any more.
    """
    _call(
        lambda s3, at: s3.copy_object(
            **at,
            Key=key,
            CopySource={**at, "Key": source},
            CopySourceIfMatch=etag,
            MetadataDirective="REPLACE",
            ContentType=kind,
            CacheControl=LASTING,
        )
    )


def head(key: str) -> Head | None:
    """None where there is no such object."""
    found = _call(lambda s3, at: s3.head_object(**at, Key=key))
    return Head(found["ContentLength"], found.get("ContentType", "")) if found else None


def delete(key: str) -> None:
    """Whether it was there or not."""
    _call(lambda s3, at: s3.delete_object(**at, Key=key))


def under(prefix: str) -> list[Found]:
    """Objects whose keys begin like that: a thousand at most."""
    found = _call(lambda s3, at: s3.list_objects_v2(**at, Prefix=prefix)) or {}
    return [Found(one["Key"], one["LastModified"]) for one in found.get("Contents", [])]


def form(key: str, kind: str, *, most: int, seconds: int) -> Form:
    """A signed form for one file of 1 to `most` bytes under exactly this key and type."""
    fields = {"Content-Type": kind}
    conditions: list[Any] = [fields, ["content-length-range", 1, most]]
    made = client().generate_presigned_post(
        config().bucket_name, key, Fields=dict(fields), Conditions=conditions, ExpiresIn=seconds
    )
    return Form(config().upload_url or made["url"], made["fields"])


def _chunks(body: Any) -> Iterator[bytes]:
    try:
        yield from body.iter_chunks(CHUNK)
    except Exception as error:
        raise Unavailable(cause=type(error).__name__) from error


def _call(ask: Callable[[Any, dict[str, str]], T]) -> T | None:
    """One round trip. None where there is no such object; raises Unavailable for passing faults."""
    from botocore.exceptions import BotoCoreError, ClientError

    table.count_call()
    try:
        return ask(client(), {"Bucket": config().bucket_name})
    except BotoCoreError as error:
        raise Unavailable(cause=type(error).__name__) from error
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            return None
        if code in _MISTAKES:
            raise
        raise Unavailable(cause=code) from error


@cache
def client() -> Any:
    """Made on first use and kept: pages without long texts and the reading of files never need it."""
    from chalicelib.core.aws import s3

    return s3()
