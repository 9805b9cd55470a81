"""Requirements 1, 3 and 4: no payload of the public corpora leaves anything active behind."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest

from chalicelib.core.markup import dialect, render_comment, render_post, sanitise
from chalicelib.core.problems import Invalid

CORPUS = (Path(__file__).parents[2] / "../shared/corpora/xss.jsonl").resolve()
ACTIVE = set(
    """
    script style iframe frame frameset form button textarea select option meta base link object
    embed applet svg source track canvas template noscript portal dialog isindex
    """.split()
)
MATHML = "{http://www.w3.org/1998/Math/MathML}"
ADDRESSES = {"href", "src", "cite", "action", "formaction", "poster", "background", "data", "srcset", "ping"}
SCHEME = re.compile(r"[\x00-\x20]*([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def payloads() -> list[str]:
    if not CORPUS.exists():
        pytest.skip(f"the corpus of payloads is not at {CORPUS}")
    return [json.loads(line)["payload"] for line in CORPUS.read_text("utf-8").splitlines()]


def active(markup: str) -> Iterator[str]:
    """What a browser would act on, as an HTML5 parser sees it in a page."""
    page = f"<!doctype html><title>a</title><div>{markup}</div>"
    tree = html5lib.parse(page, namespaceHTMLElements=False).find("body")
    for element in tree.iter():
        name = element.tag.removeprefix(MATHML) if isinstance(element.tag, str) else "{comment}"
        if name.lower() in ACTIVE or "}" in name or (name != element.tag and name not in sanitise.MATH_TAGS):
            yield f"<{element.tag}>"
        yield from (
            f"{element.tag} {name}={value}" for name, value in element.items() if bad(element, name, value)
        )


OURS = re.compile(r"/media/[0-9a-f]{32}[0-9a-z.-]+")


def bad(element: Any, name: str, value: str) -> bool:
    name = str(name).lower()
    if element.tag in ("video", "audio") and name not in ("aria-label", "controls", "preload"):
        return name != "src" or not OURS.fullmatch(value)
    if name == "srcset":
        return not all(OURS.fullmatch(candidate.split()[0]) for candidate in value.split(", "))
    if name.startswith("on") or name in {
        "style",
        "srcdoc",
        "action",
        "formaction",
        "target",
        "name",
    }:
        return True
    if name == "id":
        return not re.match(r"(h|fn|fnref\d*)-", value)
    if name == "type" and element.tag == "input":
        return value != "checkbox"
    # Browsers drop tabs and line breaks anywhere in an address, and nothing else (WHATWG URL, 4.4).
    scheme = SCHEME.match(re.sub(r"[\t\n\r]", "", value)) if name in ADDRESSES else None
    allowed = {"http", "https"} | ({"mailto"} if name != "src" else set())
    return bool(scheme) and scheme[1].lower() not in allowed


def rendered(render: Callable[[str], Any], payload: str) -> str:
    try:
        return render(payload)
    except Invalid:
        return ""


FRAMES = {
    "alone": "{}",
    "blocks": "a {} b\n\n> {}\n\n- {}\n\n|a|\n|-|\n|{}|\n\n# {}\n\n*[a]: {}\n\n> [!{}]\n> {}",
    "inline": "[x]({})\n\n![{}]({})\n\n`{}`\n\n*{}*\n\n[{}][r]\n\n[r]: {}\n\n<a href='{}'>x</a>\n\n[^{}]\n\n[^{}]: {}",
    "formulas": "$\\text{{}}$ $x_{}$ \\({}\\)\n\n$$\n\\text{{}}\n$$\n\n<math><mtext>{}</mtext><mi {}>x</mi></math>",
    "files": "![{}](/media/" + "8a3c" * 8 + ".mp4)\n\n![a](/b.png){{}}\n\n[{}](https://vimeo.com/1)\n\n"
    "<video src='{}' title='{}'>\n\n```text hl_lines=\"{}\" linenums=\"{}\"\na\n```",
    "code": '```python title="{}" {}\n{}\n```\n\n``` {{}}\nx\n```\n\n``` {}\nx\n```',
}


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(frame, id=name, marks=[pytest.mark.slow] * (name != "alone"))
        for name, frame in FRAMES.items()
    ],
)
def test_1_and_4_payloads_are_harmless(frame: str) -> None:
    for payload in payloads():
        source = frame.replace("{}", payload)
        assert not list(active(rendered(lambda text: render_post(text).html, source))), source
        assert not list(active(rendered(render_comment, source))), source


def test_comments_hold_the_small_subset_only() -> None:
    allowed = {"body", "div", *sanitise.COMMENT_TAGS}
    for payload in payloads():
        page = f"<!doctype html><title>a</title><div>{rendered(render_comment, payload)}</div>"
        body = html5lib.parse(page, namespaceHTMLElements=False).find("body")
        for element in body.iter():
            assert element.tag in allowed
            assert set(element.attrib) <= {"href", "rel", "tabindex", "start"}


UNSAFE_AFTER = [
    "[a](javascript:alert`1`)",
    "[a](&#106;avascript:alert(1))",
    "![a](data:text/html,b)",
    "<https://a.b>\n\n[c]: javascript:alert(1)\n\n[c]",
]


@pytest.mark.parametrize("payload", UNSAFE_AFTER)
def test_3_markdown_after_the_sanitiser_would_be_unsafe(payload: str) -> None:
    """The order is what protects: these pass a sanitiser as text, and Markdown makes links of them."""
    swapped = dialect.post("en").convert(sanitise.clean_post(payload))
    assert list(active(swapped))
    assert not list(active(render_post(payload).html))


@pytest.mark.parametrize("name", ["post", "comment"])
def test_3_the_sanitiser_has_the_last_word(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever Markdown makes of a source, it passes the sanitiser afterwards."""

    class Evil:
        def convert(self, source: str) -> str:
            return f"<script>{source}</script><b onclick=a()>{source}</b><a href=javascript:b>c</a>"

    monkeypatch.setattr(dialect, name, Evil)
    html = render_post("x").html if name == "post" else render_comment("x")
    assert not list(active(html))
    assert "x" in html


def test_control_characters_cannot_hide_a_scheme() -> None:
    for gap in ("&#1;", "\x01", "&#x0b;", "&#9;", "&Tab;", "\u2028", "&#xd800;"):
        for source in (
            f"[a](java{gap}script:b)",
            f"<a href='java{gap}script:b'>a</a>",
            f"<a href='{gap}javascript:b'>a</a>",
        ):
            html = render_post(source).html
            assert not list(active(html)), source
            assert "\x01" not in html


MATHS = [
    "<math><annotation-xml encoding='text/html'><script>a()</script></annotation-xml></math>",
    "<math><maction actiontype='statusline' xlink:href='javascript:a()'><mi>x</mi></maction></math>",
    "<math href='javascript:a()'><mi xlink:href='javascript:a()' onclick='a()'>x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=a()&gt;'>",
    "<math><mi><style></math><img src onerror=a()></style></mi></math>",
    "<math><mtext></p><img src=x onerror=a()></mtext></math>",
    "<math><mtext><svg><a xlink:href='javascript:a()'>x</a></svg></mtext></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=a()>",
    r"$\href{javascript:a()}{x}$ $\style{color:red}{x}$ $\class{a}{x}$",
    r"$\text{<img src=x onerror=a()>}$ $\text{&lt;script&gt;a()&lt;/script&gt;}$",
    r"$x\text{</math><script>a()</script>}$",
]


@pytest.mark.parametrize("source", MATHS)
def test_formulas_are_for_looking_at(source: str) -> None:
    html = render_post(source).html
    assert not list(active(html))
    assert sanitise.clean_post(html) == html
    for formula in re.findall(r"<math\b.*?</math>", html, re.DOTALL):
        assert set(re.findall(r"<([a-z-]+)", formula)) <= sanitise.MATH_TAGS
