"""Contrast as WCAG 2.2 defines it."""

from __future__ import annotations

import pytest

from chalicelib.core.colours import contrast, custom_properties, luminance, shown


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#ffffff", "#000000", 21),
        ("#123456", "#123456", 1),
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.00),
        ("#00ff00", "#ffffff", 1.37),
        ("#0000FF", "#ff0000", 2.15),
        ("#0a0a0a", "#000000", 1.06),
    ],
)
def test_contrast(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


def test_luminance_ends_at_black_and_white() -> None:
    assert (luminance("#000000"), luminance("#ffffff")) == (0, pytest.approx(1))


@pytest.mark.parametrize(("ratio", "text"), [(4.49, "4.4"), (4.5, "4.5"), (3.1, "3.1"), (21, "21.0")])
def test_what_is_too_little_does_not_read_like_enough(ratio: float, text: str) -> None:
    assert shown(ratio) == text


def test_colours_of_a_stylesheet() -> None:
    css = """:root { --paper: #ffffff; --ink:#111111; --line: #ddd; --quiet: var(--ink); --measure: 37rem }
    @media (prefers-color-scheme: dark) { :root { --paper: #000000; --tint: #222222 } }"""
    assert custom_properties(css) == {
        "paper": ("#ffffff", "#000000"),
        "ink": ("#111111", None),
        "tint": (None, "#222222"),
    }
    assert custom_properties("") == {}
