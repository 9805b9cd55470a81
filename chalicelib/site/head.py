"""What the heads of pages have in common."""

from __future__ import annotations

from chalicelib.core import web
from chalicelib.core.pictures import served
from chalicelib.core.requests import Request
from chalicelib.core.text import host_of
from chalicelib.core.views import Image
from chalicelib.posts.model import Body, Post
from chalicelib.posts.views import path_of, preview_picture
from chalicelib.settings.model import Site


def picture_of(request: Request, site: Site, post: Post | None, body: Body | None) -> Image | None:
    """What a link card shows: chosen for the post, else its first picture, else the blog's."""
    if post and post.image:
        return Image(full_address(request, post.image), post.image_alt)
    if found := preview_picture(post, body) if post else None:
        return Image(full_address(request, found[0]), found[1])
    return Image(full_address(request, site.image), "") if site.image else None


def canonical_of(request: Request, post: Post) -> str:
    """Where the post was first published, unless that address is one of this blog (RFC 6596)."""
    own = web.absolute(request, path_of(post))
    is_elsewhere = post.canonical_url and host_of(post.canonical_url) != host_of(own)
    return post.canonical_url if is_elsewhere else own


def full_address(request: Request, url: str) -> str:
    """Of a picture that is given as an address, as a path on the blog, or as an uploaded file."""
    url = served(url)
    return web.absolute(request, url) if url.startswith("/") and not url.startswith("//") else url
