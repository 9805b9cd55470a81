"""The main job, from an empty blog to a conversation."""

from tests import page
from tests.blog import Blog


def test_publish_read_reply_and_approve(blog: Blog) -> None:
    post = blog.post("Hello there", "Some *words*.\n\n```python\nx = 1\n```")
    assert "<em>words</em>" in blog.get("/posts/hello-there").text
    assert "Hello there" in blog.get("/").text

    sent = blog.form("/posts/hello-there/comments", name="Bo", body="Nice.")
    assert sent.status == 303
    assert "Nice." in blog.get(sent.headers["location"]).text
    assert "Nice." not in blog.get("/posts/hello-there").text

    (held,) = blog.api("GET", "/api/comments?status=pending").json["items"]
    blog.api("PATCH", f"/api/comments/{held['id']}", status="approved")
    answer = blog.reply("hello-there", "Indeed.", parent=held["id"].partition(".")[2], name="Cy")
    read = blog.get("/posts/hello-there").text
    assert [(reply.depth, reply.gone) for reply in page.replies(read)] == [(1, False), (2, False)]
    assert "2 replies" in read
    assert "Indeed." in blog.get(f"/posts/hello-there/comments/{answer.partition('.')[2]}").text

    blog.api("PATCH", f"/api/posts/{post['id']}", slug="renamed")
    assert blog.get("/posts/hello-there").headers["location"] == "/posts/renamed"
    assert "Indeed." in blog.get("/posts/renamed").text
    assert blog.api("DELETE", f"/api/posts/{post['id']}").status == 204
    assert blog.get("/posts/renamed").status == 410
