"""What the mails say. Each is known by an id, and none is sent twice under one (`core.mail`)."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any
from urllib.parse import urljoin

from markupsafe import Markup

from chalicelib.comments.model import Comment
from chalicelib.core import clock, pages, signing, text
from chalicelib.core.config import config
from chalicelib.core.mail import Mail
from chalicelib.core.markup.sanitise import plain_text
from chalicelib.core.words import Words
from chalicelib.moderation.links import act_links
from chalicelib.notices.keys import mailbox_key, yours_key
from chalicelib.notices.model import Said
from chalicelib.people.model import Claim, Mailbox
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of, summary_view
from chalicelib.settings.model import Site
from chalicelib.settings.pages import words_of

_LINK = re.compile(r'(<a (?:[^">]|"[^"]*")*?\bhref=")([^"]*)"')
"""In what the sanitiser wrote: no `<` outside tags, attributes always in double quotes."""


def new_comment(said: Said, site: Site) -> Mail:
    """To the author. What others typed is quoted, so that none of it passes for the blog's own words."""
    comment, words = said.comment, words_of(site)
    title = _title(said.post, words)
    subject = words.plain("mail.author.subject", site=site.title, name=comment.name, title=title)
    acts = [
        (words.plain(f"mail.act.{act}"), _url(path))
        for act, path in act_links(comment).items()
        if act != "approve" or comment.status == "pending"
    ]
    return _letter(
        site,
        "author",
        id=_text_id(comment),
        to=site.author_email,
        subject=subject,
        thread=said.post.id,
        title=title,
        acts=acts,
        queue=_url("/moderate"),
        held=comment.status == "pending",
        reasons=", ".join(_reason(name, words) for name in comment.reasons),
        **_conversation(said),
    )


def more_waiting(site: Site) -> Mail:
    """To the author, once an hour at most, in place of all that go beyond what is mailed in one."""
    return _letter(
        site,
        "more",
        id=f"more-{clock.now():%Y-%m-%dT%H}",
        to=site.author_email,
        subject=words_of(site).plain("mail.more.subject", site=site.title),
        queue=_url("/moderate"),
    )


def post_is_out(post: Post, site: Site) -> Mail:
    """To the author, of a post that waited for its time."""
    words = words_of(site)
    title = _title(post, words)
    return _letter(
        site,
        "out",
        id=f"out-{post.id}",
        to=site.author_email,
        subject=words.plain("mail.out.subject", site=site.title, title=title),
        thread=post.id,
        title=title,
        time=words.time(post.published_at or post.created_at),
        post_url=_url(path_of(post)),
    )


def confirmation(post: Post, box: Mailbox, claim: Claim, site: Site) -> Mail:
    """To somebody who may know nothing of it: with not a word that whoever typed the address chose."""
    words, link = words_of(site), f"/mail/{mailbox_key(box)}"
    return _letter(
        site,
        "confirm",
        id=_claimed(claim),
        to=box.address,
        subject=words.plain("mail.confirm.subject", site=site.title),
        unsubscribe=_url(f"{link}/stop"),
        title=_title(post, words),
        confirm=_url(link),
    )


def answer(said: Said, box: Mailbox, site: Site) -> Mail:
    """To somebody who was answered, and has confirmed that such mails are wanted."""
    comment, words = said.comment, words_of(site)
    title = _title(said.post, words)
    return _letter(
        site,
        "answer",
        id=f"answer-{comment.full_id}",
        to=box.address,
        subject=words.plain("mail.answer.subject", site=site.title, name=comment.name, title=title),
        thread=f"{said.post.id}-{comment.path[0]}",
        unsubscribe=_url(f"/mail/{mailbox_key(box)}/stop"),
        title=title,
        **_conversation(said),
    )


def link_to_yours(person: str, address: str, claim: Claim, site: Site) -> Mail:
    """To whoever reads mail at an address: all that was said under it."""
    return _letter(
        site,
        "yours_link",
        id=_claimed(claim),
        to=address,
        subject=words_of(site).plain("mail.yours.subject", site=site.title),
        link=_url(f"/yours/{yours_key(person)}"),
    )


def _letter(
    site: Site,
    template: str,
    *,
    id: str,  # noqa: A002 - as `Mail` calls it
    to: str,
    subject: str,
    thread: str = "",
    unsubscribe: str = "",
    **values: Any,
) -> Mail:
    """Plain text and HTML of the same template name. In the first nothing is escaped."""
    told = {"site": site, "t": words_of(site), "subject": subject, "unsubscribe": unsubscribe, **values}
    return Mail(
        id=id,
        to=to,
        subject=subject,
        text=pages.render(f"notices/{template}.txt", site.theme, **told),
        html=pages.render(f"notices/{template}.html", site.theme, **told),
        thread=thread,
        unsubscribe=unsubscribe,
        sender=site.title,
    )


def _conversation(said: Said) -> dict[str, Any]:
    comment, parent = said.comment, said.parent
    post_url = _url(path_of(said.post))
    return {
        "name": comment.name,
        "website": comment.website,
        # Sanitised before it was stored.
        "html": Markup(_with_full_links(comment.html, post_url)),  # noqa: S704
        "quoted": _quoted(comment.source),
        "parent_name": parent.name if parent else "",
        "parent_excerpt": text.excerpt(plain_text(parent.html)) if parent else "",
        "post_url": post_url,
        "reply_url": f"{post_url}/comments/{comment.id}" if comment.status == "approved" else "",
    }


def _with_full_links(html: str, base: str) -> str:
    """Links to other places on the blog lead there from a mail, too."""

    def full(found: re.Match[str]) -> str:
        try:
            return f'{found[1]}{escape(urljoin(base, unescape(found[2])))}"'
        except ValueError:
            # Not an address at all, such as `http://[`.
            return f'{found[1]}#"'

    return _LINK.sub(full, html)


def _quoted(source: str) -> str:
    return "\n".join(f"> {line}" for line in source.splitlines())


def _title(post: Post, words: Words) -> str:
    return summary_view(post, "", words).name


def _reason(name: object, words: Words) -> str:
    """As pages call it; as it is stored, where that is no reason they know."""
    key = f"reason.{name}"
    return words.plain(key) if key in words else str(name).replace("_", " ")


def _text_id(comment: Comment) -> str:
    """Another one where its writer changed what stood there: the author is told of that, too."""
    typed = (comment.full_id, comment.name, comment.website, comment.source)
    return signing.lasting("author's mail", repr(typed))


def _claimed(claim: Claim) -> str:
    """The same for whatever is sent by one claim: so it is one mail, even where it is tried again."""
    return signing.lasting("claimed mail", claim.name)


def _url(path: str) -> str:
    return config().public_url + path
