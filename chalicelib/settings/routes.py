"""The author's settings, over the API."""

from __future__ import annotations

from chalicelib.core import answers, web
from chalicelib.core.answers import Answer
from chalicelib.core.requests import Request
from chalicelib.settings.actions import change_settings, fresh_site
from chalicelib.settings.model import SETTINGS, Site, settings_of

routes = web.Routes()


@routes.get("/api/settings", scope="admin")
def show_settings(_: Request) -> Answer:
    return _answer(fresh_site())


@routes.patch("/api/settings", scope="admin")
def edit_settings(request: Request) -> Answer:
    values = SETTINGS.read(request.json(limit=50_000))
    return _answer(change_settings(values, request.expected_version()))


def _answer(site: Site) -> Answer:
    shown = {**settings_of(site), "version": site.version}
    return answers.of_json(shown, headers=answers.version_tag(site.version))
