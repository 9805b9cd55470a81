"""Lists as readers see them."""

from __future__ import annotations

from typing import Any

from tests import page
from tests.blog import Blog
from tests.site.test_home import titles


def counted(blog: Blog, target: str) -> dict[str, str]:
    """{address: name and count} of what a page lists."""
    items = [item for ul in page.classed(blog.get(target).text, "names") for item in ul.iter("li")]
    return {next(item.iter("a")).attrib["href"]: page.words(item) for item in items}


def edit(blog: Blog, post: dict[str, Any], **fields: Any) -> None:
    got = blog.api("PATCH", f"/api/posts/{post['id']}", **fields)
    assert got.status == 200, got.text


def walk(blog: Blog, target: str) -> tuple[list[list[str]], list[list[str]]]:
    """The titles on each page of a list, going forth and coming back."""
    there, back, following = [], [], target
    while following:
        last, got = following, blog.get(following).text
        there.append(titles(got))
        following = page.link(got, "next") or ""
    while last:
        got = blog.get(last).text
        back.append(titles(got))
        last = page.link(got, "prev") or ""
    return there, back[::-1]
