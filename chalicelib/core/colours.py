"""Colours as WCAG 2.2 measures them. Pure; a colour is `#rrggbb`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import floor

_PROPERTY = re.compile(r"--([a-z]+):\s*(#[0-9a-fA-F]{6})\b")


def contrast(one: str, other: str) -> float:
    """From 1 to 21 (WCAG 2.2, “contrast ratio”)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """From 0, black, to 1, white (WCAG 2.2, “relative luminance”)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def shown(ratio: float) -> str:
    """With one decimal, cut: what is too little must not read like enough."""
    return f"{floor(ratio * 10) / 10:.1f}"


def custom_properties(css: str) -> Mapping[str, tuple[str | None, str | None]]:
    """{name: (light, dark)} of the colours that a stylesheet declares: the dark ones come after the
    first mention of that scheme, and before it there is light.
    """
    light, _, dark = (dict(_PROPERTY.findall(part)) for part in css.partition("prefers-color-scheme: dark"))
    return {name: (light.get(name), dark.get(name)) for name in light | dark}
