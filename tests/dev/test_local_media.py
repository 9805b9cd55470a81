"""Files on this machine: forms are judged as S3 does, and the origin serves them as CloudFront will."""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core import objects
from chalicelib.core.config import config
from dev import policy
from dev.origin import Origin
from dev.policy import Signer
from tests.blog import Blog

NAME = "0123456789abcdef0123456789abcdef-4x3.png"
CONTENT = b"\x89PNG" + bytes(range(96))
BLOG = "http://127.0.0.1:8000"
BOUNDARY = "------a-boundary"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

Fields = dict[str, str]


class Answer:
    def __init__(self, found: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = found.status, found.headers, found.read()

    @property
    def code(self) -> str:
        """Of an error, as S3 names it."""
        found = re.search(r"<Code>(.*)</Code>", self.body.decode())
        return found[1] if found else ""


@pytest.fixture
def origin(engine_blog: Blog, monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    """Over an empty bucket, for a blog whose forms it takes."""
    with Origin(0) as made:
        monkeypatch.setenv("UPLOAD_URL", f"{made.address}/")
        config.cache_clear()
        # moto hands out keys of its own.
        keys = objects.client()._request_signer._credentials
        with made.serving(Signer(keys.access_key, keys.secret_key, "files"), BLOG, 2):
            yield made


def ask(origin: Origin, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", origin.port, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def multipart(parts: Mapping[str, str | bytes], *, file: str = "file") -> bytes:
    made = b""
    for name, value in parts.items():
        more = '; filename="me.png"\r\nContent-Type: text/html' if name == file else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
        made += head.encode() + (value.encode() if isinstance(value, str) else value) + b"\r\n"
    return made + f"--{BOUNDARY}--\r\n".encode()


def post(origin: Origin, parts: Mapping[str, str | bytes], **headers: str) -> Answer:
    kind = {"Content_Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return ask(origin, "POST", "/", multipart(parts), **{**kind, **headers})


def form(**options: Any) -> Fields:
    given = {"most": 1000, "seconds": 300, **options}
    return objects.form(given.pop("key", "uploads/7"), given.pop("kind", "image/png"), **given).fields


class TestAForm:
    def test_is_sent_to_the_origin_and_its_file_is_kept_with_the_type_of_the_form(
        self, origin: Origin
    ) -> None:
        assert objects.form("uploads/7", "image/png", most=9, seconds=9).url == f"{origin.address}/"
        sent = post(origin, {**form(), "file": CONTENT})
        assert (sent.status, sent.body) == (204, b"")
        assert objects.get("uploads/7") == CONTENT
        assert objects.head("uploads/7") == objects.Head(100, "image/png")

    def test_may_bring_as_much_as_its_policy_says_and_no_byte_more(self, origin: Origin) -> None:
        for size, status in ((1, 204), (1000, 204), (0, 400), (1001, 400)):
            assert post(origin, {**form(), "file": bytes(size)}).status == status

    def test_a_file_may_look_like_a_boundary(self, origin: Origin) -> None:
        content = b"\r\n--\r\n--" + BOUNDARY[:-1].encode() + b"\r\n\r\n" + b"--" * 20
        assert post(origin, {**form(), "file": content}).status == 204
        assert objects.get("uploads/7") == content

    @pytest.mark.parametrize("size", [65_535, 65_536, 300_001])
    def test_a_file_of_many_pieces_is_whole(self, origin: Origin, size: int) -> None:
        content = bytes(range(256)) * (size // 256 + 1)
        assert post(origin, {**form(most=400_000), "file": content[:size]}).status == 204
        assert objects.get("uploads/7") == content[:size]

    def test_what_stands_after_the_file_is_not_read(self, origin: Origin) -> None:
        assert post(origin, {**form(), "file": CONTENT, "KEY": "media/x"}).status == 204
        assert objects.get("media/x") is None

    def test_a_file_without_an_end_is_not_kept(self, origin: Origin) -> None:
        body = multipart({**form(), "file": CONTENT}).removesuffix(f"\r\n--{BOUNDARY}--\r\n".encode())
        sent = ask(origin, "POST", "/", body, Content_Type=f"multipart/form-data; boundary={BOUNDARY}")
        assert (sent.status, sent.code) == (400, "MalformedPOSTRequest")
        assert objects.get("uploads/7") is None

    def test_fields_that_are_to_be_ignored_are(self, origin: Origin) -> None:
        assert post(origin, {**form(), "x-ignore-me": "1", "file": CONTENT}).status == 204


def forged(fields: Fields) -> Fields:
    return {**fields, "x-amz-signature": "0" * 64}


def signed_anew(fields: Fields, change: Callable[[dict[str, Any]], object]) -> Fields:
    """A policy that somebody changed, with the old signature."""
    document = json.loads(base64.b64decode(fields["policy"]))
    change(document)
    return {**fields, "policy": base64.b64encode(json.dumps(document).encode()).decode()}


def without(name: str) -> Callable[[Fields], Fields]:
    return lambda fields: {key: value for key, value in fields.items() if key != name}


REFUSED: dict[str, tuple[Callable[[Fields], Mapping[str, str | bytes]], int, str, str]] = {
    "another key": (
        lambda f: {**f, "key": "media/7"},
        403,
        "AccessDenied",
        'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "uploads/7"]',
    ),
    "a key below": (lambda f: {**f, "key": "uploads/7/x"}, 403, "AccessDenied", "$key"),
    "a key with dots": (lambda f: {**f, "key": "uploads/../media/7"}, 403, "AccessDenied", "$key"),
    "the name of the file as key": (
        lambda f: {**f, "key": "uploads/${filename}"},
        403,
        "AccessDenied",
        "$key",
    ),
    "another type": (
        lambda f: {**f, "Content-Type": "text/html"},
        403,
        "AccessDenied",
        'Policy Condition failed: ["eq", "$content-type", "image/png"]',
    ),
    "no type": (without("Content-Type"), 403, "AccessDenied", "$content-type"),
    "another bucket": (lambda f: {**f, "bucket": "other"}, 403, "AccessDenied", "$bucket"),
    "another date": (
        lambda f: {**f, "x-amz-date": f["x-amz-date"][:-2] + "0Z"},
        403,
        "AccessDenied",
        "$x-amz-date",
    ),
    "too long": (lambda f: {**f, "file": bytes(1001)}, 400, "EntityTooLarge", "MaxSizeAllowed>1000<"),
    "too short": (lambda f: {**f, "file": b""}, 400, "EntityTooSmall", "MinSizeAllowed>1<"),
    "a forged signature": (forged, 403, "SignatureDoesNotMatch", "does not match"),
    "a changed policy": (
        lambda f: signed_anew(f, lambda d: d["conditions"].append({"acl": "public-read"})),
        403,
        "SignatureDoesNotMatch",
        "does not match",
    ),
    "an extra field": (
        lambda f: {**f, "acl": "public-read"},
        403,
        "AccessDenied",
        "Invalid according to Policy: Extra input fields: acl",
    ),
    "an extra field of AWS": (
        lambda f: {**f, "x-amz-meta-a": "1"},
        403,
        "AccessDenied",
        "Extra input fields: x-amz-meta-a",
    ),
    "another key pair": (
        lambda f: {**f, "x-amz-credential": re.sub(r"^\w+", "other", f["x-amz-credential"])},
        403,
        "InvalidAccessKeyId",
        "",
    ),
    "another scope": (
        lambda f: {**f, "x-amz-credential": f["x-amz-credential"].replace("/s3/", "/sqs/")},
        400,
        "InvalidArgument",
        "Credential",
    ),
    "another region": (
        lambda f: {**f, "x-amz-credential": f["x-amz-credential"].replace("eu-west-1", "us-east-1")},
        403,
        "SignatureDoesNotMatch",
        "",
    ),
    "another algorithm": (
        lambda f: {**f, "x-amz-algorithm": "none"},
        400,
        "InvalidArgument",
        "only supports",
    ),
    "no policy": (without("policy"), 403, "AccessDenied", "Access Denied"),
    "no key": (without("key"), 400, "InvalidArgument", "'key'"),
    "no signature": (without("x-amz-signature"), 400, "InvalidArgument", "x-amz-signature"),
    "no credential": (without("x-amz-credential"), 400, "InvalidArgument", "x-amz-credential"),
    "no date": (without("x-amz-date"), 400, "InvalidArgument", "x-amz-date"),
    "too many fields": (lambda f: {**f, "x-ignore-1": "a" * 21_000}, 400, "MaxPostPreDataLengthExceeded", ""),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_form_that_its_policy_does_not_cover_is_refused(what: str, origin: Origin) -> None:
    change, status, code, words = REFUSED[what]
    sent = post(origin, {"file": CONTENT} | {**change(form()), "file": change(form()).get("file", CONTENT)})
    assert sent.status == 400, "a file that stands first has no fields before it"
    parts = dict(change(form()))
    content = parts.pop("file", CONTENT)
    sent = post(origin, {**parts, "file": content})
    assert (sent.status, sent.code) == (status, code)
    assert words in sent.body.decode()
    kept = objects.client().list_objects_v2(Bucket="files").get("Contents", [])
    assert kept == [], "nothing of a refused form is kept"


def test_a_form_ends(origin: Origin) -> None:
    sent = post(origin, {**form(seconds=-1), "file": CONTENT})
    assert (sent.status, sent.code) == (403, "AccessDenied")
    assert b"Invalid according to Policy: Policy expired." in sent.body


def test_the_form_of_another_bucket_is_refused(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_NAME", "other")
    config.cache_clear()
    theirs = form()
    monkeypatch.setenv("BUCKET_NAME", "files")
    config.cache_clear()
    sent = post(origin, {**theirs, "file": CONTENT})
    assert sent.code == "AccessDenied"
    assert b'["eq", "$bucket", "other"]' in sent.body


BROKEN: dict[str, tuple[bytes, int, str]] = {
    "no end": (multipart({"key": "a", "file": b"x"})[:60], 400, "MalformedPOSTRequest"),
    "no boundary": (b"key=uploads/7", 400, "MalformedPOSTRequest"),
    "no name": (
        multipart({"key": "a", "file": b"x"}).replace(b'; name="key"', b""),
        400,
        "MalformedPOSTRequest",
    ),
    "not UTF-8": (multipart({"key": b"\xff", "file": b"x"}), 400, "MalformedPOSTRequest"),
    "twice the same": (
        multipart({"key": "a", "KEY": "b", "file": b"x"}),
        400,
        "MalformedPOSTRequest",
    ),
    "no file": (multipart({"key": "a"}), 400, "InvalidArgument"),
    "no parts": (multipart({}), 400, "InvalidArgument"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_form_is_refused(what: str, origin: Origin) -> None:
    body, status, code = BROKEN[what]
    sent = ask(origin, "POST", "/", body, Content_Type=f"multipart/form-data; boundary={BOUNDARY}")
    assert (sent.status, sent.code) == (status, code)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/x-www-form-urlencoded"}, 412),
        ({"Content_Type": "multipart/form-data"}, 412),
        ({}, 412),
    ],
)
def test_a_form_of_another_kind_is_refused(origin: Origin, headers: Fields, status: int) -> None:
    assert ask(origin, "POST", "/", multipart(form()), **headers).status == status


def test_a_form_without_its_length_is_refused(origin: Origin) -> None:
    sent = ask(origin, "POST", "/", Content_Type=f"multipart/form-data; boundary={BOUNDARY}")
    assert (sent.status, sent.code) == (411, "MissingContentLength")


def test_a_form_that_breaks_off_leaves_nothing_and_no_word(
    origin: Origin, capfd: pytest.CaptureFixture[str]
) -> None:
    body = multipart({**form(), "file": CONTENT})
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", origin.port)) as connection:
        kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
        connection.sendall(head.encode() + kind.encode() + body[:-60])
    assert ask(origin, "GET", "/x").status == 404
    assert objects.get("uploads/7") is None
    assert "Traceback" not in "".join(capfd.readouterr())


def test_what_is_too_long_is_refused_before_all_of_it_came(origin: Origin) -> None:
    """It is counted while it comes: what would never end is answered."""
    body = multipart({**form(), "file": bytes(200_000)})
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) + 10_000_000}\r\n"
    with socket.create_connection(("127.0.0.1", origin.port), timeout=30) as connection:
        kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
        connection.sendall(head.encode() + kind.encode() + body)
        assert b" 400 " in connection.recv(65536)


class TestThePolicy:
    """What only another policy than ours can show."""

    @staticmethod
    def check(conditions: list[Any], expiration: Any = "2026-11-23T12:05:00Z") -> policy.Size:
        signed = {
            "x-amz-algorithm": policy.ALGORITHM,
            "x-amz-credential": "test/20261123/eu-west-1/s3/aws4_request",
            "x-amz-date": "20261123T120000Z",
        }
        covered = [*conditions, *({name: value} for name, value in signed.items())]
        document = json.dumps({"expiration": expiration, "conditions": covered})
        encoded = base64.b64encode(document.encode()).decode()
        signature = policy.sign(encoded, "test", date="20261123", region="eu-west-1")
        given = {"key": "uploads/7", "policy": encoded, **signed, "x-amz-signature": signature}
        return policy.check(given, Signer("test", "test", "files"), NOW)

    def test_a_beginning_may_be_enough(self) -> None:
        self.check([["starts-with", "$key", "uploads/"]])
        with pytest.raises(policy.Refusal, match="starts-with"):
            self.check([["starts-with", "$key", "media/"]])

    def test_the_narrowest_size_holds(self) -> None:
        key = {"key": "uploads/7"}
        assert self.check([key]) == policy.Size(0, policy.MOST)
        sizes: list[Any] = [["content-length-range", 1, 900], ["content-length-range", 5, 1000]]
        assert self.check([key, *sizes]) == policy.Size(5, 900)

    def test_a_key_that_no_condition_names_is_an_extra_field(self) -> None:
        with pytest.raises(policy.Refusal, match="Extra input fields: key"):
            self.check([])

    @pytest.mark.parametrize(
        "condition",
        [["in", "$key", "x"], ["eq", "key", "x"], ["eq", "$key"], {"key": 7}, "key", 7, None, []],
    )
    def test_a_condition_that_is_none_makes_no_policy(self, condition: Any) -> None:
        with pytest.raises(policy.Refusal) as refused:
            self.check([condition])
        assert (refused.value.status, refused.value.code) == (400, "InvalidPolicyDocument")

    @pytest.mark.parametrize("expiration", ["never", "", 7])
    def test_an_end_that_is_none_makes_no_policy(self, expiration: Any) -> None:
        with pytest.raises(policy.Refusal, match="Invalid Policy"):
            self.check([{"key": "uploads/7"}], expiration)

    def test_it_is_over_at_its_very_end(self) -> None:
        def ends(seconds: int) -> str:
            return (NOW + timedelta(seconds=seconds)).isoformat()

        self.check([{"key": "uploads/7"}], ends(1))
        with pytest.raises(policy.Refusal, match="expired"):
            self.check([{"key": "uploads/7"}], ends(0))


class TestOtherOrigins:
    def test_scripts_of_the_blog_may_post_and_read_the_answer(self, origin: Origin) -> None:
        asked = ask(origin, "OPTIONS", "/", Origin=BLOG, Access_Control_Request_Method="POST")
        assert (asked.status, asked.headers["Access-Control-Allow-Methods"]) == (200, "POST")
        for parts in ({**form(), "file": CONTENT}, {**form(), "file": bytes(1001)}):
            sent = post(origin, parts, Origin=BLOG)
            assert sent.headers["Access-Control-Allow-Origin"] == BLOG

    @pytest.mark.parametrize(
        ("other", "method"), [("http://evil.example", "POST"), ("", "POST"), (BLOG, "PUT"), (BLOG, "DELETE")]
    )
    def test_nobody_else_is_and_for_nothing_else(self, origin: Origin, other: str, method: str) -> None:
        asked = ask(origin, "OPTIONS", "/", Origin=other, Access_Control_Request_Method=method)
        assert (asked.status, asked.code) == (403, "AccessForbidden")
        sent = post(origin, {**form(), "file": CONTENT}, Origin="http://evil.example")
        assert "Access-Control-Allow-Origin" not in sent.headers


@pytest.fixture
def stored(origin: Origin) -> Origin:
    objects.put(f"media/{NAME}", CONTENT, "image/png", lasting=True)
    objects.put("media/a.pdf", b"%PDF", "application/pdf", lasting=True)
    for key in ("texts/x", "uploads/x", "x", "media/../texts/y"):
        objects.put(key, b"secret", "text/html")
    return origin


class TestReading:
    def test_a_file_comes_with_what_keeps_it_from_acting(self, stored: Origin) -> None:
        got = ask(stored, "GET", f"/{NAME}")
        assert (got.status, got.body) == (200, CONTENT)
        assert {
            name: got.headers[name] for name in got.headers if name not in ("Date", "Last-Modified", "ETag")
        } == {
            "Server": "Parley",
            "Accept-Ranges": "bytes",
            "Cache-Control": "public, max-age=31536000, immutable",
            "Strict-Transport-Security": "max-age=63072000",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self';"
            " style-src 'unsafe-inline'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Content-Type": "image/png",
            "Content-Length": "100",
        }

    def test_a_film_may_be_shown_by_itself(self, stored: Origin) -> None:
        """Its page has no origin in the sandbox, and Chromium then asks as for another origin's film."""
        got = ask(stored, "GET", f"/{NAME}", Origin="null", Range="bytes=0-")
        assert (got.status, got.headers["Access-Control-Allow-Origin"]) == (206, "*")

    def test_a_pdf_is_for_keeping(self, stored: Origin) -> None:
        got = ask(stored, "GET", "/a.pdf")
        assert got.headers["Content-Disposition"] == "attachment"
        assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert got.headers["Content-Type"] == "application/pdf"

    def test_head_is_get_without_a_body(self, stored: Origin) -> None:
        got, head = ask(stored, "GET", f"/{NAME}"), ask(stored, "HEAD", f"/{NAME}")
        assert (head.status, head.body) == (200, b"")
        assert {k: v for k, v in head.headers.items() if k != "Date"} == {
            k: v for k, v in got.headers.items() if k != "Date"
        }

    def test_who_has_it_gets_nothing_again(self, stored: Origin) -> None:
        got = ask(stored, "GET", f"/{NAME}")
        tag = got.headers["ETag"]
        for headers in (
            {"If_None_Match": tag},
            {"If_None_Match": f'"x", W/{tag}'},
            {"If_None_Match": "*"},
            {"If_Modified_Since": got.headers["Last-Modified"]},
        ):
            again = ask(stored, "GET", f"/{NAME}", **headers)
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
            assert again.headers["Cache-Control"] == objects.LASTING
        for headers in (
            {"If_None_Match": '"x"'},
            {"If_None_Match": '"x"', "If_Modified_Since": got.headers["Last-Modified"]},
            {"If_Modified_Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
            {"If_Modified_Since": "yesterday"},
        ):
            assert ask(stored, "GET", f"/{NAME}", **headers).status == 200

    @pytest.mark.parametrize(
        ("asked", "status", "part"),
        [
            ("bytes=0-9", 206, (0, 9)),
            ("bytes=90-", 206, (90, 99)),
            ("bytes=0-", 206, (0, 99)),
            ("bytes=-10", 206, (90, 99)),
            ("bytes=-1000", 206, (0, 99)),
            ("bytes=50-1000", 206, (50, 99)),
            ("bytes=99-99", 206, (99, 99)),
            ("bytes=100-", 416, None),
            ("bytes=100-200", 416, None),
            ("bytes=-0", 416, None),
            ("bytes=9-0", 200, None),
            ("bytes=0-1,5-6", 200, None),
            ("lines=0-9", 200, None),
            ("bytes=a-b", 200, None),
            ("bytes=-", 200, None),
        ],
    )
    def test_a_part_of_a_file(
        self, stored: Origin, asked: str, status: int, part: tuple[int, int] | None
    ) -> None:
        """RFC 9110, section 14: a video is read in parts."""
        got = ask(stored, "GET", f"/{NAME}", Range=asked)
        assert got.status == status
        if part:
            assert got.headers["Content-Range"] == f"bytes {part[0]}-{part[1]}/100"
            assert got.body == CONTENT[part[0] : part[1] + 1]
        elif status == 416:
            assert got.headers["Content-Range"] == "bytes */100"
        else:
            assert got.body == CONTENT

    def test_a_part_of_another_version_is_the_whole_of_this_one(self, stored: Origin) -> None:
        tag = ask(stored, "GET", f"/{NAME}").headers["ETag"]
        for version, status in ((tag, 206), ('"x"', 200), (f"W/{tag}", 200)):
            assert ask(stored, "GET", f"/{NAME}", Range="bytes=0-9", If_Range=version).status == status

    @pytest.mark.parametrize(
        "path",
        [
            "/none.png",
            "/",
            "//",
            "/texts/x",
            "/uploads/x",
            "/media/x",
            f"/media/{NAME}",
            "/../texts/x",
            "/../texts/y",
            "/..%2Ftexts%2Fx",
            "/%2e%2e/texts/x",
            "/%2e%2e%2ftexts%2fx",
            "/media/../texts/x",
            "/.",
            "/..",
            f"/{NAME}/",
            f"/./{NAME}",
            f"/{NAME}%00",
            f"/{NAME}%0a",
            "/..\\texts\\x",
            "/%c0%ae%c0%ae/texts/x",
            "/" + "a" * 300,
        ],
    )
    def test_nothing_else_of_the_bucket_is_there(self, stored: Origin, path: str) -> None:
        got = ask(stored, "GET", path)
        assert (got.status, got.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
        assert b"secret" not in got.body
        assert got.headers["Cache-Control"] == "max-age=10"
        assert got.headers["X-Content-Type-Options"] == "nosniff"

    def test_a_query_and_other_spellings_lead_to_the_same(self, stored: Origin) -> None:
        for path in (f"/{NAME}?list-type=2", f"/{NAME.replace('-', '%2D')}", f"http://x/{NAME}"):
            assert ask(stored, "GET", path).body == CONTENT

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
    def test_reading_is_all_that_can_be_done(self, stored: Origin, method: str) -> None:
        got = ask(stored, method, f"/{NAME}", b"x")
        assert (got.status, got.headers["Allow"]) == (405, "GET, HEAD")
        assert objects.get(f"media/{NAME}") == CONTENT

    def test_a_storage_that_fails_is_said(self, stored: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken() -> Any:
            raise ConnectionError

        monkeypatch.setattr(objects, "client", broken)
        assert ask(stored, "GET", f"/{NAME}").status == 503
