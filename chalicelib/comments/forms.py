"""Forms of readers: what they sent, and what is wrong with it in their own language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.comments.model import COMMENT_FIELDS
from chalicelib.core.fields import Fields, Flag
from chalicelib.core.problems import Invalid
from chalicelib.core.text import plain_name
from chalicelib.core.words import Words

NEEDED = ("name", "body")


def read_form(fields: Fields, typed: Mapping[str, str]) -> dict[str, Any]:
    """The fields that are declared, and no other: a form has buttons and marks of its own. A tick is a
    flag. Raises Invalid with every wrong field.
    """
    sent: dict[str, Any] = {name: "" for name in NEEDED if name in fields.names}
    for name in fields.names & typed.keys():
        sent[name] = bool(typed[name]) if isinstance(fields.declared[name], Flag) else typed[name]
    read = fields.read(sent)
    if read.get("notify") and not read.get("email"):
        raise Invalid("email", "“email” is missing")
    return read


def fault_of(words: Words, name: str, value: str, detail: str) -> str:
    """What is wrong with a field, as readers are told; `detail` where nothing better is known."""
    if name.startswith("form."):
        return words.plain(name)
    limit = getattr(COMMENT_FIELDS.declared.get(name), "limit", 0)
    if len(value.encode(errors="replace")) > limit:
        fault = "long"
    elif name in ("email", "website"):
        fault = "wrong" if value else "empty"
    else:
        fault = "odd" if plain_name(value) else "empty"
    key = f"form.{name}.{fault}"
    return words.plain(key, limit=words.number(limit)) if key in words else detail
