"""What a batch leaves to be committed of one subject, and the vectors that go with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from memcube.cube import State
from memcube.plaintext.view import SubjectView
from memcube.store.record import Embedded, SubjectWork
from streams.draft import Draft

Known = dict[str, Embedded]
"""By wording."""


def subject_work(view: SubjectView, drafts: Sequence[Draft], known: Known) -> SubjectWork:
    """All that the view has staged, and the vectors that a reprocess among the drafts had made anew."""
    reembedded = _reembedded(view, drafts, known)
    return SubjectWork(
        subject=view.subject,
        base_seq=view.base_seq,
        seq=view.seq + len(reembedded),
        versions=view.staged(),
        erased=frozenset(cube.id for cube in view.staged() if cube.state is State.ERASED),
        applied=view.staged_events(),
        reembedded=reembedded,
    )


def needed(work: SubjectWork, view: SubjectView, known: Mapping[str, Embedded]) -> tuple[Embedded, ...]:
    """The vectors of the wordings that are in the record after this share."""
    living = (cube for cube in work.versions if cube.payload and cube.id not in work.erased)
    texts = dict.fromkeys(cube.wording for cube in living)
    texts |= dict.fromkeys(view.cube(cube_id).wording for cube_id in work.reembedded)
    return tuple(known[text] for text in texts if text in known)


def _reembedded(view: SubjectView, drafts: Sequence[Draft], known: Known) -> tuple[str, ...]:
    """The cubes that have a vector of this embedder from now on, without a version of their own."""
    revised = {cube.id for cube in view.staged()}
    return tuple(
        cube_id
        for draft in drafts
        if draft.scope is not None
        and draft.opened is not None
        and draft.opened.event.subject.key == view.subject
        and draft.opened.event.id in view.staged_events()
        for cube_id, text in draft.scope.current.items()
        if text in draft.without_vector and text in known and cube_id not in revised
    )
