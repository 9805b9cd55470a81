"""What belongs to the blog as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core.fields import Fields, Number, Text, Wrong

RIGHT_TO_LEFT = frozenset("ar ckb dv fa he ks ps sd ug ur yi".split())

KEPT_SECRETS = 2
"""The newest signs; the one before it still verifies."""


@dataclass(frozen=True, slots=True)
class Site:
    title: str = "A new blog"
    description: str = ""
    author: str = "The author"
    language: str = "en"
    posts_per_page: int = 10
    version: int = 1
    secrets: tuple[bytes, ...] = ()
    """Signing secrets, newest first."""
    coming: Mapping[str, datetime] = field(default_factory=dict)
    """{post id: when it becomes public}; may still name some that already are."""

    @property
    def direction(self) -> str:
        """How the language is written: `ltr` or `rtl`."""
        return "rtl" if self.language.lower().partition("-")[0] in RIGHT_TO_LEFT else "ltr"

    def next_coming(self, moment: datetime) -> datetime | None:
        """When the lists will next change by themselves."""
        return min((time for time in self.coming.values() if time > moment), default=None)


def _language(tag: str) -> str:
    parts = tag.split("-")
    if not all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts) or len(parts[0]) < 2:
        raise Wrong("must be a language tag such as en or pt-BR (BCP 47)")
    return tag


def _filled(text: str) -> str:
    if not text:
        raise Wrong("must not be empty")
    return text


SETTINGS = Fields(
    title=Text(200, check=_filled),
    description=Text(500),
    author=Text(100, check=_filled),
    language=Text(35, check=_language),
    posts_per_page=Number(1, 50),
)
