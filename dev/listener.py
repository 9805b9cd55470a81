"""The HTTP side of the local server: keep-alive, bodies of either framing, and API Gateway's size limits."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any
from urllib.parse import quote

from dev import gateway
from dev.gateway import Gateway, Headers, Reply, Request

HOST = "127.0.0.1"
BODY_LIMIT = 10 * 1024 * 1024
HEADER_LIMIT = 10_240
IDLE_SECONDS = 60
LINGER_BYTES = 64 * 1024 * 1024
WITHOUT_BODY = {204, 304}


class RefusedError(Exception):
    """A request that API Gateway itself would refuse; the connection ends with it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.reply = gateway.message(status, text)


TOO_LONG = f"HTTP content length exceeded {BODY_LIMIT} bytes."


class Listener(ThreadingHTTPServer):
    """Listens on loopback alone, from the moment it is made; a port of 0 takes a free one."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, port: int, handler: type[Handler] | None = None) -> None:
        self.gateway: Gateway | None = None
        self._busy = 0
        self._idle = threading.Condition()
        super().__init__((HOST, port), handler or Handler)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.socket.getsockname()[1])

    def server_bind(self) -> None:
        # HTTPServer would look the host's name up here, which can take seconds.
        socketserver.TCPServer.server_bind(self)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """While a request is answered."""
        with self._idle:
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def finish(self, seconds: float) -> None:
        """Close the door, and let the requests that are being answered come to their end."""
        self.server_close()
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, seconds)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that goes away is no news.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Listener
    body_limit = BODY_LIMIT
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    # With Nagle's algorithm on, a reply in two writes waits for the client's delayed ACK: 40 ms.
    disable_nagle_algorithm = True
    wbufsize = -1

    def answer(self) -> None:
        """Read one request, have it answered, write the reply."""
        try:
            request = self._read_request()
        except RefusedError as refusal:
            self._refuse(refusal.reply)
            return
        with self.server.at_work():
            self._write(self.reply(request))
            self.wfile.flush()

    def reply(self, request: Request) -> Reply:
        """What is answered to a request that is no error in itself."""
        assert self.server.gateway is not None
        return self.server.gateway.answer(request)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = answer  # noqa: N815

    def handle_expect_100(self) -> bool:
        """Refuse an over-long body before it is sent."""
        try:
            self._framing()
        except RefusedError as refusal:
            self._refuse(refusal.reply)
            return False
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Errors in HTTP itself, which end the connection."""
        self._refuse(gateway.message(int(code), message or "Bad Request"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent: the application logs its requests itself."""

    def version_string(self) -> str:
        return "Parley"

    def _read_request(self) -> Request:
        headers = list(self.headers.items())
        if sum(len(name) + len(value) + 4 for name, value in headers) + len(self.requestline) > HEADER_LIMIT:
            raise RefusedError(431, f"The request line and headers exceed {HEADER_LIMIT} bytes.")
        path, query = split_target(self.path)
        return Request(self.command, path, query, headers, self._read_body(), self.client_address[0])

    def _read_body(self) -> bytes:
        length = self._framing()
        if length is None:
            return read_chunked(self.rfile)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError
        return body

    def _framing(self) -> int | None:
        """The body's length in bytes, or None when it comes in chunks."""
        lengths, codings = (
            self.headers.get_all("Content-Length", []),
            self.headers.get_all("Transfer-Encoding", []),
        )
        if codings:
            if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
                raise RefusedError(400, "Bad Request")
            return None
        if len(set(lengths)) > 1 or not all(re.fullmatch(r"[0-9]{1,18}", length) for length in lengths):
            raise RefusedError(400, "Bad Request")
        length = int(lengths[0]) if lengths else 0
        if length > self.body_limit:
            raise RefusedError(413, TOO_LONG)
        return length

    def _write(self, reply: Reply) -> None:
        bodiless = self.command == "HEAD" or reply.status in WITHOUT_BODY
        length = [] if bodiless else [("Content-Length", str(len(reply.body)))]
        self._write_head(reply.status, [*reply.headers, *length])
        if not bodiless:
            self.wfile.write(reply.body)

    def _write_head(self, status: int, headers: Headers) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _refuse(self, reply: Reply) -> None:
        """Answer before the body is read, then read it away: a client that still sends would see a reset."""
        self.close_connection = True
        self.command = getattr(self, "command", None) or "GET"
        if self.request_version == "HTTP/0.9":
            self.request_version = "HTTP/1.1"
        self._write(reply)
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        left = LINGER_BYTES
        self.connection.settimeout(2)
        with contextlib.suppress(OSError):
            while left > 0 and (piece := self.connection.recv(65536)):
                left -= len(piece)


def split_target(target: str) -> tuple[str, str]:
    """Path and query of a request target, with whatever is not ASCII percent-encoded."""
    target = quote(target.encode("latin-1"), safe="".join(map(chr, range(33, 127))))
    path, _, query = re.sub(r"^https?://[^/?]*", "", target, flags=re.IGNORECASE).partition("?")
    return path or "/", query


def read_chunked(source: BufferedIOBase) -> bytes:
    """A body in chunks (RFC 9112, section 7.1), its trailers dropped."""
    body = bytearray()
    while size := _chunk_size(source):
        if len(body) + size > BODY_LIMIT:
            raise RefusedError(413, TOO_LONG)
        body += source.read(size)
        if source.readline(3) not in (b"\r\n", b"\n"):
            raise RefusedError(400, "Bad Request")
    while source.readline(HEADER_LIMIT) not in (b"\r\n", b"\n", b""):
        pass
    return bytes(body)


def _chunk_size(source: BufferedIOBase) -> int:
    digits = source.readline(1024).partition(b";")[0].strip()
    if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", digits):
        raise RefusedError(400, "Bad Request")
    return int(digits, 16)
