"""An author's week, and what readers should see of it: fifty posts that are written, scheduled, renamed, hidden,
deleted and brought back in an order that a seed gives, by clocks that are moved about.

Each text has a marker that is in no other text, so that whatever appears anywhere can be told from whatever
should.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from chalicelib.core import clock
from chalicelib.core.text import slugify
from tests import page
from tests.blog import Blog
from tests.conftest import Moment

TAGS = ("Letters", "Café", "Harbour", "Winter")
MARKER = re.compile(r"MARK[0-9]+x[0-9]+")
LISTS = ("/", "/archive", "/tags", "/series", "/author", "/subscribe", "/comments/feed.atom")
FEEDS = ("/feed.atom", "/feed.rss", "/feed.json")


@dataclass
class Written:
    """A post as its author knows it."""

    id: str
    number: int
    slug: str
    status: str
    at: datetime | None
    """When it is or was first public; None where it never was to be."""
    was_public: bool = False
    edits: int = 0
    tags: tuple[str, ...] = ()
    older: set[str] = field(default_factory=set)
    """Slugs under which it was public."""
    deleted: bool = False
    waited: bool = False
    """Whether it was ever to come out by itself."""
    texts: list[str] = field(default_factory=list)
    """The text of each revision."""

    @property
    def marker(self) -> str:
        return f"MARK{self.number}x{self.edits}"

    @property
    def text(self) -> str:
        return f"The text of {self.marker}."

    def is_public(self, now: datetime) -> bool:
        return not self.deleted and self.status != "draft" and self.at is not None and self.at <= now

    def is_listed(self, now: datetime) -> bool:
        return self.status == "published" and self.is_public(now)

    def state(self, now: datetime) -> str:
        if self.deleted:
            return "deleted"
        return "scheduled" if self.status == "published" and not self.is_public(now) else self.status


class Week:
    def __init__(self, blog: Blog, moment: Moment, seed: int) -> None:
        self.blog, self.moment, self.chance = blog, moment, Random(seed)
        self.posts: list[Written] = []
        self.came: set[int] = set()
        """Posts that came out by themselves since jobs were last done."""
        self.to_be_told: set[int] = set()
        self.said: list[str] = []
        """What was done, for whoever has to find out why."""

    @property
    def now(self) -> datetime:
        return clock.now()

    def act(self) -> None:
        """One thing that an author does in a week, or time that passes."""
        acts = [self.write] * 4 + [self.edit] * 3 + [self.rename] * 3 + [self.set_status] * 3
        acts += (
            [self.delete] * 2
            + [self.restore] * 2
            + [self.reschedule] * 2
            + [self.retag, self.wait, self.go_back]
        )
        self.chance.choice(acts)()
        self._note_what_came()

    # --- what is done ------------------------------------------------------------------------

    def write(self) -> None:
        number = len(self.posts)
        status = self.chance.choice(["draft", "published", "published", "scheduled", "unlisted"])
        at = None if status == "draft" else self.now
        fields: dict[str, Any] = {"status": "published" if status == "scheduled" else status}
        if status == "scheduled":
            at = self._soon()
            fields["published_at"] = clock.stamp(at)
        post = Written("", number, "", fields["status"], at, tags=self._tags())
        fields |= {"title": f"Title {post.marker}", "body": post.text, "tags": list(post.tags)}
        got = self._api("POST", "/api/posts", **fields)
        assert got.status == 201, got.text
        post.id, post.slug = got.json["id"], got.json["slug"]
        post.texts.append(post.text)
        self.posts.append(post)

    def edit(self) -> None:
        if post := self._any(deleted=False):
            post.edits += 1
            got = self._patch(post, title=f"Title {post.marker}", body=post.text)
            assert got.status == 200, got.text
            post.texts.append(post.text)

    def rename(self) -> None:
        if post := self._any(deleted=False):
            taken = {slug for other in self.posts for slug in (other.slug, *other.older)}
            slug = self.chance.choice(
                [f"name-{self.chance.randrange(60)}", *sorted(post.older), *sorted(taken)[:3]]
            )
            got = self._patch(post, slug=slug)
            if got.status == 200:
                post.slug = slug
            else:
                whose = [other.number for other in self.posts if slug in (other.slug, *other.older)]
                assert got.status == 409, got.text
                assert whose != [post.number], f"{slug} is its own"

    def set_status(self) -> None:
        if post := self._any(deleted=False):
            status = self.chance.choice(["draft", "published", "unlisted"])
            got = self._patch(post, status=status)
            assert got.status == 200, got.text
            self._came_back(post, status)

    def delete(self) -> None:
        if post := self._any(deleted=False):
            assert self._api("DELETE", f"/api/posts/{post.id}").status == 204
            post.deleted = True

    def restore(self) -> None:
        if post := self._any(deleted=True):
            assert self._patch(post, title="Another").status == 409
            status = self.chance.choice(["draft", "published", "unlisted"])
            got = self._patch(post, status=status)
            assert got.status == 200, got.text
            post.deleted = False
            self._came_back(post, status)

    def reschedule(self) -> None:
        if post := self._any(deleted=False):
            at = self._soon()
            got = self._patch(post, published_at=clock.stamp(at))
            if post.was_public or post.status == "unlisted":
                assert got.status == 422, got.text
            else:
                assert got.status == 200, got.text
                post.at = at

    def retag(self) -> None:
        if post := self._any(deleted=False):
            post.tags = self._tags()
            assert self._patch(post, tags=list(post.tags)).status == 200

    def wait(self) -> None:
        waiting = [post for post in self.posts if post.state(self.now) == "scheduled"]
        self.moment.forward(
            seconds=self.chance.choice([1, 59, 3600, 86_400 - 1]), microseconds=self.chance.randrange(999_999)
        )
        self.came |= {post.number for post in waiting if post.is_listed(self.now)}

    def jobs_are_done(self) -> None:
        """The author was told of what came out by itself and is still there."""
        self.to_be_told |= {number for number in self.came if self.posts[number].is_listed(self.now)}
        self.came.clear()

    def go_back(self) -> None:
        """Bring an older version of a text back."""
        post = self._any(deleted=False)
        if not post or len(post.texts) < 2:
            return
        number = self.chance.randrange(1, len(post.texts))
        got = self._api("POST", f"/api/posts/{post.id}/revisions/{number}/restore")
        assert got.status == 200, got.text
        if post.texts[number - 1] != post.texts[-1]:
            post.texts.append(post.texts[number - 1])
        post.edits = int(str(MARKER.findall(post.texts[-1])[0]).partition("x")[2])
        # Markers of later texts are taken, and those of this one are good again.
        assert got.json["body"] == post.text

    # --- what should be seen -----------------------------------------------------------------

    def contradictions(self) -> Iterator[str]:
        now = self.now
        public = {post.marker for post in self.posts if post.is_public(now)}
        listed = {post.marker for post in self.posts if post.is_listed(now)}
        yield from self._addresses()
        for target in self._every_list():
            if odd := self._markers(target) - listed:
                yield f"{target} shows {odd}"
        for target in ("/", *FEEDS):
            if missing := listed - self._walk(target):
                yield f"{target} lacks {missing}"
        for tag in TAGS:
            wanted = {post.marker for post in self.posts if post.is_listed(now) and tag in post.tags}
            found = self._walk(f"/tags/{slugify(tag)}")
            if found != wanted:
                yield f"tag {tag}: {found ^ wanted}"
        for state in ("draft", "scheduled", "published", "unlisted", "deleted"):
            held = {item["id"] for item in self._all(f"/api/posts?status={state}&limit=100")}
            wanted = {post.id for post in self.posts if post.state(now) == state}
            if held != wanted:
                yield f"the API's list of {state}: {held ^ wanted}"
        if odd := self._on_sitemaps() ^ {post.slug for post in self.posts if post.is_listed(now)}:
            yield f"sitemaps: {odd}"
        assert listed <= public

    def _addresses(self) -> Iterator[str]:
        now = self.now
        for post in self.posts:
            for slug in {post.slug, *post.older}:
                got = self.blog.get(f"/posts/{slug}")
                hops = 0
                while got.status == 301 and hops < 3:
                    got, hops = self.blog.get(got.headers["location"]), hops + 1
                wanted = 200 if post.is_public(now) else 410 if post.deleted and post.was_public else 404
                if got.status != wanted:
                    yield f"post {post.number} ({post.state(now)}) at {slug}: {got.status}, not {wanted}"
                if hops != (1 if wanted == 200 and slug != post.slug else 0):
                    yield f"post {post.number} at {slug}: {hops} redirects"
                shown = set(MARKER.findall(got.text))
                own = {mark for mark in shown if mark.startswith(f"MARK{post.number}x")}
                if own != ({post.marker} if wanted == 200 else set()):
                    yield f"post {post.number} at {slug} shows {own}"
                seen = {other.marker for other in self.posts if other.is_listed(now)}
                if wanted == 200 and (odd := shown - own - seen):
                    yield f"beside post {post.number} stands {odd}"

    def _every_list(self) -> Iterator[str]:
        yield from (*LISTS, *FEEDS, "/sitemap.xml", "/robots.txt")
        yield from (f"/tags/{slugify(tag)}" for tag in TAGS)
        yield from (f"/tags/{slugify(tag)}/feed.atom" for tag in TAGS)
        yield f"/archive/{self.now:%Y}"
        yield f"/archive/{self.now:%Y/%m}"

    def _markers(self, target: str) -> set[str]:
        got = self.blog.get(target)
        assert got.status in (200, 404), (target, got.status)
        return set(MARKER.findall(got.text)) if got.status == 200 else set()

    def _walk(self, target: str) -> set[str]:
        """The markers on all pages of a list; feeds have what is newest, of a week everything."""
        found: set[str] = set()
        following: str | None = target
        while following:
            got = self.blog.get(following)
            if got.status == 404:
                break
            found |= set(MARKER.findall(got.text))
            following = None if "/feed" in target else page.link(got.text, "next")
        return found

    def _on_sitemaps(self) -> set[str]:
        parts = re.findall(r"<loc>[^<]*?(/sitemaps/[^<]*)</loc>", self.blog.get("/sitemap.xml").text)
        texts = [self.blog.get(part).text for part in parts]
        return {slug for text in texts for slug in re.findall(r"<loc>[^<]*?/posts/([^<]*)</loc>", text)}

    def _all(self, target: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            got = self._api("GET", target + (f"&cursor={cursor}" if cursor else ""), quiet=True).json
            found += got["items"]
            if not (cursor := got["cursor"] or ""):
                return found

    # --- the small things --------------------------------------------------------------------

    def _any(self, *, deleted: bool) -> Written | None:
        some = [post for post in self.posts if post.deleted is deleted]
        return self.chance.choice(some) if some else None

    def _soon(self) -> datetime:
        return (self.now + timedelta(seconds=self.chance.choice([1, 60, 3601, 90_000]))).replace(
            microsecond=0
        )

    def _tags(self) -> tuple[str, ...]:
        return tuple(self.chance.sample(TAGS, self.chance.randrange(3)))

    def _came_back(self, post: Written, status: str) -> None:
        post.status = status
        if status != "draft" and (post.at is None or (status == "unlisted" and post.at > self.now)):
            post.at = self.now

    def _note_what_came(self) -> None:
        for post in self.posts:
            post.waited |= post.state(self.now) == "scheduled"
            if post.is_public(self.now):
                post.was_public = True
                post.older.add(post.slug)

    def _patch(self, post: Written, **fields: Any) -> Any:
        return self._api("PATCH", f"/api/posts/{post.id}", **fields)

    def _api(self, method: str, target: str, quiet: bool = False, **fields: Any) -> Any:
        if not quiet:
            self.said.append(f"{clock.stamp(self.now)} {method} {target} {fields}")
        return self.blog.api(method, target, **fields)
