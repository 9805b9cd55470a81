"""HTML that leaves its page: full addresses, nothing that XML cannot hold, and how much it weighs."""

from __future__ import annotations

import json

import pytest
from markupsafe import escape

from chalicelib.core import markup
from chalicelib.feeds.content import bytes_in_answer, printable, with_full_addresses

BASE = "https://blog.example/posts/a"
SOURCES = [
    "[a](/b) ![c](d 'src=\"x\"') <q cite='e'>f</q> `href=\"/a\"`",
    '[a](</b c?d=e&f> "title href=") and [b](#c)',
    "<a href='/a&quot;onclick=b'>c</a> <img src='/a\"b' alt='href=\"/c\"'>",
    '[^1] ]]> &lt;a href="/x"&gt;\n\n[^1]: A note with [a link](note).',
    "> [!NOTE] \n> [مرحبا](/مرحبا) \U0001f600\n\n| a |\n|---|\n| [b](c) |",
    '```html\n<a href="/x">\n```',
]


@pytest.mark.parametrize(
    ("html", "full"),
    [
        ('<a href="/about">x</a>', '<a href="https://blog.example/about">x</a>'),
        ('<a href="b">x</a>', '<a href="https://blog.example/posts/b">x</a>'),
        ('<a href="../b?c=1&amp;d=2">x</a>', '<a href="https://blog.example/b?c=1&amp;d=2">x</a>'),
        ('<a href="?c">x</a>', '<a href="https://blog.example/posts/a?c">x</a>'),
        ('<a href="#fn-1">x</a>', '<a href="https://blog.example/posts/a#fn-1">x</a>'),
        ('<a href="">x</a>', '<a href="https://blog.example/posts/a">x</a>'),
        ('<a href=" /b ">x</a>', '<a href="https://blog.example/b">x</a>'),
        ('<a href="//cdn.example/x">x</a>', '<a href="https://cdn.example/x">x</a>'),
        ('<a href="/é?q=&quot;">x</a>', '<a href="https://blog.example/é?q=&quot;">x</a>'),
        ('<img alt="" src="a.png">', '<img alt="" src="https://blog.example/posts/a.png">'),
        ('<video poster="p.png" src="/v">', '<video poster="https://blog.example/posts/p.png" src="https://blog.example/v">'),
        ('<q cite="/z">x</q>', '<q cite="https://blog.example/z">x</q>'),
        ('<blockquote cite="z">', '<blockquote cite="https://blog.example/posts/z">'),
        ('<ins cite="/z"><del cite="/y">', '<ins cite="https://blog.example/z"><del cite="https://blog.example/y">'),
        (
            '<img srcset="a.jpg, /b.jpg 2x,https://c.example/c,d.jpg 100w" src="/a">',
            '<img srcset="https://blog.example/posts/a.jpg, https://blog.example/b.jpg 2x,'
            ' https://c.example/c,d.jpg 100w" src="https://blog.example/a">',
        ),
    ],
)  # fmt: skip
def test_relative_addresses_become_full(html: str, full: str) -> None:
    assert with_full_addresses(html, BASE) == full


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://other.example/?a=1&amp;b=2">x</a>',
        '<a href="HTTP://other.example/">x</a>',
        '<a href="mailto:a@b.example">x</a>',
        '<a href="http://[">not an address</a>',
        '<p>In text href="/a" and src="b" stay.</p>',
        '<code>&lt;a href="/a"&gt;</code>',
        '<a title="x href=" rel="me" href="https://other.example/">x</a>',
        '<img alt="&lt;a href=/x> src=" src="https://other.example/">',
        '<abbr title="a > b href=/x">x</abbr>',
        '<span class="a" lang="en">href="/x"</span>',
    ],
)
def test_everything_else_stays(html: str) -> None:
    assert with_full_addresses(html, BASE) == html


@pytest.mark.parametrize("source", SOURCES)
def test_it_is_still_what_the_sanitiser_lets_through(source: str) -> None:
    from chalicelib.core.markup.sanitise import clean_post

    html = with_full_addresses(markup.render_post(source).html, BASE)
    assert clean_post(html) == html


def test_what_xml_cannot_hold_is_taken_out() -> None:
    odd = "".join(map(chr, range(0x20))) + "\ud800\udfff\ufffe\uffff"
    assert printable(f"a{odd}b\U0001f600é") == "a\t\n\rb\U0001f600é"


@pytest.mark.parametrize(
    "html", ["<p>plain</p>", '<a href="x">"&amp;"</a>\n', "é" * 50, "مرحبا", "漢字", "\U0001f600" * 9, ""]
)
def test_no_content_takes_more_of_the_answer_than_is_counted(html: str) -> None:
    in_xml = json.dumps({"body": str(escape(html))})
    in_json = json.dumps({"body": json.dumps(html, ensure_ascii=False)})
    around = len(json.dumps({"body": '""'}))
    assert max(len(in_xml), len(in_json)) - around <= bytes_in_answer(html)
