"""What each piece of Markdown becomes: the source, and the HTML that readers get."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name

from chalicelib.core import markup
from chalicelib.core.markup import code, dialect, render_comment, render_post, sanitise
from chalicelib.core.problems import Invalid

BACK = '<a aria-label="Back to reference 1 in the text{}" class="footnote-backref" href="#{}" role="doc-backlink">↩</a>'
REF = '<sup id="{}"><a class="footnote-ref" href="#fn-1" role="doc-noteref">1</a></sup>'
NOTES = '<section class="footnotes" role="doc-endnotes">\n<h2 class="unseen">Footnotes</h2>\n<hr>\n<ol>\n<li id="fn-1">\n<p>Note&nbsp;{}</p>\n</li>\n</ol>\n</section>'
TABLE = '<div class="table-scroll" tabindex="0" role="region" aria-label="Table"><table>'

POSTS = {
    "paragraphs": ("a\nb\n\nc", "<p>a\nb</p>\n<p>c</p>"),
    "line break": ("a  \nb", "<p>a<br>\nb</p>"),
    "emphasis": ("*a* __b__ snake_case_name", "<p><em>a</em> <strong>b</strong> snake_case_name</p>"),
    "deleted": ("~~a~~", "<p><del>a</del></p>"),
    "marked": ("==a==", "<p><mark>a</mark></p>"),
    "inserted": ("^^a^^", "<p><ins>a</ins></p>"),
    "subscript": ("H~2~O", "<p>H<sub>2</sub>O</p>"),
    "superscript": ("x^2^", "<p>x<sup>2</sup></p>"),
    "home directories": ("~/bin and ~/lib", "<p>~/bin and ~/lib</p>"),
    "typography": ('"It\'s" -- a... --- b', "<p>“It’s” – a… — b</p>"),
    "no typography in code": ('`"a" -- b`', '<p><code>"a" -- b</code></p>'),
    "escapes": (r"\*a\* \[", "<p>*a* [</p>"),
    "headings begin at h2": ("# A\n\n## B", '<h2 id="h-a">A</h2>\n<h3 id="h-b">B</h3>'),
    "headings end at h6": (
        "# A\n## B\n### C\n#### D\n##### E\n###### F",
        '<h2 id="h-a">A</h2>\n<h3 id="h-b">B</h3>\n<h4 id="h-c">C</h4>\n'
        '<h5 id="h-d">D</h5>\n<h6 id="h-e">E</h6>\n<h6 id="h-f">F</h6>',
    ),
    "headings without gaps": (
        "### A\n\n##### B\n\n## C",
        '<h2 id="h-a">A</h2>\n<h3 id="h-b">B</h3>\n<h2 id="h-c">C</h2>',
    ),
    "underlined headings": ("A\n=\n\nB\n-", '<h2 id="h-a">A</h2>\n<h3 id="h-b">B</h3>'),
    "same heading twice": ("# A\n\n# A", '<h2 id="h-a">A</h2>\n<h2 id="h-a_1">A</h2>'),
    "heading of other scripts": ("# Größe 漢字", '<h2 id="h-größe-漢字">Größe 漢字</h2>'),
    "heading without a letter": ("# !", '<h2 id="h-section">!</h2>'),
    "heading named like a part of the page": ("# reply", '<h2 id="h-reply">reply</h2>'),
    "h1 of the author's": ("<h1>A</h1>", "<h2>A</h2>"),
    "contents": (
        "[TOC]\n\n# A",
        '<nav aria-label="Contents" class="toc">\n<ul>\n<li><a href="#h-a">A</a></li>\n</ul>\n</nav>\n<h2 id="h-a">A</h2>',
    ),
    "link": ('[a](https://b.c "d")', '<p><a href="https://b.c" title="d">a</a></p>'),
    "relative link": ("[a](/b) [c](#h-d)", '<p><a href="/b">a</a> <a href="#h-d">c</a></p>'),
    "link by reference": ("[a][b]\n\n[b]: https://b.c", '<p><a href="https://b.c">a</a></p>'),
    "link in angle brackets": ("<https://a.b>", '<p><a href="https://a.b">https://a.b</a></p>'),
    "mail": ("<me@a.b>", '<p><a href="mailto:me@a.b">me@a.b</a></p>'),
    "link of another scheme": ("[a](javascript:b)", "<p><a>a</a></p>"),
    "rel that means something": ("<a rel='me evil' href='/b'>a</a>", '<p><a rel="me" href="/b">a</a></p>'),
    "image": (
        "![a](/b.png)",
        '<p><img fetchpriority="high" decoding="async" alt="a" src="/b.png"></p>',
    ),
    "image of another scheme": (
        "![a](data:image/png;base64,b)",
        '<p><img fetchpriority="high" decoding="async" alt="a"></p>',
    ),
    "figure": (
        "![a](/b.png)\n\n/// caption\nC *d*\n///",
        (
            '<figure>\n<p><img fetchpriority="high" decoding="async" alt="a" src="/b.png"></p>\n'
            "<figcaption>\n<p>C <em>d</em></p>\n</figcaption>\n</figure>"
        ),
    ),
    "quote": ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
    "callout": (
        "> [!NOTE]\n> a",
        '<div class="admonition note">\n<p class="admonition-title">Note</p>\n<p>a</p>\n</div>',
    ),
    "callout with a title": (
        "> [!warning] Hot\n> a",
        '<div class="admonition warning">\n<p class="admonition-title">Hot</p>\n<p>a</p>\n</div>',
    ),
    "callout of an unknown kind": (
        "> [!evil]\n> a",
        '<div class="admonition">\n<p class="admonition-title">Evil</p>\n<p>a</p>\n</div>',
    ),
    "callout folded": (
        "> [!TIP]- More\n> a",
        '<details class="tip">\n<summary>More</summary>\n<p>a</p>\n</details>',
    ),
    "list": ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
    "numbered list": ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
    "two kinds of list": ("1. a\n\n* b", "<ol>\n<li>a</li>\n</ol>\n<ul>\n<li>b</li>\n</ul>"),
    "nested list": ("- a\n    - b", "<ul>\n<li>a<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>"),
    "tasks": (
        "- [x] a\n- [ ] b",
        (
            '<ul class="task-list">\n'
            '<li class="task-list-item"><input type="checkbox" disabled="" checked="" aria-label="Done"> a</li>\n'
            '<li class="task-list-item"><input type="checkbox" disabled="" aria-label="To do"> b</li>\n</ul>'
        ),
    ),
    "definitions": ("a\n: b", "<dl>\n<dt>a</dt>\n<dd>b</dd>\n</dl>"),
    "abbreviation": (
        "*[HTML]: Hyper\n\nHTML, `HTML`",
        '<p><abbr title="Hyper">HTML</abbr>, <code>HTML</code></p>',
    ),
    "table": (
        "|a|b|c|\n|:-|-:|:-:|\n|1|2|3|",
        (
            f'{TABLE}\n<thead>\n<tr>\n<th class="al-left">a</th>\n<th class="al-right">b</th>\n'
            '<th class="al-center">c</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td class="al-left">1</td>\n'
            '<td class="al-right">2</td>\n<td class="al-center">3</td>\n</tr>\n</tbody>\n</table></div>'
        ),
    ),
    "table of the author's": (
        "<table><tr><td>a</td></tr></table>",
        f"{TABLE}<tbody><tr><td>a</td></tr></tbody></table></div>",
    ),
    "footnote": (
        "a[^x y]\n\n[^x y]: Note",
        f"<p>a{REF.format('fnref-1')}</p>\n{NOTES.format(BACK.format('', 'fnref-1'))}",
    ),
    "footnote mentioned twice": (
        "a[^1] b[^1]\n\n[^1]: Note",
        f"<p>a{REF.format('fnref-1')} b{REF.format('fnref2-1')}</p>\n"
        + NOTES.format(BACK.format("", "fnref-1") + BACK.format(", mention 2", "fnref2-1")),
    ),
    "code": ("`a < b`", "<p><code>a &lt; b</code></p>"),
    "code block": (
        "```python\nx = 1\n```",
        (
            '<div class="highlight"><pre tabindex="0"><span></span><code><span class="n">x</span> '
            '<span class="o">=</span> <span class="mi">1</span>\n</code></pre></div>'
        ),
    ),
    "code block in no known language": (
        "```nope\n<b>\n```",
        '<div class="highlight"><pre tabindex="0"><span></span><code>&lt;b&gt;\n</code></pre></div>',
    ),
    "code block with a title": (
        '```text title="a.txt"\nb\n```',
        '<div class="highlight"><span class="filename">a.txt</span><pre tabindex="0"><span></span><code>b\n</code></pre></div>',
    ),
    "code block by indentation": (
        "    a <b>",
        '<div class="highlight"><pre tabindex="0"><span></span><code>a &lt;b&gt;\n</code></pre></div>',
    ),
    "HTML": ("<kbd>a</kbd> <ins>b</ins>", "<p><kbd>a</kbd> <ins>b</ins></p>"),
    "details": (
        "<details open><summary>a</summary>b</details>",
        '<details open=""><summary>a</summary>b</details>',
    ),
    "script": ("a\n\n<script>b</script>\n\nc", "<p>a</p>\n\n\n<p>c</p>"),
    "styles, ids and classes": (
        "<p id=reply style=color:red onclick=a() class=pill>a</p>",
        '<p class="">a</p>',
    ),
    "an id under our prefix": ('<p id="h-a">a</p>', '<p id="h-a">a</p>'),
    "not a tag": ("1 < 2 <b c", "<p>1 &lt; 2 &lt;b c</p>"),
    "comment": ("<!-- a <b> -->\n\nb", "\n\n<p>b</p>"),
    "control characters": ("a\x00\x0b&#1;\ud800b", "<p>a\ufffdb</p>"),
}

COMMENTS = {
    "paragraphs and lines": ("a\nb\n\nc", "<p>a<br>\nb</p>\n<p>c</p>"),
    "emphasis": ("*a* **b** ~~c~~", "<p><em>a</em> <strong>b</strong> <del>c</del></p>"),
    "code": ("`<b>`", "<p><code>&lt;b&gt;</code></p>"),
    "code block": ("```python\nx = <b>\n```", '<pre tabindex="0"><code>x = &lt;b&gt;</code></pre>'),
    "HTML is text": ("<b>x</b> a < b", "<p>&lt;b&gt;x&lt;/b&gt; a &lt; b</p>"),
    "block of HTML": ("<div>\n\nx\n\n</div>", "<p>&lt;div&gt;</p>\n<p>x</p>\n<p>&lt;/div&gt;</p>"),
    "link": ('[a](https://b.c "d")', '<p><a href="https://b.c" rel="nofollow ugc noopener">a</a></p>'),
    "link of another scheme": ("[a](data:b)", '<p><a rel="nofollow ugc noopener">a</a></p>'),
    "bare address": (
        "see https://a.b/c?d=e&f.",
        '<p>see <a href="https://a.b/c?d=e&amp;f" rel="nofollow ugc noopener">https://a.b/c?d=e&amp;f</a>.</p>',
    ),
    "mail address": ("me@a.bc", "<p>me@a.bc</p>"),
    "quote": ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
    "list": ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
    "numbered list": ("2. a", '<ol start="2">\n<li>a</li>\n</ol>'),
    "heading is text": ("# a", "<p># a</p>"),
    "rule is text": ("---", "<p>---</p>"),
    "image is text": (
        "![a](https://b.c)",
        '<p>![a](<a href="https://b.c" rel="nofollow ugc noopener">https://b.c</a>)</p>',
    ),
    "table is text": ("|a|b|\n|-|-|", "<p>|a|b|<br>\n|-|-|</p>"),
    "footnote is text": ("a[^1]", "<p>a[^1]</p>"),
}


@pytest.mark.parametrize(("source", "html"), POSTS.values(), ids=POSTS)
def test_post(source: str, html: str) -> None:
    assert render_post(source).html == html


@pytest.mark.parametrize(("source", "html"), COMMENTS.values(), ids=COMMENTS)
def test_comment(source: str, html: str) -> None:
    assert render_comment(source) == html


@pytest.mark.parametrize("name", ["style", "src", "lang", "self", "language", "options", "md"])
def test_a_fence_with_any_attribute_is_a_fence(name: str) -> None:
    """Some of these names raised TypeError in Python-Markdown's own extension."""
    for head in (f'``` python {name}="x"', f"``` {{.python {name}=x}}"):
        assert '<span class="n">a</span>' in render_post(f"{head}\na\n```").html
        assert render_comment(f"{head}\na\n```") == '<pre tabindex="0"><code>a</code></pre>'


def test_a_mark_of_a_footnote_leaves_no_gap_before_a_comma() -> None:
    got = render_post("One[^1], two.[^a] Three[^a][^1]; four\n\n[^1]: Note\n\n[^a]: Other")
    assert got.text == "One, two. Three; four"


def test_plain_text_has_words_only() -> None:
    source = '# A\n\n[TOC]\n\nb*c* d<br>e[^1] x^2^ &amp; "f"\n\n```text title="t"\ng\n```\n\n[^1]: h\n\n|i|j|\n|-|-|\n'
    assert render_post(source).text == "A bc d e x2 & “f” i j"


def test_an_exception_shows_the_source_as_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python-Markdown fails on some input; a request must not."""

    def broken() -> None:
        raise KeyError

    monkeypatch.setattr(dialect, "post", broken)
    monkeypatch.setattr(dialect, "comment", broken)
    escaped = '<pre tabindex="0">&lt;script&gt;a &amp; b</pre>'
    assert render_post("<script>a & b").html == escaped
    assert render_comment("<script>a & b") == escaped
    assert "kept as it was typed" in capsys.readouterr().out


def test_a_refusal_names_field_line_and_remedy() -> None:
    with pytest.raises(Invalid) as refused:
        render_post("a\n\n```\nb\n```\n\n" + "[" * 9_000)
    assert refused.value.errors[0]["field"] == "body"
    assert refused.value.detail.startswith("Line 7, at “[[[[")
    assert refused.value.detail.endswith("close them or fence the text as code.")


def test_a_refusal_of_the_whole_names_no_line() -> None:
    with pytest.raises(Invalid, match=r"^The text is too intricate for its length; publish it"):
        render_post("<p>a</p>\n\n" * 19_000)


def test_importing_is_cheap() -> None:
    """Reading must not pay for Markdown: the heavy modules are imported when something renders."""
    code = "import sys, chalicelib.core.markup; print({'markdown', 'pygments', 'nh3', 'pymdownx'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_instances_share_nothing() -> None:
    render_post("[^1]\n\n[^1]: a\n\n*[b]: c\n\n[d]: https://e.f")
    assert render_post("[^1] b [d]").html == "<p>[^1] b [d]</p>"


def test_a_post_has_only_so_much_highlighted_code() -> None:
    block = "```python\n" + "x = 1\n" * 1_000 + "```\n\n"
    page = render_post(block * 20).html
    blocks = page.split('<div class="highlight">')[1:]
    assert len(blocks) == 20
    assert '<span class="n">' in blocks[0]
    assert '<span class="n">' not in blocks[-1]


MARKDOWN = st.lists(
    st.sampled_from([*"""a b [ ] ( ) ! * ** _ ` ``` ~~~ ~ ^ = < > <b> </b> <p> <a &amp; &# \" ' - -- : | / \\ # 1.""".split(), "\n", "\n\n", "    ", " ", "> ", "- ", "[^1]", "[^1]: ", "*[a]: ", "///", "/// caption\n", "<!--", "-->", "[TOC]"])
).map("".join)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(), MARKDOWN))
def test_any_text_renders_and_is_stable(text: str) -> None:
    """Sanitising what was sanitised changes nothing, so nothing is left for a browser to repair."""
    try:
        post, comment = render_post(text).html, render_comment(text)
    except Invalid:
        return
    assert sanitise.clean_post(post) == post
    assert sanitise.clean_comment(comment) == comment


def test_limits_are_published() -> None:
    assert markup.RENDERER >= 1
    assert (markup.POST_BYTES, markup.COMMENT_BYTES) == (2_097_152, 8_192)


@pytest.mark.parametrize("name", sorted({*code.LANGUAGES, *code.OTHER_NAMES}))
def test_every_language_is_one_that_the_highlighter_knows(name: str) -> None:
    assert get_lexer_by_name(code.OTHER_NAMES.get(name, name))
    assert '<div class="highlight">' in render_post(f"```{name}\na = 1\n```").html


def test_what_the_renderer_says_is_in_the_language_of_the_post() -> None:
    source = "> [!NOTE]\n> a\n\n> [!WARNING]- Mine\n> b\n\n- [x] c\n\nx\n\n[TOC]\n\n## d\n\n| e | f |\n|---|---|\n| g | h |\n\ng[^1]\n\n[^1]: h"
    html = render_post(source, "ar").html
    said = ("ملاحظة", "Mine", "أُنجز", "المحتويات", "جدول", "عودة إلى الإحالة 1 في النص")
    assert [words for words in said if words not in html] == []
    assert not any(word in html for word in ("Note", "Warning", "Contents", "Table", "Done", "Back"))
