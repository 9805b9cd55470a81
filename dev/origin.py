"""The origin of files on this machine, in place of CloudFront for readers, and of S3 for forms with files.

A port of its own makes another origin of it. `GET /name` is the object `media/name` and no other, with the
headers that the deployed distribution adds: they are read from the template. `POST /` takes a form.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from dev import policy
from dev.gateway import CHALICE, Headers, Reply, Request, last
from dev.listener import HOST, Handler, Listener, RefusedError
from dev.multipart import PIECE, Form

MISSING_SECONDS = 10
"""For which CloudFront remembers that there is no such file."""
_NAME = re.compile(r"/([A-Za-z0-9][A-Za-z0-9._-]{0,200})")
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


class Origin(Listener):
    """Listens from the moment it is made, answers within `serving`."""

    signer: policy.Signer
    reader: str
    """The blog's own origin, whose scripts may post files."""

    def __init__(self, port: int) -> None:
        super().__init__(port, Door)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @contextlib.contextmanager
    def serving(self, signer: policy.Signer, reader: str, seconds: float) -> Iterator[None]:
        """Answer while the block runs; what is being answered at its end gets some seconds."""
        self.signer, self.reader = signer, reader
        thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.1}, name="origin", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.finish(seconds)


@dataclass(frozen=True)
class Streamed(Reply):
    """A film is read from the storage while it is sent."""

    content: Any = None
    length: int = 0


class Door(Handler):
    """One connection."""

    server: Origin
    body_limit = policy.MOST + 65_536

    def answer(self) -> None:
        if self.command == "POST" and self.path == "/":
            with self.server.at_work():
                self._take()
        elif self.command in ("GET", "HEAD"):
            super().answer()
        else:
            self._refuse(self._other())

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = answer  # noqa: N815

    def _write(self, reply: Reply) -> None:
        if not isinstance(reply, Streamed):
            super()._write(reply)
            return
        self._write_head(reply.status, [*reply.headers, ("Content-Length", str(reply.length))])
        with contextlib.closing(reply.content):
            for piece in reply.content.iter_chunks(PIECE):
                self.wfile.write(piece)

    def reply(self, request: Request) -> Reply:
        found = _NAME.fullmatch(unquote(request.path))
        try:
            return file(found[1], request) if found else missing(request.path)
        except Exception as error:  # noqa: BLE001 - the storage may fail
            return plain(503, f"The storage failed ({type(error).__name__}).")

    def _other(self) -> Reply:
        """Neither reading nor a form."""
        if self.command == "OPTIONS" and self.path == "/":
            if self._of_the_blog() and self.headers.get("Access-Control-Request-Method") == "POST":
                return Reply(200, [*self._shared(), ("Access-Control-Allow-Methods", "POST")], b"")
            return error(
                policy.Refusal(403, "AccessForbidden", "CORSResponse: This CORS request is not allowed.")
            )
        return plain(405, "Files can be read here, and nothing else.", [("Allow", "GET, HEAD")])

    def _take(self) -> None:
        try:
            reply = self._store()
        except policy.Refusal as refusal:
            self._refuse(error(refusal, self._shared()))
        except RefusedError as refusal:
            self._refuse(refusal.reply)
        else:
            self._write(reply)
            self.wfile.flush()

    def _store(self) -> Reply:
        """Take a form's file, counted while it comes; nothing is kept of what is refused."""
        from chalicelib.core import objects
        from chalicelib.core.problems import Unavailable

        length = self._framing()
        if length is None or "Content-Length" not in self.headers:
            raise policy.Refusal(
                411, "MissingContentLength", "You must provide the Content-Length HTTP header."
            )
        form = Form(self.headers.get("Content-Type", ""), self.rfile, length)
        fields = form.fields()
        size = policy.check(fields, self.server.signer, datetime.now(UTC))
        with tempfile.TemporaryFile() as kept:
            for piece in form.file():
                kept.write(piece)
                size.check_so_far(kept.tell())
            size.check(kept.tell())
            kept.seek(0)
            try:
                objects.put(fields["key"], kept, fields.get("content-type", "binary/octet-stream"))
            except Unavailable:
                raise policy.Refusal(503, "ServiceUnavailable", "Please reduce your request rate.") from None
        return Reply(204, [*self._shared(), ("Location", f"{self.server.address}/{fields['key']}")], b"")

    def _of_the_blog(self) -> bool:
        return bool(self.headers.get("Origin")) and self.headers["Origin"] == self.server.reader

    def _shared(self) -> Headers:
        """What lets scripts of the blog's pages read an answer, as the bucket's rules do."""
        if not self._of_the_blog():
            return []
        return [("Access-Control-Allow-Origin", self.server.reader), ("Vary", "Origin")]


def file(name: str, request: Request) -> Reply:
    """A file, a part of it, or that it has not changed."""
    from chalicelib.core import objects
    from chalicelib.core.config import config

    at = {"Bucket": config().bucket_name, "Key": f"media/{name}"}
    s3 = objects.client()
    found = _unless_missing(lambda: s3.head_object(**at))
    if found is None:
        return missing(request.path)
    size, headers = found["ContentLength"], [*_described(found), *added(request.path, request.headers)]
    if _is_known(found, request.headers):
        return Reply(304, headers, b"")
    headers.append(("Content-Type", found.get("ContentType", "binary/octet-stream")))
    if request.method == "HEAD":
        return Reply(200, [*headers, ("Content-Length", str(size))], b"")
    part = wanted(request.headers, size, found["ETag"])
    if part is None:
        return Streamed(200, headers, b"", s3.get_object(**at)["Body"], size)
    if not part:
        return plain(
            416, "The file has no such part.", added(request.path), ("Content-Range", f"bytes */{size}")
        )
    content = s3.get_object(**at, Range=f"bytes={part[0]}-{part[-1]}")["Body"]
    headers.append(("Content-Range", f"bytes {part[0]}-{part[-1]}/{size}"))
    return Streamed(206, headers, b"", content, len(part))


def _unless_missing(ask: Callable[[], Any]) -> Any:
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise


def _described(found: Mapping[str, Any]) -> Headers:
    """What the object says of itself."""
    headers = [
        ("ETag", found["ETag"]),
        ("Last-Modified", format_datetime(found["LastModified"].astimezone(UTC), usegmt=True)),
        ("Accept-Ranges", "bytes"),
    ]
    return [*headers, ("Cache-Control", found["CacheControl"])] if found.get("CacheControl") else headers


def _is_known(found: Mapping[str, Any], headers: Headers) -> bool:
    """RFC 9110, section 13.2.2: the tag decides where there is one."""
    if tags := last(headers, "if-none-match"):
        return tags.strip() == "*" or found["ETag"] in re.findall(r'"[^"]*"', tags)
    try:
        since = parsedate_to_datetime(last(headers, "if-modified-since"))
    except ValueError:
        return False
    return since.tzinfo is not None and bool(found["LastModified"] <= since)


def wanted(headers: Headers, size: int, tag: str) -> range | None:
    """The bytes that are asked for, none where the file is shorter; None where all of it is. Several parts at
    once, and what is no range, are ignored, as S3 does.
    """
    asked = _RANGE.fullmatch(last(headers, "range").replace(" ", ""))
    if not asked or last(headers, "if-range") not in ("", tag):
        return None
    first, end, suffix = asked.groups()
    if suffix:
        return range(max(0, size - int(suffix)), size)
    if end and int(end) < int(first):
        return None
    return range(int(first), min(size, int(end) + 1) if end else size)


def missing(path: str) -> Reply:
    return plain(404, "There is no such file.", added(path), ("Cache-Control", f"max-age={MISSING_SECONDS}"))


def plain(status: int, text: str, more: Sequence[tuple[str, str]] = (), *headers: tuple[str, str]) -> Reply:
    return Reply(
        status, [("Content-Type", "text/plain; charset=utf-8"), *more, *headers], f"{text}\n".encode()
    )


def error(refusal: policy.Refusal, headers: Sequence[tuple[str, str]] = ()) -> Reply:
    """As S3 writes it."""
    parts = {"Code": refusal.code, "Message": refusal.message, **refusal.more}
    parts |= {"RequestId": uuid.uuid4().hex[:16].upper(), "HostId": "local"}
    inside = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in parts.items())
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inside}</Error>'
    return Reply(refusal.status, [("Content-Type", "application/xml"), *headers], document.encode())


def added(path: str, asked: Sequence[tuple[str, str]] = ()) -> Headers:
    """What the distribution of the template adds to an answer at a path, to a request with such headers."""
    resources = _resources()
    distribution = resources["MediaDistribution"]["Properties"]["DistributionConfig"]
    chosen = next(
        (one for one in distribution["CacheBehaviors"] if fnmatchcase(path, one["PathPattern"])),
        distribution["DefaultCacheBehavior"],
    )
    described = resources[chosen["ResponseHeadersPolicyId"]["Ref"]]["Properties"]
    config = described["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    shared = config.get("CorsConfig", {}).get("AccessControlAllowOrigins", {}).get("Items", [])
    own = [("Access-Control-Allow-Origin", one) for one in shared if last([*asked], "origin")]
    own += [(one["Header"], one["Value"]) for one in config["CustomHeadersConfig"]["Items"]]
    return [
        (
            "Strict-Transport-Security",
            f"max-age={security['StrictTransportSecurity']['AccessControlMaxAgeSec']}",
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", security["ContentSecurityPolicy"]["ContentSecurityPolicy"]),
        *own,
    ]


@cache
def _resources() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CHALICE / "resources.json").read_text())["Resources"]
    return found
