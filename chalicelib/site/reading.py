"""A post with what stands on its page, read in one round trip."""

from __future__ import annotations

from chalicelib.comments.reading import REPLIES_A_PAGE, Thread, first_page
from chalicelib.comments.store import LAST_ROW, MOST_STICKY, first_rows, sticky_rows
from chalicelib.core import table
from chalicelib.core.table import Item
from chalicelib.core.values import value
from chalicelib.likes.model import Faces
from chalicelib.likes.store import FACES, decode_faces
from chalicelib.lists.model import Around
from chalicelib.lists.store import decode_around
from chalicelib.posts import store as post_store
from chalicelib.posts.actions import refuse_hidden
from chalicelib.posts.model import Body, Post
from chalicelib.posts.store import AROUND, BODY, CARD, TALLIES, TALLY, Alias, partition
from chalicelib.posts.tallies import Tally, sum_tallies

# One more than a page tells whether there is another, and whether a tombstone at its end carries
# something. Where transactions never met there is one tally instead of sixteen.
FIRST_READ = 4 + TALLIES + MOST_STICKY + REPLIES_A_PAGE + 1


@value
class PostPage:
    post: Post
    body: Body | None
    tally: Tally
    faces: Faces
    around: Around
    thread: Thread

    @property
    def is_whole(self) -> bool:
        """Whether its items belong together: a Query may see a change half done."""
        same_body = not self.body or self.body.revision in (0, self.post.revision)
        same_faces = self.tally.faces == self.faces.version
        same_around = self.tally.around >= self.around.shown
        return self.tally.card == self.post.version and same_body and same_faces and same_around


@value
class Moved:
    """The post is at another address now."""

    post: Post


def open_post(slug: str) -> PostPage | Moved:
    """A post with its tallies and its first replies: one Query, or two where the slug was changed
    after the post was first public.
    """
    items = _first_items(slug)
    found = post_store.decode_card(items[0]) if items else None
    if isinstance(found, Alias):
        items = _first_items(found.home)
        found = post_store.decode_card(items[0]) if items else None
    post = refuse_hidden(found if isinstance(found, Post) else None)
    return Moved(post) if post.slug != slug else _post_page(post, items)


def read_preview(post: Post) -> PostPage:
    """A post, public or not, with what its author gave it: nothing that readers did."""
    items = table.query(partition(post.home), start=CARD, end=AROUND, limit=FIRST_READ, consistent=True)
    return _post_page(post, [item for item in items if item["sk"] in (CARD, BODY, AROUND)])


def _first_items(slug: str) -> list[Item]:
    return table.query(partition(slug), start=CARD, end=LAST_ROW, limit=FIRST_READ)


def _post_page(post: Post, items: list[Item]) -> PostPage:
    by_key = {item["sk"]: item for item in items[: FIRST_READ - REPLIES_A_PAGE]}
    body, faces, around = (by_key.get(sk) for sk in (BODY, FACES, AROUND))
    return PostPage(
        post=post,
        body=post_store.decode_body(body) if body else None,
        tally=sum_tallies(item for sk, item in by_key.items() if sk.startswith(TALLY)),
        faces=decode_faces(faces) if faces else Faces(),
        around=decode_around(around) if around else Around(),
        thread=first_page(post.home, sticky_rows(by_key.values()), first_rows(items, REPLIES_A_PAGE)),
    )
