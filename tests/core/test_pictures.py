"""What the name of an uploaded file says."""

from __future__ import annotations

import pytest

from chalicelib.core import pictures
from chalicelib.core.config import config

HASH = "8a3c" * 8


@pytest.fixture(autouse=True)
def _origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_URL", "https://media.example.org/")
    config.cache_clear()


def test_a_picture_has_its_size_and_those_made_of_it() -> None:
    found = pictures.parse(f"{HASH}-2000x1500.jpg")
    assert found
    assert (found.width, found.height, found.ending) == (2000, 1500, "jpg")
    assert [width for width, _ in found.sizes] == [480, 960, 1600, 2000]
    assert found.sizes[0][1] == f"{HASH}-2000x1500.480.webp"
    assert found.shown == f"{HASH}-2000x1500.1600.webp"


def test_a_small_picture_is_shown_as_it_is() -> None:
    found = pictures.parse(f"{HASH}-300x200.png")
    assert found
    assert found.sizes == ((300, f"{HASH}-300x200.png"),)
    assert found.shown == f"{HASH}-300x200.png"


def test_one_that_moves_has_no_other_sizes() -> None:
    found = pictures.parse(f"{HASH}-900x900-moving.gif")
    assert found
    assert found.is_moving
    assert found.sizes == ((900, f"{HASH}-900x900-moving.gif"),)


@pytest.mark.parametrize(
    "name", ["", "a.png", f"{HASH}.480.webp", f"{HASH}-0x1.png", f"../{HASH}.png", f"{HASH}.PNG", f"{HASH}"]
)
def test_other_names_are_none_of_ours(name: str) -> None:
    assert pictures.parse(name) is None


def test_a_file_is_known_by_its_path_and_by_its_address() -> None:
    name = f"{HASH}.pdf"
    assert pictures.upload_at(f"/media/{name}") == pictures.upload_at(f"https://media.example.org/{name}")
    assert pictures.upload_at(f"https://elsewhere.example/{name}") is None
    assert pictures.upload_at(f"/media/../{name}") is None


def test_stored_html_names_the_origin_of_today() -> None:
    name = f"{HASH}-600x400.png"
    stored = f'<img src="/media/{name}" srcset="/media/a 480w, /media/{name} 600w"><code>"/media/x"</code> now, /media/y'
    shown = pictures.at_origin(stored)
    assert f'src="https://media.example.org/{name}"' in shown
    assert f'srcset="https://media.example.org/a 480w, https://media.example.org/{name} 600w"' in shown
    assert '<code>"/media/x"</code> now, /media/y' in shown
