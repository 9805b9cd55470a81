"""A worker that dies at any call to the storage mails nobody twice, and loses no mail but one that nobody
can know to be sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.mail import Underway
from chalicelib.notices import yours
from chalicelib.notices.actions import tell_author, tell_readers
from chalicelib.people.actions import person_of
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Died, Faults, die_after, die_before
from tests.notices.office import ANN, AUTHOR, BO, Office, confirmed, say

AT_MOST = 40


def _new_comment(blog: Blog, number: int) -> tuple[str, Callable[[], object]]:
    full_id = say(blog, f"a{number}@reader.example", body=f"{number}", status="pending")
    return AUTHOR, lambda: tell_author(full_id)


def _confirmation(blog: Blog, number: int) -> tuple[str, Callable[[], object]]:
    full_id = say(blog, f"a{number}@reader.example", body=f"{number}")
    return f"a{number}@reader.example", lambda: tell_readers(full_id)


def _answer(blog: Blog, number: int) -> tuple[str, Callable[[], object]]:
    parent = say(blog, ANN, body=f"{number}")
    confirmed(ANN)
    answer = say(blog, BO, visitor="other", body=f"Re: {number}", parent=parent, wants_mail=False)
    return ANN, lambda: tell_readers(answer)


def _link(blog: Blog, number: int) -> tuple[str, Callable[[], object]]:
    address = f"a{number}@reader.example"
    say(blog, address, body=f"{number}", wants_mail=False)
    yours.request_link(address, f"203.0.{number}.0/24")
    return address, lambda: yours.ask(person_of(address))


@pytest.mark.parametrize("fault", [die_before, die_after])
@pytest.mark.parametrize("prepare", [_new_comment, _confirmation, _answer, _link])
def test_a_worker_that_dies_mails_nobody_twice(
    engine_blog: Blog, office: Office, moment: Moment, faults: Faults, fault: Any, prepare: Any
) -> None:
    for number in range(AT_MOST):
        to, job = prepare(engine_blog, number)
        faults.clear()
        faults.on("*", fault(), skip=number)
        has_died = False
        try:
            job()
        except Died:
            has_died = True
        last = repr(faults.requests[-1])
        faults.clear()
        for _ in range(3):
            moment.forward(minutes=2)
            try:
                job()
            except Underway:
                continue
        mails = len(office.all(to))
        assert mails <= 1
        # Between that a mail is begun and that it is known to be sent, nobody knows.
        assert mails == 1 or "SENT#" in last
        office.empty()
        if not has_died:
            assert number > 3
            return
    raise AssertionError("more calls than that")
