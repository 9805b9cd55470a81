"""What readers do, on a phone and at a desk, with scripts and without, by touch, mouse and keyboard."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewContext, folder
from tests.browser.content import PICTURE
from tests.browser.kinds import KINDS, NAMED, Kind
from tests.browser.served import Site
from tests.browser.watching import overflow, too_wide

POST = "pencils-and-other-reasons"
READERS: dict[str, dict[str, Any]] = {
    "small phone": {"width": 320, "java_script_enabled": False, "color_scheme": "dark", "has_touch": True},
    "phone": {"width": 390, "is_mobile": True, "has_touch": True, "device_scale_factor": 3},
    "desktop": {"width": 1440},
    "desktop without scripts": {"width": 1440, "java_script_enabled": False},
    "desktop at night": {"width": 1440, "color_scheme": "dark", "forced_colors": "active"},
}


@pytest.mark.parametrize("reader", READERS)
def test_reader_finds_a_post_and_answers_it_without_an_account(
    reader: str, new_context: NewContext, site: Site
) -> None:
    page = new_context(**READERS[reader]).new_page()
    page.goto("/")
    page.locator(f"main a[href$='/posts/{POST}']").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pencils")
    _field(page, "Your reply").fill(f"I read this as a {reader}.\n\nIt was *good*.")
    _field(page, "Name").fill("Ann 🌱")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile(r"/replies/"))
    expect(page.locator("main")).to_contain_text("It is held until")
    expect(page.locator("main em")).to_have_text("good")
    page.get_by_role("main").get_by_role("link", name="Back to the post").click()
    expect(page).to_have_url(f"{site.address}/posts/{POST}")
    expect(page.locator("body")).not_to_contain_text(f"as a {reader}")


def test_refused_form_says_why_beside_the_field_and_keeps_what_was_typed(new_context: NewContext) -> None:
    page = new_context(390, java_script_enabled=False).new_page()
    page.goto("/posts/plain")
    _field(page, "Your reply").fill("Words that took an hour")
    _field(page, "Name").fill("Ann")
    _field(page, "Website").fill("nowhere at all")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(_field(page, "Your reply")).to_have_value("Words that took an hour")
    website = _field(page, "Website")
    expect(website).to_have_attribute("aria-invalid", "true")
    described = (website.get_attribute("aria-describedby") or "").split()
    assert any(page.locator(f"#{name}.error").inner_text() for name in described)
    page.get_by_role("alert").get_by_role("link").click()
    expect(website).to_be_focused()
    website.fill("https://ann.example")
    website.press("Enter")
    expect(page).to_have_url(re.compile(r"/replies/"))


def test_keyboard_alone_is_enough_to_answer(page: Page) -> None:
    """From the front page to the reply's own page by Tab, Enter and letters."""
    page.goto("/")
    _tab_to(page, f"[href$='/posts/{POST}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/posts/{POST}")
    _tab_to(page, "textarea")
    page.keyboard.type("Typed without a mouse.")
    page.keyboard.press("Tab")
    page.keyboard.type("Bo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/replies/*")
    expect(page.locator("main")).to_contain_text("Typed without a mouse.")


def test_reader_answers_another_reader(new_context: NewContext, site: Site) -> None:
    page = new_context(390, java_script_enabled=False).new_page()
    page.goto("/posts/crowd")
    first = page.locator(f"#c-{site.known['first']}")
    first.get_by_role("link", name="Reply", exact=True).click()
    expect(page.locator("#reply h2")).to_contain_text("Ann")
    _field(page, "Your reply").fill("To you, then.")
    _field(page, "Name").fill("Bo")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("in reply to Ann")


def test_long_conversation_is_read_to_its_end(page: Page) -> None:
    page.goto("/posts/crowd")
    page.locator("#conversation a[rel=next]").click()
    expect(page.locator(".thread")).to_contain_text("Answer 57")
    page.locator("#conversation a[rel=prev]").click()
    expect(page.locator(".thread")).to_contain_text("The first of sixty.")


def test_front_page_leads_to_the_oldest_post(page: Page) -> None:
    page.goto("/")
    while (older := page.locator("nav a[rel=next]")).count():
        page.goto(older.get_attribute("href") or "")
    expect(page.locator("main")).to_contain_text("What social media is good for")
    page.get_by_role("banner").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"//[^/]+/$"))


def test_linked_reply_is_marked_and_in_sight(page: Page, site: Site) -> None:
    page.goto(f"/posts/crowd#c-{site.known['first']}")
    expect(page.locator(":target")).to_be_in_viewport()


# --- what the page takes from the reader's system --------------------------------------------


def test_scheme_follows_the_reader_s(new_context: NewContext) -> None:
    lightness = {}
    for scheme in ("light", "dark"):
        page = new_context(color_scheme=scheme).new_page()
        page.goto("/")
        lightness[scheme] = [_lightness(page, name) for name in ("backgroundColor", "color")]
    paper, ink = 0, 1
    assert lightness["light"][paper] - lightness["light"][ink] > 150
    assert lightness["dark"][ink] - lightness["dark"][paper] > 150


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_paper_gets_the_text_alone_in_dark_ink(
    kind: Kind, scheme: Any, new_context: NewContext, site: Site
) -> None:
    page = new_context(794, color_scheme=scheme).new_page()
    kind.open(page, site)
    page.emulate_media(media="print", color_scheme=scheme)
    assert _lightness(page, "color") < 90
    assert page.locator("form:visible, .skip:visible, nav:not(.toc):visible").count() == 0
    assert page.locator("h1:visible").count() == 1
    assert overflow(page) <= 0
    if scheme == "light":
        page.pdf(path=folder("screenshots") / f"{kind}-print.pdf", format="A4")


def test_paper_shows_where_links_lead(page: Page, site: Site) -> None:
    NAMED["post-mixed"].open(page, site)
    page.emulate_media(media="print")
    after = page.locator(f".prose a[href^='{PICTURE}']").evaluate(
        "link => getComputedStyle(link, '::after').content"
    )
    # The one that shows its address already needs no second one.
    assert PICTURE in after or page.locator(".prose").inner_text().count(PICTURE) == 1


def test_letters_of_twice_the_size_fit_a_phone(new_context: NewContext, site: Site) -> None:
    """WCAG 2.2, 1.4.4."""
    page = new_context(390, bypass_csp=True).new_page()
    for name in ("home", "post-deep", "refused", "received-pending"):
        NAMED[name].open(page, site)
        page.add_style_tag(content="html { font-size: 32px }")
        assert overflow(page) <= 0, (name, too_wide(page))


def _field(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=label)


def _lightness(page: Page, name: str) -> float:
    """Of the body's colour, 0 to 255."""
    colour = page.evaluate(f"getComputedStyle(document.body).{name}")
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(600):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"The Tab key does not reach {selector}.")
