"""Mails as those to whom they go read them, and readers who want some."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from chalicelib.comments.actions import change_comment
from chalicelib.comments.model import Comment, split_id
from chalicelib.core import events, table
from chalicelib.core.config import config
from chalicelib.people import store as people
from chalicelib.people.actions import person_of
from chalicelib.people.model import Mailbox
from tests.blog import Blog

HOST = "https://letters.example"
AUTHOR = "maren@author.example"
ANN, BO = "ann@reader.example", "bo@reader.example"


@dataclass(frozen=True)
class Got:
    to: str
    subject: str
    text: str
    html: str
    message: EmailMessage

    def link(self, holding: str) -> str:
        """The path of the one link of the text whose address holds that."""
        (found,) = {url for url in re.findall(rf"{HOST}(/\S+)", self.text) if holding in url}
        return str(found)


class Office:
    """The folder in which mails are written down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self, to: str = "") -> list[Got]:
        """In the order in which they were sent."""
        read = [self._read(file) for file in sorted(self.folder.glob("*.eml"))]
        return [got for got in read if to in ("", got.to)]

    def readers(self) -> list[Got]:
        """Those that are not the author's."""
        return [got for got in self.all() if got.to != AUTHOR]

    def one(self, to: str) -> Got:
        (got,) = self.all(to)
        return got

    def empty(self) -> None:
        for file in self.folder.glob("*.eml"):
            file.unlink()

    def _read(self, file: Path) -> Got:
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        parts = {
            part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()
        }
        assert set(parts) == {"text/plain", "text/html"}
        return Got(
            str(message["To"]), str(message["Subject"]), parts["text/plain"], parts["text/html"], message
        )


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Mail is on from now on."""
    monkeypatch.setenv("PUBLIC_URL", HOST)
    monkeypatch.setenv("MAIL_FROM", "blog@letters.example")
    monkeypatch.setenv("MAIL_FOLDER", str(folder))
    config.cache_clear()
    return Office(folder)


def say(
    blog: Blog,
    email: str,
    *,
    visitor: str = "browser",
    slug: str = "open",
    body: str = "I agree.",
    status: str = "approved",
    wants_mail: bool = True,
    network: str = "203.0.113.9",
    **fields: Any,
) -> str:
    """What somebody writes who asks to be told of answers; the full id."""
    sent = json.dumps({"name": "Ann", "body": body, "email": email, **fields})
    headers = {"Content-Type": "application/json"}
    got = blog.send("POST", f"/posts/{slug}/comments", body=sent, headers=headers, source_ip=network)
    assert got.status == 201, got.text
    full_id = str(got.json["id"])

    def asking(before: Comment) -> Comment:
        return replace(before, visitor=visitor, wants_mail=wants_mail, version=before.version + 1)

    change_comment(full_id, asking)
    person, ids = person_of(email), split_id(full_id)
    assert ids
    table.write(people.put_said(person, *ids))
    if wants_mail and not people.find_mailbox(person, visitor):
        table.write(people.put_mailbox(Mailbox(person, visitor, email)))
    if status != "pending":
        decide(blog, full_id, status)
    return full_id


def decide(blog: Blog, full_id: str, status: str) -> None:
    assert blog.api("PATCH", f"/api/comments/{full_id}", status=status).status == 200


def confirmed(email: str, visitor: str = "browser") -> None:
    table.write(people.confirm_mailbox(person_of(email), visitor))


def tick() -> None:
    """All that is due is done."""
    events.run_tick(45)


def kept(blog: Blog, word: str) -> Sequence[dict[str, Any]]:
    """Items of the table in which a word stands anywhere."""
    return [item for item in blog.everything() if word.casefold() in repr(item).casefold()]
