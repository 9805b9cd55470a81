"""What the test blog holds beside its demonstration: everything that is hard to set, and everything that must stay unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from tests import page
from tests.browser.served import TOKEN, Site

PICTURE = "https://pictures.example/harbour.svg"
"""Where the author's picture is kept; the tests answer for that host."""
WORD = "Donaudampfschifffahrtsgesellschaftskapitän"
SERIES = "A voyage in parts"
HIDDEN = ("draft", "scheduled", "deleted", "withdrawn", "unlisted")
"""States of posts that no list shows. All but the last are shown nowhere."""
HELD = ("pending", "spam", "deleted")
"""States of replies that no page shows."""

CODE = '''
```python title="letters/sorting_office.py"
def sort_letters(letters: Iterable[Letter], *, by: Callable[[Letter], str] = attrgetter("street"), descending: bool = False) -> dict[str, list[Letter]]:
    """Put every letter into the pigeon-hole of its street."""  # and then have tea
    return {street: list(found) for street, found in groupby(sorted(letters, key=by, reverse=descending), by)}
```

```python hl_lines="2 4-5" linenums="9"
def stamp(letter: Letter) -> Letter:
    if letter.weight > 20:  # grams, by the scales at the counter of the office in Kettle Quay, not by the ones at home
        return letter.with_stamp(160)
    letter = letter.with_stamp(95)
    return letter
```

Call `sort_letters(bag, by=attrgetter("the_name_of_the_person_to_whom_the_letter_is_addressed"))` and press <kbd>Enter</kbd>.

```diff
- stamp = 85
+ stamp = 95
```
'''

TABLE = "\n".join(
    [
        "| " + " | ".join(f"Week {week}" for week in range(1, 27)) + " |",
        "|" + "--:|" * 26,
        *("| " + " | ".join(f"{row * week:,}" for week in range(1, 27)) + " |" for row in range(90, 130)),
        "",
        "/// caption",
        "Letters a week, by pillar box",
        "///",
    ]
)

FORMULAS = r"""
## The tide, $h(t)$, at the quay

For a constituent $i$ of amplitude $A_i$ it costs $5 or $6 to know that $\omega_i = \frac{2\pi}{T_i}$, and then

$$
h(t) = h_0 + \sum_{i=1}^{n} A_i \cos\left(\omega_i t + \varphi_i\right)
$$

\begin{align}
h'(t) &= -\sum_{i=1}^{n} A_i \omega_i \sin(\omega_i t + \varphi_i) \\
\begin{pmatrix} a & b \\ c & d \end{pmatrix} &= \boxed{\sqrt{\frac{1}{2}}}
\end{align}

$$
x_0 + x_1 + x_2 + x_3 + x_4 + x_5 + x_6 + x_7 + x_8 + x_9 + x_{10} + x_{11} + x_{12} + x_{13} + x_{14} + x_{15} + x_{16} = 0
$$

In a line, $a_0 + a_1 x + a_2 x^2 + a_3 x^3 + a_4 x^4 + a_5 x^5 + a_6 x^6 + a_7 x^7 + a_8 x^8$ scrolls, and $\unknown{x}$ stays code.

- $\mathbb{R}$, *$\alpha$*, $\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}$
"""

CARDS = f"""
[A walk along the quay](https://www.youtube.com/watch?v=dQw4w9WgXcQ)

https://social.example/@maren/112233445566778899

<https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC>

[{WORD}](https://gist.github.com/maren/0123456789abcdef0123456789abcdef)

## A heading with [a link](/) in it

https://open.spotify.com/episode/4uLU6hMCjMI75M1A2tKUQC
"""

ARABIC = """
كتبتُ هذه الرسالة يوم الثلاثاء، وكان المطر يطرق النافذة. قالت جارتي: «اكتبي لي، ولو سطرًا واحدًا»، فكتبتُ **سطرين**.

## ما حملته الموجة

- صدفة، وعود من خشب الأرز
- ورقة كُتب عليها `Kettle Quay, 1987`
- ورقم هاتف: 0123 456

> لا تُكتب الرسالة إلا لمن ينتظرها.

ثم وضعتُ الطابع، ومشيتُ إلى الصندوق[^1].

[^1]: الصندوق عند آخر الزقاق.
"""

NOTES = "\n\n".join(
    [
        *(
            f"Paragraph {n} leans on a note[^n{n}] and on another[^m{n}], as letters lean on what was said before. "
            * 2
            for n in range(1, 11)
        ),
        *(
            f"[^n{n}]: Note {n}, which *has* something to add, at <https://example.org/{n}>."
            for n in range(1, 11)
        ),
        *(f"[^m{n}]: See the note before." for n in range(1, 11)),
    ]
)

CHAPTERS = "[TOC]\n\n" + "\n\n".join(
    f"{'#' * level} Chapter {n}: {words}\n\nIt was a quiet week, and then it was not. " * 1
    for n, (level, words) in enumerate(
        [
            (2, "Departure"),
            (3, "The tickets"),
            (3, "`main()` and other stations"),
            (2, "Arrival"),
            (4, "A step too deep"),
            (2, "Departure"),
        ]
    )
)

# The second one says no size: it comes when nobody looks at what stands below it.
PICTURES = f"""
<img src="{PICTURE}" alt="The harbour" width="3200" height="2133">

{"It was a quiet week in the harbour. " * 80}

![Again]({PICTURE})

/// caption
The harbour, again.
///
"""

MIXED = f"""
# A heading of the first level

{WORD}{WORD} stands in <{PICTURE}?{"a" * 200}>.

- [x] a task that is done
- [ ] one that is not

Term
:   Its meaning, H~2~O and x^2^, ~~struck~~, ==marked== and ^^inserted^^.

> [!WARNING] Mind the step
> It is **there**.

> [!NOTE]- Folded
> Away.

***

<details><summary>More</summary>Inside.</details>
"""

MORE: dict[str, dict[str, Any]] = {
    "arabic": {"language": "ar", "summary": "رسالة قصيرة عن المطر والصندوق."},
    "picture": {"image": PICTURE, "image_alt": "The harbour"},
    "warned": {"content_warning": f"Tells how the film ends, and names a {WORD}"},
    "closed": {
        "comments_close_at": "2023-06-01",
        "canonical_url": "https://elsewhere.example/an-old-question",
    },
    "plain": {"comments_close_at": "2099-01-01"},
    "mixed": {
        "syndication": ["https://elsewhere.example/@maren/1"],
        "pinned": True,
        "summary": "A bit of all.",
    },
}

SETTINGS = {
    "links": [
        {"label": "Maren at the library", "url": "https://library.example/maren"},
        {"label": "سلمى", "url": "https://salma.example/"},
    ],
    "author_picture": PICTURE,
    "author_biography": f"Writes letters, and *answers* them.\n\nLives at Kettle Quay with a {WORD}.",
    "time_zone": "Europe/Berlin",
    # All of them come from here, and at once.
    "comments_per_minute": 0,
    # A browser that is driven writes faster than a person.
    "comments_form_seconds": 0,
    "comments_per_day": 0,
}


def fill(site: Site) -> None:
    """Publish all of it, through the API, and note the addresses that come of it."""
    site.api("PATCH", "/api/settings", **SETTINGS)
    for post in (*posts(), *tagged(), *series(), *pages()):
        site.api("POST", "/api/posts", **post)
    converse(site)
    like(site)
    hide_posts(site)
    hide_replies(site)
    moderate(site)
    revise(site)
    for name, path in {"older": "/", "tag_older": "/tags/trials", "later": "/posts/crowd"}.items():
        site.known[name] = linked(site, path, "next")


def posts() -> Iterator[dict[str, Any]]:
    """Each is a trial of its own; its slug says which."""
    texts = {
        "plain": ("Plain", "Nobody has answered this yet."),
        "long-title": (f"A title that goes on, past the end of any line, {'and on, ' * 25}until {WORD}", "Short."),
        "emoji": ("🥖👩‍👩‍👧‍👦 Bread & family 🏳️‍🌈 <em>not</em> a tag", "Words with 🥖 and 👩🏽‍🚀 in them, é as two, and ﷽."),
        "arabic": ("رسالة إلى الجيران", ARABIC),
        "long-word": (WORD, f"{WORD * 6}\n\n`{WORD * 6}`"),
        "code": ("Code", CODE),
        "formulas": ("Formulas", FORMULAS),
        "cards": ("Cards", CARDS),
        "wide-table": ("A wide table", TABLE),
        "untitled": ("", "A note without any title, found on the back of an envelope."),
        "picture": ("A big picture", PICTURES),
        "footnotes": ("Footnotes", NOTES),
        "chapters": ("Chapters", CHAPTERS),
        "mixed": ("Everything else", MIXED),
        "warned": ("How the film ends", MIXED),
        "closed": ("An old question", "It was asked long ago, and answered."),
        "deep": ("Twelve levels", "Let us see how deep this goes."),
        "crowd": ("Sixty replies", "Everybody has something to say."),
    }  # fmt: skip
    for day, (slug, (title, body)) in enumerate(texts.items(), 1):
        yield {
            "slug": slug,
            "title": title,
            "body": body,
            "tags": ["trials", f"trial {slug}", WORD, "رسائل"] if slug != "plain" else [],
            "published_at": f"2023-03-{day:02}T10:00:00Z",
            **MORE.get(slug, {}),
        }


def series() -> Iterator[dict[str, Any]]:
    """Three parts, between which hidden ones are dated."""
    for part in range(1, 4):
        yield {
            "slug": f"voyage-{part}",
            "title": f"The voyage, part {part}",
            "body": "We left." if part == 1 else "We went on.",
            "series": SERIES,
            "published_at": f"2023-03-05T1{part}:00:00Z",
        }


def pages() -> Iterator[dict[str, Any]]:
    """Static pages; their titles stand in the head of every page."""
    texts = {"everything": ("Everything on a page", MIXED), "shelf": ("رفّ الكتب", ARABIC)}
    for slug, (title, body) in texts.items():
        yield {"type": "page", "slug": slug, "title": title, "body": body, "published_at": "2023-01-01"}


def tagged() -> Iterator[dict[str, Any]]:
    """Three hundred tags, thirty a post."""
    for number in range(10):
        yield {
            "slug": f"tagged-{number}",
            "title": f"Tagged {number}",
            "body": "Many tags.",
            "tags": [f"tag {tag:03}" for tag in range(number * 30, number * 30 + 30)],
            "published_at": f"2022-12-{number + 1:02}T10:00:00Z",
        }


def converse(site: Site) -> None:
    """Twelve levels under one post, sixty answers under another."""
    parent = None
    for depth in range(12):
        said = f"Level {depth + 1}. {WORD} " * (1 + depth % 3)
        parent = reply(site, "deep", said, name=f"{'Ann' if depth % 2 else 'سلمى'} {depth}", parent=parent)
        site.known["deepest"] = parent
    reply(site, "deep", "👍", name=WORD * 2, website="https://example.org/")
    reply(site, "deep", "Words of no use.", marks={"is_hidden": True, "body": "Words of little use."})
    first = reply(site, "crowd", "The first of **sixty**.", marks={"is_sticky": True})
    site.known["first"] = first
    for number in range(59):
        by_author(
            site, "crowd", f"Answer {number}\n\n> quoted\n\n- and listed", first if number % 3 else None
        )


def like(site: Site) -> None:
    """More than a dozen like the post with sixty replies from sites of their own, and somebody by a click."""
    found = site.api("GET", "/api/posts?limit=100")["items"]
    crowd = next(post["id"] for post in found if post["slug"] == "crowd")
    for number, name in enumerate([*(f"Ann {number}" for number in range(12)), "سلمى", WORD]):
        site.api("POST", f"/api/posts/{crowd}/likes", url=f"https://site{number}.example/", name=name)
    site.form("/posts/crowd/likes")


def reply(
    site: Site,
    slug: str,
    body: str,
    *,
    status: str = "approved",
    marks: Mapping[str, Any] | None = None,
    **fields: Any,
) -> str:
    """Leave a reply as a reader, and have it decided on and marked; its id within the post."""
    sent = json.dumps({"name": "Ann", "body": body, **fields})
    got = site.send("POST", f"/posts/{slug}/comments", sent, {"Content-Type": "application/json"})
    assert got.status == 201, got.text
    full_id = str(got.json["id"])
    site.known[status] = got.headers["location"]
    if status != "pending":
        site.api("PATCH", f"/api/comments/{full_id}", status=status, **(marks or {}))
    return full_id.partition(".")[2]


def by_author(site: Site, slug: str, body: str, parent: str | None) -> None:
    site.api("POST", f"/posts/{slug}/comments", body=body, parent=parent)


def marker(state: str) -> str:
    """What gives away a post or reply of that state, wherever it turns up."""
    return f"unseen{state}"


def hide_posts(site: Site) -> None:
    """One post and one static page of each hidden state, its marker in every field."""
    for state, kind in product(HIDDEN, ("post", "page")):
        word = marker(state if kind == "post" else f"{state}page")
        post = site.api(
            "POST",
            "/api/posts",
            slug=word,
            title=f"{word} title",
            body=f"{word} body",
            summary=f"{word} summary",
            tags=[word, "trials"],
            type=kind,
            series=SERIES if kind == "post" else "",
            image=f"https://{word}.example/picture.jpg",
            image_alt=word,
            syndication=[f"https://{word}.example/copy"],
            pinned=kind == "post",
            status=state if state in ("draft", "unlisted") else "published",
            published_at="2199-01-01T00:00:00Z" if state == "scheduled" else "2023-03-05T12:00:00Z",
        )
        if state == "deleted":
            site.api("DELETE", f"/api/posts/{post['id']}")
        if state == "withdrawn":
            site.api("PATCH", f"/api/posts/{post['id']}", status="draft")


def hide_replies(site: Site) -> None:
    """Under a post that everybody can read, in answer to one that everybody can read."""
    for state in HELD:
        word = marker(f"{state}reply")
        reply(
            site,
            "deep",
            f"{word} body",
            status=state,
            name=word,
            website=f"https://{word}.example/",
            email=f"{word}@example.org",
            parent=site.known["deepest"],
        )


def moderate(site: Site) -> None:
    """A ban, some lines in the log, and an author who is signed in."""
    held = site.api("GET", "/api/comments?limit=100")["items"][-1]["id"]
    site.known["held"] = held
    for kind in ("site", "email"):
        site.api("POST", "/api/moderation/bans", comment=held, kind=kind, why=f"{WORD} {WORD}")
    signed_in = site.form("/moderate/session", token=TOKEN)
    site.known["session"] = signed_in.headers["set-cookie"].partition(";")[0]


def revise(site: Site) -> None:
    """A draft that was changed at every length, and a link to a preview of it."""
    long = f"{'The cat sat on the mat, and then it sat there. ' * 12}{WORD}\n\n"
    draft = site.api(
        "POST",
        "/api/posts",
        title="Not yet",
        body=f"{long}{ARABIC}\n\nOld end.\n",
        status="draft",
        tags=["trials"],
    )
    changed = long.replace("cat", "cow").replace("then it", "it")
    site.api(
        "PATCH", f"/api/posts/{draft['id']}", title=f"Not {WORD} yet", body=f"{changed}{ARABIC}\n\nNew end."
    )
    site.known["versions"] = f"/moderate/posts/{draft['id']}/revisions"
    link = site.api("POST", f"/api/posts/{draft['id']}/preview")["url"]
    site.known["preview"] = f"/preview/{link.rpartition('/')[2]}"


def linked(site: Site, path: str, rel: str) -> str:
    """Where the page's link of that relation leads."""
    answer = site.get(path)
    target = page.link(answer.text, rel)
    assert target, f"{path} ({answer.status}) has no link with rel={rel}"
    return target
