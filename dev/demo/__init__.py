"""Something to read in a new blog: the letters of one Maren Holt, and what people wrote back.

Every letter is a Markdown document in this folder, as `POST /api/posts` takes it, with two fields
of its own in the front matter: `written` (when it was begun, where that is not `published_at`) and
`updated` (when what stands below `<!-- later -->` was added). The answers are in `replies.yaml`.

`hang_pictures` lends the blog the drawing that one of them shows; it is no part of the bundle. The picture of
another is uploaded, as an author's would be.

The letters are written in the order of their files, each with its answers before the next one, and
the last has none. So a blog that has the last one is complete, and where a start was killed before
that, the next one goes on where it ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalicelib.comments import store as comment_store
from chalicelib.comments.model import COMMENT_FIELDS, Comment, place
from chalicelib.core import clock, markup, pages, table, text
from chalicelib.core.pictures import PATH
from chalicelib.core.requests import Principal
from chalicelib.core.table import Key, Refused, Update, Write
from chalicelib.media.actions import take_file
from chalicelib.media.model import Media
from chalicelib.moderation.actions import decide
from chalicelib.posts import store as post_store
from chalicelib.posts.actions import create_post, edit_post, list_posts
from chalicelib.posts.model import POST_FIELDS, STATES, Changes, Post
from chalicelib.publishing.documents import read_document
from chalicelib.settings.actions import change_settings, current_site
from chalicelib.settings.model import SETTINGS as SETTINGS_FIELDS

FOLDER = Path(__file__).parent
FIRST_SLUG = "the-box-at-the-end-of-the-lane"
"""The newest letter, which stands first on the front page and is written last."""
LATER = "<!-- later -->\n"
OWN_FIELDS = ("written", "updated")
TOGETHER = 40
"""Replies in a transaction, which holds a hundred writes."""
SETTINGS: dict[str, Any] = {
    "title": "The Second Post",
    "description": "Letters from Kettle Quay, about correspondence, walks, tools and a town library."
    " Answers are welcome, and are answered.",
    "author": "Maren Holt",
    "author_biography": "Maren Holt sorts the post at Kettle Quay, minds the town library on Saturdays, and"
    " owes eleven letters.\n\nShe answers everybody, in the end.",
    "author_picture": "/icon.svg",
    "time_zone": "Europe/London",
    "links": [
        {"label": "The library", "url": "https://library.kettle-quay.example/"},
        {"label": "@maren@quay.example", "url": "https://quay.example/@maren"},
        {"label": "By electric post", "url": "mailto:maren@kettle-quay.example"},
    ],
}
PHOTOGRAPH = "/media/letter-box.jpg"
"""As a letter names it; uploaded, it is called by its content."""
PICTURE = "/assets/kettle-quay.svg"
"""As the letters name it. On the blog its name has a hash in it."""

BY = Principal("", "the demonstration", frozenset())

Fields = dict[str, Any]


def fill_if_empty() -> int:
    """Write the letters and their answers into a blog that has no post of its own, in any state.

    Returns how many letters were written, 0 where there was nothing to do.
    """
    if post_store.find_card(FIRST_SLUG):
        return 0
    # The first thing that is written here is the title, so where that stands, a start was killed.
    if current_site().title != SETTINGS["title"]:
        if any(list_posts(state, 1, None).items for state in STATES):
            return 0
        change_settings(SETTINGS_FIELDS.read(SETTINGS), None)
    return sum(_send(_read(path)) for path in sorted(FOLDER.glob("*.md")))


def hang_pictures() -> None:
    """Let this process answer with what the letters show."""
    pages.assets()[_public_name()] = (pages.ASSET_TYPES[".svg"], _drawing())


def _drawing() -> str:
    return (FOLDER / "kettle-quay.svg").read_text(encoding="utf-8")


def _uploaded() -> Media:
    """The same one, however often it is sent."""
    return take_file((FOLDER / "letter-box.jpg").read_bytes(), "image/jpeg", "letter-box.jpg").media


def _public_name() -> str:
    return pages.public_name("kettle-quay", ".svg", _drawing())


def _read(path: Path) -> Fields:
    document = path.read_text(encoding="utf-8")
    if PHOTOGRAPH in document:
        document = document.replace(PHOTOGRAPH, f"{PATH}{_uploaded().name}")
    return read_document(document.replace(PICTURE, f"/assets/{_public_name()}"))


def _send(letter: Fields) -> bool:
    """One letter and its answers. False where the letter was there already."""
    first, _, later = letter["body"].partition(LATER)
    found = post_store.find_card(letter["slug"])
    with _at(clock.parse(letter.get("written") or letter["published_at"])):
        post = found if isinstance(found, Post) else create_post(_changes(letter, first))
    if later and post.revision == 1:
        with _at(clock.parse(letter["updated"])):
            post = edit_post(post.id, {"body": first + later})
    _answer(post)
    return not found


def _changes(letter: Fields, body: str) -> Changes:
    fields = {name: value for name, value in letter.items() if name not in OWN_FIELDS}
    return POST_FIELDS.read({**fields, "body": body})


def _answer(post: Post) -> None:
    """The conversation under one post. What was removed goes last, once it has been answered."""
    moment = post.published_at or post.created_at
    newest: dict[str, Comment] = {}
    said: list[Comment] = []
    for reply in _replies().get(post.slug, ()):
        moment += timedelta(minutes=reply["after"])
        comment = newest[reply["by"]] = _comment(post, reply, moment, newest.get(reply.get("to", "")))
        said.append(comment)
    _keep(said)
    for comment, reply in zip(said, _replies().get(post.slug, ()), strict=True):
        if reply.get("status") == "deleted":
            with _at(moment + timedelta(days=1)):
                decide([comment.full_id], "deleted", by=BY)


def _comment(post: Post, reply: Fields, moment: datetime, parent: Comment | None) -> Comment:
    """A reply as it stands in the end; one that will be removed, as it stood before."""
    by_author = reply["by"] == "author"
    name = SETTINGS["author"] if by_author else reply["by"]
    fields = COMMENT_FIELDS.read({"name": name, "body": reply["says"], "website": reply.get("site", "")})
    comment_id = _id(moment, fields["body"])
    status = reply.get("status", "approved").replace("deleted", "approved")
    return Comment(
        id=comment_id,
        post_id=post.id,
        home=post.home,
        path=place(comment_id, parent),
        parent_id=parent.id if parent else None,
        name=fields["name"],
        website=fields["website"],
        source=fields["body"],
        html=markup.render_comment(fields["body"]),
        is_author=by_author,
        status=status,
        created_at=moment,
        decided_at=None if by_author or status == "pending" else moment,
        version=1,
    )


def _id(moment: datetime, body: str) -> str:
    """The time, as in every id, and in place of chance what was said: another start gives the same."""
    chosen = sha256(body.encode()).digest()[:4]
    return text.new_id(moment)[:9] + "".join(text.ID_ALPHABET[byte % 32] for byte in chosen)


def _keep(comments: Sequence[Comment]) -> None:
    """Forty replies at once, where leaving and approving them takes two hundred calls: a newcomer
    waits for all of it. They were kept together, so what is refused is there already.
    """
    for start in range(0, len(comments), TOGETHER):
        with suppress(Refused):
            table.transact(_creation(comments[start : start + TOGETHER]))


def _creation(comments: Sequence[Comment]) -> list[Write]:
    """A transaction takes an item once, so what counts on the same becomes one."""
    writes = [write for comment in comments for write in comment_store.create(comment, is_listed=True)(0)]
    counted: dict[Key, Update] = {}
    for write in writes:
        if isinstance(write, Update):
            total = Counter(write.add) + Counter(counted.get(write.key, write).add)
            counted[write.key] = replace(write, add=dict(total)) if write.key in counted else write
    return [*(write for write in writes if not isinstance(write, Update)), *counted.values()]


@cache
def _replies() -> dict[str, list[Fields]]:
    import yaml

    source = (FOLDER / "replies.yaml").read_text(encoding="utf-8")
    # The loader in C, where there is one, takes a tenth of the time. Both are safe ones.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return dict(yaml.load(source, Loader=loader))


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    """Let it be another time. Nothing else may run meanwhile."""
    ordinary, clock.precisely = clock.precisely, lambda: moment
    try:
        yield
    finally:
        clock.precisely = ordinary
