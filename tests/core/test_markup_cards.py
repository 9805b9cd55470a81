"""Cards for links to well-known places, footnotes in the order of reading, and marked lines of code."""

from __future__ import annotations

import re

import pytest

from chalicelib.core.markup import providers, render_comment, render_post, sanitise
from chalicelib.core.problems import Invalid

KNOWN = {
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ": ("YouTube", "video", ""),
    "https://www.youtube.com/watch?t=3&v=dQw4w9WgXcQ": ("YouTube", "video", ""),
    "https://youtu.be/dQw4w9WgXcQ?t=3": ("YouTube", "video", ""),
    "https://youtube.com/shorts/dQw4w9WgXcQ": ("YouTube", "video", ""),
    "https://vimeo.com/123": ("Vimeo", "video", ""),
    "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC": ("Spotify", "music", ""),
    "https://open.spotify.com/intl-de/episode/4uLU6hM?si=1": ("Spotify", "podcast", ""),
    "https://soundcloud.com/ann/a-walk": ("SoundCloud", "music", "ann/a-walk"),
    "https://ann.bandcamp.com/album/a-walk": ("Bandcamp", "music", "ann.bandcamp.com/album/a-walk"),
    "https://social.example/@ann/112233445566778899": ("Mastodon", "post", "@ann@social.example"),
    "https://bsky.app/profile/ann.example/post/3k": ("Bluesky", "post", "ann.example"),
    "https://codepen.io/ann/pen/abc": ("CodePen", "code", "ann"),
    "https://gist.github.com/ann/0123456789abcdef": ("GitHub Gist", "code", "ann"),
    "https://github.com/ann/walks/": ("GitHub", "code", "ann/walks"),
}
UNKNOWN = [
    "https://example.org/",
    "https://youtube.com.evil.example/watch?v=a",
    "https://evil.example/youtu.be/dQw4w9WgXcQ",
    "https://user@youtu.be/dQw4w9WgXcQ",
    "javascript://youtu.be/dQw4w9WgXcQ",
    "https://vimeo.com/about",
    "https://youtu.be/" + "a" * 500,
]


@pytest.mark.parametrize(("address", "found"), KNOWN.items(), ids=list(KNOWN))
def test_an_address_says_what_stands_there(address: str, found: tuple[str, str, str]) -> None:
    assert providers.found_at(address) == found


@pytest.mark.parametrize("address", UNKNOWN)
def test_other_addresses_make_no_card(address: str) -> None:
    assert providers.found_at(address) is None
    assert "link-card" not in render_post(f"[a]({address})").html


CARD = (
    '<figure class="link-card"><a href="https://vimeo.com/123"><span class="kind video" dir="auto">Vimeo · Video</span>'
    "{}</a></figure>"
)
ADDRESS = '<br><span class="address" dir="auto">vimeo.com/123</span>'
CARDS = {
    "an address": ("https://vimeo.com/123", CARD.format(ADDRESS)),
    "in angle brackets": ("<https://vimeo.com/123>", CARD.format(ADDRESS)),
    "with words": (
        "[A <walk](https://vimeo.com/123)",
        CARD.format('<br><span class="name" dir="auto">A &lt;walk</span>' + ADDRESS),
    ),
    "in prose": (
        "see [a](https://vimeo.com/123)",
        '<p>see <a href="https://vimeo.com/123">a</a></p>',
    ),
    "two of them": (
        "<https://vimeo.com/1> <https://vimeo.com/2>",
        '<p><a href="https://vimeo.com/1">https://vimeo.com/1</a> <a href="https://vimeo.com/2">https://vimeo.com/2</a></p>',
    ),
    "an image": (
        "[![a](/b.png)](https://vimeo.com/123)",
        '<p><a href="https://vimeo.com/123"><img fetchpriority="high" decoding="async" alt="a" src="/b.png"></a></p>',
    ),
    "in code": ("`https://vimeo.com/123`", "<p><code>https://vimeo.com/123</code></p>"),
}


@pytest.mark.parametrize(("source", "html"), CARDS.values(), ids=CARDS)
def test_a_link_alone_becomes_a_card(source: str, html: str) -> None:
    shown = render_post(source).html
    assert shown == html
    assert sanitise.clean_post(shown) == shown


def test_cards_ask_nobody_and_speak_the_language_of_the_post() -> None:
    html = render_post("\n\n".join(KNOWN), "ar").html
    assert html.count("link-card") == len(KNOWN)
    assert not re.search(r"<(?:img|iframe|script|link|object|embed)|src=", html)
    assert "فيديو" in html
    assert "Video" not in html


def test_comments_have_no_cards() -> None:
    assert "figure" not in render_comment("https://vimeo.com/123")


def footnotes(source: str) -> tuple[list[str], list[str], list[str]]:
    html = render_post(source).html
    body, _, notes = html.partition("<section")
    return (
        re.findall(r'<sup id="([^"]*)">', body),
        re.findall(r'class="footnote-backref" href="#([^"]*)"', notes),
        re.findall(r'aria-label="([^"]*)" class="footnote-backref"', notes),
    )


def test_ways_back_lead_to_mentions_in_the_order_of_reading() -> None:
    for source in (
        "- a\n    - b[^x]\n\nc[^x] d[^x]\n\n[^x]: e",
        "c[^x]\n\n- a\n    - b[^x]\n\nd[^x]\n\n[^x]: e",
    ):
        marks, ways, said = footnotes(source)
        assert marks == ways == ["fnref-1", "fnref2-1", "fnref3-1"]
        assert [words[-9:] for words in said[1:]] == ["mention 2", "mention 3"]


def test_footnotes_are_numbered_as_they_are_read() -> None:
    html = render_post("a[^a] b[^b]\n\n- c[^c]\n\n[^c]: C\n[^b]: B [^a]\n[^a]: A").html
    assert re.findall(r'href="#fn-(\d)" role="doc-noteref">(\d)<', html) == [
        ("1", "1"),
        ("2", "2"),
        ("3", "3"),
        ("1", "1"),
    ]
    assert re.findall(r'<li id="fn-(\d)">\n<p>(\w)', html) == [("1", "A"), ("2", "B"), ("3", "C")]
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert {way[1:] for way in re.findall(r'href="(#[^"]*)"', html)} <= set(ids)


def test_a_footnote_that_nobody_cites_leads_nowhere() -> None:
    assert "footnote-backref" not in render_post("a\n\n[^x]: b").html


def test_footnotes_have_a_heading() -> None:
    assert '<h2 class="unseen">Footnotes</h2>' in render_post("a[^1]\n\n[^1]: b").html
    assert "الحواشي" in render_post("a[^1]\n\n[^1]: b", "ar").html
    assert render_post("a[^1]\n\n[^1]: b").text == "a"


def test_lines_of_code_are_marked_and_numbered() -> None:
    html = render_post('```text hl_lines="2-3" linenums="9"\na\nb\nc\n```').html
    assert html == (
        '<div class="highlight"><pre tabindex="0"><span></span><code>'
        '<span class="linenos" data-linenos=" 9 "></span>a\n'
        '<span class="hll"><span class="linenos" data-linenos="10 "></span>b\n</span>'
        '<span class="hll"><span class="linenos" data-linenos="11 "></span>c\n</span></code></pre></div>'
    )
    assert sanitise.clean_post(html) == html


@pytest.mark.parametrize(
    "head",
    ['hl_lines="1-999999999"', 'hl_lines="9-1"', 'hl_lines="x"', 'hl_lines=""', 'linenums="0"', 'linenums="-1"',
     'linenums="99999999999"', 'linenums="1 2 3"', 'hl_lines="1\\" onclick=a()"', 'linenums="<b>"'],
)  # fmt: skip
def test_odd_lines_are_no_fault(head: str) -> None:
    html = render_post(f"```text {head}\na\nb\n```").html
    assert "a" in html
    assert not re.search(r"<[^>]*onclick|<b>", html)


def test_a_fence_names_only_so_many_lines() -> None:
    with pytest.raises(Invalid, match="the first line of this code is too long"):
        render_post(f'a\n\n```text hl_lines="{"1-9 " * 100}"\na\n```')


@pytest.mark.parametrize("address", ["ab--ef12345", "ab__f__2345", "ab~ef~12345", "_b_ef_2345_"])
def test_no_mark_within_an_address_leads_elsewhere(address: str) -> None:
    html = render_post(f"https://youtu.be/{address}").html
    assert f'href="https://youtu.be/{address}"' in html
    assert f">youtu.be/{address}<" in html or f">https://youtu.be/{address}<" in html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("  {}  ", "<p>{}</p>"),
        ("- {}", "<ul>\n<li>{}</li>\n</ul>"),
        ("> {}", "<blockquote>\n<p>{}</p>\n</blockquote>"),
    ],
)
def test_an_address_that_stands_alone_is_a_link(source: str, html: str) -> None:
    address = "https://example.org/a--b_c_d?x=1"
    link = f'<a href="{address}">{address}</a>'
    assert render_post(source.format(address)).html == html.format(link)


@pytest.mark.parametrize(
    "source",
    [
        "See https://example.org/a",
        "https://example.org/a\nhttps://example.org/b",
        "[https://example.org/a](https://example.org/b)",
        "`https://example.org/a`",
        "https://example.org/a<b>c</b>",
    ],
)
def test_an_address_among_words_stays_as_it_is(source: str) -> None:
    assert 'href="https://example.org/a' not in render_post(source).html


def test_an_address_that_is_a_footnote_is_a_link() -> None:
    html = render_post("a[^1]\n\n[^1]: https://example.org/a--b").html
    assert '<p><a href="https://example.org/a--b">https://example.org/a--b</a>&nbsp;<a ' in html
