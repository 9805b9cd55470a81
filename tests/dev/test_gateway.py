"""The local API Gateway: routes, events and answers as on AWS, over real sockets where HTTP matters."""

import base64
import gzip
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from chalice import Chalice, Response

from dev import gateway
from dev.gateway import Gateway, Request
from dev.listener import BODY_LIMIT, Listener, split_target
from dev.router import Router

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def make_app() -> Chalice:
    app = Chalice("test")

    @app.route("/", methods=METHODS, content_types=["*/*"])
    def home() -> str:
        return "home"

    @app.route("/posts/{slug}", methods=METHODS, content_types=["*/*"])
    def post(slug: str) -> str:
        return slug

    @app.route("/only-get")
    def only_get() -> str:
        return "got"

    @app.route("/{proxy+}", methods=METHODS, content_types=["*/*"])
    def unknown() -> Response:
        return Response("no such page", status_code=404, headers={"Content-Type": "text/plain"})

    return app


class Echo:
    """An application that answers whatever it is told to, and remembers the event."""

    def __init__(self, answer: Any = None) -> None:
        inner = make_app()
        self.routes, self.api = inner.routes, inner.api
        self.answer = {"statusCode": 200, "headers": {}, "body": "ok"} if answer is None else answer
        self.event: dict[str, Any] = {}
        self.context: Any = None

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        self.event, self.context = event, context
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def event_of(method: str, path: str, query: str = "", **more: Any) -> dict[str, Any]:
    echo = Echo()
    Gateway(echo, stage="blog").answer(Request(method, path, query, **more))
    return echo.event


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/", "/", {}),
        ("//", "/", {}),
        ("/posts/new", "/posts/new", {}),
        ("/posts/x", "/posts/{slug}", {"slug": "x"}),
        ("/posts/x/", "/posts/{slug}", {"slug": "x"}),
        ("/posts/a.b", "/posts/{slug}", {"slug": "a.b"}),
        ("/posts/%C3%BC%2Fb", "/posts/{slug}", {"slug": "%C3%BC%2Fb"}),
        ("/posts/new/comments", "/posts/{slug}/comments", {"slug": "new"}),
        ("/posts", "/{proxy+}", {"proxy": "posts"}),
        ("/posts//x", "/{proxy+}", {"proxy": "posts//x"}),
        ("/a/b/c/", "/{proxy+}", {"proxy": "a/b/c"}),
        ("/media/a/b", "/media/{key+}", {"key": "a/b"}),
        ("/a.c", "/{proxy+}", {"proxy": "a.c"}),
    ],
)
def test_most_particular_route_wins(path: str, template: str, parameters: dict[str, str]) -> None:
    templates = [
        "/{proxy+}",
        "/",
        "/posts/{slug}",
        "/posts/new",
        "/posts/{slug}/comments",
        "/media/{key+}",
        "/abc",
    ]
    assert Router(templates).match(path) == (template, parameters)


def test_path_without_a_route_matches_none() -> None:
    assert Router(["/posts/{slug}"]).match("/posts/a/b") is None


def test_event_has_every_key_of_a_recorded_one() -> None:
    event = event_of("GET", "/posts/x", headers=[("Host", "blog.example:8000"), ("User-Agent", "test")])
    assert event["resource"] == event["requestContext"]["resourcePath"] == "/posts/{slug}"
    assert event["path"] == event["requestContext"]["path"] == "/posts/x"
    assert event["httpMethod"] == event["requestContext"]["httpMethod"] == "GET"
    assert event["pathParameters"] == {"slug": "x"}
    assert event["requestContext"]["domainName"] == "blog.example"
    assert event["requestContext"]["stage"] == "blog"
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert event["requestContext"]["identity"]["userAgent"] == "test"
    assert event["requestContext"]["protocol"] == "HTTP/1.1"
    for empty in ("queryStringParameters", "multiValueQueryStringParameters", "stageVariables", "body"):
        assert event[empty] is None
    assert event["isBase64Encoded"] is False
    assert event_of("GET", "/")["pathParameters"] is None


@pytest.mark.parametrize(
    ("sent", "path"), [("/blog/posts/x", "/posts/x"), ("/blog", "/"), ("/blog/", "/"), ("/blogs", "/blogs")]
)
def test_stage_is_cut_from_the_path_and_kept_in_the_context(sent: str, path: str) -> None:
    event = event_of("GET", sent)
    assert (event["path"], event["requestContext"]["path"]) == (path, sent)


def test_trailing_slash_stays_in_the_path() -> None:
    event = event_of("GET", "/posts/x/")
    assert (event["resource"], event["path"]) == ("/posts/{slug}", "/posts/x/")


def test_query_is_decoded_and_its_last_value_is_the_single_one() -> None:
    event = event_of("GET", "/", "a=1&a=2&b=%C3%BC+x%2By&c")
    assert event["queryStringParameters"] == {"a": "2", "b": "ü x+y", "c": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["ü x+y"], "c": [""]}


def test_last_of_repeated_headers_is_the_single_one() -> None:
    event = event_of("GET", "/", headers=[("X-A", "1"), ("X-A", "2"), ("Connection", "close")])
    assert event["headers"]["X-A"] == "2"
    assert event["multiValueHeaders"]["X-A"] == ["1", "2"]
    assert "Connection" not in event["headers"]


def test_sender_s_address_is_added_to_what_proxies_said() -> None:
    event = event_of("GET", "/", headers=[("X-Forwarded-For", "203.0.113.9")])
    assert event["headers"]["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"


@pytest.mark.parametrize(
    ("kind", "body", "sent", "encoded"),
    [
        ("application/json", "{“ü”}".encode(), "{“ü”}", False),
        ("text/plain", b"\xff", "/w==", True),
        ("image/png", b"PNG", "UE5H", True),
        ("image/png; a=b", b"PNG", "UE5H", True),
        ("text/plain", b"", None, False),
    ],
)
def test_body_is_text_unless_it_is_binary(kind: str, body: bytes, sent: str | None, encoded: bool) -> None:
    event = event_of("POST", "/", headers=[("content-type", kind)], body=body)
    assert (event["body"], event["isBase64Encoded"]) == (sent, encoded)


def test_context_knows_its_time() -> None:
    echo = Echo()
    Gateway(echo).answer(Request("GET", "/"))
    assert 0 < echo.context.get_remaining_time_in_millis() <= 29_000
    assert echo.context.aws_request_id
    assert echo.context.function_name
    assert echo.context.memory_limit_in_mb


@pytest.mark.parametrize(("method", "path"), [("POST", "/only-get"), ("TRACE", "/")])
def test_method_without_a_route_is_an_html_404(method: str, path: str) -> None:
    reply = Gateway(make_app()).answer(Request(method, path))
    assert reply.status == 404
    assert reply.header("content-type") == "text/html"
    assert b"<h1>" in reply.body
    assert b"$context" not in reply.body


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("boom"),
        {"statusCode": 200, "headers": {}, "body": "x" * 6_300_000},
        {"statusCode": 200, "headers": {}, "body": b"bytes"},
        {"statusCode": 200, "headers": {}, "body": {}},
        {"statusCode": 200, "headers": {}, "body": "\ud800"},
        {"statusCode": 200, "multiValueHeaders": {"Set-Cookie": ["a\r\nb"]}, "body": ""},
        {"statusCode": 200, "headers": {"X": "€"}, "body": ""},
        {"headers": {}, "body": ""},
        "text",
    ],
    ids=[
        "exception",
        "too long",
        "bytes",
        "no text",
        "surrogate",
        "header split",
        "header",
        "no status",
        "no object",
    ],
)
def test_fault_outside_the_application_is_a_502_and_is_logged(
    answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = Gateway(Echo(answer)).answer(Request("GET", "/"))
    assert (reply.status, json.loads(reply.body)) == (502, {"message": "Internal server error"})
    assert "Traceback" in capsys.readouterr().err


def test_event_over_lambda_s_limit_is_refused() -> None:
    reply = Gateway(make_app()).answer(Request("POST", "/", body=b"x" * 6_300_000))
    assert reply.status == 413


def test_answer_merges_headers_and_decodes_base64() -> None:
    reply = gateway.parse_result(
        json.dumps(
            {
                "statusCode": 201,
                "headers": {
                    "X-One": "1",
                    "Set-Cookie": "lost",
                    "Content-Length": "999",
                    "Content-Type": "image/png",
                },
                "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]},
                "body": base64.b64encode(b"\x00\xff").decode(),
                "isBase64Encoded": True,
            }
        ).encode()
    )
    assert (reply.status, reply.body) == (201, b"\x00\xff")
    assert [value for name, value in reply.headers if name.lower() == "set-cookie"] == ["a=1", "b=2"]
    assert reply.header("x-one") == "1"
    assert reply.header("content-length") == ""


@pytest.mark.parametrize(
    ("accepts", "kind", "size", "zipped"),
    [
        ("gzip, deflate, br", "text/html; charset=utf-8", 1024, True),
        ("br;q=1.0, gzip;q=0.8", "application/problem+json", 5000, True),
        ("*", "application/atom+xml", 5000, True),
        ("gzip", "text/html", 1023, False),
        ("gzip;q=0", "text/html", 5000, False),
        ("br", "text/html", 5000, False),
        ("", "text/html", 5000, False),
        ("gzip", "image/png", 5000, False),
    ],
)
def test_text_is_compressed_for_those_who_take_it(accepts: str, kind: str, size: int, zipped: bool) -> None:
    echo = Echo({"statusCode": 200, "headers": {"Content-Type": kind}, "body": "x" * size})
    reply = Gateway(echo).answer(Request("GET", "/", headers=[("Accept-Encoding", accepts)]))
    assert (reply.header("content-encoding") == "gzip") is zipped
    assert (gzip.decompress(reply.body) if zipped else reply.body) == b"x" * size


@pytest.mark.parametrize(
    ("target", "split"),
    [
        ("/a?b=c?d", ("/a", "b=c?d")),
        ("http://127.0.0.1:8000/a?b", ("/a", "b")),
        ("http://127.0.0.1:8000", ("/", "")),
        ("/ü".encode().decode("latin-1"), ("/%C3%BC", "")),
        ("/%C3%BC", ("/%C3%BC", "")),
    ],
)
def test_request_target_is_split_and_quoted(target: str, split: tuple[str, str]) -> None:
    assert split_target(target) == split


def test_stage_is_the_one_that_is_deployed() -> None:
    assert gateway.configured_stage() == "blog"


# What follows goes over a socket.


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with Listener(0) as listener:
        listener.gateway = Gateway(make_app(), stage="blog")
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listener.port
        listener.shutdown()
        thread.join()


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    yield opened
    opened.close()


def raw(port: int, request: bytes) -> bytes:
    """Send bytes, then read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_only_loopback_listens(port: int) -> None:
    with Listener(0) as listener:
        assert listener.socket.getsockname()[0] == "127.0.0.1"


def test_connection_is_kept(connection: http.client.HTTPConnection) -> None:
    used = set()
    for body in (None, "a body", "another"):
        connection.request("POST", "/posts/x", body)
        with connection.getresponse() as response:
            assert (response.status, response.read()) == (200, b"x")
            assert response.headers["x-amzn-RequestId"]
        assert connection.sock
        used.add(connection.sock.getsockname())
    assert len(used) == 1


def test_nested_unknown_path_reaches_the_greedy_route(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/no/such/page")
    response = connection.getresponse()
    assert (response.status, response.read()) == (404, b"no such page")


def test_head_has_no_body_and_no_wrong_length(connection: http.client.HTTPConnection) -> None:
    for _ in range(2):
        connection.request("HEAD", "/posts/x")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"")
        assert response.headers["Content-Length"] is None


def test_chunked_body_is_put_together(connection: http.client.HTTPConnection) -> None:
    connection.request(
        "POST", "/posts/x", iter([b"one ", b"two"]), {"Content-Type": "text/plain"}, encode_chunked=True
    )
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"x")
    connection.request("GET", "/posts/after")
    assert connection.getresponse().read() == b"after"


def test_over_long_body_is_refused_with_an_answer(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", b"x" * (BODY_LIMIT + 1))
    response = connection.getresponse()
    assert response.status == 413
    assert "exceeded" in json.loads(response.read())["message"]


def test_over_long_body_is_refused_before_it_is_sent(port: int) -> None:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(head.encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_client_that_asks_first_is_told_to_go_on(port: int) -> None:
    head = b"POST /posts/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(head)
        assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"ok")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: -1", 400),
        (b"Content-Length: 1\r\nContent-Length: 2", 400),
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked", 400),
        (b"Transfer-Encoding: gzip", 400),
        (b"Transfer-Encoding: chunked\r\n\r\nzz", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef", 400),
        (b"Transfer-Encoding: chunked\r\n\r\nffffffff", 413),
        (b"X: " + b"x" * 10_300, 431),
        (b"X: y\r\n" * 200, 431),
        (b"X: " + b"x" * 70_000, 431),
    ],
)
def test_what_api_gateway_would_refuse_is_refused(port: int, head: bytes, status: int) -> None:
    answer = raw(port, b"POST /posts/x HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b'{"message": ' in answer


@pytest.mark.parametrize(
    "line", [b"GET\r\n", b"GET / HTTP/9.1\r\n", b"BREW / HTTP/1.1\r\n", b"GET /" + b"x" * 70_000]
)
def test_nonsense_gets_an_answer_in_json(port: int, line: bytes) -> None:
    answer = raw(port, line + b"\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
    assert b'{"message": ' in answer


def test_request_under_way_is_finished_before_the_end() -> None:
    entered, release = threading.Event(), threading.Event()

    class Slow(Echo):
        def __call__(self, event: dict[str, Any], context: Any) -> Any:
            entered.set()
            assert release.wait(30)
            return super().__call__(event, context)

    with Listener(0) as listener:
        listener.gateway = Gateway(Slow())
        serving = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        client = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=30)
        client.request("GET", "/")
        assert entered.wait(30)
        listener.shutdown()
        threading.Timer(0.05, release.set).start()
        listener.finish(30)
        assert client.getresponse().read() == b"ok"
        client.close()
        serving.join()


def test_many_threads_get_their_own_answers(port: int) -> None:
    wrong: list[tuple[str, bytes]] = []

    def ask(who: int) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in range(50):
            client.request("GET", f"/posts/{who}-{number}")
            if (got := client.getresponse().read()) != f"{who}-{number}".encode():
                wrong.append((f"{who}-{number}", got))
        client.close()

    threads = [threading.Thread(target=ask, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
