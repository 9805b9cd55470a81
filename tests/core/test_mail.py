"""Mail: what it looks like whatever is in it, and that it is sent once."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sesv2 import sesv2_backends

from chalicelib.core import aws, clock, events, jobs, mail, table
from chalicelib.core.config import config
from chalicelib.core.mail import Mail, Undeliverable, Underway, Unsent
from chalicelib.core.table import Put
from tests.blog import Blog
from tests.conftest import Moment
from tests.core.test_naughty import OWN, strings
from tests.faults import (
    Died,
    Faults,
    answered,
    closed,
    die_after,
    die_before,
    error,
    lost_reply,
    refused,
    throttled,
)

pytestmark = pytest.mark.usefixtures("moment")

FROM = "blog@example.org"
LETTER = Mail(
    id="reply-1",
    to="ann@example.com",
    subject="A reply",
    text="Hello Ann,\n\nread it.",
    html="<p>Hello Ann,</p>",
    thread="post-1",
    unsubscribe="https://blog.example.org/unsubscribe?token=abc",
    sender="Letters from here",
)
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    def put(**names: str) -> None:
        for name, given in names.items():
            monkeypatch.setenv(name, given)
        config.cache_clear()

    yield put
    config.cache_clear()


@pytest.fixture
def sender(setting: Callable[..., None]) -> None:
    setting(MAIL_FROM=FROM)


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def holds(naughty: str) -> None:
    """A mail that is made of this alone comes back as it was, with one header of each kind."""
    made = Mail(naughty, LETTER.to, naughty, naughty, naughty, naughty, LETTER.unsubscribe, naughty)
    raw = mail.compose(replace(made, id="own"))
    assert max(map(len, raw.split(b"\r\n"))) <= 998, "RFC 5322, section 2.1.1"
    assert not set(b"\r\n") & set(raw.replace(b"\r\n", b""))
    message, plainly = read(raw), email.message_from_bytes(raw)
    optional = () if naughty else ("In-Reply-To", "References")
    assert message.keys() == [name for name in HEADERS if name not in optional]
    line = mail._line(naughty)
    assert str(make_header(decode_header(plainly["Subject"]))) == line
    name, address = parseaddr(plainly["From"])
    assert (str(make_header(decode_header(name))), address) == (line, FROM)
    assert [one.addr_spec for one in message["From"].addresses] == [FROM]
    assert [one.addr_spec for one in message["To"].addresses] == [LETTER.to]
    said = naughty.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    for part in message.iter_parts():
        assert part.get_content().replace("\r\n", "\n").removesuffix("\n") == said.removesuffix("\n")
    assert read(mail.compose(made))["Message-ID"].count("@") == 1


@pytest.mark.usefixtures("sender")
class TestTheMessage:
    def test_it_is_plain_text_and_then_html(self) -> None:
        message = read(mail.compose(LETTER))
        assert message.keys() == HEADERS
        plain, html = message.iter_parts()
        assert message.get_content_type() == "multipart/alternative"
        assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert plain.get_content() == "Hello Ann,\r\n\r\nread it.\r\n"
        assert html.get_content() == "<p>Hello Ann,</p>\r\n"
        assert plain.get_content_charset() == html.get_content_charset() == "utf-8"

    def test_its_headers_say_what_it_is(self) -> None:
        message = read(mail.compose(LETTER))
        assert message["From"] == "Letters from here <blog@example.org>"
        assert message["To"] == "ann@example.com"
        assert message["Subject"] == "A reply"
        assert message["Date"].datetime == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        assert message["Auto-Submitted"] == "auto-generated"

    def test_mails_of_a_thread_name_it(self) -> None:
        first = read(mail.compose(LETTER))
        second = read(mail.compose(replace(LETTER, id="reply-2")))
        assert (first["Message-ID"], second["Message-ID"]) == (
            "<reply-1@example.org>",
            "<reply-2@example.org>",
        )
        for message in (first, second):
            assert message["References"] == message["In-Reply-To"] == "<post-1@example.org>"
        assert "References" not in read(mail.compose(replace(LETTER, thread="")))
        assert "References" not in read(mail.compose(replace(LETTER, thread=LETTER.id)))

    def test_rfc_8058_one_click_ends_them(self) -> None:
        message = read(mail.compose(LETTER))
        assert message["List-Unsubscribe"] == "<https://blog.example.org/unsubscribe?token=abc>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "List-Unsubscribe-Post" not in read(mail.compose(replace(LETTER, unsubscribe="")))

    def test_a_long_address_to_unsubscribe_at_stays_on_one_line(self) -> None:
        url = "https://blog.example.org/unsubscribe?token=" + "a" * 600
        assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in mail.compose(replace(LETTER, unsubscribe=url))

    @pytest.mark.parametrize(
        "url", ["javascript:x", "https://a b", "https://a>\r\nBcc: x", "https://é", "https://" + "a" * 999]
    )
    def test_what_is_no_url_is_a_mistake_of_ours(self, url: str) -> None:
        with pytest.raises(ValueError, match="no URL"):
            mail.compose(replace(LETTER, unsubscribe=url))

    def test_the_same_mail_is_the_same_bytes(self) -> None:
        assert mail.compose(LETTER) == mail.compose(LETTER)

    @pytest.mark.parametrize(
        "naughty",
        [
            *OWN,
            "a\r\nBcc: eve@example.com",
            "a\nBcc: eve@example.com",
            "a\rBcc: eve@example.com",
            "\x0bBcc: a\x85Bcc: b\u2028Bcc: c\0",
            "\ud800",
            "é" * 400,
            "x" * 5000,
            "=?utf-8?q?Bcc:?=",
            'a"b, c; <eve@example.com>',
            "--=_\r\n\r\n--=_--",
            "From here\n.\n..\n",
        ],
    )
    def test_hostile_text_stays_text(self, naughty: str) -> None:
        holds(naughty)

    def test_naughty_strings_stay_text(self) -> None:
        for naughty in strings():
            holds(naughty)

    @pytest.mark.parametrize(
        ("given", "sent"),
        [
            ("ann+blog@example.com", "ann+blog@example.com"),
            (" o'neil@example.com ", "o'neil@example.com"),
            ("ann@exämple.org", "ann@xn--exmple-cua.org"),
            ("ann@例え.jp", "ann@xn--r8jz45g.jp"),
        ],
    )
    def test_an_address_is_what_smtp_takes(self, given: str, sent: str) -> None:
        assert read(mail.compose(replace(LETTER, to=given)))["To"] == sent

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "ann",
            "@example.org",
            "ann@",
            "änn@example.org",
            "a b@example.org",
            "ann@example.org, eve@example.com",
            "ann@example.org\r\nBcc: eve@example.com",
            "ann@ex\nample.org",
            "<ann@example.org>",
            "ann@-.org",
            "ann@.",
            "ann@é..org",
            "ann.@example.org",
            "a" * 300 + "@example.org",
            "ann@" + "ä" * 300 + ".org",
            "\ud800@example.org",
            "ann@\ud800.org",
        ],
    )
    def test_what_is_no_address_is_refused(self, given: str) -> None:
        with pytest.raises(Undeliverable):
            mail.compose(replace(LETTER, to=given))


@pytest.mark.usefixtures("blog")
class TestTheFolder:
    def test_a_mail_is_a_file_that_a_mail_program_opens(
        self, setting: Any, tmp_path: Path, moment: Moment
    ) -> None:
        folder = tmp_path / "new" / "mail"
        setting(MAIL_FROM="blog@localhost", MAIL_FOLDER=str(folder))
        assert mail.send_once(LETTER)
        moment.forward(seconds=1)
        assert mail.send_once(replace(LETTER, id="a/../../b"))
        first, second = sorted(folder.iterdir())
        assert first.name == "20261123T120000.000000Z-reply-1.eml"
        assert first.read_bytes().startswith(b"From: Letters from here <blog@localhost>\r\n")
        assert second.name.startswith("20261123T120001.000000Z-")
        assert read(second.read_bytes())["To"] == "ann@example.com"

    def test_it_is_written_once(self, setting: Any, tmp_path: Path) -> None:
        setting(MAIL_FROM=FROM, MAIL_FOLDER=str(tmp_path))
        assert [mail.send_once(LETTER) for _ in range(3)] == [True, False, False]
        assert len(list(tmp_path.iterdir())) == 1

    def test_a_folder_that_cannot_be_written_is_tried_again(self, setting: Any, tmp_path: Path) -> None:
        (tmp_path / "mail").write_text("a file")
        setting(MAIL_FROM=FROM, MAIL_FOLDER=str(tmp_path / "mail"))
        with pytest.raises(Unsent):
            mail.send_once(LETTER)
        (tmp_path / "mail").unlink()
        assert mail.send_once(LETTER)


def test_without_an_address_mail_is_off(blog: Blog) -> None:
    assert (mail.is_configured(), mail.send_once(LETTER)) == (False, False)


def test_an_impossible_address_is_told_without_it_and_not_tried_again(
    blog: Blog, sender: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not mail.send_once(replace(LETTER, to="änn@example.org"))
    (line,) = logged(capsys)
    assert (line["event"], line["why"]) == ("mail refused", "address")
    assert "nn@" not in str(line)


def test_ses_takes_it(blog: Blog, sender: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():
        client = aws.ses()
        monkeypatch.setattr(mail, "client", lambda: client)
        client.create_email_identity(EmailIdentity=FROM)
        assert mail.send_once(LETTER)
        (message,) = sesv2_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].core_backend.sent_messages
    assert message.source == FROM
    assert set(message.destinations) == {"ann@example.com"}
    assert read(message.raw_data.encode())["Subject"] == "A reply"


# --- faults ----------------------------------------------------------------------------------


@pytest.fixture
def ses(engine_blog: Blog, sender: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """SES, which takes every mail unless a test puts a fault before that."""
    client = aws.ses()
    monkeypatch.setattr(mail, "client", lambda: client)
    with Faults(client) as between:
        yield between


def takes(ses: Faults) -> None:
    ses.on("SendEmail", answered(MessageId="1"), times=99)


def marker() -> Any:
    return table.get(LETTER.key)


def test_a_mail_that_was_sent_is_remembered_for_a_month(ses: Faults, moment: Moment) -> None:
    takes(ses)
    assert [mail.send_once(LETTER), mail.send_once(LETTER)] == [True, False]
    assert ses.calls == ["SendEmail"]
    moment.forward(days=31)
    assert mail.send_once(LETTER), "the time to live is over"


@pytest.mark.parametrize(
    "fault",
    [
        lambda: error("TooManyRequestsException", 429),
        lambda: error("LimitExceededException"),
        lambda: error("SendingPausedException"),
        lambda: error("AccessDeniedException", 403),
        lambda: error("InternalFailure", 500),
        lambda: error("ServiceUnavailable", 503),
        refused,
    ],
)
def test_a_refusal_that_may_pass_is_told_and_tried_again(
    ses: Faults, fault: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ses.on("SendEmail", fault())
    takes(ses)
    with pytest.raises(Unsent):
        mail.send_once(LETTER)
    (line,) = logged(capsys)
    assert (line["level"], line["event"], bool(line["why"])) == ("warning", "mail not sent", True)
    assert (ses.calls, marker()) == (["SendEmail"], None), "the SDK must not try again by itself"
    assert mail.send_once(LETTER)


@pytest.mark.parametrize(
    "code", ["MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException"]
)
def test_a_refusal_for_good_ends_it(ses: Faults, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    ses.on("SendEmail", error(code))
    assert not mail.send_once(LETTER)
    (line,) = logged(capsys)
    assert (line["level"], line["event"], line["why"]) == ("error", "mail refused", code)
    assert marker() is None


@pytest.mark.parametrize("fault", [lost_reply, closed])
def test_an_answer_that_never_came_may_lose_a_mail_but_never_doubles_it(
    ses: Faults,
    fault: Any,
    capsys: pytest.CaptureFixture[str],
    moment: Moment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = mail.client()
    monkeypatch.setattr(client._endpoint.http_session, "send", lambda _: None)
    ses.on("SendEmail", fault())
    assert not mail.send_once(LETTER)
    assert "mail unclear" in str(logged(capsys))
    moment.forward(minutes=10)
    assert not mail.send_once(LETTER)
    assert ses.calls == ["SendEmail"]
    assert "mail unclear" in str(logged(capsys))


def test_while_another_sends_it_it_is_nobodys(ses: Faults, moment: Moment) -> None:
    table.write(Put({"pk": LETTER.key[0], "sk": "-", "at": clock.stamp(clock.now()), "by": "another"}))
    with pytest.raises(Underway):
        mail.send_once(LETTER)
    moment.forward(minutes=2)
    assert not mail.send_once(LETTER)
    assert ses.calls == []


def test_a_marker_whose_answer_was_lost_is_ours(ses: Faults, faults: Faults) -> None:
    takes(ses)
    faults.on("PutItem", lost_reply())
    assert mail.send_once(LETTER)
    assert ses.calls == ["SendEmail"]


def test_a_marker_that_may_be_written_is_taken_away(ses: Faults, faults: Faults) -> None:
    takes(ses)
    faults.on("PutItem", lost_reply())
    faults.on("PutItem", throttled(), times=2)
    with pytest.raises(Exception, match="may not be kept"):
        mail.send_once(LETTER)
    assert (marker(), mail.send_once(LETTER)) == (None, True)


def test_a_note_that_fails_does_not_send_it_again(ses: Faults, faults: Faults, moment: Moment) -> None:
    takes(ses)
    faults.on("UpdateItem", throttled(), times=3)
    assert mail.send_once(LETTER)
    moment.forward(minutes=5)
    assert not mail.send_once(LETTER)
    assert ses.calls == ["SendEmail"]


@pytest.mark.parametrize("fault", [die_before, die_after])
def test_whoever_dies_at_any_call_sends_it_at_most_once(
    ses: Faults, faults: Faults, moment: Moment, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that mails, with a death at each call to the storage and to SES in turn; ticks finish it."""

    def post(about: str) -> None:
        mail.send_once(replace(LETTER, id=about))

    monkeypatch.setattr(jobs, "_handlers", {"mail": post})
    lost = []
    for number in range(20):
        about, survived = f"mail-{number}", True
        job = jobs.new("mail", about)
        table.write(job.put(queued=True))
        faults.clear()
        ses.clear()
        takes(ses)
        faults.on("*", fault(), skip=number)
        try:
            jobs.answer({"kind": "mail", "about": about, "turn": job.turn})
        except Died:
            survived = False
        faults.clear()
        for _ in range(5):
            moment.forward(minutes=5)
            events.run_tick(60)
        assert table.query(jobs.QUEUE, index="work", limit=9) == []
        assert len(ses.calls) <= 1, number
        if not ses.calls:
            lost.append(number)
        if survived:
            break
    assert survived
    # GetItem, UpdateItem, PutItem, (SES), UpdateItem, DeleteItem: only after the marker nobody knows.
    assert (number, lost) == (5, [2] if fault is die_after else [])


@pytest.mark.parametrize("fault", [die_before, die_after])
def test_whoever_dies_while_ses_is_called_sends_it_at_most_once(
    ses: Faults, moment: Moment, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail.client()._endpoint.http_session, "send", lambda _: None)
    ses.on("SendEmail", fault())
    takes(ses)
    with pytest.raises(Died):
        mail.send_once(LETTER)
    moment.forward(minutes=5)
    assert not mail.send_once(LETTER)
    assert ses.calls == ["SendEmail"]
