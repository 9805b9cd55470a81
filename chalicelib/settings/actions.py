"""Reading the site, and changing it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from chalicelib.core import answers, clock, jobs, pages, table
from chalicelib.core.colours import contrast, custom_properties, shown
from chalicelib.core.markup import RENDERER
from chalicelib.core.problems import Invalid, PreconditionFailed, Unavailable
from chalicelib.core.table import TRIES, Refused, pause
from chalicelib.settings import store
from chalicelib.settings.model import (
    FIXED,
    KEPT_SECRETS,
    LEAST_CONTRAST,
    LOOK,
    READ_ON,
    SCHEMES,
    Site,
    typed,
)

RECOUNT = "recount"
"""The job that counts posts in months anew, as the blog's clocks have it; the room `lists` does it."""
RENEW = "renew"
"""The job that renders anew what an older renderer made; the room `posts` does it."""
FRESH_SECONDS = 30
PUBLIC_SECONDS = 60
HSTS_SECONDS = 63_072_000


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
    """The site as it is stored now; with new secrets where it has lost those it had."""
    site = store.read() or _create()
    return site if site.secrets and site.lasting else _secured(site)


def forget_site() -> None:
    """Read it anew next time: after a change of ours."""
    global _kept
    _kept = None


def kept_by_caches(site: Site) -> dict[str, str]:
    """The header of public pages: a minute, and another while the next copy is fetched, but neither
    past the next scheduled post.
    """
    now = clock.now()
    coming = site.next_coming(now)
    left = int((coming - now).total_seconds()) if coming else 2 * PUBLIC_SECONDS
    seconds = min(PUBLIC_SECONDS, left)
    return answers.public(seconds, min(PUBLIC_SECONDS, left - seconds))


def signing_secrets() -> Sequence[bytes]:
    return current_site().secrets


def lasting_secret() -> bytes:
    return current_site().lasting


def change_settings(values: Mapping[str, Any], expected: int | None) -> Site:
    """`values` as `model.SETTINGS` reads them. Raises Invalid where they do not fit together or to
    what is stored, PreconditionFailed on another version.
    """

    def changes(site: Site) -> Mapping[str, Any]:
        _fit(values, site)
        return values

    if "author_biography" in values:
        values = {**values, "biography": _rendered(values["author_biography"])}
    return _change(changes, expected)


def _rendered(biography: str) -> str:
    """The small subset of Markdown that replies have; but the author's own links are followed."""
    from chalicelib.core import markup

    try:
        html = markup.render_comment(biography)
    except Invalid as invalid:
        raise Invalid(
            "author_biography", f"“author_biography” cannot be shown. {invalid.detail}"
        ) from invalid
    return html.replace(' rel="nofollow ugc noopener"', "")


def _fit(values: Mapping[str, Any], site: Site) -> None:
    """What no setting can tell by itself. Raises Invalid."""
    after, errors = replace(site, **typed(values)), {}
    if "theme" in values and after.theme and after.theme not in pages.themes():
        known = ", ".join(sorted(pages.themes())) or "there is none"
        errors["theme"] = f"“theme” must be a folder of templates/themes ({known}), or empty."
    elif (look := _sent(values, "style", "theme")) and (faint := faint_colours(after)):
        errors[look] = " ".join(faint)
    hsts = _sent(values, "hsts_preload", "hsts_subdomains")
    if hsts and after.hsts_preload and not after.hsts_subdomains:
        errors[hsts] = (
            "“hsts_preload” needs “hsts_subdomains”: the preload list takes only domains whose subdomains"
            " are all served over HTTPS. Switch both on, or both off."
        )
    if errors:
        raise Invalid.fields(errors)


def _sent(values: Mapping[str, Any], *names: str) -> str | None:
    """The first of the names that was sent."""
    return next((name for name in names if name in values), None)


def faint_colours(site: Site) -> list[str]:
    """Sentences about text that would be hard to read, in either scheme (WCAG 2.2, 1.4.3)."""
    found = []
    for number, scheme in enumerate(SCHEMES):
        colours = colours_of(site, number)
        for paper, names in READ_ON.items():
            for name in names:
                ratio = contrast(colours[name], colours[paper])
                if ratio < LEAST_CONTRAST:
                    pair = f"“{name}{scheme}” on “{paper}{scheme}”"
                    found.append(f"{pair} has a contrast of {shown(ratio)}; {LEAST_CONTRAST} is needed.")
    return found


def colours_of(site: Site, scheme: int) -> dict[str, str]:
    """{name: colour} in light (0) or dark (1): the author's, else the theme's, else those of the
    given look.
    """
    chosen = {name: site.style.get(name + SCHEMES[scheme]) for name in LOOK}
    return {name: chosen.get(name) or colour for name, colour in given_colours(site.theme)[scheme].items()}


@cache
def given_colours(theme: str) -> tuple[dict[str, str], dict[str, str]]:
    """Those of a theme, in light and in dark."""
    own = custom_properties(pages.theme_css(theme))
    mixed = {name: own.get(name, (None, None)) for name in (*LOOK, *FIXED)}
    look = {**LOOK, **FIXED}
    light, dark = ({name: mixed[name][at] or look[name][at] for name in look} for at in (0, 1))
    return light, dark


def transport_security() -> str:
    """The value of Strict-Transport-Security (RFC 6797, section 6.1), by the site that this process
    keeps: no answer costs a read for it.
    """
    kept = _kept
    site = kept.site if kept else Site()
    subdomains = "; includeSubDomains" if site.hsts_subdomains else ""
    return f"max-age={HSTS_SECONDS}{subdomains}{'; preload' if subdomains and site.hsts_preload else ''}"


def rotate_secret() -> None:
    """A new secret signs from now on; what the last one signed stays good until the next turn."""
    _change(lambda site: {"secrets": (_new_secret(), *site.secrets)[:KEPT_SECRETS]}, None)


def begin_renewal() -> None:
    """Note that all texts are to be rendered anew, where this release's renderer is newer than theirs."""
    if fresh_site().renderer < RENDERER:
        first = jobs.new(RENEW, "")
        table.write(first.put(queued=True))
        jobs.send([first])


def _change(changes: Callable[[Site], Mapping[str, Any]], expected: int | None) -> Site:
    for attempt in range(TRIES):
        pause(attempt)
        site = fresh_site()
        if expected not in (None, site.version):
            break
        if not (values := changes(site)):
            return site
        again = [jobs.new(RECOUNT, "")] if values.get("time_zone", site.time_zone) != site.time_zone else []
        try:
            table.transact([store.change(site.version, values), *(job.put() for job in again)])
        except Refused:
            if not _says(fresh_site(), site, values):
                continue
        forget_site()
        for job in again:
            jobs.run(job)
        return replace(site, **typed(values), version=site.version + 1)
    if expected is None:
        raise Unavailable
    raise PreconditionFailed("The settings were changed meanwhile; read them again, then repeat the change.")


def _says(now: Site, before: Site, values: Mapping[str, Any]) -> bool:
    """Whether a change that was refused is our own, whose answer got lost. What other rooms note
    meanwhile says nothing about it.
    """
    noted = {name: getattr(now, name) for name in store.MAPS}
    return now == replace(before, **typed(values), **noted, version=before.version + 1)


def _create() -> Site:
    site = Site(secrets=(_new_secret(),), lasting=_new_secret(), renderer=RENDERER)
    try:
        store.create(site)
    except Refused:
        return store.read() or site
    return site


def _secured(site: Site) -> Site:
    """Whoever is first; what the lost secrets signed is lost with them."""
    secrets_, lasting = site.secrets or (_new_secret(),), site.lasting or _new_secret()
    try:
        table.write(store.change(site.version, {"secrets": list(secrets_), "lasting": lasting}))
    except Refused:
        return store.read() or site
    return replace(site, secrets=secrets_, lasting=lasting, version=site.version + 1)


def _new_secret() -> bytes:
    return secrets.token_bytes(32)
