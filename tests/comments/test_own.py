"""What who wrote a reply may do with it, and for how long."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.comments import bans, store
from chalicelib.comments.actions import FORGOTTEN_AFTER, forget
from chalicelib.comments.bans import Ban
from chalicelib.core import clock, jobs, networks, table
from chalicelib.core.config import config
from chalicelib.core.table import Delete
from chalicelib.core.visitors import COOKIE
from chalicelib.people import store as people
from chalicelib.people.actions import person_of
from tests import page
from tests.blog import Blog, Got
from tests.comments.threads import contradictions
from tests.conftest import Moment
from tests.faults import Died, Faults, at_once, die_after, die_before

FILLED = {"name": "Ann", "body": "I *agree*.", "website": "example.org/ann"}
CHANGED = {"name": "Ann B.", "body": "I *disagree*.", "website": ""}


@pytest.fixture(autouse=True)
def post(request: pytest.FixtureRequest, moment: Moment) -> dict[str, Any]:
    """Every test here has a post at /posts/open."""
    blog: Blog = request.getfixturevalue("blog" if "blog" in request.fixturenames else "engine_blog")
    made: dict[str, Any] = blog.post("Open")
    return made


def leave(blog: Blog, **fields: str) -> str:
    """A reply by the form; the path of its writer's page."""
    got = blog.form("/posts/open/comments", **{**FILLED, **fields})
    assert got.status == 303
    return got.headers["location"]


def told(blog: Blog, mine: str) -> Any:
    return blog.get(mine, Accept="application/json").json


def set_status(blog: Blog, mine: str, status: str) -> None:
    assert blog.api("PATCH", f"/api/comments/{told(blog, mine)['id']}", status=status).status == 200


def send(blog: Blog, method: str, target: str, fields: Any = None) -> Got:
    headers = {"Content-Type": "application/json"}
    return blog.send(method, target, body=json.dumps(fields or {}), headers=headers)


def record(blog: Blog, mine: str) -> Any:
    return blog.api("GET", f"/api/comments/{told(blog, mine)['id']}").json


# --- changing --------------------------------------------------------------------------------


def test_a_writer_changes_what_nobody_has_read_yet(blog: Blog) -> None:
    mine = leave(blog)
    assert page.typed(blog.get(mine).text).items() >= {"name": "Ann", "body": "I *agree*."}.items()
    got = blog.form(mine, **CHANGED)
    assert (got.status, got.headers["location"]) == (303, mine)
    shown = blog.get(mine).text
    assert "<em>disagree</em>" in shown
    assert "Ann B." in shown
    assert record(blog, mine)["website"] == ""


def test_a_change_can_be_looked_at_first(blog: Blog) -> None:
    mine = leave(blog)
    got = blog.form(mine, **CHANGED, preview="yes")
    assert (got.status, "<em>disagree</em>" in got.text, "not saved yet" in got.text) == (200, True, True)
    assert page.typed(got.text)["body"] == CHANGED["body"]
    assert told(blog, mine)["body"] == FILLED["body"]


@pytest.mark.parametrize("hold", ["all", "first", "none"])
def test_who_changes_what_is_public_is_told_first_that_it_is_held(engine_blog: Blog, hold: str) -> None:
    warning = "Once you change it, it is held until"
    engine_blog.api("PATCH", "/api/settings", comments_hold=hold)
    mine = leave(engine_blog)
    assert (warning in engine_blog.get(mine).text) is False
    set_status(engine_blog, mine, "approved")
    assert (warning in engine_blog.get(mine).text) is (hold == "all")
    engine_blog.form(mine, **CHANGED)
    assert told(engine_blog, mine)["status"] == ("pending" if hold == "all" else "approved")


def test_the_page_tells_when_it_was_sent_and_which_button_is_dangerous(engine_blog: Blog) -> None:
    shown = engine_blog.get(leave(engine_blog)).text
    assert "Sent on" in shown
    assert "23 November 2026, 12:00 UTC" in page.words(page.parse(shown))
    kinds = {page.words(button): button.get("class") for button in page.parse(shown).iter("button")}
    assert kinds == {"Save": None, "Preview": "second", "Erase my reply": "danger"}


@pytest.mark.usefixtures("mails")
def test_who_asked_for_mail_is_told_openly_what_comes_next(engine_blog: Blog) -> None:
    mine = leave(engine_blog, email="ann@example.org", notify="yes")
    tree = page.parse(engine_blog.get(mine).text)
    folded = " ".join(page.words(fold) for fold in tree.iter("details"))
    sentence = "Once your reply is approved, one email asks you to confirm"
    assert (sentence in page.words(tree), sentence in folded) == (True, False)


@pytest.mark.parametrize(
    ("fields", "status", "wrong"),
    [
        ({"name": " "}, 422, "name"),
        ({"body": ""}, 422, "body"),
        ({"website": "not one"}, 422, "website"),
        ({"body": "x" * 9000}, 413, "body"),
        ({"name": "x" * 101}, 413, "name"),
    ],
)
def test_a_change_that_is_wrong_comes_back_filled(
    engine_blog: Blog, fields: dict[str, str], status: int, wrong: str
) -> None:
    mine = leave(engine_blog)
    got = engine_blog.form(mine, **{**CHANGED, **fields})
    assert (got.status, page.typed(got.text)[wrong].strip()) == (status, fields[wrong].strip())
    invalid = [field.attrib["name"] for field in page.parse(got.text).iter() if field.get("aria-invalid")]
    assert invalid == [wrong]
    answer = send(engine_blog, "PATCH", mine, {wrong: fields[wrong]})
    assert (answer.status, answer.json["errors"][0]["field"]) == (status, wrong)
    assert told(engine_blog, mine)["body"] == FILLED["body"]


def test_faults_of_a_change_stand_in_the_order_of_the_fields(engine_blog: Blog) -> None:
    got = engine_blog.form(leave(engine_blog), website="x'y", name=" ", body="")
    links = [href for href in page.addresses(got.text) if href.startswith("#reply-")]
    assert links == ["#reply-body", "#reply-name", "#reply-website"]


def test_it_can_be_changed_for_a_quarter_of_an_hour(blog: Blog, moment: Moment) -> None:
    mine = leave(blog)
    moment.forward(minutes=14, seconds=59)
    assert blog.form(mine, **CHANGED).status == 303
    assert "for 1 more minute." in blog.get(mine).text
    moment.forward(seconds=1)
    late = blog.form(mine, **FILLED)
    assert (late.status, "15 minutes" in late.text) == (409, True)
    assert "Edit it" not in blog.get(mine).text
    assert send(blog, "PATCH", mine, {"body": "Later"}).status == 409
    assert send(blog, "DELETE", mine).status == 409
    assert told(blog, mine)["changeable_until"] is None
    assert told(blog, mine)["body"] == CHANGED["body"]


def test_nothing_changes_under_a_post_that_is_not_public_any_more(blog: Blog, post: dict[str, Any]) -> None:
    """But that it can be taken back."""
    mine = leave(blog)
    full_id = told(blog, mine)["id"]
    before = blog.api("GET", f"/api/comments/{full_id}").json
    assert blog.api("PATCH", f"/api/posts/{post['id']}", status="draft").status == 200
    assert send(blog, "PATCH", mine, {"body": "Changed unseen"}).status == 404
    assert blog.form(mine, **CHANGED).status == 404
    assert blog.form(f"{mine}/mail", email="ann@example.org").status == 404
    assert blog.api("GET", f"/api/comments/{full_id}").json == before
    assert send(blog, "DELETE", mine).status == 204


@pytest.mark.parametrize("minutes", [0, 1, 60])
def test_for_how_long_is_a_setting(engine_blog: Blog, moment: Moment, minutes: int) -> None:
    engine_blog.api("PATCH", "/api/settings", comments_edit_minutes=minutes)
    mine = leave(engine_blog)
    if minutes:
        moment.forward(minutes=minutes - 1, seconds=59)
        assert engine_blog.form(mine, **CHANGED).status == 303
        moment.forward(seconds=1)
    assert engine_blog.form(mine, **FILLED).status == 409


def test_what_stands_in_public_is_held_again_when_it_is_changed(blog: Blog) -> None:
    mine = leave(blog)
    set_status(blog, mine, "approved")
    assert "agree" in blog.get("/posts/open").text
    blog.form(mine, **CHANGED)
    assert told(blog, mine)["status"] == "pending"
    assert "agree" not in blog.get("/posts/open").text
    set_status(blog, mine, "approved")
    assert "<em>disagree</em>" in blog.get("/posts/open").text
    assert contradictions("open") == []


def test_who_needs_no_approval_needs_none_for_a_change_but_for_links(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", comments_hold="none")
    mine = leave(engine_blog)
    engine_blog.form(mine, **CHANGED)
    assert "<em>disagree</em>" in engine_blog.get("/posts/open").text
    engine_blog.form(mine, **{**CHANGED, "body": "https://a.example https://b.example"})
    assert told(engine_blog, mine)["status"] == "pending"
    assert record(engine_blog, mine)["reasons"] == ["edited", "links"]
    assert page.replies(engine_blog.get("/posts/open").text) == []


def test_what_the_author_had_edited_is_held_when_its_writer_changes_it(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", comments_hold="none")
    mine = leave(engine_blog)
    target = f"/api/comments/{told(engine_blog, mine)['id']}"
    engine_blog.api("PATCH", target, body="I agree, said kindly.")
    for words in ("As I please", "As I please again"):
        assert send(engine_blog, "PATCH", mine, {"body": words}).json["status"] == "pending"
        got = record(engine_blog, mine)
        assert (got["reasons"], got["edited_by"]) == (["edited"], "self")
        assert got["original"]["body"] == FILLED["body"]
        assert "As I please" not in engine_blog.get("/posts/open").text
    # Once more read, and once more changed.
    set_status(engine_blog, mine, "approved")
    assert send(engine_blog, "PATCH", mine, {"body": "And again"}).json["status"] == "pending"
    assert contradictions("open") == []


def test_what_its_writer_alone_changed_is_not_kept(engine_blog: Blog) -> None:
    mine = leave(engine_blog, body="Regretted")
    engine_blog.form(mine, **CHANGED)
    assert record(engine_blog, mine)["original"] is None
    assert "Regretted" not in str([item for item in engine_blog.everything() if "html" in item])


def test_an_approval_and_a_change_at_once_show_nothing_that_was_not_read(engine_blog: Blog) -> None:
    for number in range(8):
        mine = leave(engine_blog, body=f"Harmless {number}")
        full_id, tag = told(engine_blog, mine)["id"], '"v1"'
        at_once(
            [
                lambda full_id=full_id, tag=tag: engine_blog.api(  # type: ignore[misc]
                    "PATCH", f"/api/comments/{full_id}", _headers={"If-Match": tag}, status="approved"
                ),
                lambda mine=mine: engine_blog.form(mine, name="Ann", body="Unread"),  # type: ignore[misc]
            ]
        )
    assert "Unread" not in engine_blog.get("/posts/open").text
    assert contradictions("open") == []


@pytest.mark.parametrize("status", ["spam", "deleted"])
def test_what_the_author_took_out_cannot_be_changed(engine_blog: Blog, status: str) -> None:
    mine = leave(engine_blog)
    set_status(engine_blog, mine, status)
    assert engine_blog.form(mine, **CHANGED).status == 409
    assert send(engine_blog, "DELETE", mine).status == 409


def test_it_cannot_be_changed_for_ever(engine_blog: Blog) -> None:
    mine = leave(engine_blog)
    statuses = [send(engine_blog, "PATCH", mine, {"body": f"Words {number}"}).status for number in range(60)]
    assert statuses == [200] * 49 + [409] * 11


@pytest.mark.parametrize("key", ["x", "x.y", "{}x", "é"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_only_the_very_address_opens_it(engine_blog: Blog, key: str, method: str) -> None:
    mine = "/replies/" + key.format(leave(engine_blog).removeprefix("/replies/"))
    if method == "POST":
        assert engine_blog.form(mine, **CHANGED).status == 404
        assert engine_blog.form(f"{mine}/delete").status == 404
        assert engine_blog.form(f"{mine}/mail", stop="yes").status == 404
    else:
        assert send(engine_blog, method, mine, {"body": "x"}).status == 404


# --- taking back -----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["form", "json"])
def test_what_is_taken_back_is_erased(blog: Blog, way: str) -> None:
    mine = leave(blog, email="ann@example.org", body="A secret of mine")
    set_status(blog, mine, "approved")
    if way == "form":
        assert blog.form(f"{mine}/delete").status == 303
    else:
        assert send(blog, "DELETE", mine).status == 204
    assert "Nothing of it is kept" in blog.get(mine).text
    assert page.replies(blog.get("/posts/open").text) == []
    left = json.dumps([item for item in blog.everything() if "SALT" not in str(item)], default=str)
    assert "A secret of mine" not in left
    assert '"Ann"' not in left
    assert "example.org/ann" not in left
    assert person_of("ann@example.org") not in left
    assert "FROM#" not in left
    assert contradictions("open") == []
    # A second time changes nothing, and nobody can bring it back.
    assert send(blog, "DELETE", mine).status == 204
    full_id = told(blog, mine)["id"]
    assert blog.api("PATCH", f"/api/comments/{full_id}", status="approved").status == 409


def test_answers_stay_under_a_tombstone(engine_blog: Blog) -> None:
    mine = leave(engine_blog)
    set_status(engine_blog, mine, "approved")
    parent = told(engine_blog, mine)["id"]
    engine_blog.reply("open", "An answer", parent=parent)
    engine_blog.form(f"{mine}/delete")
    gone, answer = page.replies(engine_blog.get("/posts/open").text)
    assert gone.gone
    assert "An answer" in answer.words


@pytest.mark.parametrize("fault", [die_before, die_after])
def test_a_change_and_an_erasure_are_done_whole_or_not_at_all(
    engine_blog: Blog, faults: Faults, fault: Any
) -> None:
    for what in ("change", "erase"):
        for skip in range(12):
            mine = leave(engine_blog, body=f"{what} {skip}")
            set_status(engine_blog, mine, "approved")
            faults.clear()
            faults.on("*", fault(), skip=skip)
            target = mine if what == "change" else f"{mine}/delete"
            fields = {**CHANGED, "body": f"{what} done {skip}"} if what == "change" else {}
            try:
                engine_blog.form(target, **fields)
                died = False
            except Died:
                died = True
            faults.clear()
            assert contradictions("open") == []
            assert engine_blog.form(target, **fields).status == 303
            assert contradictions("open") == []
            assert told(engine_blog, mine)["body"] == fields.get("body", "")
            if not died:
                break
        else:
            raise AssertionError("every call was a death")


# --- what was taken out ----------------------------------------------------------------------


@pytest.mark.parametrize("status", ["spam", "deleted"])
def test_what_the_author_takes_out_is_erased_after_a_month(blog: Blog, moment: Moment, status: str) -> None:
    mine = leave(blog, body="A month to live")
    set_status(blog, mine, status)
    moment.now += FORGOTTEN_AFTER - timedelta(minutes=1)
    jobs.run_due(10)
    assert "A month to live" in record(blog, mine)["body"]
    moment.forward(minutes=2)
    jobs.run_due(10)
    assert record(blog, mine)["body"] == ""


def test_what_was_put_back_is_kept(engine_blog: Blog, moment: Moment) -> None:
    mine = leave(engine_blog)
    set_status(engine_blog, mine, "spam")
    set_status(engine_blog, mine, "approved")
    moment.forward(days=40)
    jobs.run_due(10)
    assert record(engine_blog, mine)["body"] == FILLED["body"]


def test_what_is_put_back_while_it_is_being_erased_keeps_its_text(
    engine_blog: Blog, moment: Moment, faults: Faults
) -> None:
    """The author approves it before the first call of the job, its second, and so on."""
    for number in range(12):
        mine = leave(engine_blog, body=f"Wanted {number}")
        set_status(engine_blog, mine, "spam")
        full_id = told(engine_blog, mine)["id"]
        moment.forward(days=31)
        answers: list[int] = []

        def approve(request: Any, send: Any, full_id: str = full_id, answers: list[int] = answers) -> Any:
            got = engine_blog.api("PATCH", f"/api/comments/{full_id}", status="approved")
            answers.append(got.status)
            return send(request)

        faults.clear()
        faults.on("*", approve, skip=number)
        forget(full_id)
        faults.clear()
        left = record(engine_blog, mine)
        expected = ("approved", f"Wanted {number}") if answers == [200] else ("deleted", "")
        assert (left["status"], left["body"]) == expected, number
        assert contradictions("open") == []
        if not answers:
            assert number >= 2
            return
    raise AssertionError("more calls than that")


# --- being remembered ------------------------------------------------------------------------


def test_a_name_is_remembered_where_it_is_wished(blog: Blog) -> None:
    got = blog.form("/posts/open/comments", **FILLED, remember="yes")
    header = got.headers["set-cookie"]
    assert header.startswith(f"{COOKIE}=")
    assert all(part in header for part in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age="))
    personal = blog.get("/posts/open/reply", Cookie=got.cookie)
    assert personal.headers["cache-control"] == "no-store"
    assert page.typed(personal.text).items() >= {"name": "Ann", "website": "https://example.org/ann"}.items()
    assert page.typed(blog.get("/posts/open", Cookie=got.cookie).text)["name"] == ""
    # From the form under the post nothing is said about it, so nothing changes.
    again = blog.form("/posts/open/comments", cookie=got.cookie, **{**FILLED, "body": "More"})
    assert page.typed(blog.get("/posts/open/reply", Cookie=again.cookie).text)["name"] == "Ann"
    # The personal one says so, and forgets.
    last = blog.form("/posts/open/comments", cookie=got.cookie, **{**FILLED, "body": "Last"}, asked="yes")
    assert page.typed(blog.get("/posts/open/reply", Cookie=last.cookie).text)["name"] == ""


def test_reading_sets_no_cookie(engine_blog: Blog) -> None:
    mine = leave(engine_blog)
    for target in ("/", "/posts/open", "/posts/open/reply", "/posts/open/comments", mine, "/privacy"):
        assert "set-cookie" not in engine_blog.get(target).headers


@pytest.mark.parametrize(
    "cookie", ["x", f"{COOKIE}=", f"{COOKIE}=x.y", f"{COOKIE}={'z' * 4000}", "=;;=", "é"]
)
def test_a_cookie_that_this_blog_did_not_sign_is_none(engine_blog: Blog, cookie: str) -> None:
    assert engine_blog.get("/posts/open/reply", Cookie=cookie).status == 200
    assert engine_blog.form("/posts/open/comments", cookie=cookie, **FILLED).status == 303


def test_the_browser_that_sent_it_finds_the_page_again(blog: Blog) -> None:
    got = blog.form("/posts/open/comments", **FILLED)
    mine = got.headers["location"]
    own_id = told(blog, mine)["id"].partition(".")[2]
    target = f"/posts/open/comments/{own_id}/own"
    assert blog.get(target, Cookie=got.cookie).headers["location"] == mine
    other = blog.form("/posts/open/comments", **{**FILLED, "body": "Another"}).cookie
    for cookie in ("", other, f"{COOKIE}=x.y"):
        assert blog.get(target, Cookie=cookie).status == 404
    set_status(blog, mine, "approved")
    for cookie in ("", other, f"{COOKIE}=x.y"):
        told_so = blog.get(target, Cookie=cookie)
        assert (told_so.status, told_so.headers["cache-control"]) == (200, "no-store")
        assert mine not in told_so.text


def test_what_is_gone_or_the_authors_leads_nobody_to_a_page_of_their_own(engine_blog: Blog) -> None:
    root = engine_blog.reply("open", "Root")
    engine_blog.reply("open", "An answer", parent=root)
    mine = engine_blog.api("POST", "/posts/open/comments", body="Mine").json["id"]
    pages = {one: f"/posts/open/comments/{one.partition('.')[2]}" for one in (root, mine)}
    assert [f"{path}/own" in engine_blog.get(path).text for path in pages.values()] == [True, False]
    assert engine_blog.api("DELETE", f"/api/comments/{root}").status == 204
    gone = engine_blog.get(pages[root])
    assert (gone.status, f"{pages[root]}/own" in gone.text) == (200, False)


def test_the_form_by_itself_knows_whom_it_answers(engine_blog: Blog) -> None:
    parent = engine_blog.reply("open", "The first word").partition(".")[2]
    got = engine_blog.get(f"/posts/open/reply?parent={parent}").text
    assert "The first word" in got
    assert page.typed(got)["parent"] == parent
    assert engine_blog.get("/posts/open/reply?parent=odd").status == 200
    assert engine_blog.get("/posts/none/reply").status == 404
    engine_blog.api("PATCH", "/api/settings", comments_open=False)
    assert "Replies are closed." in engine_blog.get("/posts/open/reply").text


# --- preview ---------------------------------------------------------------------------------


def test_a_preview_keeps_nothing_and_loses_nothing(blog: Blog) -> None:
    parent = blog.reply("open", "Root").partition(".")[2]
    before = len(blog.everything())
    sent = {**FILLED, "parent": parent, "email": "ann@example.org", "remember": "yes"}
    got = blog.form("/posts/open/comments", **sent, preview="yes")
    assert (got.status, "set-cookie" in got.headers) == (200, False)
    assert "<em>agree</em>" in got.text
    assert "not sent yet" in got.text
    assert page.typed(got.text).items() >= sent.items()
    assert len(blog.everything()) == before
    assert blog.form("/posts/open/comments", **page.typed(got.text)).status == 303


@pytest.mark.parametrize("fields", [{"name": ""}, {"body": "  "}, {"email": "x"}, {"parent": "odd"}])
def test_a_preview_of_what_is_wrong_says_so(engine_blog: Blog, fields: dict[str, str]) -> None:
    got = engine_blog.form("/posts/open/comments", **{**FILLED, **fields}, preview="yes")
    assert got.status == 422


# --- answers by mail -------------------------------------------------------------------------


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_FROM", "blog@example.org")
    monkeypatch.setenv("PUBLIC_URL", "https://localhost")
    config.cache_clear()


@pytest.mark.usefixtures("mails")
def test_an_address_is_kept_only_where_answers_are_wanted(blog: Blog, moment: Moment) -> None:
    mine = leave(blog, email="ann@example.org")
    assert "ann@example.org" not in str(blog.everything())
    assert blog.form(f"{mine}/mail", email="ann@example.org").status == 303
    assert told(blog, mine)["notify"] is True
    (box,) = people.mailboxes_of(person_of("ann@example.org"))
    assert (box.address, box.is_confirmed) == ("ann@example.org", False)
    assert blog.form(f"{mine}/mail", stop="yes").status == 303
    assert told(blog, mine)["notify"] is False
    assert "ann@example.org" not in str(blog.everything())
    # Asked for with the reply itself, and not confirmed: forgotten by itself.
    leave(blog, body="More", email="ann@example.org", notify="yes")
    assert len(people.mailboxes_of(person_of("ann@example.org"))) == 1
    moment.forward(days=15)
    assert people.mailboxes_of(person_of("ann@example.org")) == []


@pytest.mark.usefixtures("mails")
def test_mail_needs_an_address(engine_blog: Blog) -> None:
    got = engine_blog.form("/posts/open/comments", **FILLED, notify="yes")
    assert (got.status, "untick the box" in got.text) == (422, True)
    mine = leave(engine_blog)
    assert engine_blog.form(f"{mine}/mail", email="").status == 422
    assert engine_blog.form(f"{mine}/mail", email="not one").status == 422


def test_a_blog_without_mail_offers_none(engine_blog: Blog) -> None:
    mine = leave(engine_blog)
    assert "notify" not in page.typed(engine_blog.get("/posts/open").text)
    assert "Replies by email" not in engine_blog.get(mine).text
    assert engine_blog.form(f"{mine}/mail", email="ann@example.org").status == 409


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("hold", ["all", "none"])
@pytest.mark.parametrize("by_author", [False, True])
def test_the_author_is_told_of_a_change_of_what_everybody_could_read(
    engine_blog: Blog, moment: Moment, hold: str, by_author: bool
) -> None:
    engine_blog.api("PATCH", "/api/settings", author_email="parker@example.org", comments_hold=hold)
    mine = leave(engine_blog)
    full_id = told(engine_blog, mine)["id"]
    key = (f"JOB#tell_author#{full_id}", "-")
    if by_author:
        set_status(engine_blog, mine, "approved")
    table.write(Delete(key))
    assert send(engine_blog, "PATCH", mine, {"body": "Changed"}).status == 200
    assert (table.get(key) is not None) == (by_author or hold == "none")
    table.write(Delete(key))
    # What the author does is no news.
    for fields in ({"status": "approved"}, {"body": "By the author"}, {"status": "pending"}):
        engine_blog.api("PATCH", f"/api/comments/{full_id}", **fields)
        assert table.get(key) is None


def ask(blog: Blog, mine: str, email: str = "ann@example.org", source_ip: str = "203.0.113.9") -> Got:
    return blog.form(f"{mine}/mail", email=email, source_ip=source_ip)


def boxes(*names: str) -> list[str]:
    """The addresses that are kept of these."""
    return [box.address for name in names for box in people.mailboxes_of(person_of(name))]


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("replies", [1, 4])
def test_a_network_has_answers_mailed_to_three_strangers_a_day(
    engine_blog: Blog, moment: Moment, replies: int
) -> None:
    mine = [leave(engine_blog, body=f"Words {number}") for number in range(replies)]
    strangers = [f"stranger{number}@example.org" for number in range(4)]
    got = [ask(engine_blog, mine[at % replies], email) for at, email in enumerate(strangers)]
    assert [each.status for each in got] == [303, 303, 303, 429]
    if replies > 1:
        assert page.typed(got[3].text)["email"] == strangers[3]
    assert "several times from your network" in got[3].text
    assert got[3].headers["retry-after"] == str(24 * 3600)
    assert strangers[3] not in boxes(*strangers)
    assert ask(engine_blog, mine[-1], "friend@example.org", source_ip="198.51.100.1").status == 303
    moment.forward(days=1)
    assert ask(engine_blog, mine[-1], strangers[3]).status == 303


@pytest.mark.usefixtures("mails")
def test_a_network_is_held_to_that_also_at_once(engine_blog: Blog) -> None:
    mine = [leave(engine_blog, body=f"Words {number}") for number in range(8)]
    names = [f"stranger{number}@example.org" for number in range(8)]
    tasks = [lambda at=at: ask(engine_blog, mine[at], names[at]) for at in range(8)]  # type: ignore[misc]
    got = [each.status for each in at_once(tasks)]
    assert set(got) <= {303, 429, 503}
    assert 1 <= got.count(303) == len(boxes(*names)) <= 3


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("kind", ["email", "network", "site"])
def test_who_is_banned_neither_asks_for_mail_nor_changes_anything(engine_blog: Blog, kind: Any) -> None:
    mine = leave(engine_blog)
    names = {
        "email": bans.email_name(person_of("ann@example.org")),
        "network": networks.lasting_key("203.0.113.0/24"),
        "site": "example.org",
    }
    table.write(bans.put(Ban(kind, names[kind], clock.now(), "a.b", None)))
    got = ask(engine_blog, mine)
    assert (got.status, page.typed(got.text)["email"]) == (403, "ann@example.org")
    assert "does not accept replies from you" in got.text
    assert boxes("ann@example.org") == []
    if kind == "email":
        return
    got = engine_blog.form(mine, **{**CHANGED, "website": "shop.example.org"})
    assert (got.status, page.typed(got.text)["body"]) == (403, CHANGED["body"])
    got = send(engine_blog, "PATCH", mine, {"body": "x"})
    assert (got.status, got.headers["content-type"]) == (403, "application/problem+json")
    assert told(engine_blog, mine)["body"] == FILLED["body"]
    assert send(engine_blog, "DELETE", mine).status == 204


@pytest.mark.usefixtures("mails")
def test_mail_cannot_be_asked_for_for_ever(engine_blog: Blog, moment: Moment) -> None:
    mine = leave(engine_blog)
    full_id = told(engine_blog, mine)["id"]
    statuses = []
    for _ in range(30):
        statuses += [ask(engine_blog, mine).status, engine_blog.form(f"{mine}/mail", stop="yes").status]
        moment.forward(days=1)
    assert statuses == [303] * 50 + [409, 303] * 5
    assert record(engine_blog, mine)["version"] == 51
    assert "changed too often" in ask(engine_blog, mine).text
    assert store.find(*full_id.split(".")) is not None


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("status", ["pending", "approved"])
def test_the_page_tells_whether_answers_are_mailed(engine_blog: Blog, moment: Moment, status: str) -> None:
    mine = leave(engine_blog)
    full_id = told(engine_blog, mine)["id"]
    set_status(engine_blog, mine, status)
    job = (f"JOB#tell_readers#{full_id}", "-")
    person = person_of("ann@example.org")

    def state() -> str:
        """As both tell it."""
        text, notified = engine_blog.get(mine).text, told(engine_blog, mine)["notify"]
        said = [name for name, words in STATES.items() if words in text]
        assert notified == (said != ["off"])
        return said[0] if len(said) == 1 else str(said)

    visitor = getattr(store.find(*full_id.split(".")), "visitor", "")
    for forgotten in ("by its own button", "by a link in a mail", "by itself"):
        assert state() == "off"
        table.write(Delete(job))
        assert ask(engine_blog, mine).status == 303
        # Whoever is to be asked to confirm is asked, where the reply stands in public already.
        assert (table.get(job) is not None) == (status == "approved")
        assert state() == "asked"
        if forgotten == "by itself":
            moment.forward(days=15)
            continue
        table.write(people.confirm_mailbox(person, visitor))
        assert state() == "on"
        if forgotten == "by its own button":
            engine_blog.form(f"{mine}/mail", stop="yes")
        else:
            table.write(people.forget_mailbox(person, visitor))
        assert boxes("ann@example.org") == []
    assert state() == "off"


STATES = {
    "off": "Email me replies",
    "asked": "You asked for replies by email",
    "on": "your address is confirmed",
}


@pytest.mark.usefixtures("mails")
def test_another_address_takes_the_place_of_the_first(engine_blog: Blog) -> None:
    mine = leave(engine_blog, email="ann@example.org", notify="yes")
    assert ask(engine_blog, mine, "new@example.org").status == 303
    assert boxes("ann@example.org", "new@example.org") == ["new@example.org"]
    assert "said#" not in str([i for i in engine_blog.everything() if person_of("ann@example.org") in str(i)])


@pytest.mark.usefixtures("mails")
def test_to_stop_ends_all_that_a_browser_asked_for_under_an_address(engine_blog: Blog) -> None:
    wish = {**FILLED, "email": "ann@example.org", "notify": "yes"}
    first = engine_blog.form("/posts/open/comments", **wish)
    second = engine_blog.form("/posts/open/comments", cookie=first.cookie, **{**wish, "body": "More"})
    one, other = (got.headers["location"] for got in (first, second))
    assert "all replies that you sent from this browser" in engine_blog.get(one).text
    engine_blog.form(f"{one}/mail", stop="yes")
    assert boxes("ann@example.org") == []
    assert [told(engine_blog, mine)["notify"] for mine in (one, other)] == [False, False]
    assert STATES["off"] in engine_blog.get(other).text
    assert ask(engine_blog, other).status == 303
    assert told(engine_blog, other)["notify"] is True


@pytest.mark.usefixtures("mails")
def test_what_is_to_be_mailed_is_noted_with_the_change(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.api("PATCH", "/api/settings", author_email="parker@example.org")
    mine = leave(engine_blog)
    full_id = told(engine_blog, mine)["id"]

    def noted() -> set[str]:
        keys = {item["pk"] for item in table.query(jobs.QUEUE, index="work", limit=100)}
        return {key.split("#")[1] for key in keys if full_id in key}

    assert noted() == {"tell_author"}
    set_status(engine_blog, mine, "approved")
    assert noted() == {"tell_author", "tell_readers"}
    set_status(engine_blog, mine, "spam")
    assert noted() == {"tell_author", "tell_readers", "forget"}
    assert store.network_of(full_id) != ""
    moment.forward(days=15)
    assert store.network_of(full_id) == ""
