import pytest
def test_probe(engine_blog, moment):
    b = engine_blog
    b.api("PATCH","/api/settings", time_zone="Pacific/Auckland")
    b.post("Hello", tags=["A b"])
    b.post("Draft", status="draft")
    for t in ["/archive/0001","/archive/0001/01","/archive/9998","/archive/9998/12","//Evil.com","///Evil.com/A","/%2FEvil.com","/tags/!!!","/tags/A%20b","/tags/%E2%80%AE","/series/%21","/Posts/Hello","/posts/Hello","/hello","/archive/2026/1","/archive/2026/00","/archive/2026/13","/archive/2026/11?after=x","/archive?after=x","/tags?after=x","/?before=x&after=y"]:
        g=b.get(t); print(t,g.status,g.headers.get("location"))
    g=b.get("/posts/hello"); print(g.headers)
    tag=g.headers["etag"]; base=tag[3:-1].rsplit(".",1)[0]
    for n in range(4):
        print(n,b.get("/posts/draft",If_None_Match=f'W/"{base}.{n}"').status, b.get("/posts/draft/comments",If_None_Match=f'W/"{base}.{n}"').status)
    print(b.get("/posts/draft",If_None_Match="*").status)
