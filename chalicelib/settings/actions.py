"""Reading the site, and changing it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.core.problems import PreconditionFailed, Unavailable
from chalicelib.core.table import TRIES, Refused, pause
from chalicelib.settings import store
from chalicelib.settings.model import KEPT_SECRETS, Site

FRESH_SECONDS = 30


@dataclass(slots=True)
class _Kept:
    site: Site
    until: float


_kept: _Kept | None = None


def current_site() -> Site:
    """The site, at most half a minute old; made, with a secret, where there is none yet."""
    global _kept
    kept = _kept
    # Another thread may forget it between two looks.
    if kept is None or kept.until < time.monotonic():
        kept = _kept = _Kept(fresh_site(), time.monotonic() + FRESH_SECONDS)
    return kept.site


def fresh_site() -> Site:
    """The site as it is stored now."""
    return store.read() or _create()


def forget_site() -> None:
    """Read it anew next time: after a change of ours."""
    global _kept
    _kept = None


def signing_secrets() -> Sequence[bytes]:
    return current_site().secrets


def change_settings(values: Mapping[str, Any], expected: int | None) -> Site:
    """`values` as `model.SETTINGS` reads them. Raises PreconditionFailed on another version."""
    return _change(lambda _: values, expected)


def rotate_secret() -> None:
    """A new secret signs from now on; what the last one signed stays good until the next turn."""
    _change(lambda site: {"secrets": [_new_secret(), *site.secrets][:KEPT_SECRETS]}, None)


def _change(changes: Callable[[Site], Mapping[str, Any]], expected: int | None) -> Site:
    for attempt in range(TRIES):
        pause(attempt)
        site = fresh_site()
        if expected not in (None, site.version):
            break
        if not (values := changes(site)):
            return site
        try:
            store.change(site.version, values)
        except Refused:
            if not _says(fresh_site(), site.version + 1, values):
                continue
        forget_site()
        return replace(site, **_typed(values), version=site.version + 1)
    if expected is None:
        raise Unavailable
    raise PreconditionFailed("The settings were changed meanwhile; read them again, then repeat the change.")


def _says(site: Site, version: int, values: Mapping[str, Any]) -> bool:
    """Whether a change that was refused is our own, whose answer got lost."""
    return site == replace(site, **_typed(values), version=version)


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored lists are tuples of the site."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _create() -> Site:
    site = Site(secrets=(_new_secret(),))
    try:
        store.create(site)
    except Refused:
        return store.read() or site
    return site


def _new_secret() -> bytes:
    return secrets.token_bytes(32)
