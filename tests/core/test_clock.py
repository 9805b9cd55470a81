from datetime import UTC, datetime

import pytest

from chalicelib.core import clock


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-23T06:09:29Z", datetime(2026, 11, 23, 6, 9, 29, tzinfo=UTC)),
        ("2026-11-23T06:09:29.9+02:00", datetime(2026, 11, 23, 4, 9, 29, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2024-02-29T23:59:59-01:00", datetime(2024, 3, 1, 0, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_utc_to_the_second(written: str, moment: datetime) -> None:
    assert clock.parse(written) == moment


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "2026-11-23T06:09:29",
        "2026-13-01",
        "2026-02-30",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+01:00",
    ],
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        clock.parse(written)


def test_stamps_sort_by_time_and_read_back() -> None:
    moments = [datetime(year, 1, 1, tzinfo=UTC) for year in (1, 999, 1999, 2026, 9999)]
    stamps = [clock.stamp(moment) for moment in moments]
    assert sorted(stamps) == stamps
    assert [clock.parse(stamp) for stamp in stamps] == moments
