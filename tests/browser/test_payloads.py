"""Requirements 2 and 17: in a real browser no payload of the public corpora runs, with the policy of the pages and
without it; and the policy alone stops those that run where nothing else does.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import NewContext
from tests.browser.served import TOKEN, Site, serving
from tests.site.test_xss import FILE, payloads

A_POST = 45
"""Replies to one post, which its page shows."""
SAMPLE = 80
"""Raw payloads that are tried; some want a click or a pointer to run."""
# What payloads do to show that they ran; the browser runs this before any script of the page.
LISTEN = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"])
  window[name] = (...said) => { ran.push(`${name} ${said.join(" ").slice(0, 60)}`) };
"""
CALM = "() => new Promise(done => setTimeout(done, 150))"
"""Milliseconds in which an image that cannot be had has called its error handler."""


def attacked(site: Site) -> list[str]:
    """Posts and replies made of payloads: body, title, summary, tags, name and website. Their addresses."""
    every, addresses = payloads(), []
    for at in range(0, len(every), A_POST):
        some = every[at : at + A_POST]
        post = send(
            site, "/api/posts", title=some[0][:200] + " ", body="\n\n".join(some[:9]), summary=some[1][:300]
        )
        post = post or send(site, "/api/posts", title=f"Payloads {at}", body="Words.")
        address = str(post["url"]).removeprefix(site.address)
        addresses.append(address)
        for payload in some:
            kept = send(site, f"{address}/comments", body=payload, name=payload[:60], website=payload[:200])
            kept or send(site, f"{address}/comments", body=payload[:8000], name="A")
    return addresses


def send(site: Site, path: str, **fields: str) -> dict[str, str]:
    """What came of it; empty where it was refused."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    got = site.send("POST", path, json.dumps(fields), headers)
    assert got.status in (201, 413, 422), (got.status, fields)
    return dict(got.json) if got.status == 201 else {}


def listening(new_context: NewContext, site: Site, *, bypass_csp: bool) -> tuple[Page, list[str]]:
    """A page, and the addresses elsewhere that it asked for."""
    context = new_context(1280, bypass_csp=bypass_csp)
    context.add_init_script(LISTEN)
    asked: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.url.startswith(site.address):
            route.continue_()
        else:
            asked.append(f"{route.request.resource_type} {route.request.url[:80]}")
            route.abort()

    context.route("**/*", refuse)
    return context.new_page(), asked


def test_no_payload_runs(new_context: NewContext, tmp_path: Path) -> None:
    """Without the policy of the pages, and with it."""
    with serving(tmp_path) as site:
        addresses = [*attacked(site), "/", "/tags", "/archive"]
        for bypass_csp in (True, False):
            page, asked = listening(new_context, site, bypass_csp=bypass_csp)
            assert {address: found for address in addresses if (found := ran_at(page, site, address))} == {}
            # Pictures that a post shows are its author's choice; nothing else is fetched for anybody.
            assert [what for what in asked if not what.startswith("image ")] == []


def ran_at(page: Page, site: Site, address: str) -> list[str]:
    page.goto(site.address + address)
    page.evaluate(CALM)
    assert page.url.startswith(site.address), address
    return list(page.evaluate("ran"))


def test_the_policy_alone_stops_scripts(new_context: NewContext, site: Site) -> None:
    """Raw payloads under the headers of a page, and, to know that they would run, without them."""
    known = [json.loads(line) for line in FILE.read_text().splitlines()] if FILE.exists() else []
    raw = [entry["payload"] for entry in known if entry["chromium"] == "executed"]
    if not raw:
        pytest.skip("the corpus of payloads is not beside this checkout")
    policy = site.get("/").headers["content-security-policy"]
    ran = {headers: execute(new_context, site, raw, headers) for headers in ("", policy)}
    assert len(ran[""]) > SAMPLE / 10
    assert ran[policy] == []


def execute(new_context: NewContext, site: Site, raw: list[str], policy: str) -> list[str]:
    """The payloads that ran, each in a page of its own."""
    context = new_context(1280)
    context.add_init_script(LISTEN)
    shown = {"html": ""}
    headers = {"Content-Security-Policy": policy} if policy else {}

    def answer(route: Route) -> None:
        if route.request.url == f"{site.address}/raw":
            route.fulfill(content_type="text/html; charset=utf-8", headers=headers, body=shown["html"])
        else:
            route.abort()

    context.route("**/*", answer)
    page, found = context.new_page(), []
    for payload in raw[:: max(1, len(raw) // SAMPLE)]:
        shown["html"] = f"<!doctype html><meta charset=utf-8><body>{payload}"
        page.goto("/raw", wait_until="commit")
        page.wait_for_timeout(40)
        try:
            ran = page.evaluate("window.ran")
        except Exception:  # noqa: BLE001 - the payload led the page elsewhere
            continue
        if ran:
            found.append(payload)
    return found
