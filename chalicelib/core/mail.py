"""Mail: written, sent once, and threaded. Only jobs send it.

| pk | sk | holds |
|----|----|-------|
| `SENT#id` | `-` | `at`, `by`, `sent`, `ttl` |

The item is written right before the mail is handed on, and says afterwards that it was. Where the call was
certainly refused it is removed, and the job is tried again. Where nobody knows, it stays: a mail may be lost
then, but never comes twice (docs/decisions/0016-mail-once.md).
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.core import clock, log, table, text
from chalicelib.core.config import config
from chalicelib.core.jobs import LEASE
from chalicelib.core.table import Delete, Key, Put, Refused, Update, When, absent_or_expired
from chalicelib.core.values import value

REMEMBERED = timedelta(days=30)
"""A job is given up long before."""
LONGEST_ADDRESS = 254
LONGEST_LINE = 300
"""Letters of a subject or a name; nobody reads more of them in a list of mails."""
LONGEST_URL = 900
WORD_BYTES = 45
"""Of text in an encoded word: 60 characters of base64, with 12 around them."""

_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII | re.IGNORECASE)
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.ASCII)
_PLAIN = re.compile(r"(?!.*=\?)[ -~]{0,60}")
_PHRASE = re.compile(r"(?!.{61})[A-Za-z0-9]+( [A-Za-z0-9]+)*")
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

# Another try would be refused for the same reason.
_FOR_GOOD = {"MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException"}


@value
class Mail:
    id: str
    """What makes it this mail and no other: a second one of the same id is not sent."""
    to: str
    subject: str
    text: str
    html: str
    thread: str = ""
    """Mails of one thread are shown together. They name it, and not each other: SES gives each of them a
    Message-ID of its own."""
    unsubscribe: str = ""
    """A URL at which a POST, without a question, ends such mails to this address (RFC 8058)."""
    sender: str = ""
    """Whom it is from, in words, such as the blog's title."""

    @property
    def key(self) -> Key:
        return f"SENT#{_token(self.id)}", "-"


class Undeliverable(ValueError):
    """No mail can go to such an address."""


class Unsent(Exception):
    """The mail was certainly not sent, and another try may succeed."""


class Underway(Unsent):
    """Somebody else is sending it right now."""


def is_configured() -> bool:
    return bool(config().mail_from)


def send_once(mail: Mail) -> bool:
    """Hand a mail on, unless that has happened before. Whether it was handed on by this call: not where it
    was sent earlier or may have been, where it can never be, and where mail is off.

    Raises where it was not sent but may be later; the job that calls this is then tried again.
    """
    if not is_configured():
        return False
    try:
        raw = compose(mail)
    except Undeliverable:
        log.write(level="warning", event="mail refused", why="address")
        return False
    by = text.new_id(clock.precisely())
    if not _claim(mail, by):
        return False
    return _hand_on(mail, raw, by)


# --- once ------------------------------------------------------------------------------------


def _claim(mail: Mail, by: str) -> bool:
    """Whether it is ours to send: not where it is known to be sent, or where nobody can know."""
    now = clock.now()
    marker = {"pk": mail.key[0], "sk": "-", "at": clock.stamp(now), "by": by}
    ttl = {"ttl": int((now + REMEMBERED).timestamp())}
    try:
        table.write(Put({**marker, **ttl}, absent_or_expired(int(now.timestamp()))))
    except Refused:
        return _is_ours(mail, by)
    except Exception:
        # Nobody knows whether it was written, but nothing was sent.
        _release(mail, by)
        raise
    return True


def _is_ours(mail: Mail, by: str) -> bool:
    found = table.get(mail.key)
    if found and found.get("by") == by:
        # The answer to a first try got lost.
        return True
    if found and found.get("sent") is True:
        return False
    at = clock.known(found.get("at")) if found else clock.now()
    if at and at + LEASE > clock.now():
        raise Underway
    # Whoever began to send it was stopped before or after that: nobody knows.
    log.write(level="error", event="mail unclear", why="stopped")
    return False


def _release(mail: Mail, by: str) -> None:
    try:
        table.write(Delete(mail.key, When("#by = :by", by=by)))
    except Refused:
        pass
    except Exception as error:  # noqa: BLE001 - it will count as unclear, which is logged then
        log.fault(error, "mail, to be released")


def _hand_on(mail: Mail, raw: bytes, by: str) -> bool:
    try:
        _deliver(mail, raw)
    except Exception as error:
        why = _refusal(error)
        if why is None:
            log.fault(error, "mail unclear")
            return False
        _release(mail, by)
        if why in _FOR_GOOD:
            log.write(level="error", event="mail refused", why=why)
            return False
        log.write(level="warning", event="mail not sent", why=why)
        raise Unsent(why) from error
    _note_sent(mail, by)
    return True


def _note_sent(mail: Mail, by: str) -> None:
    try:
        table.write(Update(mail.key, put={"sent": True}, when=When("#by = :by", by=by)))
    except Exception as error:  # noqa: BLE001 - it is sent; another try will find it unclear, and not send it
        log.fault(error, "mail, to be noted as sent")


# --- where it goes ---------------------------------------------------------------------------


def _deliver(mail: Mail, raw: bytes) -> None:
    if config().mail_folder:
        _write_down(Path(config().mail_folder), mail, raw)
        return
    # A connection that the service has closed while the function slept would leave a mail unclear.
    client().close()
    client().send_email(
        FromEmailAddress=config().mail_from,
        Destination={"ToAddresses": [_address(mail.to)]},
        Content={"Raw": {"Data": raw}},
    )


def _write_down(folder: Path, mail: Mail, raw: bytes) -> None:
    """As a file that a mail program opens; whoever looks sees all of it or nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{clock.precisely():%Y%m%dT%H%M%S.%fZ}-{_token(mail.id)}"
    unfinished = folder / f".{name}"
    unfinished.write_bytes(raw)
    unfinished.replace(folder / f"{name}.eml")


def _refusal(error: Exception) -> str | None:
    """Why it was certainly not sent; None where nobody knows."""
    if config().mail_folder:
        return type(error).__name__
    from chalicelib.core.aws import refusal

    return refusal(error)


@cache
def client() -> Any:
    """Made on first use and kept."""
    from chalicelib.core.aws import ses

    return ses()


# --- what it looks like ----------------------------------------------------------------------


def compose(mail: Mail) -> bytes:
    """The message (RFC 5322, RFC 2045): plain text, then the same as HTML. Raises Undeliverable.

    It is put together here, since Python's library folds long names into other ones, quotes left out.
    """
    parts = [_part("plain", mail.text), _part("html", mail.html)]
    boundary = f"=_{hashlib.sha256(''.join(parts).encode()).hexdigest()[:32]}"
    headers = [*_headers(mail), f'Content-Type: multipart/alternative; boundary="{boundary}"']
    bodies = "".join(f"\r\n--{boundary}\r\n{part}" for part in parts)
    return ("\r\n".join(headers) + f"\r\n{bodies}\r\n--{boundary}--\r\n").encode("ascii")


def _headers(mail: Mail) -> Iterator[str]:
    from email.utils import format_datetime

    sender = _address(config().mail_from)
    host = sender.partition("@")[2]
    own, first = (f"<{_token(name)}@{host}>" for name in (mail.id, mail.thread))
    yield f"From: {_words(mail.sender, _PHRASE)} <{sender}>" if _line(mail.sender) else f"From: {sender}"
    yield f"To: {_address(mail.to)}"
    yield f"Subject: {_words(mail.subject, _PLAIN)}"
    yield f"Date: {format_datetime(clock.now())}"
    yield f"Message-ID: {own}"
    if mail.thread and first != own:
        yield f"In-Reply-To: {first}"
        yield f"References: {first}"
    if mail.unsubscribe:
        yield f"List-Unsubscribe: <{_url(mail.unsubscribe)}>"
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield "Auto-Submitted: auto-generated"
    yield "MIME-Version: 1.0"


def _words(given: str, plain: re.Pattern[str]) -> str:
    """One line of text as a header holds it: itself where that is safe and short, else encoded words
    (RFC 2047, section 2), none of which may have more than 75 characters.
    """
    line = _line(given)
    if plain.fullmatch(line):
        return line
    words, part = [], b""
    for letter in map(str.encode, line):
        if len(part) + len(letter) > WORD_BYTES:
            words.append(part)
            part = b""
        part += letter
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in (*words, part))


def _part(subtype: str, given: str) -> str:
    """A part of the message, in the shorter of the two encodings: letters beyond ASCII take three places
    each in the first.
    """
    lines = re.split(r"\r\n|\r|\n", given.encode("utf-8", "replace").decode())
    content = "\r\n".join([*lines, ""] if lines[-1] else lines).encode()
    if sum(byte < 128 for byte in content) * 10 > len(content) * 7:
        name, encoded = "quoted-printable", b2a_qp(content).decode("ascii")
    else:
        name, encoded = "base64", encodebytes(content).decode("ascii").replace("\n", "\r\n")
    kind = f"Content-Type: text/{subtype}; charset=utf-8"
    return f"{kind}\r\nContent-Transfer-Encoding: {name}\r\n\r\n{encoded}"


def _url(given: str) -> str:
    if not _URL.fullmatch(given) or len(given) > LONGEST_URL:
        raise ValueError("the address to unsubscribe at is no URL")
    return given


def _token(name: str) -> str:
    """A name as part of keys, file names and message ids: itself where it may be, else a digest."""
    if _ID.fullmatch(name):
        return name
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _address(given: str) -> str:
    """An address as SMTP takes it without extensions: its host may be international, its name not."""
    local, _, host = given.strip().rpartition("@")
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        raise Undeliverable from None
    if not _LOCAL.fullmatch(local) or not _HOST.fullmatch(host) or len(f"{local}@{host}") > LONGEST_ADDRESS:
        raise Undeliverable
    return f"{local}@{host}"


def _line(given: str) -> str:
    """One line, whatever was in it: what ends lines, and what nobody sees, becomes a space."""
    return " ".join(_UNSEEN.sub(" ", given[: LONGEST_LINE * 2]).split())[:LONGEST_LINE].rstrip()
