"""The story that a bundle must be able to tell: a function a chapter, a line for what worked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dev.gateway import Reply

if TYPE_CHECKING:
    from dev.bundle.check import Bundle

TITLE = "A bundle, unpacked"
BODY = """Some *Markdown* with code:

```python
print('highlighted')
```

and a note[^1].

[^1]: At the end.
"""
HTML = {"Accept": "text/html"}
SCOPES = ("create", "update", "delete", "read", "moderate", "admin")

PICTURES = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
SAME_FOR_HEAD = ("content-type", "cache-control", "content-security-policy")


class CheckFailed(Exception):
    """What did not work, in one sentence."""


def story(blog: Bundle) -> Iterator[str]:
    """All chapters in order. Raises CheckFailed at the first thing that is not as it must be."""
    yield from start(blog)
    secret = blog.tell({"token": SCOPES})
    author = {"Authorization": f"Bearer {secret}"}
    post = publish(blog, author)
    yield f"publish: 201, {post['url']}"
    path = f"/posts/{post['slug']}"
    yield from read(blog, path)
    yield from comment(blog, author, path)
    yield from like(blog, path)
    yield from approve(blog, author, path)
    yield from settle(blog, author)
    yield from work(blog, post)
    yield from refuse(blog, path)
    yield from draw(blog)
    yield from look_back(blog, secret)


def start(blog: Bundle) -> Iterator[str]:
    """The first page of an empty blog, and what it took to get there."""
    home = blog.ask(200, "GET", "/", **HTML)
    expect("text/html" in home.header("content-type"), "the home page is not HTML")
    expect(home.header("etag").startswith('W/"'), "the home page has no weak ETag")
    report = blog.tell({"report": True})
    found = report["release"]
    expect(found == blog.release, f"its ETags are made of the release {found}, which is not {blog.release}")
    expect(not report["strangers"], f"it loaded {report['strangers'][:3]}, which Lambda does not have")
    expect(not report["compiled"], f"it had to compile {report['compiled'][:3]} at the start")
    yield f"start: first page after {report['cpu'] * 1000:.0f} ms of CPU, with nothing compiled or borrowed"


def publish(blog: Bundle, author: dict[str, str]) -> dict[str, Any]:
    """A post through the API."""
    data = {"title": TITLE, "body": BODY, "tags": ["bundles"], "status": "published"}
    reply = blog.ask(201, "POST", "/api/posts", data=data, **author)
    post: dict[str, Any] = json.loads(reply.body)
    expect(post["id"] in reply.header("location"), "the Location of a new post does not name it")
    return post


def read(blog: Bundle, path: str) -> Iterator[str]:
    """The post as a reader sees it, with HEAD, with its style sheet, and at the address with the stage
    in it.
    """
    page = blog.ask(200, "GET", path, **HTML)
    expect(TITLE in text(page), f"{path} does not show the title")
    expect(
        'class="' in text(page) and "highlighted" in text(page),
        f"{path} does not show highlighted code",
    )
    yield f"read: {path}, {len(page.body):,} bytes"
    head = blog.ask(200, "HEAD", path, **HTML)
    expect(
        not head.body and all(head.header(name) == page.header(name) for name in SAME_FOR_HEAD),
        f"HEAD {path} is not GET without a body",
    )
    expect(TITLE in text(blog.ask(200, "GET", "/", **HTML)), "the home page does not list the post")
    expect(
        TITLE in text(blog.ask(200, "GET", f"/{blog.stage}{path}", **HTML)),
        "the staged address fails",
    )
    yield "read: HEAD, home page, address with the stage"
    for asset in assets(text(page)):
        blog.ask(200, "GET", asset)
        yield f"read: {asset}"


def assets(page: str) -> list[str]:
    """The style sheets and icons of our own that a page asks for."""
    found = [part.split('"')[0] for part in page.split('href="') if "/assets/" in part.split('"')[0]]
    return list(dict.fromkeys(urlsplit(url).path for url in found))


def comment(blog: Bundle, author: dict[str, str], path: str) -> Iterator[str]:
    """A reply by form and one by JSON; both wait for the author."""
    # Nobody here takes the time to write.
    blog.ask(200, "PATCH", "/api/settings", data={"comments_form_seconds": 0}, **author)
    page = text(blog.ask(200, "GET", path, **HTML))
    form = [
        ("issued", page.split('name="issued" value="')[1].split('"')[0]),
        ("name", "Ada"),
        ("body", "Written in a form."),
        ("email", ""),
        ("website", ""),
        ("parent", ""),
    ]
    sent = blog.ask(303, "POST", f"{path}/comments", data=form, **HTML)
    own_page = blog.ask(200, "GET", local(sent.header("location")), **HTML)
    expect("Written in a form." in text(own_page), "a commenter is not shown what was sent")
    data = {"name": "Grace", "body": "Written in JSON."}
    made = json.loads(blog.ask(201, "POST", f"{path}/comments", data=data).body)
    expect("id" in made, "a JSON comment is answered without its id")
    expect("Written in" not in text(blog.ask(200, "GET", path, **HTML)), "a held comment is public")
    yield "comment: form 303 to a page of its own, JSON 201, both held"


def like(blog: Bundle, path: str) -> Iterator[str]:
    """One click, and the rooms that no page of a reader's needs."""
    told = json.loads(blog.ask(200, "POST", f"{path}/likes", data={"liked": True}).body)
    expect(told == {"likes": 1, "liked": True}, f"a like is answered with {told}")
    expect("One blogger likes this" in text(blog.ask(200, "GET", path, **HTML)), "a like is not shown")
    for private in ("/yours", "/moderate", f"{path}/reply"):
        blog.ask(200, "GET", private, **HTML)
    yield "like: counted and shown; the author's page, one's own words and the form by itself"


def approve(blog: Bundle, author: dict[str, str], path: str) -> Iterator[str]:
    """The author approves what waits, and readers see it."""
    waiting = json.loads(blog.ask(200, "GET", "/api/comments?status=pending", **author).body)["items"]
    expect(len(waiting) == 2, f"{len(waiting)} comments wait, not 2")
    for item in waiting:
        blog.ask(200, "PATCH", f"/api/comments/{item['id']}", data={"status": "approved"}, **author)
    page = text(blog.ask(200, "GET", path, **HTML))
    expect(
        "Written in a form." in page and "Written in JSON." in page,
        "approved comments are not shown",
    )
    yield "approve: both comments are on the page"


def settle(blog: Bundle, author: dict[str, str]) -> Iterator[str]:
    """A time zone, which comes with the bundle, and a tick."""
    zone = {"time_zone": "Asia/Kathmandu"}
    blog.ask(200, "PATCH", "/api/settings", data=zone, **author)
    expect(blog.tell({"tick": True}) is None, "the tick gives something")
    blog.ask(200, "GET", "/archive", **HTML)
    yield "settle: a time zone of the bundle's own, and a tick"


def work(blog: Bundle, post: dict[str, Any]) -> Iterator[str]:
    """Messages: one about a job that is done already, and one that makes no sense."""
    bodies = [json.dumps({"kind": "relist", "about": post["id"], "turn": "old"}), "nonsense"]
    messages = [
        {"messageId": str(number), "receiptHandle": "-", "body": body} for number, body in enumerate(bodies)
    ]
    answer = blog.tell({"messages": messages})
    expect(answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}, "the worker fails other messages")
    yield "work: a message that came late is answered, one that makes no sense comes again"


def refuse(blog: Bundle, path: str) -> Iterator[str]:
    """What must not work, and how it says so."""
    page = blog.ask(404, "GET", "/no/such/page", **HTML)
    expect("text/html" in page.header("content-type"), "an unknown address is not answered in HTML")
    expect(
        "default-src 'none'" in page.header("content-security-policy"),
        "a 404 page lacks its policy",
    )
    yield "refuse: 404 in HTML for an unknown address"
    for headers in ({}, {"Authorization": "Bearer parley_wrong"}):
        problem = blog.ask(401, "POST", "/api/posts", data={"title": "x", "body": "x"}, **headers)
        expect(
            problem.header("content-type") == "application/problem+json",
            "a 401 is not problem+json",
        )
        expect("Bearer" in problem.header("www-authenticate"), "a 401 lacks WWW-Authenticate")
    yield "refuse: 401 as problem+json without a token and with a wrong one"
    expect("GET" in blog.ask(405, "DELETE", path).header("allow"), "a 405 lacks Allow")
    yield "refuse: 405 with Allow"


def draw(blog: Bundle) -> Iterator[str]:
    """Every format of pictures, by the libraries that came along; nobody who reads had to load them."""
    expect(not blog.tell({"report": True})["pictures"], "pages load what only pictures need")
    made = blog.tell({"encode": PICTURES})
    failed = [kind for kind, size in made.items() if size != [64, 48]]
    expect(not failed, f"it cannot make and read {failed}")
    yield f"draw: {', '.join(PICTURES)} made and read, with nothing of it loaded before"


def look_back(blog: Bundle, secret: str) -> Iterator[str]:
    """After all of it: clean logs, and still nothing compiled or borrowed."""
    lines = blog.log.read_text(encoding="utf-8").splitlines()
    expect(bool(lines), "nothing was logged")
    expect(all(is_object(line) for line in lines), "a line of the log is not a JSON object")
    expect(secret not in "\n".join(lines), "the log holds the token")
    yield f"log: {len(lines)} lines, each a JSON object, none with the token"
    report = blog.tell({"report": True})
    expect(not report["strangers"], f"it loaded {report['strangers'][:3]}, which Lambda does not have")
    expect(not report["compiled"], f"it had to compile {report['compiled'][:3]}")
    yield "end: nothing was compiled or borrowed on the way"


def is_object(line: str) -> bool:
    """Whether a line is one JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def expect(holds: bool, otherwise: str) -> None:
    """Go on if something holds; else say what is wrong."""
    if not holds:
        raise CheckFailed(otherwise + ".")


def text(reply: Reply) -> str:
    """A reply's body as text."""
    return reply.body.decode("utf-8")


def local(url: str) -> str:
    """A URL without scheme and host, as the gateway takes it."""
    split = urlsplit(url)
    return split.path + (f"?{split.query}" if split.query else "")
