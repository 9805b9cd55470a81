"""One sentence says how many like a post, and who."""

from __future__ import annotations

import pytest

from chalicelib.core.words import words_for
from chalicelib.likes.model import Faces, SiteLike
from chalicelib.likes.views import likes_view, sentence
from tests import page
from tests.blog import Blog
from tests.core.test_words import LATIN, NOT_ENGLISH, shown
from tests.likes.counting import cookie_of, like, unlike

NAMES = ("Ann", "Bo", "Cy")


def said(language: str, count: int, *names: str) -> str:
    shown = [SiteLike(f"{at}", f"https://{at}.example/", name, "", "") for at, name in enumerate(names)]
    html = sentence(count, shown, words_for(language))
    return html.replace("<bdi>", "").replace("</bdi>", "")


@pytest.mark.parametrize(
    ("count", "names", "english", "arabic"),
    [
        (0, (), "Be the first to like this", "كن أول من يعجبه هذا"),
        (1, (), "One blogger likes this", "أعجب هذا مدوّنًا واحدًا"),
        (2, (), "2 bloggers like this", "أعجب هذا مدوّنَين"),
        (3, (), "3 bloggers like this", "أعجب هذا ٣ مدوّنين"),
        (11, (), "11 bloggers like this", "أعجب هذا ١١ مدوّنًا"),
        (100, (), "100 bloggers like this", "أعجب هذا ١٠٠ مدوّن"),
        (10_000, (), "10,000 bloggers like this", "أعجب هذا ١٠٬٠٠٠ مدوّن"),
        (1, NAMES[:1], "Ann likes this", "أعجب هذا Ann"),
        (2, NAMES[:2], "Ann and Bo like this", "أعجب هذا Ann وBo"),
        (2, NAMES[:1], "Ann and one other blogger like this", "أعجب هذا Ann ومدوّنًا آخر"),
        (3, NAMES[:1], "Ann and 2 other bloggers like this", "أعجب هذا Ann ومدوّنَين آخرَين"),
        (3, NAMES, "Ann, Bo and one other blogger like this", "أعجب هذا Ann وBo ومدوّنًا آخر"),
        (5, NAMES, "Ann, Bo and 3 other bloggers like this", "أعجب هذا Ann وBo و٣ مدوّنين آخرين"),
        (14, NAMES, "Ann, Bo and 12 other bloggers like this", "أعجب هذا Ann وBo و١٢ مدوّنًا آخر"),
        (102, NAMES, "Ann, Bo and 100 other bloggers like this", "أعجب هذا Ann وBo و١٠٠ مدوّن آخر"),
    ],
)
def test_numbers_and_names_are_worded_properly(
    count: int, names: tuple[str, ...], english: str, arabic: str
) -> None:
    assert (said("en", count, *names), said("ar", count, *names)) == (english, arabic)


def test_names_are_text_and_kept_apart_from_the_direction_around_them() -> None:
    shown = [SiteLike("1", "https://a.example/", "<b>سلمى</b>", "", "")]
    found = sentence(1, shown, words_for("en"))
    assert found == "<bdi>&lt;b&gt;سلمى&lt;/b&gt;</bdi> likes this"


def test_faces_that_are_not_counted_yet_are_counted_by_the_sentence() -> None:
    shown = tuple(SiteLike(f"{n}", f"https://{n}.example/", f"Ann {n}", "", "") for n in range(3))
    view = likes_view("/posts/open", 1, Faces(shown, 3, 3), words_for("en"), is_open=True)
    assert (view.count, view.sentence.striptags()) == (3, "Ann 0, Ann 1 and one other blogger like this")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_say_it_in_the_language_of_the_blog(blog: Blog, language: str) -> None:
    blog.api("PATCH", "/api/settings", language=language)
    blog.post("Open")
    cookies = []
    for count in range(4):
        for path in ("/posts/open", "/posts/open/likes"):
            found = next(page.classed(blog.get(path).text, "likes"))
            assert page.words(next(found.iter("p"))) == said(language, count)
        cookies.append(cookie_of(like(blog)))
    unlike(blog, cookies[0])
    assert said(language, 3) in blog.get("/posts/open").text


def test_the_visitors_page_speaks_arabic_whatever_happens(blog: Blog) -> None:
    blog.api("PATCH", "/api/settings", language="ar", title="مدونة", author="مها", likes_per_network=1)
    blog.post("عنوان", "نص", slug="open")
    cookie = cookie_of(like(blog))
    got = [blog.get(f"/posts/open/likes?done={done}") for done in ("", "liked", "taken")]
    got += [blog.get(f"/posts/open/likes?done={done}", Cookie=cookie) for done in ("liked", "again")]
    got.append(like(blog))
    blog.api("PATCH", "/api/settings", likes_open=False)
    got.append(like(blog))
    assert [answer.status for answer in got[-2:]] == [429, 409]
    for answer in got:
        text = [NOT_ENGLISH.sub("", piece) for piece in shown(answer.text)]
        assert [piece for piece in text if LATIN.search(piece)] == []
