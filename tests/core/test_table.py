"""The one module that speaks DynamoDB, on both engines."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core import table
from chalicelib.core.problems import Unavailable
from chalicelib.core.table import ABSENT, PRESENT, Delete, Put, Refused, Update, When
from tests.blog import Blog
from tests.faults import Faults, cancelled, error, lost_reply, read_call, refused, throttled

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def put(pk: str, sk: str, **values: Any) -> None:
    table.write(Put({"pk": pk, "sk": sk, **values}))


@pytest.fixture
def letters(blog: Blog) -> None:
    """Items a to e in one partition."""
    for letter in "abcde":
        put("p", letter)


def keys(**arguments: Any) -> str:
    return "".join(item["sk"] for item in table.query("p", **({"limit": 10} | arguments)))


@given(value=VALUES)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_item_comes_back_as_it_was(engine_blog: Blog, value: Any) -> None:
    put("p", "s", value=value)
    assert table.get(("p", "s")) == {"pk": "p", "sk": "s", "value": value}


def test_values_of_other_types_are_refused(engine_blog: Blog) -> None:
    with pytest.raises(TypeError, match="float"):
        put("p", "s", value=1.5)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, "abcde"),
        ({"forward": False}, "edcba"),
        ({"limit": 2}, "ab"),
        ({"limit": 2, "forward": False}, "ed"),
        ({"limit": 5}, "abcde"),
        ({"start": "b"}, "bcde"),
        ({"end": "b"}, "ab"),
        ({"start": "b", "end": "d"}, "bcd"),
        ({"start": table.just_after("b")}, "cde"),
        ({"end": table.just_before("d")}, "abc"),
        ({"start": "x"}, ""),
        ({"consistent": True}, "abcde"),
    ],
)
@pytest.mark.usefixtures("letters")
def test_a_query_gives_a_range_in_order(arguments: dict[str, Any], found: str) -> None:
    assert keys(**arguments) == found


@given(
    sort_keys=st.lists(
        st.text("0123456789abz/#~-:", min_size=1, max_size=4), min_size=2, max_size=2, unique=True
    )
)
def test_bounds_fall_between_keys(sort_keys: list[str]) -> None:
    low, high = sorted(sort_keys)
    assert low < table.just_after(low)
    assert table.just_before(high) < high
    if not high.startswith(low):
        assert table.just_after(low) < high


def test_a_query_joins_the_pages_of_the_service(engine_blog: Blog, faults: Faults) -> None:
    for number in range(9):
        put("p", str(number), filling="x" * 250_000)
    faults.clear()
    assert keys() == "012345678"
    assert len(faults.calls) > 1
    assert keys(limit=9) == "012345678"


def test_an_index_holds_what_has_its_keys(blog: Blog) -> None:
    put("p", "a", lpk="L", lsk="2")
    put("p", "b", lpk="L", lsk="1", wpk="W", wsk="1")
    put("p", "c")
    assert [item["sk"] for item in table.query("L", index="list", limit=9)] == ["b", "a"]
    assert [item["sk"] for item in table.query("W", index="work", limit=9)] == ["b"]


def test_many_items_are_read_at_once(blog: Blog) -> None:
    for number in range(100):
        put("p", str(number))
    wanted = [("p", str(number)) for number in range(99)]
    assert set(table.batch_get([*wanted, *wanted, ("p", "none")])) == set(wanted)
    assert table.batch_get([]) == {}


def test_keys_that_were_not_processed_are_asked_for_again(engine_blog: Blog, faults: Faults) -> None:
    for number in range(10):
        put("p", str(number), filling="x" * 50_000)
    faults.clear()
    faults.on("BatchGetItem", _half, times=2)
    assert len(table.batch_get([("p", str(number)) for number in range(10)])) == 10
    assert faults.calls == ["BatchGetItem"] * 3


def _half(request: Any, send: Any) -> Any:
    """The service answers half of what is asked, and hands the rest back."""
    import json

    from botocore.awsrequest import AWSResponse

    from tests.faults import _Raw

    _, asked = read_call(request)
    ((name, part),) = asked["RequestItems"].items()
    rest = part["Keys"][len(part["Keys"]) // 2 :]
    answer = json.loads(send(request).content)
    answer["Responses"][name] = [
        item for item in answer["Responses"][name] if {key: item[key] for key in ("pk", "sk")} not in rest
    ]
    answer["UnprocessedKeys"] = {name: {"Keys": rest, "ConsistentRead": False}}
    return AWSResponse(request.url, 200, {}, _Raw(json.dumps(answer).encode()))


# --- writing ---------------------------------------------------------------------------------


def test_an_update_sets_counts_and_removes(blog: Blog) -> None:
    put("p", "s", name="old", gone=1, map={"a": 1, "b": 2})
    change = Update(
        ("p", "s"),
        put={"name": "new", "map.c-d": 3},
        add={"count": 2},
        drop=["gone", "map.a"],
        when=When("#name = :was", was="old"),
    )
    table.write(change)
    expected = {"pk": "p", "sk": "s", "name": "new", "count": 2, "map": {"b": 2, "c-d": 3}}
    assert table.get(("p", "s")) == expected


def test_counting_makes_what_is_missing(blog: Blog) -> None:
    for _ in range(2):
        table.write(Update(("p", "s"), add={"count": 1}))
    assert table.get(("p", "s")) == {"pk": "p", "sk": "s", "count": 2}


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        (Put({"pk": "p", "sk": "s"}, ABSENT), False),
        (Put({"pk": "p", "sk": "s"}, PRESENT), True),
        (Put({"pk": "p", "sk": "t"}, ABSENT), True),
        (Update(("p", "s"), put={"a": 1}, when=When("#version = :v", v=1)), True),
        (Update(("p", "s"), put={"a": 1}, when=When("#version = :v", v=2)), False),
        (Delete(("p", "s"), When("#version = :v", v=2)), False),
        (Put({"pk": "p", "sk": "s"}, table.absent_or_expired(100)), False),
        (Put({"pk": "p", "sk": "s"}, table.absent_or_expired(101)), True),
    ],
)
def test_a_write_whose_condition_fails_is_refused(blog: Blog, change: Any, *, taken: bool) -> None:
    before = {"pk": "p", "sk": "s", "version": 1, "ttl": 100}
    table.write(Put(before))
    for write in (table.write, lambda one: table.transact([one])):
        table.write(Put(before))
        table.write(Delete(("p", "t")))
        if taken:
            write(change)
        else:
            with pytest.raises(Refused) as caught:
                write(change)
            assert caught.value.positions == {0}
            assert table.get(("p", "s")) == before


def test_a_transaction_is_all_or_nothing_and_tells_where_it_failed(blog: Blog) -> None:
    put("p", "b")
    writes = [Put({"pk": "p", "sk": name}, ABSENT) for name in "abc"] + [Delete(("p", "x"), PRESENT)]
    with pytest.raises(Refused) as caught:
        table.transact(writes)
    assert caught.value.positions == {1, 3}
    assert keys() == "b"


def test_a_transaction_may_go_elsewhere_after_a_conflict(engine_blog: Blog, faults: Faults) -> None:
    faults.on("TransactWriteItems", cancelled("TransactionConflict"), times=2)
    table.transact(lambda attempt: [Put({"pk": "p", "sk": str(attempt)})])
    assert keys() == "2"


def test_a_condition_that_fails_is_not_tried_again(engine_blog: Blog, faults: Faults) -> None:
    faults.on("TransactWriteItems", cancelled("None", "ConditionalCheckFailed", "TransactionConflict"))
    with pytest.raises(Refused) as caught:
        table.transact([Put({"pk": "p", "sk": name}) for name in "abc"])
    assert caught.value.positions == {1}
    assert faults.calls == ["TransactWriteItems"]


def test_conflicts_without_end_are_given_up(engine_blog: Blog, faults: Faults) -> None:
    faults.on("TransactWriteItems", cancelled("TransactionConflict"), times=99)
    with pytest.raises(Unavailable):
        table.transact([Put({"pk": "p", "sk": "a"})])
    assert len(faults.calls) == table.TRIES


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_a_mistake_in_a_transaction_is_ours(engine_blog: Blog, faults: Faults, code: str) -> None:
    faults.on("TransactWriteItems", cancelled(code), times=99)
    with pytest.raises(Exception, match="TransactionCanceled"):
        table.transact([Put({"pk": "p", "sk": "a"})])
    assert len(faults.calls) == 1


@pytest.mark.parametrize(
    "fault",
    [refused, throttled, lambda: error("InternalServerError", 500), lambda: error("AccessDeniedException")],
)
def test_what_passes_is_unavailable_and_named(engine_blog: Blog, faults: Faults, fault: Any) -> None:
    faults.on("*", fault(), times=99)
    with pytest.raises(Unavailable) as caught:
        table.get(("p", "s"))
    assert caught.value.cause
    assert len(faults.calls) <= 3


def test_a_lost_reply_counts_twice_without_a_condition(engine_blog: Blog, faults: Faults) -> None:
    """Why nothing here counts but within a transaction that can be done once only."""
    faults.on("UpdateItem", lost_reply())
    table.write(Update(("p", "s"), add={"count": 1}))
    assert table.get(("p", "s")) == {"pk": "p", "sk": "s", "count": 2}


def test_a_meter_counts_calls(blog: Blog) -> None:
    meter = table.start_meter()
    table.get(("p", "s"))
    put("p", "s")
    keys()
    assert meter.calls == 3
    assert meter.units >= 2
