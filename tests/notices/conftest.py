"""Every test here has a post at /posts/open, an author with an address, and mails in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blog import Blog
from tests.notices.office import AUTHOR, Office, opened


@pytest.fixture
def office(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    if "moment" in request.fixturenames:
        request.getfixturevalue("moment")
    name = "blog" if "blog" in request.fixturenames else "engine_blog"
    blog: Blog = request.getfixturevalue(name)
    made = opened(tmp_path / "mail", monkeypatch)
    blog.api("PATCH", "/api/settings", title="Letters", author="Maren", author_email=AUTHOR)
    blog.post("A walk", slug="open")
    return made
