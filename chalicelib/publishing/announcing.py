"""Telling of a post that has just come out: once for each post, whatever is tried again.

`lists` notes the job when it places a post that can be read: right after the change that published it, or at
the time for which it was scheduled. What it does depends on how the post is by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.core import clock, mail, table
from chalicelib.core.config import config
from chalicelib.core.jobs import Handler
from chalicelib.core.problems import NotFound
from chalicelib.notices import letters
from chalicelib.posts import past
from chalicelib.posts.actions import require_post
from chalicelib.posts.changes import ANNOUNCE
from chalicelib.posts.model import Post
from chalicelib.settings.actions import current_site
from chalicelib.settings.model import Site


def announce(post_id: str) -> None:
    """Nothing where it cannot be read by now, or stands in no list: publishing it notes the job again."""
    try:
        post = require_post(post_id)
    except NotFound:
        return
    if not (post.is_listed and post.is_public(clock.now())):
        return
    failed: list[Exception] = []
    for kind in past.begin_announcing(post_id, ANNOUNCEMENTS):
        try:
            if kind in ANNOUNCEMENTS:
                ANNOUNCEMENTS[kind](post, current_site())
            table.write(past.was_sent(post_id, kind))
        except Exception as error:  # noqa: BLE001 - the others are to be sent all the same
            failed.append(error)
    if failed:
        # The job is tried again, with what is left.
        raise failed[0]


def _mail_author(post: Post, site: Site) -> None:
    """Of a post that came out while nobody looked."""
    if post.waited and site.mail_published and site.author_email and config().sends_mail:
        mail.send_once(letters.post_is_out(post, site))


ANNOUNCEMENTS: Mapping[str, Callable[[Post, Site], None]] = {"mail": _mail_author}
"""{kind: what sends it}. Each sends the same once, though it is called again where it was cut off, and raises
where it shall be called again.
"""
JOBS: Mapping[str, Handler] = {ANNOUNCE: announce}
