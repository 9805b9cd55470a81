"""The moderation page: who may open it, what its buttons do, and what it shows."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.accounts.actions import create_token, list_tokens, revoke_token
from chalicelib.comments.own import delete_own, edit_own, private_key
from chalicelib.core import table
from chalicelib.core.table import Delete
from chalicelib.moderation.links import act_links
from tests import page
from tests.blog import Blog
from tests.conftest import Moment
from tests.moderation.desks import FORM, Desk, came_from, cookie_of, log, record

PAGES = ("/moderate", "/moderate?status=spam", "/moderate/log", "/moderate/bans", "/moderate/comments/{id}")


@pytest.fixture
def desk(engine_blog: Blog) -> Desk:
    """With a post called `open`."""
    engine_blog.post("Open")
    return Desk(engine_blog)


def held(desk: Desk, count: int = 1, **fields: str) -> list[str]:
    """So many replies that wait, and the page with them."""
    made = [desk.blog.reply("open", f"Reply {n} of them", approve=False, **fields) for n in range(count)]
    desk.open("/moderate")
    return made


def stored(blog: Blog) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True, default=str) for item in blog.everything())


def statuses(ids: list[str]) -> list[str]:
    return [record(one).status for one in ids]


# --- signing in ------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["unknown", "scope", "revoked", "expired", "empty"])
def test_a_token_that_is_no_good_opens_nothing_and_is_not_logged(
    engine_blog: Blog, moment: Moment, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    secret = "parley_" + "x" * 43
    if wrong in ("scope", "revoked", "expired"):
        made = create_token(
            "t",
            ["read"] if wrong == "scope" else ["moderate"],
            moment.now.replace(hour=13) if wrong == "expired" else None,
        )
        secret = made.secret
        if wrong == "revoked":
            revoke_token(made.token.id)
        moment.forward(hours=2)
    got = engine_blog.form("/moderate/session", token="" if wrong == "empty" else secret)
    assert (got.status, "set-cookie" in got.headers) == (401, False)
    assert "unknown, expired or revoked, or lacks the scope" in got.text
    assert got.headers["www-authenticate"].startswith("Bearer")
    said = capsys.readouterr().out
    assert "failed authentication" in said
    assert secret not in said
    assert secret not in got.text


def test_the_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(engine_blog: Blog) -> None:
    got = engine_blog.form("/moderate/session", token=engine_blog.token)
    name, _, attributes = got.headers["set-cookie"].partition("=")
    assert name == "__Host-parley-author"
    assert set(attributes.split("; ")[1:]) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
    secret = attributes.partition(";")[0]
    assert len(secret) >= 43
    everything = str(engine_blog.everything())
    assert secret not in everything
    assert engine_blog.token not in everything


def test_a_session_ends_with_the_sign_out(desk: Desk) -> None:
    got = desk.blog.send("POST", "/moderate/session", body="end=1", headers=desk.headers)
    assert got.status == 403
    assert desk.open("/moderate").status == 200
    got = desk.blog.send("POST", "/moderate/session", body=f"end=1&mark={desk.mark}", headers=desk.headers)
    assert got.status == 303
    assert "Max-Age=0" in got.headers["set-cookie"]
    assert page.typed(desk.open("/moderate").text).keys() == {"token"}
    assert not [item for item in desk.blog.everything() if item["pk"]["S"].startswith("SESSION#")]


@pytest.mark.parametrize("site", ["cross-site", "same-site", ""])
@pytest.mark.parametrize("with_cookie", [True, False])
def test_another_site_ends_no_session(desk: Desk, site: str, *, with_cookie: bool) -> None:
    """A cookie that is SameSite=Lax does not come with such a form; a new one would still replace it."""
    headers = FORM | ({"Sec-Fetch-Site": site} if site else {})
    got = desk.blog.send(
        "POST",
        "/moderate/session",
        body="end=1",
        headers=headers | ({"Cookie": desk.cookie} if with_cookie else {}),
    )
    assert got.status == (403 if site or with_cookie else 303)
    assert "set-cookie" not in got.headers
    assert desk.open("/moderate/log").status == 200


@pytest.mark.parametrize("how", ["revoked", "twelve hours", "deleted", "another cookie"])
def test_a_session_that_is_over_shows_and_changes_nothing(
    engine_blog: Blog, moment: Moment, how: str
) -> None:
    engine_blog.post("Open")
    desk = Desk(engine_blog)
    (comment,) = held(desk)
    fields = desk.fields(f"approve {comment}")
    if how == "revoked":
        revoke_token(next(token.id for token in list_tokens() if token.name == "desk"))
    elif how == "twelve hours":
        moment.forward(hours=12)
    elif how == "deleted":
        pk = next(i["pk"]["S"] for i in engine_blog.everything() if i["pk"]["S"].startswith("SESSION#"))
        table.write(Delete((pk, "-")))
    else:
        desk.cookie = cookie_of("y" * 43)
    got = desk.send(fields)
    assert got.status == 401
    assert "nothing was changed" in got.text
    assert record(comment).status == "pending"
    for target in PAGES:
        got = desk.open(target.format(id=comment))
        assert "Reply 0 of them" not in got.text
        assert got.status in (200, 303)


MATRIX = {
    "nobody": 401,
    "another scope": 401,
    "own": 303,
    "no mark": 403,
    "another's mark": 403,
    "cross-site": 403,
    "same-site": 403,
    "same-origin": 303,
}


@pytest.mark.parametrize("who", MATRIX)
@pytest.mark.parametrize(
    "deed",
    [
        "approve {id}",
        "spam page",
        "edit {id}",
        "ban {id}",
        "close {post}",
        "undo {batch}",
        "answer {id}",
        "lift x",
    ],
)
def test_who_may_do_what(desk: Desk, who: str, deed: str) -> None:
    post, batch = desk.blog.post("Beside")["id"], "0000000000000"
    (comment,) = held(desk, email="ann@example.org")
    fields = {
        "do": deed.format(id=comment, post=post, batch=batch),
        "mark": desk.mark,
        f"on.{comment}": "1",
        "body": "Other",
        "name": "Bo",
        "website": "",
        "answer": "Well",
        "kind": "email",
    }
    headers = {}
    before = stored(desk.blog)
    if who == "nobody":
        desk.cookie = "a=b"
    elif who == "another scope":
        pk = next(i["pk"]["S"] for i in desk.blog.everything() if i["pk"]["S"].startswith("SESSION#"))
        reader = create_token("reader", ["read", "create"]).token
        table.write(table.Update((pk, "-"), put={"token": reader.hash}))
        before = stored(desk.blog)
    elif who == "no mark":
        del fields["mark"]
    elif who == "another's mark":
        fields["mark"] = Desk(desk.blog, token=desk.token).mark
        before = stored(desk.blog)
    elif who not in MATRIX or "-" in who:
        headers = {"Sec_Fetch_Site": who}
    got = desk.send(fields, **headers)
    assert got.status == MATRIX[who]
    assert got.headers["cache-control"] == "no-store"
    if MATRIX[who] != 303:
        assert stored(desk.blog) == before


@pytest.mark.parametrize("target", PAGES)
def test_a_page_is_for_its_author_alone(desk: Desk, target: str) -> None:
    (comment,) = held(desk)
    got = desk.open(target.format(id=comment))
    assert got.status == 200
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert 'name="robots" content="noindex"' in got.text
    head = desk.blog.send("HEAD", target.format(id=comment), headers={"Cookie": desk.cookie})
    assert (head.status, head.text) == (200, "")


def test_a_token_without_create_does_not_answer(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    desk = Desk(engine_blog, scopes=("moderate",))
    (comment,) = held(desk)
    assert f"answer {comment}" not in desk.got.text
    fields = desk.fields(f"edit {comment}") | {"do": f"answer {comment}", "answer": "Mine"}
    assert desk.send(fields).status == 303
    assert record(comment).status == "pending"


# --- deciding --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "status", "said"),
    [
        ("approve", "approved", "Approved: 1 comment."),
        ("spam", "spam", "Marked as spam: 1 comment."),
        ("delete", "deleted", "Deleted: 1 comment."),
    ],
)
def test_three_buttons_decide_on_a_comment_and_are_undone(
    desk: Desk, act: str, status: str, said: str
) -> None:
    first, other = held(desk, 2)
    desk.press(f"{act} {first}")
    assert statuses([first, other]) == [status, "pending"]
    assert desk.notice.startswith(said)
    (undo,) = [
        b.get("value")
        for b in page.parse(desk.got.text).iter("button")
        if str(b.get("value")).startswith("undo")
    ]
    desk.press(undo)
    assert statuses([first, other]) == ["pending", "pending"]
    assert "Undone: 1 comment." in desk.notice


def test_what_is_ticked_is_decided_together(desk: Desk) -> None:
    ids = held(desk, 4)
    desk.press("spam ticked", **{f"tick.{one}": "1" for one in ids[:3]})
    assert statuses(ids) == ["spam"] * 3 + ["pending"]
    assert desk.notice.startswith("Marked as spam: 3 comments.")


def test_nothing_ticked_changes_nothing(desk: Desk) -> None:
    ids = held(desk, 2)
    desk.press("spam ticked")
    assert statuses(ids) == ["pending"] * 2
    assert desk.notice == "Nothing was ticked."


def values(desk: Desk) -> list[str]:
    """Of the buttons of the page that is open."""
    return [str(button.get("value")) for button in page.parse(desk.got.text).iter("button")]


@pytest.mark.parametrize("where", ["/moderate?status=deleted", "/moderate/comments/{id}"])
def test_of_what_was_erased_nothing_is_offered(desk: Desk, where: str) -> None:
    erased, deleted = held(desk, 2, email="ann@example.org", website="https://a.example")
    for one in (erased, deleted):
        came_from(one, "n1")
        desk.blog.api("DELETE", f"/api/comments/{one}") if one is deleted else delete_own(
            private_key(record(one))
        )
    desk.open(where.format(id=erased))
    assert "Erased: by its writer" in desk.got.text
    assert erased not in " ".join(values(desk))
    assert f"tick.{erased}" not in desk.got.text
    assert ">?<" not in desk.got.text
    if "status" in where:
        desk.press("approve page")
        assert desk.notice.startswith("Approved: 1 comment.")


@pytest.mark.parametrize(
    ("status", "offered"), [("pending", "spam"), ("approved", "spam"), ("spam", "delete"), ("deleted", None)]
)
def test_of_a_network_is_asked_what_makes_sense_and_once(
    desk: Desk, status: str, offered: str | None
) -> None:
    ids = held(desk, 3)
    for one in ids:
        came_from(one, "n1")
        desk.blog.api("PATCH", f"/api/comments/{one}", status=status)
    expected = [f"{offered} network:{one}" for one in ids] if offered else []
    desk.open(f"/moderate?status={status}")
    assert sorted(value for value in values(desk) if "network" in value) == expected
    desk.open(f"/moderate/comments/{ids[0]}")
    assert [value for value in values(desk) if "network" in value] == expected[:1]


def test_a_flood_costs_one_click(desk: Desk) -> None:
    ids = held(desk, 30)
    for one in ids[:28]:
        came_from(one, "n1")
    came_from(ids[28], "n2")
    desk.open("/moderate")
    assert len(list(page.parse(desk.got.text).iter("label"))) > 25
    desk.press(f"spam network:{ids[3]}")
    assert statuses(ids) == ["spam"] * 28 + ["pending"] * 2
    assert desk.notice.startswith("Marked as spam: 28 comments.")
    desk.press(f"undo {log(desk.blog)[0]['batch']}")
    assert statuses(ids) == ["pending"] * 30


def test_a_whole_page_is_decided_at_once_and_the_next_is_untouched(desk: Desk) -> None:
    ids = held(desk, 27)
    desk.press("approve page")
    assert statuses(ids) == ["approved"] * 25 + ["pending"] * 2


@pytest.mark.parametrize("status", ["pending", "approved", "spam", "deleted"])
def test_what_waits_is_the_oldest_first_and_the_rest_the_newest(desk: Desk, status: str) -> None:
    ids = held(desk, 27)
    for one in ids:
        desk.blog.api("PATCH", f"/api/comments/{one}", status=status)
    told, target = [], f"/moderate?status={status}"
    while target:
        desk.open(target)
        shown = [str(one.get("id")) for one in page.parse(desk.got.text).iter("li") if one.get("id")]
        told += [name.removeprefix("c-") for name in shown]
        target = page.link(desk.got.text, "next") or ""
    expected = [one.partition(".")[2] for one in ids]
    assert told == (expected if status == "pending" else expected[::-1])


def test_a_page_leads_to_the_next_and_back(desk: Desk) -> None:
    ids = held(desk, 27)
    later = page.link(desk.got.text, "next")
    assert later
    desk.open(later)
    assert [one for one in ids if one in desk.got.text] == ids[25:]
    desk.press(f"spam {ids[25]}")
    assert ids[26] in desk.got.text
    assert ids[0] not in desk.got.text


def test_what_was_not_read_is_not_approved(desk: Desk) -> None:
    (comment,) = held(desk)
    fields = desk.fields(f"approve {comment}")
    assert desk.blog.api("PATCH", f"/api/comments/{comment}", body="Something else").status == 200
    got = desk.open(desk.send(fields).headers["location"])
    assert record(comment).status == "pending"
    assert "changed meanwhile" in got.text
    assert desk.send(fields | {"do": f"approve network:{comment}"}).status == 400


@pytest.mark.parametrize(
    ("deed", "field", "left"),
    [
        ("spam {id}", "status", "spam"),
        ("delete {id}", "status", "deleted"),
        ("spam page", "status", "spam"),
        ("delete ticked", "status", "deleted"),
        ("hide {id}", "is_hidden", True),
    ],
)
def test_what_is_taken_out_goes_whatever_its_writer_made_of_it(
    desk: Desk, deed: str, field: str, left: object
) -> None:
    (comment,) = held(desk)
    fields = desk.fields(deed.format(id=comment)) | {f"tick.{comment}": "1"}
    for number in range(3):
        edit_own(private_key(record(comment)), {"body": f"Changed {number}"}, "203.0.113.0/24")
    desk.send(fields)
    assert getattr(record(comment), field) == left


def test_what_harms_looks_like_no_other_button_and_stands_last(desk: Desk) -> None:
    (comment,) = held(desk, email="ann@example.org")
    kinds = {str(b.get("value")): b.get("class") for b in page.parse(desk.got.text).iter("button")}
    assert kinds[f"approve {comment}"] is None
    assert kinds[f"spam {comment}"] == kinds[f"delete {comment}"] == "quiet"
    assert kinds[f"ban {comment}"] == "alert"
    order = [value for value in kinds if value.partition(" ")[2] in (comment, "ticked", "page")]
    assert order.index("approve ticked") > order.index(f"ban {comment}")
    assert [value.partition(" ")[2] for value in order[-3:]] == ["page"] * 3


@pytest.mark.parametrize("days", ["30", "365", "0"])
def test_a_ban_lasts_as_long_as_is_chosen(desk: Desk, days: str) -> None:
    (comment,) = held(desk, website="https://spam.example/x")
    options = page.parse(desk.got.text).iterfind(f".//select[@id='days-{comment.partition('.')[2]}']/option")
    assert days in [option.get("value") for option in options]
    desk.press(f"ban {comment}", kind="site", days=days)
    (ban,) = desk.blog.api("GET", "/api/moderation/bans").json["items"]
    lasts = datetime.fromisoformat(ban["until"]) - datetime.fromisoformat(ban["at"]) if ban["until"] else None
    assert (lasts.days if lasts else 0) == int(days)


def test_the_page_of_one_comment_asks_for_a_reason_once(desk: Desk) -> None:
    (comment,) = held(desk, email="ann@example.org")
    desk.open(f"/moderate/comments/{comment}")
    assert desk.got.text.count('name="why"') == 1
    own = desk.blog.api("POST", "/posts/open/comments", name="Me", body="Mine").json["id"]
    desk.open(f"/moderate/comments/{own}")
    assert "ban " not in " ".join(values(desk))
    assert f'href="/posts/open/comments/{own.partition(".")[2]}"' in desk.got.text


def test_an_edit_is_shown_and_logged_and_the_original_is_kept(desk: Desk) -> None:
    (comment,) = held(desk)
    desk.press(f"edit {comment}", body="A **better** text", name="Bo", why="typo")
    assert "<strong>better</strong>" in desk.got.text
    assert "Reply 0 of them" in desk.open(f"/moderate/comments/{comment}").text
    assert [entry["act"] for entry in log(desk.blog)] == ["edit"]
    assert log(desk.blog)[0]["why"] == "typo"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"body": " "}, "still empty"),
        ({"name": ""}, "name is missing"),
        ({"website": "nowhere"}, "should be an address"),
        ({"body": "x" * 9000}, "too long"),
    ],
)
def test_a_refused_edit_comes_back_filled(desk: Desk, wrong: dict[str, str], said: str) -> None:
    (comment,) = held(desk)
    got = desk.press(f"edit {comment}", **({"body": "Typed"} | wrong))
    assert got.status in (413, 422)
    assert said in got.text
    assert record(comment).version == 1
    for name, text in wrong.items():
        assert page.typed(got.text)[name].strip() == text.strip()


def test_what_was_typed_into_an_old_page_comes_back(desk: Desk) -> None:
    (comment,) = held(desk)
    desk.blog.api("PATCH", f"/api/comments/{comment}", status="spam")
    for value, field in ((f"edit {comment}", "body"), (f"answer {comment}", "answer")):
        before = desk.got
        got = desk.press(value, **{field: "Long typed"})
        assert (got.status, "changed in the meantime" in got.text) == (412, True)
        assert page.typed(got.text)[field].strip() == "Long typed"
        desk.got = before
    assert record(comment).version == 2


def test_an_answer_approves_and_is_the_authors(desk: Desk) -> None:
    (comment,) = held(desk)
    desk.press(f"answer {comment}", answer="Thank you, **really**.")
    shown = page.replies(desk.blog.get("/posts/open").text)
    assert [reply.depth for reply in shown] == [1, 2]
    assert "author" in shown[1].words
    assert record(comment).status == "approved"
    assert desk.notice.startswith("Answered.")


@pytest.mark.parametrize("answer", [" ", "x" * 9000, "> " * 500 + "deep"], ids=["empty", "long", "costly"])
def test_an_answer_that_is_refused_comes_back_and_approves_nothing(desk: Desk, answer: str) -> None:
    (comment,) = held(desk)
    got = desk.press(f"answer {comment}", answer=answer)
    assert got.status in (413, 422)
    assert page.typed(got.text)["answer"].strip() == answer.strip()
    assert record(comment).status == "pending"
    assert log(desk.blog) == []


def test_a_writer_is_banned_and_the_ban_is_lifted(desk: Desk) -> None:
    (comment,) = held(desk, website="https://spam.example/x")
    desk.press(f"ban {comment}", kind="site", days="7")
    assert desk.notice.startswith("Banned.")
    got = desk.open("/moderate/bans")
    assert "spam.example" in got.text
    (lift,) = [
        b.get("value") for b in page.parse(got.text).iter("button") if str(b.get("value")).startswith("lift")
    ]
    desk.press(lift)
    assert "Nobody is banned." in desk.got.text
    assert [entry["act"] for entry in log(desk.blog)] == ["lift", "ban"]


@pytest.mark.parametrize("days", ["x", "-1", "3651", "9" * 30])
def test_a_ban_for_no_number_of_days_is_refused(desk: Desk, days: str) -> None:
    (comment,) = held(desk, website="https://spam.example/x")
    desk.press(f"ban {comment}", days=days)
    assert "must be a whole number" in desk.notice
    assert log(desk.blog) == []


def test_a_conversation_is_closed_and_opened(desk: Desk) -> None:
    (comment,) = held(desk)
    post = comment.partition(".")[0]
    tag = desk.blog.get("/posts/open").headers["etag"]
    assert f"close {post}" not in values(desk)
    desk.open(f"/moderate/comments/{comment}")
    assert "The conversation under Open" in page.words(page.parse(desk.got.text).find(".//section/h2"))
    desk.press(f"close {post}")
    assert desk.notice.startswith("Conversation closed.")
    got = desk.blog.get("/posts/open")
    assert "Replies are closed." in got.text
    assert got.headers["etag"] != tag
    refused = desk.blog.form("/posts/open/comments", name="Ann", body="Late")
    assert (refused.status, "Replies are closed." in refused.text) == (409, True)
    desk.press(f"open {post}")
    assert "Replies are closed." not in desk.blog.get("/posts/open").text
    assert [entry["act"] for entry in log(desk.blog)] == ["open", "close"]


def test_the_log_page_tells_what_was_done_and_undoes_it(desk: Desk) -> None:
    ids = held(desk, 3)
    desk.press("spam ticked", why="all the same", **{f"tick.{one}": "1" for one in ids})
    got = desk.open("/moderate/log")
    assert "Marked as spam: 3 comments." in got.text
    assert "all the same" in got.text
    desk.press(f"undo {log(desk.blog)[0]['batch']}")
    assert statuses(ids) == ["pending"] * 3
    assert "This undid an earlier action." in desk.got.text


def told(desk: Desk) -> list[str]:
    """The lines of the log, or of the bans."""
    return [page.words(li) for li in next(page.classed(desk.got.text, "letters")).iter("li")]


def test_the_log_names_what_was_done_about_what(desk: Desk) -> None:
    ann, bo = (
        desk.blog.reply("open", f"Words of {name}", approve=False, name=name, email=f"{name}@example.org")
        for name in ("Ann", "Bo")
    )
    desk.blog.form(act_links(record(ann))["approve"])
    desk.open(f"/moderate/comments/{bo}")
    desk.press(f"close {bo.partition('.')[0]}")
    desk.press(f"ban {bo}")
    desk.open("/moderate/log")
    ban, closed, approved = told(desk)
    assert "Banned. Bo on Open" in ban
    assert "Conversation closed. Open" in closed
    assert "Approved: 1 comment. Ann on Open" in approved
    assert "a link in a mail" in approved
    assert f'href="/moderate/comments/{ann}"' in desk.got.text


@pytest.mark.parametrize("deed", ["spam {id}", "close {post}", "ban {id}", "edit {id}"])
def test_what_was_undone_already_is_not_offered_again(desk: Desk, deed: str) -> None:
    (comment,) = held(desk, website="https://a.example")
    desk.open(f"/moderate/comments/{comment}")
    desk.press(deed.format(id=comment, post=comment.partition(".")[0]), body="Another text", kind="site")
    desk.open("/moderate/log")
    first = log(desk.blog)[0]["batch"]
    assert [value for value in values(desk) if value.startswith("undo")] == [f"undo {first}"]
    desk.press(f"undo {first}")
    second = log(desk.blog)[0]["batch"]
    desk.open("/moderate/log")
    assert second != first
    assert [value for value in values(desk) if value.startswith("undo")] == [f"undo {second}"]


def test_bans_are_told_apart_by_the_comments_that_they_came_from(desk: Desk) -> None:
    desk.blog.post("Other")
    for slug, name in (("open", "Ann"), ("other", "Bo")):
        one = desk.blog.reply(slug, f"By {name}", approve=False, name=name, email=f"{name}@example.org")
        desk.blog.api("POST", "/api/moderation/bans", comment=one, kind="email")
    desk.open("/moderate/bans")
    shown = " ".join(told(desk))
    assert "for the comment by Ann on Open" in shown
    assert "for the comment by Bo on Other" in shown


@pytest.mark.parametrize(
    "fields",
    [
        {"do": ""},
        {"do": "burn x"},
        {"do": "approve"},
        {"do": "approve x"},
        {"do": "approve x", "on.x": "v1"},
        {"do": "spam network:x"},
        {"do": "spam network:x", "on.x": "9" * 30},
        {"do": "edit x", "on.x": "1"},
        {"do": "edit x", "on.x": "1", "body": "a", "name": "b"},
        {"do": "answer x", "on.x": "1", "answer": "a"},
        {"do": "ban x"},
        {"do": "ban x", "kind": "planet"},
        {"do": "lift \ud83d"},
        {"do": "close x"},
        {"do": "undo \u0660"},
        {"do": "undo 0000000000000"},
        {"do": "undo zzzzzzzzzzzzz"},
        {"do": "approve page", "status": "x", "after": "y", "back": "../../x"},
    ],
)
def test_a_form_that_makes_no_sense_is_answered(desk: Desk, fields: dict[str, str]) -> None:
    fields = {name: text.encode(errors="replace").decode() for name, text in fields.items()}
    got = desk.send({"mark": desk.mark, **fields})
    assert got.status in (303, 400, 404, 422)
    if got.status == 303:
        assert got.headers["location"].startswith("/moderate?")
        assert desk.open(got.headers["location"]).status == 200


@pytest.mark.parametrize("query", ["status=held", "after=x", "status=spam&status=spam"])
def test_a_wrong_address_is_refused(desk: Desk, query: str) -> None:
    assert desk.open(f"/moderate?{query}").status == 400


@pytest.mark.parametrize("notice", ["x", "", quote("<b>"), "eyJhIjoxfQ.x"])
def test_nobody_else_puts_words_on_the_page(desk: Desk, notice: str) -> None:
    desk.open(f"/moderate?notice={notice}")
    assert (desk.got.status, desk.notice) == (200, "")


def test_the_page_speaks_arabic(desk: Desk) -> None:
    from tests.core.test_words import LATIN, NOT_ENGLISH, shown

    settings: dict[str, Any] = {"language": "ar", "title": "مدونة", "author": "مها"}
    assert desk.blog.api("PATCH", "/api/settings", **settings).status == 200
    desk.blog.post("عنوان", slug="maqal")
    made = [
        desk.blog.reply("maqal", f"نص {n}", name="سلمى", approve=False, email="a@b.example") for n in range(2)
    ]
    for one in made:
        came_from(one, "n")
    told = [desk.open("/moderate"), desk.open(f"/moderate/comments/{made[0]}")]
    told.append(desk.press(f"ban {made[0]}"))
    told += [desk.press(f"spam {made[1]}"), desk.open("/moderate/log"), desk.open("/moderate/bans")]
    told += [desk.blog.get("/moderate"), desk.blog.form("/moderate/session", token="x")]
    desk.blog.form(act_links(record(made[0]))["approve"])
    told.append(desk.open("/moderate/log"))
    for got in told:
        left = [
            part
            for part in shown(got.text)
            if LATIN.search(NOT_ENGLISH.sub("", re.sub("desk|UTC|«moderate»", "", part)))
        ]
        assert left == []


def test_the_form_answers_in_the_same_way_under_a_stage(engine_blog: Blog) -> None:
    got = engine_blog.send("POST", "/moderate", body="do=approve+x", headers=FORM)
    assert got.status == 401
