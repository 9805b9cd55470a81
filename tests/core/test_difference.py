"""How one text became another: exact, readable, and never for long."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import difference
from chalicelib.core.difference import Hunk, compare, compare_words, merged, unified

LINES = st.lists(st.sampled_from(["", "a", "b", "a b", "a b c d", "one two three", "é ب 中文"]), max_size=30)
TEXTS = LINES.map("\n".join) | st.text("ab \n.", max_size=60)


def patched(old: str, hunks: Sequence[Hunk]) -> str:
    """What the hunks make of a text."""
    lines, new, at = old.split("\n"), "", 0
    kept = [line + "\n" for line in lines[:-1]] + [lines[-1]] * bool(lines[-1])
    for hunk in hunks:
        new += "".join(kept[at : hunk.old_start - 1])
        at = hunk.old_start - 1
        assert new.count("\n") + 1 == hunk.new_start
        for line in hunk.lines:
            if line.op != "+":
                assert kept[at] == line.text
                at += 1
            new += line.text * (line.op != "-")
    return new + "".join(kept[at:])


def marked(old: str, new: str) -> str:
    """Both in one line: [-what went-] and {+what came+}."""
    signs = {" ": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
    return "".join(signs[op].format(text) for op, text in merged(*compare_words(old, new)))


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_a_difference_makes_the_new_text_of_the_old_one(old: str, new: str) -> None:
    hunks = compare(old, new)
    assert patched(old, hunks) == new
    assert bool(hunks) == (old != new)
    for line in (line for hunk in hunks for line in hunk.lines if line.words):
        assert "".join(piece.text for piece in line.words) == line.text
        assert {piece.op for piece in line.words} <= {" ", line.op}
    for one, other in pairwise(hunks):
        assert one.old_start + one.old_lines <= other.old_start


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(0, 60))
def test_so_does_one_that_ran_out_of_time(old: str, new: str, steps: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(difference, "MOST_STEPS", steps)
        patch.setattr(difference, "MOST_EDITS", steps // 10)
        assert patched(old, compare(old, new)) == new


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_words_are_those_of_both_texts(old: str, new: str) -> None:
    before, after = compare_words(old, new)
    assert "".join(piece.text for piece in before) == old
    assert "".join(piece.text for piece in after) == new
    same = ["".join(piece.text for piece in side if piece.op == " ") for side in (before, after)]
    assert same[0] == same[1]


@settings(max_examples=25, deadline=None)
@given(TEXTS, TEXTS)
def test_the_program_patch_agrees(tmp_path_factory: pytest.TempPathFactory, old: str, new: str) -> None:
    folder = tmp_path_factory.mktemp("patch")
    (folder / "text").write_text(old, newline="")
    written = f"--- text\n+++ text\n{''.join(unified(compare(old, new)))}"
    if old != new:
        (folder / "diff").write_text(written, newline="")
        command = ["patch", "-s", "-p0", "--binary", "text", "diff"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        left = folder / "text"
        assert (left.read_text() if left.exists() else "") == new


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("The cat sat.", "The dog sat.", "The [-cat-]{+dog+} sat."),
        ("a b c d e f", "a x y d e f", "a [-b c-]{+x y+} d e f"),
        ("one two", "one two three", "one two{+ three+}"),
        ("Say “so”, now", "Say “no”, now", "Say “[-so-]{+no+}”, now"),
        ("私は猫が好きです", "私は犬が好きです", "私は[-猫-]{+犬+}が好きです"),
        ("قرأتُ كتابًا جديدًا", "قرأتُ مقالًا جديدًا", "قرأتُ [-كتابًا-]{+مقالًا+} جديدًا"),
        ("wholly unlike", "nothing the same", "[-wholly unlike-]{+nothing the same+}"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("same", "same", "same"),
    ],
)
def test_changed_words_are_marked_as_a_reader_would(old: str, new: str, shown: str) -> None:
    assert marked(old, new) == shown


def test_far_changes_are_hunks_of_their_own_with_lines_around_them() -> None:
    old = "".join(f"line {number}\n" for number in range(40))
    new = old.replace("line 5\n", "").replace("line 30\n", "line thirty\n")
    assert "".join(unified(compare(old, new))) == (
        "@@ -3,7 +3,6 @@\n line 2\n line 3\n line 4\n-line 5\n line 6\n line 7\n line 8\n"
        "@@ -28,7 +27,7 @@\n line 27\n line 28\n line 29\n-line 30\n+line thirty\n line 31\n line 32\n line 33\n"
    )


def test_a_long_book_that_was_changed_everywhere_keeps_its_anchors() -> None:
    old = "".join(f"This is chapter {number}\nsame\nold {number}\n" for number in range(3000))
    hunks = compare(old, old.replace("old", "new"))
    assert patched(old, hunks) == old.replace("old", "new")
    went = [line.text for hunk in hunks for line in hunk.lines if line.op == "-"]
    assert went == [f"old {number}\n" for number in range(3000)]


BIG = 2_000_000
HOSTILE = {
    "one line": ("a" * BIG, "b" * BIG),
    "words of one letter": ("a " * (BIG // 2), "b " * (BIG // 2)),
    "nothing but line ends": ("\n" * BIG, "\n" * (BIG - 1) + "x\n" * 100),
    "equal lines but at the ends": (
        "0\n" + "x\n" * 900_000 + "1\n" * 300,
        "9\n" + "x\n" * 900_000 + "2\n" * 300,
    ),
    "two lines in turn": ("a\nb\n" * 500_000, "b\na\n" * 499_000 + "c\n" * 1000),
    "shuffled": (
        "".join(f"{number * 7919 % 250_007}\n" for number in range(250_007)),
        "".join(f"{number * 104_729 % 250_007}\n" for number in range(250_007)),
    ),
    "blocks just short enough for words": (
        ("a b " * 4000 + "\nz\ny\nx\nw\nv\nu\nt\n") * 120,
        ("b a " * 4000 + "\nz\ny\nx\nw\nv\nu\nt\n") * 120,
    ),
    "a script without spaces": ("中" * (BIG // 3), "文" * (BIG // 3)),
}


NOT_TOLD = {"equal lines but at the ends", "two lines in turn", "shuffled"}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_more_than_the_effort_that_it_may(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = HOSTILE[name]
    efforts = list[difference._Effort]()
    begin = difference._Effort.__init__

    def kept(self: difference._Effort, steps: int) -> None:
        begin(self, steps)
        efforts.append(self)

    monkeypatch.setattr(difference._Effort, "__init__", kept)
    with pytest.raises(difference.TooMuch) if name in NOT_TOLD else nullcontext():
        assert patched(old, compare(old, new)) == new
    # A single run of equal elements is looked at to its end.
    (effort,) = efforts
    assert effort.left > -BIG


def test_what_differs_in_too_many_lines_is_not_told() -> None:
    with pytest.raises(difference.TooMuch):
        compare("a\n" * 30_000, "b\n" * 20_001)
    assert sum(hunk.old_lines + hunk.new_lines for hunk in compare("a\n" * 30_000, "b\n" * 20_000)) == 50_000
    same = "a\n" * 60_000
    assert len(compare(f"{same}b\n{same}", f"{same}c\n{same}")) == 1


def test_where_nothing_can_be_compared_all_is_replaced(tmp_path: Path) -> None:
    hunks = compare("a\n" * 5000 + "b\n" * 5000, "c\n" * 5000 + "d\n" * 5000)
    assert [line.op for hunk in hunks for line in hunk.lines] == ["-"] * 10_000 + ["+"] * 10_000
