"""API Gateway on this machine: HTTP requests become REST proxy events for the entry point that Lambda calls.

What is imitated was read from events recorded on AWS: a trailing slash takes part in the event's path but
not in the choice of a route, path parameters stay percent-encoded, query parameters are decoded, and of a
repeated header or parameter the last value is the single one.
"""

import base64
import gzip
import json
import re
import sys
import time
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

from dev.router import Router

STAGE = "blog"
LAMBDA_LIMIT = 6 * 1024 * 1024
COMPRESS_FROM = 1024
TIMEOUT_SECONDS = 29
ACCOUNT, API_ID = "123456789012", "local"
CHALICE = Path(__file__).resolve().parents[1] / ".chalice"

# Headers that belong to one connection: API Gateway neither hands these on nor takes them from a function.
OF_THE_CONNECTION = {
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
}
OWN_HEADERS = OF_THE_CONNECTION | {"date", "server"}
TEXT = re.compile(r"text/|application/([\w.+-]*\+)?(json|xml|javascript)|image/svg\+xml", re.IGNORECASE)

Event = dict[str, Any]
Headers = list[tuple[str, str]]


class Application(Protocol):
    """What is needed of a `chalice.Chalice`."""

    routes: Any
    api: Any

    def __call__(self, event: Event, context: "Context", /) -> Any:
        """The entry point that Lambda calls."""


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came: the path percent-encoded, the query without its question mark."""

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    source_ip: str = "127.0.0.1"


@dataclass(frozen=True)
class Reply:
    """What goes back to the client; a header may occur twice."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """The value of the first such header, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass
class Context:
    """The context object of a Lambda invocation, as far as anyone reads it."""

    function_name: str = "parley-local"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 1024
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    deadline: float = field(default_factory=lambda: time.monotonic() + TIMEOUT_SECONDS)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the invocation."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class Gateway:
    """Answers requests for one Chalice application."""

    def __init__(self, app: Application, stage: str | None = None) -> None:
        self._app = app
        self._routes: Mapping[str, Mapping[str, object]] = app.routes
        self._binary = {kind.lower() for kind in app.api.binary_types}
        self._router = Router(self._routes)
        self._stage = stage or configured_stage()

    def answer(self, request: Request) -> Reply:
        """Route, invoke and, where the client wants it, compress."""
        event = self.event(request)
        if event is None:
            return missing()
        return compressed(invoke(self._app, event), request.headers)

    def event(self, request: Request) -> Event | None:
        """The REST proxy event for a request, or None where no route and method match."""
        path = self._without_stage(request.path)
        matched = self._router.match(path)
        if matched is None or request.method not in self._routes[matched[0]]:
            return None
        template, parameters = matched
        headers = [*_handed_on(request.headers), *_forwarded(request)]
        query = parse_qsl(request.query, keep_blank_values=True, errors="replace")
        return {
            "resource": template,
            "path": path,
            "httpMethod": request.method,
            "headers": dict(headers),
            "multiValueHeaders": grouped(headers),
            "queryStringParameters": dict(query) or None,
            "multiValueQueryStringParameters": grouped(query) or None,
            "pathParameters": parameters or None,
            "stageVariables": None,
            "requestContext": self._request_context(request, template),
            **self._body(request),
        }

    def _without_stage(self, path: str) -> str:
        """`/blog/posts/x` is the API's own address of what a custom domain serves as `/posts/x`."""
        if path == f"/{self._stage}" or path.startswith(f"/{self._stage}/"):
            return path.removeprefix(f"/{self._stage}") or "/"
        return path

    def _body(self, request: Request) -> Event:
        kind = last(request.headers, "content-type").partition(";")[0].strip().lower()
        try:
            text = request.body.decode("utf-8")
        except UnicodeDecodeError:
            text = None
        if text is None or (kind in self._binary and request.body):
            return {"body": base64.b64encode(request.body).decode("ascii"), "isBase64Encoded": True}
        return {"body": text or None, "isBase64Encoded": False}

    def _request_context(self, request: Request, template: str) -> Event:
        now = time.time()
        host = last(request.headers, "host")
        nobody = (
            "accessKey",
            "accountId",
            "caller",
            "cognitoIdentityId",
            "principalOrgId",
            "user",
            "userArn",
        )
        agent = last(request.headers, "user-agent") or None
        return {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            "domainName": host.partition(":")[0],
            "domainPrefix": host.partition(".")[0],
            "extendedRequestId": uuid.uuid4().hex[:16],
            "httpMethod": request.method,
            "identity": dict.fromkeys(nobody) | {"sourceIp": request.source_ip, "userAgent": agent},
            "path": request.path,
            "protocol": "HTTP/1.1",
            "requestId": str(uuid.uuid4()),
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "requestTimeEpoch": int(now * 1000),
            "resourceId": "local",
            "resourcePath": template,
            "stage": self._stage,
        }


def configured_stage() -> str:
    """The stage that `.chalice/config.json` deploys to."""
    config = json.loads((CHALICE / "config.json").read_text())
    found = [
        part["api_gateway_stage"] for part in config.get("stages", {}).values() if "api_gateway_stage" in part
    ]
    return str([*found, config.get("api_gateway_stage", STAGE)][0])


def grouped(pairs: Headers) -> dict[str, list[str]]:
    """Every value of each name, in order."""
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def last(headers: Headers, name: str) -> str:
    """The last value of a header, named in lower case, or nothing."""
    return next((value for key, value in reversed(headers) if key.lower() == name), "")


def _handed_on(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in OF_THE_CONNECTION]


def _forwarded(request: Request) -> Headers:
    came_from = last(request.headers, "x-forwarded-for")
    return [
        ("X-Forwarded-For", f"{came_from}, {request.source_ip}" if came_from else request.source_ip),
        ("X-Forwarded-Port", last(request.headers, "host").partition(":")[2] or "80"),
        ("X-Forwarded-Proto", "http"),
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"),
    ]


def invoke(app: Application, event: Event) -> Reply:
    """Call the function through JSON in both directions and within Lambda's limits; a fault is a 502."""
    payload = json.dumps(event, ensure_ascii=False).encode()
    if len(payload) > LAMBDA_LIMIT:
        return message(413, "Request Too Long")
    try:
        result = json.dumps(app(json.loads(payload), Context()), ensure_ascii=False).encode()
        reply = parse_result(result)
    except Exception:  # noqa: BLE001 (whatever a function raises, API Gateway answers 502)
        print(f"{event['httpMethod']} {event['path']} failed outside the application:", file=sys.stderr)
        traceback.print_exc()
        return message(502, "Internal server error")
    reply.headers.append(("x-amzn-RequestId", event["requestContext"]["requestId"]))
    return reply


def parse_result(payload: bytes) -> Reply:
    """Read a function's answer; raise on one that is too long for Lambda or malformed for API Gateway."""
    if len(payload) > LAMBDA_LIMIT:
        raise ValueError(f"the answer has {len(payload)} bytes, Lambda allows {LAMBDA_LIMIT}")
    result = json.loads(payload)
    many = {name.lower() for name in result.get("multiValueHeaders") or {}}
    headers = [(n, v) for n, v in (result.get("headers") or {}).items() if n.lower() not in many]
    headers += [(n, v) for n, values in (result.get("multiValueHeaders") or {}).items() for v in values]
    headers = [(name, str(value)) for name, value in headers if name.lower() not in OWN_HEADERS]
    for name, value in headers:
        if re.search(r"[\r\n\0]", name + value):
            raise ValueError(f"the header {name!r} holds a line break")
        value.encode("latin-1")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    text = "" if result.get("body") is None else result["body"]
    body = base64.b64decode(text) if result.get("isBase64Encoded") else text.encode()
    return Reply(int(result["statusCode"]), headers, body)


def compressed(reply: Reply, request_headers: Headers) -> Reply:
    """Compress text as the API's `minimum_compression_size` makes API Gateway do."""
    accepted = [part.replace(" ", "") for part in last(request_headers, "accept-encoding").lower().split(",")]
    wanted = any(re.fullmatch(r"(gzip|\*)(;q=(1(\.0*)?|0?\.\d*[1-9]\d*))?", part) for part in accepted)
    small = len(reply.body) < COMPRESS_FROM
    if (
        not wanted
        or small
        or reply.header("content-encoding")
        or not TEXT.match(reply.header("content-type"))
    ):
        return reply
    body = gzip.compress(reply.body, compresslevel=6, mtime=0)
    return Reply(reply.status, [*reply.headers, ("Content-Encoding", "gzip")], body)


def missing() -> Reply:
    """What the deployed API itself answers where no route and method match."""
    resources = json.loads((CHALICE / "resources.json").read_text())["Resources"]
    described = resources["RestAPI"]["Properties"]["GatewayResponses"]["MISSING_AUTHENTICATION_TOKEN"]
    page = described["ResponseTemplates"]["text/html"].replace("$context.requestId", str(uuid.uuid4()))
    return Reply(described["StatusCode"], [("Content-Type", "text/html")], page.encode())


def message(status: int, text: str) -> Reply:
    """An answer of API Gateway itself."""
    return Reply(status, [("Content-Type", "application/json")], json.dumps({"message": text}).encode())
