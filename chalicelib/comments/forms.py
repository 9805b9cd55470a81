"""Forms of readers: what they sent, and what is wrong with it in their own language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.comments.model import COMMENT_FIELDS
from chalicelib.core.fields import Fields, Flag, Text
from chalicelib.core.problems import Invalid, Problem
from chalicelib.core.text import plain_name
from chalicelib.core.words import Words

NEEDED = ("name", "body")
IN_FORM = ("body", "name", "email", "website")
"""The fields of a form as they follow one another (`templates/comments/_form.html`)."""


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


def faults_of(words: Words, problem: Problem, typed: Mapping[str, str]) -> dict[str, str]:
    """{field: what is wrong with it}, in the order in which the form has its fields."""
    found = {error["field"]: error["detail"] for error in problem.errors}
    order = {name: place for place, name in enumerate(IN_FORM)}
    names = sorted(found, key=lambda name: order.get(name, len(order)))
    return {name: fault_of(words, name, typed.get(name, ""), found[name]) for name in names}


def fault_of(words: Words, name: str, value: str, detail: str) -> str:
    """What is wrong with a field, as readers are told; `detail` where nothing better is known."""
    if name.startswith("form."):
        return words.plain(name)
    if (long := f"form.{name}.long") in words and (over := _letters_over(name, value)):
        return words.count(long, over).unescape()
    if name in ("email", "website"):
        fault = "wrong" if value else "empty"
    else:
        fault = "odd" if plain_name(value) else "empty"
    key = f"form.{name}.{fault}"
    return words.plain(key) if key in words else detail


def _letters_over(name: str, value: str) -> int:
    """How many letters must be taken from the end of a value until it fits. The limit itself is in bytes, and
    says nothing to somebody whose letters have two or three.
    """
    field = COMMENT_FIELDS.declared.get(name)
    if not isinstance(field, Text):
        return 0
    text = value.replace("\r\n", "\n") if field.lines else value.strip()
    return len(text) - len(text.encode(errors="replace")[: field.limit].decode(errors="ignore"))
