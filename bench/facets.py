"""Of the memories that were found: how often category, slot, polarity and date are as labelled.

A facet is right if it is what one of the two labellers wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from bench.labelled import Expected, Label, Verdict
from memcube.plaintext.extract import Candidate

# One name for what labels and slots call differently.
_SLOTS: Final = {"avoids": "diet"}


def pairs(found: Sequence[Candidate], verdict: Verdict) -> Iterator[tuple[Candidate, Expected]]:
    """Each expected memory that was found, with the candidate that holds it."""
    for expected in verdict.found:
        yield next(one for one in found if expected.met(one.text) == 1.0), expected


def facets(matched: Sequence[tuple[Candidate, Expected]]) -> Mapping[str, float]:
    """The share that is right of each facet; of "slot given" only where both labellers name one slot."""
    slotted = [
        (one, expected)
        for one, expected in matched
        if expected.wordings[0].slot and expected.wordings[0].slot == expected.wordings[-1].slot
    ]
    dated = [(one, expected) for one, expected in matched if all(label.when for label in expected.wordings)]
    return {
        "category": _share(matched, lambda one, label: one.category == label.category),
        "slot": _share(matched, lambda one, label: _slot(one.slot) == label.slot),
        "slot given": _share(slotted, lambda one, label: _slot(one.slot) == label.slot),
        "polarity": _share(matched, lambda one, label: one.polarity == label.polarity),
        "when": _share(matched, _same_time),
        "when given": _share(dated, _same_time),
    }


def _share(matched: Sequence[tuple[Candidate, Expected]], right: Callable[[Candidate, Label], bool]) -> float:
    if not matched:
        return 0.0
    return sum(any(right(one, label) for label in expected.wordings) for one, expected in matched) / len(
        matched
    )


def _slot(slot: str | None) -> str | None:
    if slot is None:
        return None
    base = slot.partition("/")[0]
    if base.startswith("favourite"):
        return "favourite"
    return "pet" if base.endswith("_name") else _SLOTS.get(base, base)


def _same_time(one: Candidate, label: Label) -> bool:
    """As precisely as the label: a month is right if the day lies in it."""
    if label.when is None or label.when.from_ is None:
        return not one.dated
    if not one.dated:
        return False
    return _written(one.valid_from, label.when.from_) == label.when.from_


def _written(at: datetime, like: str) -> str:
    return at.date().isoformat()[: len(like)]
