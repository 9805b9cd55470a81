"""Pictures, films, sounds and documents in posts, and what their authors are told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.core.config import config
from chalicelib.core.markup import render_post, sanitise

ORIGIN = "https://media.example.org"
HASH = "8a3c" * 8
BIG, SMALL, MOVING = f"{HASH}-2000x1500.jpg", f"{HASH}-300x200.png", f"{HASH}-900x900-moving.gif"
FIRST, LATER = 'fetchpriority="high" decoding="async"', 'loading="lazy" decoding="async"'
SET = ", ".join(
    [*(f"/media/{HASH}-2000x1500.{wide}.webp {wide}w" for wide in (480, 960, 1600)), f"/media/{BIG} 2000w"]
)


@pytest.fixture(autouse=True)
def _origin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MEDIA_URL", ORIGIN)
    config.cache_clear()
    yield
    config.cache_clear()


SHOWN = {
    "a big picture": (
        f"![a](/media/{BIG})",
        f'<img {FIRST} alt="a" src="/media/{HASH}-2000x1500.1600.webp" width="2000" height="1500" srcset="{SET}" '
        'sizes="(min-width: 70rem) 46rem, (min-width: 39rem) 37rem, 100vw">',
    ),
    "a small picture": (
        f"![a](/media/{SMALL})",
        f'<img {FIRST} alt="a" src="/media/{SMALL}" width="300" height="200">',
    ),
    "by its full address": (
        f"![a]({ORIGIN}/{SMALL})",
        f'<img {FIRST} alt="a" src="/media/{SMALL}" width="300" height="200">',
    ),
    "one that moves": (
        f"![a](/media/{MOVING})",
        f'<img {FIRST} alt="a" src="/media/{MOVING}" width="900" height="900">',
    ),
    "as wide as its author wishes": (
        f"![a](/media/{SMALL}){{width=150}}",
        f'<img {FIRST} alt="a" src="/media/{SMALL}" width="150" height="100">',
    ),
    "as high as its author wishes": (
        f'<img alt="a" src="/media/{SMALL}" height="100px">',
        f'<img {FIRST} alt="a" src="/media/{SMALL}" width="150" height="100">',
    ),
    "from elsewhere": (
        "![a](https://b.c/d.png){width=30 height=20}",
        f'<img {FIRST} alt="a" src="https://b.c/d.png" width="30" height="20">',
    ),
    "sizes that are no pixels": (
        '<img alt="a" src="d.png" width="50%" height="-1">',
        f'<img {FIRST} alt="a" src="d.png">',
    ),
    "other attributes": (
        '![a](/b.png){onerror="a()" style="color:red" srcset="https://b.c/d 1w" .x #y}',
        f'<img {FIRST} alt="a" src="/b.png">',
    ),
    "braces that are prose": ("![a](/b.png) {a}", f'<img {FIRST} alt="a" src="/b.png"> {{a}}'),
    "braces after braces": (
        "![a](/b.png){width=3} x {a}",
        f'<img {FIRST} alt="a" src="/b.png" width="3"> x {{a}}',
    ),
    "a film": (
        f"![A film](/media/{HASH}.mp4)",
        f'<video controls="" preload="metadata" src="/media/{HASH}.mp4" aria-label="A film">'
        f'<a href="/media/{HASH}.mp4">A film</a></video>',
    ),
    "a sound": (
        f"![A sound](/media/{HASH}.mp3)",
        f'<audio controls="" preload="metadata" src="/media/{HASH}.mp3" aria-label="A sound">'
        f'<a href="/media/{HASH}.mp3">A sound</a></audio>',
    ),
    "a document": (f"![A paper](/media/{HASH}.pdf)", f'<a href="/media/{HASH}.pdf">A paper</a>'),
    "a link to a file": (f"[a]({ORIGIN}/{HASH}.pdf)", f'<a href="/media/{HASH}.pdf">a</a>'),
    "a link elsewhere on that origin": (f"[a]({ORIGIN}/b)", f'<a href="{ORIGIN}/b">a</a>'),
}


@pytest.mark.parametrize(("source", "html"), SHOWN.values(), ids=SHOWN)
def test_a_file_in_a_post(source: str, html: str) -> None:
    shown = render_post(source).html
    assert shown == f"<p>{html}</p>"
    assert sanitise.clean_post(shown) == shown


@pytest.mark.parametrize(
    "source",
    [
        '<video src="https://evil.example/a.mp4" autoplay></video>',
        '<video><source src="https://evil.example/a.mp4"></video>',
        '<audio src="/elsewhere.mp3" controls>',
        f'<video src="/media/../{HASH}.mp4"></video>',
        f'<video poster="https://evil.example/a.png" src="//media/{HASH}.mp4"></video>',
    ],
)
def test_players_play_files_of_ours_alone(source: str) -> None:
    rendered = render_post(source)
    assert "evil" not in rendered.html
    assert "<video" not in rendered.html
    assert "<audio" not in rendered.html
    assert [warned.code for warned in rendered.warnings] == ["media-dropped"]


def test_a_player_in_html_has_no_more_than_one_in_markdown() -> None:
    html = render_post(f'<video src="/media/{HASH}.mp4" autoplay loop onplay="a()" title="b"></video>').html
    assert html == (
        f'<video controls="" preload="metadata" src="/media/{HASH}.mp4" aria-label="b">'
        f'<a href="/media/{HASH}.mp4">b</a></video>'
    )


def test_the_first_picture_comes_at_once_where_it_is_near_the_top() -> None:
    near = render_post("Some words.\n\n![a](/a.png)\n\n![b](/b.png)").html
    assert f'<img {FIRST} alt="a"' in near
    assert f'<img {LATER} alt="b"' in near
    assert f'<img {LATER} alt="a"' in render_post("Some words. " * 150 + "\n\n![a](/a.png)").html


WARNED = {
    "no words for an image": ("a\n\n![](/b.png)", "image-without-alt", 3, "Line 3: The image “/b.png” has no"),
    "blank words": ("![ ](/b.png)", "image-without-alt", 1, ""),
    "no words in HTML": ("a\n\n<img src='/b.png'>", "image-without-alt", 3, ""),
    "no words for a film": (f"![](/media/{HASH}.mp4)", "image-without-alt", 1, ""),
    "a link that acts": ("a\n[b](javascript:c)", "link-dropped", 2, "The link to “javascript:c” is left out"),
    "a link that acts, in disguise": ("<a href='java&#10;script:c'>b</a>", "link-dropped", None, ""),
    "an image in its address": ("![b](data:image/png;base64,c)", "image-dropped", 1, ""),
    "a frame": ("a\n\n<iframe src='https://b.c'></iframe>", "html-dropped", 3, "<iframe> is left out"),
    "a footnote that is missing": ("a\n\nb[^c]", "footnote-missing", 3, "“[^c]” is cited and not written"),
    "a skipped level": ("# A\n\n#### B", "heading-skips", 3, "The heading “B” skips a level, from 1 to 4"),
    "a formula": ("a\n\n$\\b$", "formula-as-code", 3, "The formula “\\b” is shown as code"),
}  # fmt: skip
SILENT = {
    "decoration in HTML": '<img src="/b.png" alt="">',
    "decoration in Markdown": "![](/b.png){role=presentation}",
    "a description": "![b](/b.png)",
    "a footnote": "a[^1]\n\n[^1]: b",
    "a footnote in code": "`a[^1]`\n\n    b[^2]",
    "headings": "## A\n\n### B\n\n## C",
    "links": "[a](/b) [c](https://d.e) [f](mailto:g@h.i) [j](#k) <https://l.m>",
    "HTML in code": "`<iframe>` and\n\n```html\n<script>a()</script>\n<img src=a>\n```",
}


@pytest.mark.parametrize(("source", "code", "line", "message"), WARNED.values(), ids=WARNED)
def test_what_readers_would_miss_is_said(source: str, code: str, line: int | None, message: str) -> None:
    [warned] = render_post(source).warnings
    assert (warned.code, warned.line) == (code, line)
    assert message in warned.message


@pytest.mark.parametrize("source", SILENT.values(), ids=SILENT)
def test_what_is_in_order_is_not_spoken_of(source: str) -> None:
    assert render_post(source).warnings == ()


def test_warnings_are_in_the_order_of_the_text_and_not_without_end() -> None:
    source = "![](/b.png)\n\n[a](javascript:b)\n\n" + "\n\n".join(f"![](/{n}.png)" for n in range(200))
    warned = render_post(source).warnings
    assert [one.line for one in warned[:3]] == [1, 3, 5]
    assert len(warned) == 50
