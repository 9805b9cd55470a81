"""Faults of the storage, on purpose: an answer replaced, a request or its reply lost, a death between.

    with Faults(table.client()) as faults:
        faults.on("TransactWriteItems", lost_reply())

They sit below the SDK's own retries, where the network is, so they need an engine behind a socket.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

Send = Callable[[Any], Any]
Fault = Callable[[Any, Send], Any]
"""Given the HTTP request and what would send it; returns an answer or raises."""
Body = dict[str, Any]
T = TypeVar("T")

REST = {"/v2/email/outbound-emails": "SendEmail"}
"""Operations of services that name them by their path."""


class Died(BaseException):
    """What it looks like from inside when a function is stopped: nothing may catch it."""


# --- faults ----------------------------------------------------------------------------------


def error(code: str, status: int = 400, **extra: Any) -> Fault:
    """An error answered in the service's place; nothing is applied."""

    def fault(request: Any, _: Send) -> Any:
        return _error_answer(request, code, status, extra)

    return fault


def throttled() -> Fault:
    return error("ProvisionedThroughputExceededException")


def cancelled(*reasons: str) -> Fault:
    """A transaction refused, with the reason of each of its writes."""
    return error("TransactionCanceledException", CancellationReasons=[{"Code": reason} for reason in reasons])


def answered(**body: Any) -> Fault:
    """A good answer in the place of a service that no engine here speaks."""

    def fault(request: Any, _: Send) -> Any:
        return AWSResponse(request.url, 200, _headers(), _Raw(json.dumps(body).encode()))

    return fault


def _raising(make: Callable[[Any], BaseException], *, applied: bool) -> Fault:
    def fault(request: Any, send: Send) -> Any:
        if applied:
            send(request)
        raise make(request)

    return fault


def closed() -> Fault:
    """The connection ends while the answer is waited for."""
    return _raising(lambda request: ConnectionClosedError(endpoint_url=request.url), applied=False)


def lost_request() -> Fault:
    return _raising(lambda request: ReadTimeoutError(endpoint_url=request.url), applied=False)


def lost_reply() -> Fault:
    return _raising(lambda request: ReadTimeoutError(endpoint_url=request.url), applied=True)


def forgotten() -> Fault:
    """The service does not know a transaction again by its token: it forgets them after ten minutes,
    and some engines never look."""

    def fault(request: Any, send: Send) -> Any:
        token = json.loads(request.body)["ClientRequestToken"]
        request.body = request.body.replace(token.encode(), str(uuid4()).encode())
        return send(request)

    return fault


def refused() -> Fault:
    """Nobody listens: the region is down."""
    return _raising(lambda request: EndpointConnectionError(endpoint_url=request.url), applied=False)


def die_before() -> Fault:
    return _raising(lambda _: Died(), applied=False)


def die_after() -> Fault:
    return _raising(lambda _: Died(), applied=True)


# --- putting them in the way -----------------------------------------------------------------


class _InTheWay(AbstractContextManager[Any]):
    """Stands between a client and the network."""

    def __init__(self, client: Any) -> None:
        self._endpoint = client._endpoint
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._send: Send = self._endpoint._send
        self._endpoint._send = self._pass
        return self

    def __exit__(self, *_: object) -> None:
        self._endpoint._send = self._send

    def _pass(self, request: Any) -> Any:
        raise NotImplementedError


@dataclass(slots=True)
class _Rule:
    operation: str
    fault: Fault
    times: int
    skip: int


class Faults(_InTheWay):
    """Records every attempt, and applies faults to those that were chosen."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.requests: list[tuple[str, Body]] = []
        self._rules: list[_Rule] = []

    @property
    def calls(self) -> list[str]:
        """The operations, SDK retries included."""
        return [operation for operation, _ in self.requests]

    def on(self, operation: str, fault: Fault, times: int = 1, skip: int = 0) -> None:
        """`times` matching calls fail after `skip` that do not; `*` is any operation."""
        self._rules.append(_Rule(operation, fault, times, skip))

    @property
    def waits(self) -> bool:
        """Whether something that was chosen has not happened yet."""
        return any(rule.times for rule in self._rules)

    def clear(self) -> None:
        self._rules.clear()
        self.requests.clear()

    def _pass(self, request: Any) -> Any:
        operation, body = read_call(request)
        with self._lock:
            self.requests.append((operation, body))
            fault = self._next_fault(operation)
        return fault(request, self._send) if fault else self._send(request)

    def _next_fault(self, operation: str) -> Fault | None:
        for rule in self._rules:
            if rule.operation not in (operation, "*") or not rule.times:
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            rule.times -= 1
            return rule.fault
        return None


class Conflicts(_InTheWay):
    """Cancels a transaction that meets another one on an item, as DynamoDB does and no local engine."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.met = 0
        self._in_flight: list[tuple[str, str]] = []

    def _pass(self, request: Any) -> Any:
        operation, body = read_call(request)
        if operation != "TransactWriteItems":
            return self._send(request)
        keys = [_key_of(write) for write in body["TransactItems"]]
        with self._lock:
            reasons = ["TransactionConflict" if key in self._in_flight else "None" for key in keys]
            if "TransactionConflict" in reasons:
                self.met += 1
                return cancelled(*reasons)(request, self._send)
            self._in_flight += keys
        try:
            return self._send(request)
        finally:
            with self._lock:
                for key in keys:
                    self._in_flight.remove(key)


def read_call(request: Any) -> tuple[str, Body]:
    """The operation of an HTTP request, and what it asks."""
    target = request.headers.get("X-Amz-Target", REST.get(urlsplit(request.url).path))
    operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
    return operation, json.loads(request.body or b"{}")


def _key_of(write: Body) -> tuple[str, str]:
    ((_, arguments),) = write.items()
    key = arguments.get("Key") or arguments["Item"]
    return key["pk"]["S"], key["sk"]["S"]


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()


def _error_answer(request: Any, code: str, status: int, extra: Body) -> Any:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "injected", **extra}
    return AWSResponse(request.url, status, _headers(), _Raw(json.dumps(body).encode()))


def _headers() -> Any:
    return {"x-amzn-RequestId": "FAULT", "Content-Type": "application/x-amz-json-1.0"}


# --- at the same time ------------------------------------------------------------------------


def at_once(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Run each task in a thread of its own, all let go at the same moment; their results in order."""
    gate = threading.Barrier(len(tasks))
    results: dict[int, T] = {}
    raised: list[BaseException] = []

    def run(number: int, task: Callable[[], T]) -> None:
        gate.wait()
        try:
            results[number] = task()
        except BaseException as error_:  # noqa: BLE001 - raised again below, in the test's own thread
            raised.append(error_)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
    return [results[number] for number in range(len(tasks))]
