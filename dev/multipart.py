"""A form with a file at its end (RFC 7578), read as it comes: the fields, then the file piece by piece."""

from __future__ import annotations

import email.message
import email.parser
import re
from collections.abc import Iterator
from typing import Protocol

from dev.policy import Refusal

FIELDS_LIMIT = 20_480
"""Bytes before the file, as with S3."""
PIECE = 65_536
_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?\bboundary="?([^"\s;,]{1,70})"?', re.IGNORECASE)


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Form:
    """Read `fields` before `file`. Raises Refusal for what is no such form, ConnectionAbortedError where it
    breaks off.
    """

    def __init__(self, kind: str, source: Source, length: int) -> None:
        found = _BOUNDARY.match(kind.strip())
        if not found:
            raise Refusal(
                412,
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
                Condition="Bucket POST must be of the enclosure-type multipart/form-data",
            )
        self._mark = f"\r\n--{found[1]}".encode("latin-1")
        self._source, self._left = source, length
        # Each boundary stands after a line break, which the first one may do without.
        self._read = b"\r\n"
        self._before = 0

    def fields(self) -> dict[str, str]:
        """The fields before the file, by their names in lower case."""
        found: dict[str, str] = {}
        self._upto(self._mark)
        while (name := self._next_name()) != "file":
            if name is None:
                raise Refusal(
                    400,
                    "InvalidArgument",
                    "POST requires exactly one file upload per request.",
                    ArgumentName="file",
                    ArgumentValue=0,
                )
            value = self._upto(self._mark)
            if name in found:
                raise _malformed()
            try:
                found[name] = value.decode()
            except UnicodeDecodeError:
                raise _malformed() from None
        return found

    def file(self) -> Iterator[bytes]:
        """What stands in the file; what comes after it is read and left."""
        keep = len(self._mark) - 1
        while (end := self._read.find(self._mark)) < 0:
            if self._read[:-keep]:
                yield self._read[:-keep]
                self._read = self._read[-keep:]
            self._more()
        yield self._read[:end]
        while self._left:
            self._more()
            self._read = b""

    def _next_name(self) -> str | None:
        """The name of the part that begins here; None after the last."""
        while len(self._read) < 2:
            self._more()
        if self._read.startswith(b"--"):
            return None
        self._upto(b"\r\n")
        head = self._head()
        if head.get_content_disposition() != "form-data":
            raise _malformed()
        name = head.get_param("name", header="content-disposition")
        if not isinstance(name, str) or not name:
            raise _malformed()
        return name.lower()

    def _head(self) -> email.message.Message:
        lines = []
        while line := self._upto(b"\r\n"):
            lines.append(line)
        return email.parser.BytesHeaderParser().parsebytes(b"\r\n".join([*lines, b"", b""]))

    def _upto(self, mark: bytes) -> bytes:
        """What stands before a mark, which is read, too."""
        while (end := self._read.find(mark)) < 0:
            self._check_length(len(self._read))
            self._more()
        self._check_length(end)
        self._before += end + len(mark)
        before, self._read = self._read[:end], self._read[end + len(mark) :]
        return before

    def _check_length(self, more: int) -> None:
        if self._before + more > FIELDS_LIMIT:
            raise Refusal(
                400,
                "MaxPostPreDataLengthExceeded",
                "Your POST request fields preceding the upload file were too large.",
            )

    def _more(self) -> None:
        if not self._left:
            raise _malformed()
        piece = self._source.read(min(PIECE, self._left))
        if not piece:
            raise ConnectionAbortedError
        self._left -= len(piece)
        self._read += piece


def _malformed() -> Refusal:
    return Refusal(
        400,
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
    )
