from tests.blog import Blog


def test_story(blog: Blog) -> None:
    post = blog.post("Hello there", "Some *words*.\n\n```python\nx = 1\n```")
    assert post["slug"] == "hello-there"
    page = blog.get("/posts/hello-there")
    assert page.status == 200, page.text
    assert "<em>words</em>" in page.text
    home = blog.get("/")
    assert "Hello there" in home.text
    got = blog.form("/posts/hello-there/comments", name="Bo", body="Nice.")
    assert got.status == 303, got.text
    mine = blog.get(got.headers["location"])
    assert mine.status == 200 and "Nice." in mine.text
    assert "Nice." not in blog.get("/posts/hello-there").text
    pending = blog.api("GET", "/api/comments?status=pending").json
    assert len(pending["items"]) == 1
    ok = blog.api("PATCH", f"/api/comments/{pending['items'][0]['id']}", status="approved")
    assert ok.status == 200, ok.text
    page = blog.get("/posts/hello-there").text
    assert "Nice." in page and "1 reply" in page
    assert blog.get("/nowhere/at/all").status == 404
    got = blog.form("/posts/hello-there/comments", name="", body="keep me")
    assert got.status == 422 and "keep me" in got.text, got.text
    cid = pending["items"][0]["id"].split(".")[1]
    r = blog.reply("hello-there", "deeper", parent=cid)
    got = blog.get(f"/posts/hello-there/comments/{r.split('.')[1]}")
    assert got.status == 200, got.text
    assert "in reply to" in got.text
    r = blog.api("PATCH", f"/api/posts/{post['id']}", slug="other")
    assert r.status == 200, r.text
    assert blog.get("/posts/hello-there").status == 301
    assert blog.get("/posts/other").status == 200
    r = blog.api("DELETE", f"/api/posts/{post['id']}")
    assert r.status == 204, r.text
    assert blog.get("/posts/other").status == 410
