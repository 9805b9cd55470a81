"""Between Chalice and the rooms: routes, the way of a request, and its line in the log.

A room declares its routes on a `Routes` and writes views that take a `Request` and return an
`Answer`. This module turns one into the other, answers problems, and knows the framework.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import unquote, urlencode

from chalice.app import Chalice, Response
from chalice.app import Request as ChaliceRequest

from chalicelib.core import answers, log, table
from chalicelib.core.answers import Answer
from chalicelib.core.config import config
from chalicelib.core.problems import MethodNotAllowed, Problem, Unavailable
from chalicelib.core.requests import Principal, Request

View = Callable[..., Answer]
Endpoint = Callable[..., Response]
Authenticator = Callable[[Request, str], Principal]
ErrorPage = Callable[[Request, Problem], str]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_asked: ContextVar[ChaliceRequest] = ContextVar("asked")
_authenticator: Authenticator
_error_page: ErrorPage
_transport_security: Callable[[], str]


def use(authenticator: Authenticator, error_page: ErrorPage, transport_security: Callable[[], str]) -> None:
    """Called once by `app.py`, which may import what this module must not."""
    global _authenticator, _error_page, _transport_security
    _authenticator, _error_page, _transport_security = authenticator, error_page, transport_security


class Routes:
    """A room's routes: `@routes.get("/posts/{slug}")` above a view.

    With `scope`, the request must carry a token that has it; the view finds who that is in
    `request.principal`. Such a route refuses every query parameter that it does not take.
    """

    def __init__(self) -> None:
        self.endpoints: dict[str, dict[str, Endpoint]] = {}
        """{path: {method: what answers}}."""

    def get(
        self, path: str, *, scope: str | None = None, takes: tuple[str, ...] = ()
    ) -> Callable[[View], View]:
        return self._route(path, ["GET", "HEAD"], scope, takes)

    def post(
        self, path: str, *, scope: str | None = None, takes: tuple[str, ...] = ()
    ) -> Callable[[View], View]:
        return self._route(path, ["POST"], scope, takes)

    def patch(self, path: str, *, scope: str | None = None) -> Callable[[View], View]:
        return self._route(path, ["PATCH"], scope)

    def delete(
        self, path: str, *, scope: str | None = None, takes: tuple[str, ...] = ()
    ) -> Callable[[View], View]:
        return self._route(path, ["DELETE"], scope, takes)

    def every_method(self, path: str) -> Callable[[View], View]:
        return self._route(path, list(METHODS), None)

    def _route(
        self, path: str, methods: list[str], scope: str | None, takes: tuple[str, ...] = ()
    ) -> Callable[[View], View]:
        def register(view: View) -> View:
            def guarded(request: Request, **parameters: str) -> Answer:
                if scope:
                    request.principal = _authenticator(request, scope)
                    request.only_parameters(*takes)
                return view(request, **parameters)

            def endpoint(**parameters: str) -> Response:
                return _respond(guarded, parameters)

            self.endpoints.setdefault(path, {}).update(dict.fromkeys(methods, endpoint))
            return view

        return register


def serve(
    app: Chalice, *rooms: Routes, seldom: Mapping[str, Mapping[str, str]], binary: Iterable[str] = ()
) -> None:
    """Register the rooms' routes, and an answer for every method that a path does not take: the
    gateway would otherwise answer those itself, and wrongly (403). `seldom` are modules that are loaded
    with the first request to one of their routes: {module: {path: its methods}}; `binary` are the types of
    requests whose bytes the gateway hands on as they came.
    """
    app.register_middleware(_hold, "http")
    app.api.binary_types = list(binary)
    found: dict[str, dict[str, Endpoint]] = {}
    for room in rooms:
        for path, endpoints in room.endpoints.items():
            found.setdefault(path, {}).update(endpoints)
    for module, paths in seldom.items():
        for path, methods in paths.items():
            later = {method: _loaded(module, path, method) for method in methods.split()}
            found.setdefault(path, {}).update(later)
    for path, endpoints in found.items():
        for number, endpoint in enumerate(dict.fromkeys(endpoints.values())):
            own = [method for method in endpoints if endpoints[method] is endpoint]
            _register(app, path, own, endpoint, f"{path} {number}")
        if refused := [method for method in METHODS if method not in endpoints]:
            _register(app, path, refused, _refusing(", ".join(endpoints)), f"refuse {path}")


def _register(app: Chalice, path: str, methods: list[str], endpoint: Endpoint, name: str) -> None:
    # Chalice's own check of content types answers before a view could explain.
    app.route(path, methods=methods, content_types=[], name=name)(endpoint)


def _loaded(module: str, path: str, method: str) -> Endpoint:
    def endpoint(**parameters: str) -> Response:
        room: Routes = import_module(module).routes
        return room.endpoints[path][method](**parameters)

    return endpoint


def authenticate(request: Request, scope: str) -> Principal:
    """For views that take a token but do not demand one. Raises Unauthorized or Forbidden."""
    return _authenticator(request, scope)


def absolute(request: Request, path: str) -> str:
    """A full URL; `path` begins with a slash and has no stage in it."""
    return (config().public_url or request.origin + request.root) + path


def _refusing(allowed: str) -> Callable[..., Response]:
    def refuse(_: Request, **__: str) -> Answer:
        raise MethodNotAllowed(f"This address takes {allowed}.", headers={"Allow": allowed})

    return lambda **parameters: _respond(refuse, parameters)


def _hold(request: ChaliceRequest, get_response: Callable[[ChaliceRequest], Response]) -> Response:
    # Chalice keeps the current request on the app, which threads would share.
    held = _asked.set(request)
    try:
        return get_response(request)
    finally:
        _asked.reset(held)


def _respond(view: View, parameters: dict[str, str]) -> Response:
    began = time.perf_counter()
    request = read_request(_asked.get())
    log.begin(request.id)
    problem: Problem | None = None
    meter = table.start_meter()
    try:
        answer = view(request, **{name: unquote(part) for name, part in parameters.items()})
        answer = _in_its_place(request, answer)
    except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
        problem = error if isinstance(error, Problem) else _unexpected(error)
        answer = _answer_problem(request, problem)
    _log(request, answer, problem, time.perf_counter() - began, meter)
    return _finish(request, answer)


def _in_its_place(request: Request, answer: Answer) -> Answer:
    """One address a page: slashes too many, which the gateway overlooks, are led to the one without. An
    answer that leads elsewhere, or says that there is nothing, stands as it is: nobody is led twice.
    """
    if not request.is_misspelt or answer.status not in (200, 304) or request.method not in ("GET", "HEAD"):
        return answer
    query = f"?{urlencode(request.query, doseq=True, errors='replace')}" if request.query else ""
    return answers.redirect(f"{request.root}{request.path}{query}", 301)


def _answer_problem(request: Request, problem: Problem) -> Answer:
    if not request.wants_html:
        return answers.of_problem(problem, request.id)
    try:
        page = _error_page(request, problem)
    except Exception as error:  # noqa: BLE001 - then without its page
        log.fault(error, "an error without its page")
        return answers.of_problem(problem, request.id)
    return answers.html(page, {**answers.PRIVATE, **problem.headers}, problem.status)


def _unexpected(error: Exception) -> Problem:
    log.fault(error, "500")
    return Problem("This is a fault of the blog, not of yours. It has been noted under the id given here.")


def _finish(request: Request, answer: Answer) -> Response:
    body = "" if request.method == "HEAD" else answer.body
    own = {"Strict-Transport-Security": _transport_security(), "X-Request-Id": request.id}
    headers: dict[str, str | list[str]] = {**answers.security(config().media_url), **answer.headers, **own}
    return _Text(body, headers, answer.status)


class _Text(Response):
    """Every answer is text: its type need not be compared with those of binary requests once more."""

    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:
        del binary_types
        return super().to_dict()


def _log(
    request: Request, answer: Answer, problem: Problem | None, seconds: float, meter: table.Meter
) -> None:
    line: dict[str, Any] = {
        "level": "info" if answer.status < 500 else "error",
        "method": request.method,
        "route": request.route,
        "status": answer.status,
        "ms": round(seconds * 1000, 1),
        "calls": meter.calls,
        "units": meter.units,
    }
    if problem:
        line["problem"] = problem.title
    if isinstance(problem, Unavailable):
        line["cause"] = problem.cause
    log.write(**line)


@cache
def _segments(route: str) -> int:
    return len([part for part in route.split("/") if part])


def read_request(asked: ChaliceRequest) -> Request:
    """From the gateway's event. What stands before the route's own segments is the stage (or a
    base path), and every link must begin with it.
    """
    real, route = str(asked.context.get("path") or asked.path), asked.path
    segments = [part for part in real.split("/") if part]
    own = _segments(route)
    if route.endswith("{proxy+}"):
        own += len([part for part in (asked.uri_params or {}).get("proxy", "").split("/") if part]) - 1
    root = "".join(f"/{part}" for part in segments[: max(0, len(segments) - own)])
    path = "/" + "/".join(segments[len(segments) - own :] if own else [])
    host = str(asked.context.get("domainName") or "localhost")
    query = asked.to_original_event()["multiValueQueryStringParameters"] or {}
    return Request(
        id=str(asked.context.get("requestId", "")),
        method=asked.method,
        path=path,
        is_misspelt=path != (real[len(root) :] or "/"),
        route=route,
        root=root,
        origin=f"https://{host}",
        headers=asked.headers,
        query=query,
        body=raw if isinstance(raw := asked.raw_body, bytes) else raw.encode(),
        network=str(asked.context.get("identity", {}).get("sourceIp") or ""),
    )
