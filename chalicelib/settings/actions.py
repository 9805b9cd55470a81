"""Reading the site, and changing it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core.problems import PreconditionFailed, Unavailable
from chalicelib.core.table import TRIES, Refused
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
    if _kept is None or _kept.until < time.monotonic():
        _kept = _Kept(store.read() or _create(), time.monotonic() + FRESH_SECONDS)
    return _kept.site


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
    for _ in range(TRIES):
        forget_site()
        site = current_site()
        if expected not in (None, site.version):
            break
        values = changes(site)
        try:
            store.change(site.version, values)
        except Refused:
            forget_site()
            if not _says(current_site(), site.version + 1, values):
                continue
        forget_site()
        return current_site()
    if expected is None:
        raise Unavailable
    raise PreconditionFailed("The settings were changed meanwhile; read them again, then repeat the change.")


def _says(site: Site, version: int, values: Mapping[str, Any]) -> bool:
    """Whether a change that was refused is our own, whose answer got lost."""
    stored = {name: getattr(site, name) for name in values}
    return site.version == version and {**stored, "secrets": list(site.secrets)} == {
        "secrets": list(site.secrets),
        **values,
    }


def _create() -> Site:
    site = Site(secrets=(_new_secret(),))
    try:
        store.create(site)
    except Refused:
        return store.read() or site
    return site


def _new_secret() -> bytes:
    return secrets.token_bytes(32)
