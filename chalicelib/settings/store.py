"""The site item: settings, signing secrets and what the posts room notes, read together.

| pk | sk | holds |
|----|----|-------|
| `SITE` | `-` | settings, `biography`, `secrets`, `lasting`, the `MAPS`, `renderer`, `version` … |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from chalicelib.core import clock, table
from chalicelib.core.fields import Field, Object, ObjectList, Wrong
from chalicelib.core.items import fitting
from chalicelib.core.problems import Unavailable
from chalicelib.core.table import ABSENT, Item, Key, Put, Refused, Update, When
from chalicelib.settings.model import SETTINGS, PageLink, Site, settings_of, typed

KEY: Key = ("SITE", "-")
SCHEMA = 2
MOST_FORGOTTEN = 50
"""At a time: an expression holds 4 KB."""
MAPS = ("coming", "pages", "pinned")
TYPES = {
    "version": int,
    "renderer": int,
    "changed_at": str,
    "secrets": list,
    "lasting": bytes,
    "biography": str,
    **dict.fromkeys(MAPS, dict),
}


def read() -> Site | None:
    item = table.get(KEY)
    if not item:
        return None
    _add_maps(item)
    return from_item(item)


def create(site: Site) -> None:
    """Raises Refused where somebody was first."""
    table.write(Put(to_item(site), ABSENT))


def change(version: int, values: Mapping[str, Any]) -> Update:
    """Refuses where the stored version is another."""
    put = {**values, "version": version + 1, "changed_at": clock.stamp(clock.now())}
    return Update(KEY, put=put, when=When("#version = :was", was=version))


def note(put: Mapping[str, Any], drop: Iterable[str], *, seen: bool) -> Update:
    """What other rooms keep here, by names such as `coming.<post id>`: a time, a `PageLink`, or
    text. For the transaction of their own change, in which DynamoDB takes one update of an item. `seen`
    tells whether readers see what was noted before, or see it from now on.

    What is to be dropped without fail comes first: of more than fifty the rest waits for the next.
    """
    forgotten = [name for name in dict.fromkeys(drop) if name not in put][:MOST_FORGOTTEN]
    noted = {**_plain(put), **({"changed_at": clock.stamp(clock.now())} if seen else {})}
    return Update(KEY, put=noted, drop=forgotten, when=table.PRESENT)


def _add_maps(item: Item) -> None:
    """A note into a map that is not there fails, and an item of an older version lacks some."""
    for name in MAPS:
        if not isinstance(item.get(name), dict):
            broken = When(f"attribute_not_exists(#{name}) OR NOT attribute_type(#{name}, :map)", map="M")
            try:
                table.write(Update(KEY, put={name: {}}, when=broken))
            except (Refused, Unavailable):
                # Somebody was first, or the next reader will be.
                continue


# --- items -----------------------------------------------------------------------------------


def to_item(site: Site) -> Item:
    return {
        "pk": KEY[0],
        "sk": KEY[1],
        "schema": SCHEMA,
        **settings_of(site),
        "version": site.version,
        "renderer": site.renderer,
        "secrets": list(site.secrets),
        "lasting": site.lasting,
        "biography": site.biography,
        **{name: _plain(getattr(site, name)) for name in MAPS},
    }


def from_item(item: Item) -> Site:
    known = fitting(item, TYPES)
    coming, pages, pinned = (known.get(name, {}) for name in MAPS)
    return Site(
        **typed(dict(_settings(item))),
        version=known.get("version", 1),
        renderer=known.get("renderer", 0),
        changed_at=clock.known(known.get("changed_at")),
        secrets=tuple(secret for secret in known.get("secrets", ()) if isinstance(secret, bytes)),
        lasting=known.get("lasting", b""),
        biography=known.get("biography", ""),
        coming={post: moment for post, time in coming.items() if (moment := clock.known(time))},
        pages={post: page for post, link in pages.items() if (page := _page(link))},
        pinned={post: home for post, home in pinned.items() if isinstance(home, str)},
    )


def _settings(item: Item) -> Iterator[tuple[str, Any]]:
    """The settings that could be sent like this; of lists and objects, the parts that could."""
    for name, field in SETTINGS.declared.items():
        try:
            if name in item:
                yield name, _mended(field, item[name])
        except Wrong:
            continue


def _mended(field: Field, value: Any) -> Any:
    return field.mend(value) if isinstance(field, Object | ObjectList) else field.read(value)


def _page(link: Any) -> PageLink | None:
    known = fitting(link, {"slug": str, "title": str, "at": str}) if isinstance(link, dict) else {}
    at, slug = clock.known(known.get("at")), known.get("slug")
    return PageLink(slug, known.get("title") or slug, at) if at and slug else None


def _plain(values: Mapping[str, Any]) -> Item:
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, PageLink):
        return {"slug": value.slug, "title": value.title, "at": clock.stamp(value.at)}
    return clock.stamp(value) if isinstance(value, datetime) else value
