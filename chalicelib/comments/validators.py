"""What the pages of a post are known by: its own, and those of its conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from chalicelib.comments.model import why_closed
from chalicelib.comments.stamps import form_era
from chalicelib.core import clock, versions
from chalicelib.core.answers import Answer
from chalicelib.core.requests import Request
from chalicelib.core.validators import Validator, has_copies
from chalicelib.core.values import value
from chalicelib.posts.tallies import Tally
from chalicelib.settings.actions import kept_by_caches
from chalicelib.settings.model import Site


@value
class Copies:
    """Of one representation of a page that goes with a post's tallies: those that readers, caches and this
    process have.
    """

    request: Request
    site: Site
    tally: Tally
    kind: str = "post"
    """`post` or `page`: what the post is."""
    form: str = "page"
    """Which representation of the address it is."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What every answer with it carries, beside how long it may be kept."""

    def again(self) -> Answer | None:
        """Where somebody has the page that goes with the tallies. `If-None-Match: *` gets it in full:
        tallies do not tell whether there is one to be seen.
        """
        if not self.tally.content or not has_copies(self.request):
            return None
        return self._validator.again(self.request, self._every)

    def made(self, page: Answer) -> Answer:
        """The page, just made, and what it is known by."""
        if not self.tally.content:
            return Answer(page.status, page.body, {**page.headers, **self._every})
        return self._validator.made(self.request, page, self._every)

    @property
    def _every(self) -> dict[str, str]:
        return {**kept_by_caches(self.site), **self.headers}

    @property
    def _validator(self) -> Validator:
        """By the post's tallies alone, so that a conditional request reads no more than those. They do not
        tell whether the post is public: only who was shown this very page knows its tag, which nobody can
        guess, and which a page that is hidden since does not have any more.
        """
        now = clock.now()
        is_over = self.tally.closes is not None and self.tally.closes <= now
        closed = why_closed(self.kind, self.tally.since, self.site, is_open=not is_over)
        parts = [
            self.request.root,
            self.request.path,
            *versions.known_by(self.site, now),
            f"{self.tally.content}",
            "closed" if closed else form_era(self.site),
        ]
        # Without its date, by which anybody could ask.
        return Validator(versions.settled(self.form, parts, self.tally.changed, now).tag)
