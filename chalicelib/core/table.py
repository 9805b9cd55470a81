"""The one table. This is the only module that speaks DynamoDB.

An item is a plain dict with its keys (`pk`, `sk`) in it. Values are str, int, bool, None, bytes,
lists and dicts. Sort keys are made of characters above `!` and below `~`, so that a bound just
after or just before a key can be written down.

Writes are small values (`Put`, `Update`, `Delete`), run alone by `write` or together by
`transact`, each with a condition where two writers could meet. A condition that fails raises
`Refused`, which says which of the writes it was.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from chalicelib.core.config import config
from chalicelib.core.problems import Unavailable
from chalicelib.core.values import value
from chalicelib.core.wire import (
    ABSENT,
    PRESENT,
    Check,
    Delete,
    Item,
    Key,
    Put,
    Update,
    When,
    Write,
    absent_or_expired,
    from_wire_item,
    wire_key,
    wire_write,
)

__all__ = [
    "ABSENT",
    "PRESENT",
    "Check",
    "Delete",
    "Item",
    "Key",
    "Page",
    "Put",
    "Refused",
    "Update",
    "When",
    "Write",
    "absent_or_expired",
]

T = TypeVar("T")
U = TypeVar("U")

TRIES = 6
MOST_KEYS = 100
LONGEST_PK, LONGEST_SK = 2048, 1024
INDEX_KEYS = {None: ("pk", "sk"), "list": ("lpk", "lsk"), "work": ("wpk", "wsk")}

_CONDITION = "ConditionalCheckFailedException"
_CONFLICT = "TransactionConflictException"
_CANCELLED = "TransactionCanceledException"
_PASSING = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_MISTAKES = {"ValidationException", "SerializationException", "ResourceNotFoundException"}


class Refused(Exception):
    """A condition did not hold. `positions` are those of the writes whose condition it was."""

    def __init__(self, positions: Iterable[int]) -> None:
        self.positions = frozenset(positions)
        super().__init__(f"refused at {sorted(self.positions)}")


# --- reading ---------------------------------------------------------------------------------


def get(key: Key, *, consistent: bool = True) -> Item | None:
    if not _is_possible(key):
        return None
    found = _call("get_item", Key=wire_key(key), ConsistentRead=consistent).get("Item")
    return from_wire_item(found) if found else None


def batch_get(keys: Iterable[Key], *, consistent: bool = False) -> dict[Key, Item]:
    """A hundred items a round trip; what does not exist is left out."""
    wanted = [wire_key(key) for key in dict.fromkeys(keys) if _is_possible(key)]
    found: dict[Key, Item] = {}
    for start in range(0, len(wanted), MOST_KEYS):
        found |= _batch(wanted[start : start + MOST_KEYS], consistent)
    return found


def _batch(wanted: list[Item], consistent: bool) -> dict[Key, Item]:
    name = config().table_name
    found: dict[Key, Item] = {}
    for attempt in range(TRIES):
        pause(attempt)
        ask = {name: {"Keys": wanted, "ConsistentRead": consistent}}
        answer = _call("batch_get_item", RequestItems=ask)
        for item in map(from_wire_item, answer["Responses"].get(name, [])):
            found[item["pk"], item["sk"]] = item
        wanted = answer.get("UnprocessedKeys", {}).get(name, {}).get("Keys", [])
        if not wanted:
            break
    if wanted:
        raise Unavailable
    return found


def query(
    pk: str,
    *,
    limit: int,
    start: str = "",
    end: str = "",
    index: str | None = None,
    forward: bool = True,
    consistent: bool = False,
    only: Sequence[str] = (),
) -> list[Item]:
    """The first `limit` items of a partition with `start <= sort key <= end`, in its order. Where `only`
    some attributes are wanted, the others stay where they are, and are paid for all the same.

    Fewer come back only where there are no more: pages of the service (1 MB) are joined.
    """
    if not _is_possible((pk, start or "-")):
        return []
    condition, values = _range(pk, start, end)
    names = dict(zip(("#p", "#s"), INDEX_KEYS[index], strict=True))
    arguments: Item = {
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names if "#s" in condition else {"#p": names["#p"]},
        "ExpressionAttributeValues": values,
        "ScanIndexForward": forward,
        **({"IndexName": index} if index else {"ConsistentRead": consistent}),
    }
    if only:
        wanted = {f"#o{at}": name for at, name in enumerate(only)}
        arguments["ExpressionAttributeNames"] |= wanted
        arguments["ProjectionExpression"] = ", ".join(wanted)
    items: list[Item] = []
    while len(items) < limit:
        answer = _call("query", Limit=limit - len(items), **arguments)
        items += map(from_wire_item, answer["Items"])
        if "LastEvaluatedKey" not in answer:
            break
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return items


@value
class Page(Generic[T]):
    """A part of a partition, in the order in which it was asked for."""

    items: list[T]
    first: str
    """The sort key of its first item, readable or not; empty where there is none."""
    last: str
    more: bool
    """Whether the partition goes on after `last`."""
    beyond: T | None
    """The item after `last`, if it can be read."""

    def decoded(self, decode: Callable[[T], U | None]) -> Page[U]:
        """Without the items that `decode` cannot read; they cost themselves, not what follows."""
        readable = [found for item in self.items if (found := decode(item)) is not None]
        beyond = None if self.beyond is None else decode(self.beyond)
        return Page(readable, self.first, self.last, self.more, beyond)

    def reversed(self) -> Page[T]:
        """In the other order; `more` and `beyond` are then about what comes before it."""
        return Page(self.items[::-1], self.last, self.first, self.more, self.beyond)


def page(
    pk: str, *, limit: int, start: str = "", end: str = "", index: str | None = None, forward: bool = True
) -> Page[Item]:
    """`query`, and whether there is more: one item beyond the page is read to tell."""
    found = query(pk, limit=limit + 1, start=start, end=end, index=index, forward=forward)
    return cut(found, limit, INDEX_KEYS[index][1])


def cut(found: Sequence[Item], limit: int, sort_key: str = "sk") -> Page[Item]:
    """The first `limit` of the items that were found, as a page."""
    items, beyond = list(found[:limit]), found[limit] if len(found) > limit else None
    first, last = (items[0][sort_key], items[-1][sort_key]) if items else ("", "")
    return Page(items, first, last, beyond is not None, beyond)


def just_after(sort_key: str) -> str:
    return sort_key + "!"


def just_before(sort_key: str) -> str:
    return sort_key[:-1] + chr(ord(sort_key[-1]) - 1) + "~"


def _range(pk: str, start: str, end: str) -> tuple[str, Item]:
    values = {":p": {"S": pk}}
    if start:
        values[":a"] = {"S": start}
    if end:
        values[":b"] = {"S": end}
    if start and end:
        return "#p = :p AND #s BETWEEN :a AND :b", values
    return "#p = :p" + (" AND #s >= :a" if start else " AND #s <= :b" if end else ""), values


# --- writing ---------------------------------------------------------------------------------


def write(change: Write) -> None:
    """One item. Raises Refused (position 0) where the condition does not hold."""
    operation, arguments = wire_write(change)
    _insist(lambda _: _call(f"{operation.lower()}_item", **arguments))


def transact(changes: Callable[[int], Sequence[Write]] | Sequence[Write]) -> None:
    """All or nothing. Raises Refused where a condition does not hold.

    DynamoDB cancels transactions that meet on an item, and the SDK does not try those again; here
    they are, with jitter. `changes` may be a function of the attempt, for writes that should go
    to another item after a conflict (a sharded tally).
    """

    def call(attempt: int) -> None:
        writes = changes(attempt) if callable(changes) else changes
        _call("transact_write_items", TransactItems=[_transact_item(change) for change in writes])

    _insist(call)


def _insist(call: Callable[[int], object]) -> None:
    """Try again what met another write on an item; not what a condition refused."""
    for attempt in range(TRIES):
        pause(attempt)
        try:
            call(attempt)
        except _Cancelled as cancelled:
            if refused := cancelled.refused():
                raise Refused(refused) from cancelled
        else:
            return
    raise Unavailable


def pause(attempt: int) -> None:
    """Wait a little before another try, each time longer and never the same; not before the first."""
    if attempt:
        time.sleep(random.uniform(0, 0.02 * 2**attempt))


def _transact_item(change: Write) -> Item:
    operation, arguments = wire_write(change)
    return {operation: {"TableName": config().table_name, **arguments}}


def _is_possible(key: Key) -> bool:
    """Whether the service takes such a key at all; what it does not take is not there."""
    pk, sk = key
    return 0 < len(pk.encode()) <= LONGEST_PK and 0 < len(sk.encode()) <= LONGEST_SK


# --- the client ------------------------------------------------------------------------------


@dataclass(slots=True)
class Meter:
    """What a request has cost so far: round trips, and capacity units as the service counts them."""

    calls: int = 0
    units: float = 0.0


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)


def start_meter() -> Meter:
    """From now on calls are counted here, until another one is started."""
    meter = Meter()
    _meter.set(meter)
    return meter


def count_call() -> None:
    """A round trip to another service counts like one to this."""
    if meter := _meter.get():
        meter.calls += 1


@cache
def client() -> Any:
    """Made on first use and kept: one pool of connections a process."""
    from chalicelib.core.aws import dynamodb

    return dynamodb()


class _Cancelled(Exception):
    """A write that the service did not do, with its reason for each item, in their order."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes

    def refused(self) -> list[int]:
        """Where a condition failed; empty where another try may succeed."""
        return [at for at, code in enumerate(self.codes) if code == "ConditionalCheckFailed"]


def _call(operation: str, **arguments: Any) -> Item:
    """Every call to the service goes through here."""
    if operation not in ("batch_get_item", "transact_write_items"):
        arguments["TableName"] = config().table_name
    count_call()
    try:
        answer: Item = getattr(client(), operation)(ReturnConsumedCapacity="TOTAL", **arguments)
    except Exception as error:
        raise _translate(error) from error
    if meter := _meter.get():
        used = answer.get("ConsumedCapacity", [])
        meter.units += sum(part["CapacityUnits"] for part in ([used] if isinstance(used, dict) else used))
    return answer


def _translate(error: Exception) -> Exception:
    """The SDK's exceptions: a condition, a passing fault (503), or a mistake of ours (as it is)."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, BotoCoreError):
        return Unavailable(cause=type(error).__name__)
    if not isinstance(error, ClientError):
        return error
    code = error.response.get("Error", {}).get("Code", "")
    if code == _CONDITION:
        return _Cancelled(["ConditionalCheckFailed"])
    if code == _CONFLICT:
        return _Cancelled(["TransactionConflict"])
    reasons = [str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])]
    if code == _CANCELLED and set(reasons) <= _PASSING | {"ConditionalCheckFailed"}:
        return _Cancelled(reasons)
    return error if code in _MISTAKES or code == _CANCELLED else Unavailable(cause=code)
