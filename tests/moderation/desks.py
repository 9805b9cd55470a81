"""The author at the moderation page, with a browser that keeps cookies and fills forms."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from chalicelib.accounts.actions import create_token
from chalicelib.accounts.sessions import COOKIE
from chalicelib.comments import store
from chalicelib.comments.model import Comment, split_id
from chalicelib.core import clock, table
from chalicelib.core.requests import Principal
from chalicelib.core.table import Put, Update
from tests import page
from tests.blog import Blog, Got

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
ME = Principal("0" * 16, "the tests", frozenset(("moderate",)))


class Desk:
    """`desk.press("spam page")` presses the button of that value on the page that is open."""

    def __init__(
        self, blog: Blog, *, scopes: tuple[str, ...] = ("moderate", "create"), token: str = ""
    ) -> None:
        self.blog = blog
        self.token = token or create_token("desk", scopes).secret
        got = blog.form("/moderate/session", token=self.token)
        assert got.status == 303, got.text
        self.cookie = got.headers["set-cookie"].partition(";")[0]
        self.open("/moderate")

    @property
    def headers(self) -> dict[str, str]:
        return {**FORM, "Cookie": self.cookie}

    def open(self, target: str) -> Got:
        self.got = self.blog.send("GET", target, headers={"Cookie": self.cookie, "Accept": "text/html"})
        return self.got

    def send(self, fields: dict[str, str], **headers: str) -> Got:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.blog.send("POST", "/moderate", body=urlencode(fields), headers=self.headers | named)

    def fields(self, value: str) -> dict[str, str]:
        """What the browser would send for the button of that value."""
        tree = page.parse(self.got.text)
        parents = {child: parent for parent in tree.iter() for child in parent}

        def form_of(element: Any) -> Any:
            if named := element.get("form"):
                return next(form for form in tree.iter("form") if form.get("id") == named)
            while element is not None and element.tag != "form":
                element = parents.get(element)
            return element

        button = next(one for one in tree.iter("button") if one.get("value") == value)
        form = form_of(button)
        sent = {button.attrib["name"]: value}
        for each in tree.iter():
            if each.tag in ("input", "textarea", "select") and each.get("name") and form_of(each) is form:
                if each.get("type") == "checkbox":
                    continue
                text = each.text if each.tag == "textarea" else each.get("value")
                if each.tag == "select":
                    text = next(each.iter("option")).get("value")
                sent[each.attrib["name"]] = (text or "").removeprefix("\n")
        return sent

    def press(self, value: str, **more: str) -> Got:
        """And open the page that it leads to."""
        got = self.send(self.fields(value) | more)
        if got.status == 303:
            return self.open(got.headers["location"])
        self.got = got
        return got

    @property
    def mark(self) -> str:
        inputs = page.parse(self.got.text).iter("input")
        return str(next(each.attrib["value"] for each in inputs if each.get("name") == "mark"))

    @property
    def notice(self) -> str:
        found = list(page.classed(self.got.text, "notice"))
        return page.words(found[0]) if found else ""


def cookie_of(secret: str) -> str:
    return f"{COOKIE}={secret}"


def record(full_id: str) -> Comment:
    ids = split_id(full_id)
    found = store.find(*ids) if ids else None
    assert found
    return found


def mark_visitor(full_id: str, visitor: str) -> None:
    """As if the comment had come with a cookie."""
    post_id, _, comment_id = full_id.partition(".")
    table.write(Update(store.record_key(post_id, comment_id), put={"visitor": visitor}))


def came_from(full_id: str, network: str, seconds: int = 14 * 24 * 3600) -> None:
    """As it is noted when a comment arrives."""
    post_id, _, comment_id = full_id.partition(".")
    table.write(
        Put(
            {
                "pk": f"FROM#{full_id}",
                "sk": "-",
                "network": network,
                "ttl": int(clock.now().timestamp()) + seconds,
                "wpk": f"FROM#{network}",
                "wsk": f"{comment_id}.{post_id}",
            }
        )
    )


def log(blog: Blog) -> list[dict[str, Any]]:
    """All of it, the newest first."""
    items, cursor = [], ""
    while True:
        got = blog.api("GET", f"/api/moderation/log?limit=100{cursor}")
        assert got.status == 200, got.text
        items += got.json["items"]
        if not got.json["cursor"]:
            return items
        cursor = f"&cursor={got.json['cursor']}"
