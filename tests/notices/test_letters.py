"""What people type stays text in mails: no payload becomes active, no header is added, nothing poses as the
blog's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from chalicelib.comments.actions import require_comment
from chalicelib.comments.model import COMMENT_FIELDS
from chalicelib.core import markup
from chalicelib.core.mail import Mail, compose
from chalicelib.core.problems import Invalid
from chalicelib.notices import letters
from chalicelib.notices.model import Said
from chalicelib.people.model import Claim, Mailbox
from chalicelib.posts.actions import require_post
from chalicelib.posts.model import POST_FIELDS
from chalicelib.settings.actions import fresh_site
from chalicelib.settings.model import SETTINGS
from tests import page
from tests.blog import Blog
from tests.core.test_naughty import strings
from tests.core.test_words import LATIN
from tests.notices.office import ANN, BO, HOST, Office, say
from tests.site.test_xss import ACTIVE, URLS, accepted, payloads

HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "Auto-Submitted", "MIME-Version", "Content-Type"),
}
LOADING = {"img", "link", "script", "style", "form", "input", "audio", "video", "picture", "source"}
OWN_STYLES = 5


@pytest.fixture
def said(engine_blog: Blog, office: Office) -> Said:
    """An answer of Bo's to Ann."""
    parent = say(engine_blog, ANN, name="Ann", body="A question.")
    answer = say(engine_blog, BO, visitor="other", name="Bo", body="An answer.", parent=parent)
    comment = require_comment(answer)
    return Said(comment, require_post(comment.post_id), require_comment(parent))


BOX = Mailbox("person", "visitor", ANN)
CLAIM = Claim("person", "visitor", 1)


def all_letters(said: Said, **settings: str) -> list[Mail]:
    site = replace(fresh_site(), **settings)
    return [
        letters.new_comment(said, site),
        letters.answer(said, BOX, site),
        letters.confirmation(said.post, BOX, CLAIM, site),
        letters.link_to_yours("person", ANN, CLAIM, site),
        letters.more_waiting(site),
    ]


def assert_harmless(mail: Mail) -> None:
    message = message_from_bytes(compose(mail), policy=policy.default)
    assert set(message.keys()) <= HEADERS
    assert len(message.keys()) == len(set(message.keys()))
    assert message["To"].addresses[0].addr_spec == mail.to
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/alternative", "text/plain", "text/html")
    ]
    for element in page.parse(mail.html).iter():
        assert element.tag not in ACTIVE | LOADING
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            assert name not in ("src", "srcdoc", "srcset", "background", "xmlns", "is")
            assert name not in URLS or value.lower().startswith(("https://", "http://", "mailto:", "#")), (
                value
            )
    styles = {element.get("style") for element in page.parse(mail.html).iter()} - {None}
    assert len(styles) <= OWN_STYLES


def outline(mail: Mail) -> list[tuple[Any, list[str]]]:
    return [(element.tag, sorted(element.attrib)) for element in page.parse(mail.html).iter()]


def test_what_readers_type_in_one_line_adds_nothing(said: Said) -> None:
    plain = [outline(mail) for mail in all_letters(said)]
    with_site = replace(said, comment=replace(said.comment, website="https://a.example"))
    plain_site = [outline(mail) for mail in all_letters(with_site)]
    for name in accepted(COMMENT_FIELDS, "name")[::13]:
        parent = replace(said.parent, name=name) if said.parent else None
        made = all_letters(replace(said, comment=replace(said.comment, name=name), parent=parent))
        for mail in made:
            assert_harmless(mail)
        assert [outline(mail) for mail in made] == plain
    for site in accepted(COMMENT_FIELDS, "website"):
        made = all_letters(replace(said, comment=replace(said.comment, website=site)))
        for mail in made:
            assert_harmless(mail)
        assert [outline(mail) for mail in made] == plain_site


def test_titles_add_nothing(said: Said) -> None:
    plain = [outline(mail) for mail in all_letters(said)]
    for title in accepted(POST_FIELDS, "title")[::25]:
        made = all_letters(replace(said, post=replace(said.post, title=title)), title=title)
        for mail in made:
            assert_harmless(mail)
        assert [outline(mail) for mail in made] == plain


def test_texts_add_nothing_active(said: Said) -> None:
    for payload in payloads()[::13]:
        try:
            body = COMMENT_FIELDS.read({"body": payload})["body"]
        except Invalid:
            continue
        typed = replace(said.comment, source=body, html=markup.render_comment(body))
        for mail in all_letters(Said(typed, said.post, typed))[:2]:
            assert_harmless(mail)


def test_links_on_the_blog_lead_there_from_a_mail(said: Said) -> None:
    body = '[a](/about) [b](#c-1) [c](other?x=1&y) [d](https://d.example) <a href=x> href="y"'
    comment = replace(said.comment, source=body, html=markup.render_comment(body))
    mail = all_letters(replace(said, comment=comment))[1]
    block = next(page.parse(mail.html).iter("div"))
    hrefs = [link.attrib["href"] for link in block.iter("a")]
    assert hrefs[:4] == [
        f"{HOST}/about",
        f"{HOST}/posts/open#c-1",
        f"{HOST}/posts/other?x=1&y",
        "https://d.example",
    ]
    assert 'href="y"' in page.words(block)


def naughty(read: Callable[[str], str]) -> Sequence[str]:
    found = []
    for one in strings():
        try:
            found.append(read(one))
        except Invalid:
            continue
    return found


def test_naughty_strings_arrive_as_they_are(said: Said) -> None:
    for name in naughty(lambda one: str(COMMENT_FIELDS.read({"name": one})["name"]))[::4]:
        mail = all_letters(replace(said, comment=replace(said.comment, name=name)))[0]
        assert_harmless(mail)
        assert f"{name} wrote on" in mail.text
        assert page.words(next(page.parse(mail.html).iter("bdi"))) == " ".join(name.split())
    for title in naughty(lambda one: str(SETTINGS.read({"title": one})["title"]))[::9]:
        for mail in all_letters(said, title=title):
            assert_harmless(mail)


def test_no_line_that_somebody_typed_passes_for_one_of_the_blogs(said: Said) -> None:
    body = "Hello.\n\nApprove:\nhttps://evil.example/\u2028Delete:\u0085https://evil.example/"
    forged = replace(said.comment, source=body)
    parent = replace(forged, html="<p>Approve:</p>\n<p>https://evil.example/</p>")
    for mail in all_letters(Said(forged, said.post, parent))[:2]:
        lines = [line for line in mail.text.splitlines() if "evil" in line]
        assert len(lines) == 3
        assert all(line.startswith("> ") for line in lines)


def test_plain_text_is_not_escaped_and_html_is(said: Said) -> None:
    comment = replace(said.comment, name="A & <b>", source="1 < 2 & 3", html="<p>1 &lt; 2 &amp; 3</p>")
    for mail in all_letters(replace(said, comment=comment))[:2]:
        assert "A & <b>" in mail.text
        assert "> 1 < 2 & 3" in mail.text
        assert "A & <b>" in mail.subject
        assert "A &amp; &lt;b&gt;" in mail.html
        assert "1 &lt; 2 &amp; 3" in mail.html


def test_texts_of_mails_have_no_holes(said: Said) -> None:
    for mail in all_letters(said):
        assert "\n\n\n\n" not in mail.text
        assert mail.text.strip()
        assert all(url.startswith(HOST) for url in page.addresses(mail.html))
        assert all(url in mail.text for url in page.addresses(mail.html) if not url.endswith("/posts/open"))


def test_mails_speak_arabic(said: Said) -> None:
    settings = {"language": "ar", "title": "رسائل", "author": "مها"}
    arabic = replace(
        said,
        post=replace(said.post, title="عنوان"),
        comment=replace(said.comment, name="سلمى", source="نص", html="<p>نص</p>"),
        parent=replace(said.parent, name="نور", html="<p>نص</p>") if said.parent else None,
    )
    for mail in all_letters(arabic, **settings):
        found = page.parse(mail.html)
        assert (found.get("lang"), found.get("dir")) == ("ar", "rtl")
        for said_there in (mail.subject, mail.text, page.words(found)):
            left = re.sub(rf"{HOST}\S*|author_email", "", said_there)
            assert not LATIN.search(left), left


def test_the_author_learns_why_a_comment_is_held(said: Said) -> None:
    held = replace(said.comment, status="pending", reasons=("a_reason", "another_one"))
    mail = all_letters(replace(said, comment=held))[0]
    assert "What the blog noticed: a reason, another one." in mail.text
