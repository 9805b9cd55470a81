"""What is said to DynamoDB, in its own form: keys, values, conditions, writes. Pure.

A value is str, int, bool, None, bytes, a list or a dict.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from chalicelib.core.values import value

Item = dict[str, Any]
Key = tuple[str, str]


class When:
    """A condition in DynamoDB's words, with `#name` for an attribute and `:value` for a value:
    `When("#version = :version", version=3)`.
    """

    def __init__(self, expression: str, **values: Any) -> None:
        self.expression = expression
        self.names = re.findall(r"#(\w+)", expression)
        self.values = values


ABSENT = When("attribute_not_exists(#pk)")
PRESENT = When("attribute_exists(#pk)")


def absent_or_expired(second: int) -> When:
    """No such item, or one whose time to live is over: engines delete late."""
    return When("attribute_not_exists(#pk) OR #ttl < :second", second=second)


@value
class Put:
    item: Item
    when: When | None = None


@value
class Update:
    """`put` sets attributes, `add` counts (and makes what is missing), `drop` removes. A dotted
    name reaches into a map.
    """

    key: Key
    put: Item = field(default_factory=dict)
    add: dict[str, int] = field(default_factory=dict)
    drop: Sequence[str] = ()
    when: When | None = None


@value
class Delete:
    key: Key
    when: When | None = None


@value
class Check:
    """Nothing is written; the transaction holds only if the condition does."""

    key: Key
    when: When


Write = Put | Update | Delete | Check


def wire_write(change: Write) -> tuple[str, Item]:
    """The operation's name within a transaction, and its arguments."""
    names: dict[str, str] = {}
    values: Item = {}
    arguments: Item
    if isinstance(change, Put):
        operation, arguments = "Put", {"Item": {n: to_wire(v) for n, v in change.item.items()}}
    elif isinstance(change, Update):
        operation, arguments = "Update", {"Key": wire_key(change.key)}
        arguments["UpdateExpression"] = _update_expression(change, names, values)
    else:
        operation = "Delete" if isinstance(change, Delete) else "ConditionCheck"
        arguments = {"Key": wire_key(change.key)}
    if change.when:
        arguments["ConditionExpression"] = change.when.expression
        names.update({f"#{name}": name for name in change.when.names})
        values.update({f":{name}": to_wire(value) for name, value in change.when.values.items()})
    if names:
        arguments["ExpressionAttributeNames"] = names
    if values:
        arguments["ExpressionAttributeValues"] = values
    return operation, arguments


def _update_expression(change: Update, names: dict[str, str], values: Item) -> str:
    def path(name: str) -> str:
        parts = name.split(".")
        names.update({f"#{_placeholder(part)}": part for part in parts})
        return ".".join(f"#{_placeholder(part)}" for part in parts)

    def value(kind: str, given: Any) -> str:
        mark = f":{kind}{len(values)}"
        values[mark] = to_wire(given)
        return mark

    sets = [f"{path(name)} = {value('put', given)}" for name, given in change.put.items()]
    adds = [f"{path(name)} {value('add', given)}" for name, given in change.add.items()]
    drops = [path(name) for name in change.drop]
    clauses = (("SET", sets), ("ADD", adds), ("REMOVE", drops))
    return " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses if parts)


def _placeholder(name: str) -> str:
    return re.sub(r"\W", "_", name)


def wire_key(key: Key) -> Item:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def to_wire(value: Any) -> Item:
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case bytes():
            return {"B": value}
        case list() | tuple():
            return {"L": [to_wire(part) for part in value]}
        case dict():
            return {"M": {name: to_wire(part) for name, part in value.items()}}
    raise TypeError(f"{type(value).__name__} cannot be stored")


def from_wire_item(item: Item) -> Item:
    # Most values are text: those take the short way.
    return {name: value["S"] if "S" in value else from_wire(value) for name, value in item.items()}


def from_wire(value: Item) -> Any:
    ((kind, content),) = value.items()
    if kind in ("S", "BOOL"):
        return content
    if kind == "N":
        return int(content) if content.lstrip("-").isdecimal() else float(content)
    if kind == "B":
        return b64decode(content)
    if kind == "L":
        return [from_wire(part) for part in content]
    if kind == "M":
        return from_wire_item(content)
    return None
