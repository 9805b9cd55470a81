"""A large file, read once from its beginning to its end and hashed on the way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

TAIL = 2_048


class Stream:
    """`read` and `skip` go forward; what they pass is hashed. They come short at the end."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._chunk, self._at = b"", 0
        self._hash = sha256()
        self.passed = 0
        """Bytes."""
        self.tail = b""
        """The last of them."""

    def peek(self, most: int) -> bytes:
        """What comes next, without passing it; at least so much as one chunk has."""
        while len(self._chunk) - self._at < most and (more := next(self._chunks, b"")):
            self._chunk, self._at = self._chunk[self._at :] + more, 0
        return self._chunk[self._at : self._at + most]

    def read(self, most: int) -> bytes:
        return b"".join(self._pass(most))

    def skip(self, most: int) -> int:
        return sum(map(len, self._pass(most)))

    def finish(self) -> int:
        """To the end; how many bytes there were altogether."""
        while self.skip(1 << 30):
            pass
        return self.passed

    @property
    def hash(self) -> str:
        """Of what was passed: the name under which the same file is known again."""
        return self._hash.hexdigest()[:32]

    def _pass(self, most: int) -> Iterator[bytes]:
        while most > 0:
            if self._at == len(self._chunk):
                self._chunk, self._at = next(self._chunks, b""), 0
                if not self._chunk:
                    return
            part = self._chunk[self._at : self._at + most]
            self._at += len(part)
            most -= len(part)
            self._hash.update(part)
            self.passed += len(part)
            self.tail = (self.tail + part[-TAIL:])[-TAIL:]
            yield part


def hash_of(content: bytes) -> str:
    """As a `Stream` of it has in the end."""
    return sha256(content).hexdigest()[:32]
