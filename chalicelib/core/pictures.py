"""Names of uploaded files. A name says everything that a page needs to know of a file, so that none is looked
up when a text is rendered or shown:

    8a3c…-1600x1200.jpg           a picture of that size
    8a3c…-1600x1200.960.webp      the same, made 960 pixels wide
    8a3c…-400x300-moving.gif      one that moves, of which there are no other sizes
    8a3c….mp4                     anything else

The first part is a hash of what was uploaded. In texts a file is `/media/name`; readers get it from an origin
of its own, `MEDIA_URL`.
"""

from __future__ import annotations

import re
from functools import cached_property

from chalicelib.core.config import config
from chalicelib.core.values import value

PATH = "/media/"
WIDTHS = (480, 960, 1600)
"""In which a wider picture is made for smaller screens."""
SHOWN_UP_TO = 1600
"""Wider ones are not what a page shows where a browser does not choose by itself."""

_NAME = re.compile(
    r"(?P<hash>[0-9a-f]{32})(?:-(?P<width>[1-9]\d{0,4})x(?P<height>[1-9]\d{0,4})(?P<moving>-moving)?)?"
    r"\.(?P<ending>[a-z0-9]{2,4})"
)

_IN_SRCSET = re.compile(r"(?<=\dw, )/media/")


@value(slots=False)
class Upload:
    """What the name of a file says."""

    name: str
    ending: str
    """Such as `jpg`."""
    width: int = 0
    """Pixels; 0 where it is not a picture."""
    height: int = 0
    is_moving: bool = False

    @cached_property
    def sizes(self) -> tuple[tuple[int, str], ...]:
        """(width, name) of the sizes that are made of it, the smallest first, and at last its own."""
        if not self.width:
            return ()
        stem = self.name.removesuffix(f".{self.ending}")
        made = () if self.is_moving else [width for width in WIDTHS if width < self.width]
        return (*((width, f"{stem}.{width}.webp") for width in made), (self.width, self.name))

    @property
    def shown(self) -> str:
        """The name that a page shows."""
        fitting = [name for width, name in self.sizes if width <= SHOWN_UP_TO]
        return fitting[-1] if fitting else self.name


_SIZE = re.compile(rf"[0-9a-f]{{32}}-[1-9]\d{{0,4}}x[1-9]\d{{0,4}}\.({'|'.join(map(str, WIDTHS))})\.webp")


def is_file_name(name: str) -> bool:
    """Whether a file may have it: one that was uploaded, or another size of one."""
    return bool(parse(name) or _SIZE.fullmatch(name))


def parse(name: str) -> Upload | None:
    """None for what is not the name of an uploaded file; also for the names of its other sizes."""
    found = _NAME.fullmatch(name)
    if not found:
        return None
    width, height = int(found["width"] or 0), int(found["height"] or 0)
    return Upload(name, found["ending"], width, height, bool(found["moving"]))


def upload_at(url: str) -> Upload | None:
    """The uploaded file at an address in a text: a path, or its address for readers."""
    origin = config().media_url
    if origin and url.startswith(f"{origin}/"):
        return parse(url[len(origin) + 1 :])
    return parse(url.removeprefix(PATH)) if url.startswith(PATH) else None


def address(name: str) -> str:
    """Where readers get it."""
    origin = config().media_url
    return f"{origin}/{name}" if origin else PATH + name


def served(url: str, width: int = 0) -> str:
    """An address as an author gives it for a picture, where readers get that: a file of this blog at its
    origin, in the smallest size that has at least `width` pixels; 0 stands for its own size.
    """
    found = upload_at(url)
    if not found:
        return url
    fitting = [name for made, name in found.sizes if width and made >= width]
    return address(fitting[0] if fitting else found.name)


def at_origin(html: str) -> str:
    """Sanitised HTML as it is stored, with the files of this blog at the origin that serves them now."""
    origin = config().media_url
    if not origin or PATH not in html:
        return html
    # In HTML that we have sanitised, an attribute's value stands in double quotes, and text has none.
    shown = html.replace('="/media/', f'="{origin}/')
    return _IN_SRCSET.sub(f"{origin}/", shown) if "srcset=" in shown else shown
