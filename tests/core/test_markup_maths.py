"""Formulas: what is one, what it becomes, and what happens to one that cannot be converted."""

from __future__ import annotations

import re

import pytest

from chalicelib.core.markup import maths, render_comment, render_post
from chalicelib.core.problems import Invalid

IN_LINE = {
    "dollars": ("a $x$ b", "x"),
    "brackets": (r"a \(x\) b", "x"),
    "with a bracket that begins no tag": ("$a<b$", "a<b"),
    "with marks of Markdown": ("$a *b* c_1 d_2$", "a *b* c_1 d_2"),
    "beside punctuation": ("($x$, $y$).", "x y"),
    "in emphasis": ("*a $x$ b*", "x"),
    "in a heading": ("# A $x^2$", "x^2"),
    "in a table": ("|a|\n|-|\n|$x$|", "x"),
    "in a footnote": ("a[^1]\n\n[^1]: $x$", "x"),
    "in a list": ("- $x$", "x"),
}
DISPLAYED = {
    "dollars": "$$\nx\n$$",
    "dollars on one line": "$$x$$",
    "brackets": "\\[\nx\n\\]",
    "between two lines": "where\n$$x$$\nholds",
    "in a list": "- a\n\n    $$x$$",
    "in a quotation": "> $$\n> x\n> $$",
}
PROSE = [
    "$5 and $6",
    "It costs $5, not $ 6, or US$7 and 8$.",
    "from $10 to $20/month",
    "a $ b $ c",
    r"\$x\$ and \\(y\\)",
    "`$x$`",
    "    $x$",
    "```\n$x$\n```",
    "$x",
    "$HOME and $PATH are variables",
    "A$AP Rocky and Ke$ha",
    "$",
    "$$",
    "$$$$",
]


def told(html: str) -> str:
    return " ".join(re.findall(r'<math alttext="([^"]*)"', html)).replace("&lt;", "<")


@pytest.mark.parametrize(("source", "tex"), IN_LINE.values(), ids=IN_LINE)
def test_a_formula_in_a_line(source: str, tex: str) -> None:
    rendered = render_post(source)
    assert told(rendered.html) == tex
    assert "display=" not in rendered.html
    assert rendered.warnings == ()


@pytest.mark.parametrize("source", DISPLAYED.values(), ids=DISPLAYED)
def test_a_formula_by_itself(source: str) -> None:
    html = render_post(source).html
    assert 'display="block"><mi>x</mi></math></span>' in html
    assert '<span class="formula" role="group" aria-label="Formula" tabindex="0">' in html


@pytest.mark.parametrize("source", PROSE)
def test_money_stays_prose(source: str) -> None:
    rendered = render_post(source)
    assert "<math" not in rendered.html
    assert rendered.warnings == ()


def test_comments_have_no_formulas() -> None:
    assert render_comment("$x$") == "<p>$x$</p>"


def test_what_is_written_is_mathml_core() -> None:
    assert render_post(r"$\frac{a}{b}$").html == (
        r'<p><math alttext="\frac{a}{b}"><mfrac><mi>a</mi><mi>b</mi></mfrac></math></p>'
    )


def test_styles_become_classes() -> None:
    html = render_post("\\begin{aligned}a&=b\\\\&=c\\end{aligned}").html
    assert '<mtd class="m-right m-r0"><mi>a</mi></mtd>' in html
    assert " style=" not in html
    assert 'mathcolor="#FF0000"' in render_post(r"$\textcolor{red}{x}$").html


def test_equations_are_numbered_through_the_text() -> None:
    equation = "\\begin{equation}\nx\n\\end{equation}\n\n"
    assert re.findall(r"<mtext>(.*?)</mtext>", render_post(equation * 3).html) == ["(1)", "(2)", "(3)"]
    assert "(1)" in render_post(equation).html


def test_an_excerpt_has_the_source() -> None:
    assert render_post(r"Euler found $e^{i\pi}=-1$ & more.").text == r"Euler found e^{i\pi}=-1 & more."


BROKEN = {
    "unknown": (r"\ce{H2O}", "Unknown command “\\ce”"),
    "not closed": (r"\frac{a}{b", "Expected closing token"),
    "own command": (r"\def\a{b}\a", r"\def is not understood"),
    "deep": ("x^{" * 50 + "}" * 50, "nested more than 40 deep"),
    "a chain": (r"\sqrt" * 50 + " x", "nested more than 40 deep"),
    "link": (r"\href{https://a.b}{x}", "Unknown command"),
}


@pytest.mark.parametrize(("tex", "why"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_converted_is_code_and_said(tex: str, why: str) -> None:
    rendered = render_post(f"One.\n\nTwo ${tex}$.")
    assert rendered.html == f"<p>One.</p>\n<p>Two <code>{tex}</code>.</p>"
    [warning] = rendered.warnings
    assert (warning.code, warning.line) == ("formula-as-code", 3)
    assert why in warning.message
    assert warning.message.startswith("Line 3: The formula “")


def test_a_formula_has_only_so_many_characters() -> None:
    assert "has 4,001 characters" in maths.too_much("x" * 4_001)
    assert maths.too_much("x" * 4_000) == ""
    assert "<math" not in render_post(f"$$\n{'x ' * 2_100}\n$$").html


@pytest.mark.parametrize(
    "unit",
    ["{", "(", "[", r"\(", r"\[", r"\left(", r"\sqrt", r"\color{red}", r"\not ", "x^{", "&", r"\\", "'", r"\rm x", "$", "$$", "$x", "$x$", r"\text{"],
)  # fmt: skip
def test_no_formula_brings_the_process_down(unit: str) -> None:
    """The converter recurses on a stack that is everybody's."""
    for size in (30, 300, 3_990):
        for source in (f"${(unit * 4_000)[:size]}$", f"$$\n{(unit * 4_000)[:size]}x\n$$"):
            try:
                assert render_post(source).html
            except Invalid:
                continue
