"""Likes that come from people's own sites: names and faces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.core.problems import Invalid
from chalicelib.core.table import Put
from chalicelib.likes import store
from chalicelib.likes.actions import like_from_site, take_back_from_site
from chalicelib.likes.model import SITE_LIKE
from chalicelib.posts.actions import public_post
from tests import page
from tests.blog import Blog, Got
from tests.conftest import Moment
from tests.faults import Conflicts, Faults, at_once, forgotten, lost_reply
from tests.likes.counting import contradictions, like
from tests.site.test_xss import accepted, assert_harmless, outline


def from_site(blog: Blog, post: dict[str, Any], name: str, url: str = "", **fields: Any) -> Got:
    told = {"name": name, "url": url or f"https://{name.lower().replace(' ', '-')}.example/", **fields}
    return blog.api("POST", f"/api/posts/{post['id']}/likes", **told)


def drop(blog: Blog, post: dict[str, Any], url: str) -> Got:
    return blog.api("DELETE", f"/api/posts/{post['id']}/likes?url={url}")


def faces(blog: Blog, path: str = "/posts/open") -> list[str]:
    return [
        element.get("value")
        for element in page.classed(blog.get(path).text, "p-name")
        if element.tag == "data"
    ]


def shown(blog: Blog) -> str:
    found = next(page.classed(blog.get("/posts/open").text, "likes"))
    return page.words(next(found.iter("p")))


def test_a_like_from_a_site_shows_its_name_and_face(blog: Blog, moment: Moment) -> None:
    post = blog.post("Open")
    got = from_site(blog, post, "Ann", picture="https://ann.example/me.jpg")
    assert got.status == 201
    assert got.json == {
        "url": "https://ann.example/",
        "name": "Ann",
        "picture": "https://ann.example/me.jpg",
        "created_at": "2026-11-23T12:00:00Z",
    }
    assert shown(blog) == "Ann likes this"
    like(blog)
    assert shown(blog) == "Ann and one other blogger like this"
    moment.forward(seconds=1)
    from_site(blog, post, "Bo")
    assert shown(blog) == "Bo, Ann and one other blogger like this"
    assert faces(blog) == faces(blog, "/posts/open/likes") == ["Bo", "Ann"]
    told = blog.get("/posts/open/likes", Accept="application/json").json
    assert told["likes"] == 3
    assert told["faces"][1] == {
        "name": "Ann",
        "url": "https://ann.example/",
        "picture": "https://ann.example/me.jpg",
    }
    assert contradictions("open") == []


def test_faces_are_marked_up_for_machines(blog: Blog) -> None:
    import mf2py

    post = blog.post("Open")
    from_site(blog, post, "Ann", "https://ann.example/likes/1", picture="https://ann.example/me.jpg")
    (entry,) = mf2py.parse(blog.get("/posts/open").text)["items"]
    (found,) = entry["properties"]["like"]
    assert found["type"] == ["h-cite"]
    assert found["properties"]["url"] == ["https://ann.example/likes/1"]
    author = found["properties"]["author"][0]
    assert author["type"] == ["h-card"]
    assert author["properties"]["name"] == ["Ann"]
    assert author["properties"]["photo"][0] in (
        "https://ann.example/me.jpg",
        {"value": "https://ann.example/me.jpg", "alt": ""},
    )


def test_the_page_of_the_likes_lists_the_names_with_links(engine_blog: Blog) -> None:
    post = engine_blog.post("Open")
    assert list(page.classed(engine_blog.get("/posts/open/likes").text, "names")) == []
    for name in ("Ann", "Bo <b>"):
        from_site(engine_blog, post, name, f"https://{name.split()[0].lower()}.example/likes/1")
    (listed,) = page.classed(engine_blog.get("/posts/open/likes").text, "names")
    assert [(page.words(link), link.get("href")) for link in listed.iter("a")] == [
        ("Bo <b>", "https://bo.example/likes/1"),
        ("Ann", "https://ann.example/likes/1"),
    ]


def test_json_ld_counts_likes(blog: Blog) -> None:
    post = blog.post("Open")
    assert "interactionStatistic" not in blog.get("/posts/open").text
    from_site(blog, post, "Ann")
    like(blog)
    text = next(s.text for s in page.parse(blog.get("/posts/open").text).iter("script"))
    assert json.loads(text)["interactionStatistic"] == {
        "@type": "InteractionCounter",
        "interactionType": {"@type": "LikeAction"},
        "userInteractionCount": 2,
    }


@pytest.mark.parametrize(
    "spelling",
    [
        "https://ann.example",
        "HTTPS://ANN.example/",
        "https://ann.example:443/",
        "https://ann.example/#top",
    ],
)
def test_one_address_likes_once_however_it_is_spelled(blog: Blog, spelling: str) -> None:
    post = blog.post("Open")
    assert from_site(blog, post, "Ann", "https://ann.example/").status == 201
    got = from_site(blog, post, "Ann", spelling)
    assert (got.status, got.json["url"]) == (200, "https://ann.example/")
    assert shown(blog) == "Ann likes this"
    assert drop(blog, post, spelling.replace("#", "%23")).status == 204
    assert shown(blog) == "Be the first to like this"
    assert contradictions("open") == []


def test_a_second_time_it_brings_another_name_or_picture(blog: Blog, moment: Moment) -> None:
    post = blog.post("Open")
    from_site(blog, post, "Ann", "https://ann.example/")
    moment.forward(hours=1)
    from_site(blog, post, "Bo")
    got = from_site(blog, post, "Ann Lee", "https://ann.example/", picture="https://ann.example/a.png")
    assert (got.status, got.json["name"]) == (200, "Ann Lee")
    assert got.json["created_at"] == "2026-11-23T12:00:00Z"
    assert faces(blog) == ["Bo", "Ann Lee"]
    assert contradictions("open") == []


def test_the_newest_twelve_are_shown_and_the_next_moves_up(blog: Blog, moment: Moment) -> None:
    post = blog.post("Open")
    for number in range(15):
        moment.forward(seconds=1)
        from_site(blog, post, f"Ann {number}")
    assert faces(blog) == [f"Ann {number}" for number in range(14, 2, -1)]
    assert shown(blog) == "Ann 14, Ann 13 and 13 other bloggers like this"
    drop(blog, post, "https://ann-10.example/")
    drop(blog, post, "https://ann-1.example/")
    assert faces(blog) == [f"Ann {number}" for number in range(14, 1, -1) if number != 10]
    assert shown(blog).endswith("and 11 other bloggers like this")
    assert contradictions("open") == []


def test_a_like_is_taken_back_once(blog: Blog) -> None:
    post = blog.post("Open")
    from_site(blog, post, "Ann")
    from_site(blog, post, "Bo")
    assert [drop(blog, post, "https://ann.example/").status for _ in range(2)] == [204, 404]
    assert shown(blog) == "Bo likes this"
    assert drop(blog, post, "nonsense").status == 422
    assert blog.api("DELETE", f"/api/posts/{post['id']}/likes").status == 400
    assert contradictions("open") == []


def test_the_list_comes_in_pages_the_newest_first(blog: Blog, moment: Moment) -> None:
    post = blog.post("Open")
    for number in range(5):
        moment.forward(seconds=1)
        from_site(blog, post, f"Ann {number}")
    target, found, cursor = f"/api/posts/{post['id']}/likes", [], ""
    while True:
        got = blog.api("GET", f"{target}?limit=2{cursor}").json
        found += [item["name"] for item in got["items"]]
        if not got["cursor"]:
            break
        cursor = f"&cursor={got['cursor']}"
    assert found == [f"Ann {number}" for number in range(4, -1, -1)]
    other = blog.post("Other")
    assert blog.api("GET", f"/api/posts/{other['id']}/likes?limit=2{cursor}").status == 400
    assert blog.api("GET", f"{target}?nonsense=1").status == 400


def test_they_are_the_moderators_business(blog: Blog) -> None:
    post = blog.post("Open")
    target = f"/api/posts/{post['id']}/likes"
    blog.token, admin = "nonsense", blog.token
    assert [blog.api(how, target).status for how in ("GET", "POST", "DELETE")] == [401] * 3
    blog.token = admin
    reader = blog.api("POST", "/api/tokens", name="reader", scopes=["read", "create", "update", "delete"])
    blog.token = reader.json["token"]
    assert [blog.api(how, target).status for how in ("GET", "POST", "DELETE")] == [403] * 3


@pytest.mark.parametrize("status", ["draft", "scheduled", "deleted", "page", "none"])
def test_only_what_is_published_is_liked(blog: Blog, moment: Moment, status: str) -> None:
    fields: dict[str, Any] = {
        "draft": {"status": "draft"},
        "scheduled": {"published_at": moment.ahead(hours=1)},
        "page": {"type": "page"},
    }.get(status, {})
    post = {"id": "0123456789abc"} if status == "none" else blog.post("Open", **fields)
    if status == "deleted":
        blog.api("DELETE", f"/api/posts/{post['id']}")
    assert from_site(blog, post, "Ann").status == (404 if status == "none" else 409)
    assert not [item for item in blog.everything() if item["pk"]["S"].startswith("L#")]


@pytest.mark.parametrize(
    "fields",
    [
        {"url": ""},
        {"url": "javascript:alert(1)"},
        {"url": "https://"},
        {"url": "https://user:word@a.example/"},
        {"url": "https://a.example/ x"},
        {"url": 'https://a.example/"x'},
        {"url": "//a.example/"},
        {"url": "/posts/open"},
        {"url": "https://a.example/" + "x" * 500},
        {"url": None},
        {"url": 5},
        {"url": "https://[::1/"},
        {"name": ""},
        {"name": "\u200b"},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"picture": "http://a.example/a.png"},
        {"picture": "data:image/png;base64,AA"},
        {"picture": "/a.png"},
        {"picture": 'https://a.example/a.png" onerror=alert(1) x="'},
        {"likes": 9},
    ],
)
def test_what_is_no_like_is_refused(blog: Blog, fields: dict[str, Any]) -> None:
    post = blog.post("Open")
    sent = {"url": "https://a.example/", "name": "Ann", **fields}
    got = blog.api("POST", f"/api/posts/{post['id']}/likes", **sent)
    assert got.status in (413, 422)
    assert got.json["errors"][0]["field"] == next(iter(fields))
    assert shown(blog) == "Be the first to like this"


def test_actions_read_what_they_are_given(blog: Blog) -> None:
    blog.post("Open")
    post = public_post("open")
    with pytest.raises(Invalid):
        like_from_site(post, "javascript:alert(1)", "Ann")
    with pytest.raises(Invalid):
        take_back_from_site(post, "nonsense")
    assert like_from_site(post, "https://a.example", " Ann  Lee ").like.name == "Ann Lee"
    assert take_back_from_site(post, "https://a.example") is True
    assert take_back_from_site(post, "https://a.example") is False


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"faces": "x", "count": "y", "version": "z"},
        {"faces": [1, None, {}, {"url": "https://a.example/"}, {"id": "1", "url": 5, "name": "Ann"}]},
        {"faces": [{"id": "1", "url": "https://a.example/", "name": "Ann"}], "version": 3},
    ],
)
def test_malformed_faces_cost_themselves(blog: Blog, item: dict[str, Any]) -> None:
    blog.post("Open")
    pk, sk = store.faces_key("open")
    table.write(Put({"pk": pk, "sk": sk, **item}))
    assert blog.get("/posts/open").status == 200
    assert blog.get("/posts/open/likes").status == 200


def test_a_row_that_was_lost_is_made_anew(blog: Blog) -> None:
    post = blog.post("Open")
    from_site(blog, post, "Ann")
    pk, sk = store.site_key(post["id"], "https://ann.example/")
    table.write(Put({"pk": pk, "sk": sk, "row": "0123456789abc"}))
    assert from_site(blog, post, "Ann Lee", "https://ann.example/").status == 200
    assert "Ann Lee" in faces(blog)


def test_a_page_whose_faces_are_half_changed_has_no_tag(blog: Blog, moment: Moment) -> None:
    post = blog.post("Open")
    from_site(blog, post, "Ann")
    item = table.get(store.faces_key("open"))
    assert item
    from_site(blog, post, "Bo")
    table.write(Put(item))
    moment.forward(minutes=1)
    assert "etag" not in blog.get("/posts/open").headers


def test_names_addresses_and_pictures_add_nothing(engine_blog: Blog) -> None:
    names = accepted(SITE_LIKE, "name")
    urls, pictures = accepted(SITE_LIKE, "url"), accepted(SITE_LIKE, "picture")
    assert len(names) > 500
    for start in range(0, 96, 12):
        hostile, plain = (engine_blog.post("Open") for _ in range(2))
        for number, name in enumerate(names[start * len(names) // 96 :][:12]):
            url = (
                f"{urls[(start + number) % len(urls)]}"
                if urls and number == 3
                else f"https://{number}.example/"
            )
            picture = pictures[number % len(pictures)] if pictures else "https://a.example/a.png"
            assert from_site(engine_blog, hostile, name, url, picture=picture).status == 201
            from_site(
                engine_blog, plain, "Ann", f"https://{number}.example/", picture="https://a.example/a.png"
            )
        for end in ("", "/likes"):
            got, other = (engine_blog.get(f"/posts/{p['slug']}{end}").text for p in (hostile, plain))
            assert_harmless(got)
            assert outline(got, "likes") == outline(other, "likes")
            # The posts before and after are others.
            heads = [[part for part in outline(html, "head") if part[0] != "link"] for html in (got, other)]
            assert heads[0] == heads[1]


# --- at the same time ------------------------------------------------------------------------


def test_faces_are_right_whoever_comes_at_the_same_time(engine_blog: Blog) -> None:
    post = engine_blog.post("Open")
    for number in range(10):
        from_site(engine_blog, post, f"Old {number}")
    with Conflicts(table.client()):
        comers = [lambda n=n: from_site(engine_blog, post, f"New {n}") for n in range(4)]
        goers = [lambda n=n: drop(engine_blog, post, f"https://old-{n}.example/") for n in range(3)]
        readers = [lambda: like(engine_blog) for _ in range(3)]
        got = at_once([*comers, *goers, *readers])
    assert {answer.status for answer in got} <= {201, 204, 303, 503}
    assert contradictions("open") == []


def test_one_address_at_the_same_time_likes_once(engine_blog: Blog) -> None:
    post = engine_blog.post("Open")
    got = at_once([lambda: from_site(engine_blog, post, "Ann")] * 6)
    assert sorted(answer.status for answer in got) == [200] * 5 + [201]
    assert shown(engine_blog) == "Ann likes this"
    assert contradictions("open") == []


def test_an_answer_that_was_lost_is_no_second_like(engine_blog: Blog, faults: Faults) -> None:
    post = engine_blog.post("Open")
    for action in (
        lambda: from_site(engine_blog, post, "Ann").status == 201,
        lambda: from_site(engine_blog, post, "Anne", "https://ann.example/").status == 200,
        lambda: drop(engine_blog, post, "https://ann.example/").status == 204,
    ):
        faults.on("TransactWriteItems", lost_reply())
        faults.on("TransactWriteItems", forgotten())
        assert action()
        assert contradictions("open") == []
