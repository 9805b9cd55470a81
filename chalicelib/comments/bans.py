"""Who may not reply: an e-mail address, a site, or a network.

| pk | sk | holds |
|----|----|-------|
| `BANS` | `kind#name` | `at`, `about`: the comment that gave rise to it; `ttl`, where it ends |

An address and a network are named by hashes under the key that lasts, a site by its host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import unquote, urlsplit

from chalicelib.core import clock, signing, table
from chalicelib.core.items import fitting
from chalicelib.core.problems import NotWelcome
from chalicelib.core.table import Delete, Item, Key, Put
from chalicelib.core.text import ascii_host, seen
from chalicelib.core.values import value

PK = "BANS"
Kind = Literal["email", "site", "network"]
KINDS: tuple[Kind, ...] = ("email", "site", "network")
MOST = 5000
NOT_WELCOME = "The author of this blog takes no replies from you or from your network."
"""Of whatever kind the ban is: nobody shall learn which addresses are banned by trying them."""
LONGEST_HOST = 253
"""RFC 1035, section 2.3.4, without the dots before and after it."""


@value
class Ban:
    kind: Kind
    name: str
    """A hash, or the host of a site."""
    at: datetime
    about: str
    """The full id of the comment whose writer it is."""
    until: datetime | None
    """None: until it is lifted."""

    @property
    def id(self) -> str:
        return f"{self.kind}#{self.name}"

    @property
    def key(self) -> Key:
        return PK, self.id


# What browsers take for the beginning of a host (WHATWG URL, section 4.4): slashes either way, or none.
_BEFORE_HOST = re.compile(r"[\x00-\x20]*(?:https?:[/\\]*|[/\\]{2,})", re.IGNORECASE)


def host_of(website: str) -> str:
    """The host that a browser would go to, as the DNS has it, without `www.`; empty where there is none."""
    url = _BEFORE_HOST.sub("//", website.replace("\\", "/"), count=1)
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    host = seen(unquote(host))
    return plain_host(host) if len(host) <= LONGEST_HOST else ""


def plain_host(host: str) -> str:
    return ascii_host(host).removeprefix("www.")


def email_name(person: str) -> str:
    """What an address is banned by: another hash than what was said under it is found by."""
    return signing.lasting("ban", person) if person else ""


def keys_for(person: str, website: str, network: str) -> list[Key]:
    """Those under which a ban of this writer would stand. A site's ban holds for what is below it, too."""
    names = [
        ("email", email_name(person)),
        ("network", network),
        *(("site", host) for host in _hosts(host_of(website))),
    ]
    return [(PK, f"{kind}#{name}") for kind, name in names if name]


def _hosts(host: str) -> Iterable[str]:
    parts = host.split(".")
    return [".".join(parts[at:]) for at in range(max(0, len(parts) - 5), len(parts) - 1)]


def standing(found: Mapping[Key, Item]) -> Ban | None:
    """The first ban among what was read that still holds."""
    bans = (decode(item) for key, item in found.items() if key[0] == PK)
    now = clock.now()
    return next((ban for ban in bans if ban and (ban.until is None or ban.until > now)), None)


def refuse(keys: Iterable[Key], found: Mapping[Key, Item]) -> None:
    """Raises NotWelcome where one of the bans under these keys is among what was read."""
    if standing({key: found[key] for key in keys if key in found}):
        raise NotWelcome(NOT_WELCOME)


def list_bans() -> list[Ban]:
    """Those that hold, in the order of their kinds and names."""
    items = table.query(PK, limit=MOST, consistent=True)
    now = clock.now()
    return [ban for item in items if (ban := decode(item)) and (ban.until is None or ban.until > now)]


def put(ban: Ban) -> Put:
    item: Item = {"pk": PK, "sk": ban.id, "at": clock.stamp(ban.at), "about": ban.about}
    if ban.until:
        item["ttl"] = int(ban.until.timestamp())
    return Put(item)


def lift(kind: str, name: str) -> Delete:
    return Delete((PK, f"{kind}#{name}"))


def decode(item: Item) -> Ban | None:
    """None for an item that does not say whom it is about."""
    kind, _, name = str(item.get("sk", "")).partition("#")
    at = clock.known(item.get("at"))
    if kind not in KINDS or not name or not at:
        return None
    ends = fitting(item, {"ttl": int}).get("ttl")
    until = datetime.fromtimestamp(ends, UTC) if ends else None
    return Ban(kind, name, at, fitting(item, {"about": str}).get("about", ""), until)
