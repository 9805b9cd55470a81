"""Reading stored items that may be older than this code, or damaged."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.core.table import Item


def fitting(item: Item, types: Mapping[str, type]) -> Item:
    """The attributes of `item` that are of their type in `types`; a value of another type counts as
    absent, so that it costs a default and not the page.
    """
    return {name: item[name] for name, kind in types.items() if type(item.get(name)) is kind}
