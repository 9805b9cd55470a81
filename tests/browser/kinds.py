"""Every kind of page that the blog has, with an example of each. A new kind of page is a line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.core.text import slugify
from tests.browser.content import SERIES, marker
from tests.browser.served import TOKEN, Answer, Site


@dataclass(frozen=True)
class Kind:
    """A kind of page. `path` may name what only the making of the blog gave (`Site.known`)."""

    name: str
    path: str
    status: int = 200
    form: tuple[tuple[str, str], ...] = ()
    """What is sent; the page is then the answer to that form."""
    signed_in: bool = False
    """Whether the author alone is shown it."""

    def __str__(self) -> str:
        return self.name

    @property
    def is_post(self) -> bool:
        """The permalink of a post."""
        return self.status == 200 and self.path.startswith("/posts/") and self.path.count("/") == 2

    @property
    def asked_before(self) -> str:
        """Where its form stands."""
        return self.path.removesuffix("/comments")

    def at(self, site: Site) -> str:
        """Its path and query."""
        return self.path.format(**site.known)

    def answer(self, site: Site) -> Answer:
        """The page as it comes over HTTP."""
        path = self.at(site)
        if self.signed_in:
            return site.get(path, Cookie=site.known["session"])
        return site.form(path, **dict(self.form)) if self.form else site.get(path)

    def open(self, page: Any, site: Site) -> Any:
        """The page in a browser, which must know the address that paths are relative to; its answer."""
        if self.signed_in:
            page.goto("/moderate")
            page.locator("[name=token]").fill(TOKEN)
            page.locator("main button").click()
        if not self.form:
            return page.goto(self.at(site))
        page.goto(self.asked_before)
        for name, value in self.form:
            page.locator(f"[name={name}]").fill(value)
        with page.expect_navigation() as came:
            page.locator(f'form[action$="{self.path}"]').evaluate(
                "form => { form.noValidate = true; form.requestSubmit() }"
            )
        return came.value


KINDS = (
    Kind("home", "/"),
    Kind("home-older", "{older}"),
    Kind("post-many-replies", "/posts/pencils-and-other-reasons"),
    Kind("post-demonstration", "/posts/the-box-at-the-end-of-the-lane"),
    Kind("post-changed", "/posts/the-letter-you-owe"),
    Kind("post-math-and-table", "/posts/tide-times-walked"),
    Kind("post-no-replies", "/posts/plain"),
    Kind("post-long-title", "/posts/long-title"),
    Kind("post-emoji", "/posts/emoji"),
    Kind("post-arabic", "/posts/arabic"),
    Kind("post-long-word", "/posts/long-word"),
    Kind("post-code", "/posts/code"),
    Kind("post-formulas", "/posts/formulas"),
    Kind("post-cards", "/posts/cards"),
    Kind("post-wide-table", "/posts/wide-table"),
    Kind("post-untitled", "/posts/untitled"),
    Kind("post-picture", "/posts/picture"),
    Kind("post-footnotes", "/posts/footnotes"),
    Kind("post-warned", "/posts/warned"),
    Kind("post-closed", "/posts/closed"),
    Kind("post-chapters", "/posts/chapters"),
    Kind("post-mixed", "/posts/mixed"),
    Kind("post-thirty-tags", "/posts/tagged-0"),
    Kind("post-in-series", "/posts/voyage-2"),
    Kind("post-deep", "/posts/deep"),
    Kind("post-crowd", "/posts/crowd"),
    Kind("post-unlisted", f"/posts/{marker('unlisted')}"),
    Kind("preview", "{preview}"),
    Kind("preview-odd", "/preview/nonsense", 404),
    Kind("page", "/everything"),
    Kind("page-demonstration", "/about"),
    Kind("page-arabic", "/shelf"),
    Kind("tags", "/tags"),
    Kind("tag", "/tags/trials"),
    Kind("tag-older", "{tag_older}"),
    Kind("archive", "/archive"),
    Kind("year", "/archive/2023"),
    Kind("month", "/archive/2023/03"),
    Kind("all-series", "/series"),
    Kind("series", f"/series/{slugify(SERIES)}"),
    Kind("author", "/author"),
    Kind("subscribe", "/subscribe"),
    Kind("privacy", "/privacy"),
    Kind("yours", "/yours"),
    Kind("yours-refused", "/yours", 422, (("email", "nobody"),)),
    Kind("yours-link-odd", "/yours/nonsense", 404),
    Kind("mail-link-odd", "/mail/nonsense", 404),
    Kind("conversation-later", "{later}"),
    Kind("conversation-newest", "/posts/crowd/comments?order=newest"),
    Kind("reply", "/posts/crowd/comments/{first}"),
    Kind("reply-deepest", "/posts/deep/comments/{deepest}"),
    Kind("likes-none", "/posts/plain/likes"),
    Kind("likes", "/posts/crowd/likes?done=taken"),
    Kind("received-pending", "{pending}"),
    Kind("received-approved", "{approved}"),
    Kind("received-spam", "{spam}"),
    Kind("desk-sign-in", "/moderate"),
    Kind("desk-held", "/moderate", signed_in=True),
    Kind("desk-public", "/moderate?status=approved", signed_in=True),
    Kind("desk-comment", "/moderate/comments/{held}", signed_in=True),
    Kind("desk-log", "/moderate/log", signed_in=True),
    Kind("desk-bans", "/moderate/bans", signed_in=True),
    Kind("desk-versions", "{versions}", signed_in=True),
    Kind("desk-version", "{versions}/1", signed_in=True),
    Kind("desk-difference", "{versions}/2", signed_in=True),
    Kind("link-forged", "/moderate/act/none", 404),
    Kind("refused", "/posts/plain/comments", 422, (("body", " "), ("name", "Ann"), ("website", "nowhere"))),
    Kind("error-400", "/?after=nonsense", 400),
    Kind("error-404", "/no/such/page", 404),
    Kind("error-410", f"/posts/{marker('deleted')}", 410),
)

NAMED = {kind.name: kind for kind in KINDS}
POSTS = [kind for kind in KINDS if kind.is_post]
