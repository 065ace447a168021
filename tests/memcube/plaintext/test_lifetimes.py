"""How long a statement is served."""

from __future__ import annotations

from datetime import UTC, datetime

from memcube.plaintext.lifetimes import expires


def test_what_is_planned_for_the_end_of_all_calendars_does_not_end() -> None:
    said, last = datetime(2026, 3, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    assert expires("The archive closes on 9999-12-31", "plan", said=said, happens=last, until=None) is None
    assert expires("Ada visited Oslo", "event", said=last, happens=None, until=None) is None
