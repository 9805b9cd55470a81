"""Pages in the blog's own look: what every template needs besides its own values."""

from __future__ import annotations

from typing import Any

from chalicelib.core import pages
from chalicelib.core.problems import Problem
from chalicelib.core.requests import Request
from chalicelib.core.views import Page
from chalicelib.settings.actions import current_site
from chalicelib.settings.model import Site


def render_page(request: Request, template: str, page: Page, site: Site | None = None, **values: Any) -> str:
    return pages.render(
        template,
        site=site or current_site(),
        page=page,
        root=request.root,
        css_url=request.root + pages.asset_url("style", ".css"),
        favicon_url=request.root + pages.asset_url("favicon", ".svg"),
        **values,
    )


def error_page(request: Request, problem: Problem) -> str:
    """Also where the storage does not answer, so it must do without it."""
    try:
        site = current_site()
    except Exception:  # noqa: BLE001 - the problem that is told is the first one
        site = Site()
    error = {
        "status": problem.status,
        "title": problem.title,
        "detail": problem.detail,
        "errors": problem.errors,
        "request_id": request.id,
    }
    return render_page(request, "errors/error.html", Page(problem.title, robots="noindex"), site, error=error)
