"""A look at one subject: its heat, its memories and its block, and what they come to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from memcube.activation.choice import COLD, Candidate
from memcube.activation.usage import Place, Usage
from memcube.activation.usage_changes import Held, Look, UnderWay
from memcube.cube import MemCube, State, cube_id
from memcube.errors import NoSuchCube
from memcube.models.prompt import estimated
from memcube.plaintext.lines import eligible, line_of, repeats
from memcube.store.record import CubeStore, HeldBlock
from processors.promote import (
    Leave,
    Policy,
    Present,
    Want,
    Why,
    decide,
    value,
    warmed,
    with_pinned,
)

# A memory that was used once, seven half-lives ago.
FORGOTTEN: Final = 0.01
# Of the hottest memories of a subject, and of those that were pinned: more than most blocks hold.
CONSIDERED: Final = 512
# A result that has not come after an hour of the log's time is not waited for: its worker may be gone.
LOST_AFTER: Final = timedelta(hours=1)
# A build is seconds of a model's time, and a memory may be edited many times in a minute.
REST: Final = timedelta(seconds=30)
# The model could not, and will not a moment later either.
REST_AFTER_FAILURE: Final = timedelta(minutes=10)


class Finding(msgspec.Struct, frozen=True):
    """What a look came to. leaving: blocks to be given up, and why. cubes: the memories wanted, in order."""

    look: Look
    tenant: str
    want: Want | None
    leaving: tuple[tuple[str, Why], ...]
    cubes: tuple[MemCube, ...]


class Lookout:
    """Looks at subjects as of one moment of the log. Reads the record and the usage; writes neither."""

    def __init__(self, store: CubeStore, usage: Usage, policy: Policy, now: datetime) -> None:
        self._store = store
        self._usage = usage
        self._policy = policy
        self._now = now

    def heats(self, subject: str, fresh: Mapping[str, float]) -> dict[str, float]:
        """As of now, by memory; fresh: what this batch adds to it."""
        stored = self._usage.heats(subject)
        heats = {one: heat.as_of(self._now, self._policy.half_life) for one, heat in stored.items()}
        for one, more in fresh.items():
            heats[one] = heats.get(one, 0.0) + more
        return heats

    def finished(self, build: UnderWay) -> tuple[bool, datetime | None]:
        """Whether the result of a build is known, or is not waited for any more; until when to rest then."""
        if self._store.applied(build.subject, [cube_id(build.subject, build.job_id, "built")]):
            try:
                self._store.cube(build.subject, build.block_id)
            except NoSuchCube:
                return True, self._now + REST_AFTER_FAILURE
            return True, None
        return self._now - build.at >= LOST_AFTER, None

    def look(
        self,
        subject: str,
        tenant: str,
        heats: Mapping[str, float],
        build: UnderWay | None,
        given_up: Collection[str],
        *,
        whole: bool,
    ) -> Finding:
        """given_up: blocks that are as good as gone. whole: look for the memories that are gone as well."""
        place = self._usage.place(subject) or Place(subject, tenant)
        blocks = self._store.blocks(subject)
        present = next((_present(one) for one in blocks if _model(one) == self._policy.model), None)
        cubes, gone = self._memories(subject, heats, present, whole=whole)
        candidates = [_candidate(cube, heats) for cube in cubes]
        finished, rest = (False, None) if build is None else self.finished(build)
        leaving = [(one.cube.id, Why.OTHER_MODEL) for one in blocks if _model(one) != self._policy.model]
        want = None
        if present is None or present.block_id not in given_up:
            decision = decide(candidates, present, self._now, self._policy)
            if isinstance(decision, Leave) and present is not None:
                leaving.append((present.block_id, decision.why))
            elif isinstance(decision, Want) and (build is None or finished):
                want, cubes = self._wanted(subject, decision, cubes, present, heats)
                if self._must_rest(place, want, present, rest):
                    want = None
        forgotten = {*gone, *(one for one, heat in heats.items() if heat < FORGOTTEN)}
        look = Look(
            subject=subject,
            held=tuple(self._held(one, candidates) for one in blocks),
            forgotten=tuple(sorted(forgotten)),
            finished=build.job_id if build and finished else None,
            waiting=None if want is None else place.waiting or self._now,
            rest=rest,
        )
        by_id = {cube.id: cube for cube in cubes}
        ordered = tuple(by_id[one.cube_id] for one in want.members) if want else ()
        return Finding(look, tenant, want, tuple(leaving), ordered)

    def _memories(
        self, subject: str, heats: Mapping[str, float], present: Present | None, *, whole: bool
    ) -> tuple[list[MemCube], set[str]]:
        """Those that a block may hold, and the ids of those that are not there any more or not current."""
        hottest = sorted(heats, key=lambda one: (-heats[one], one))[:CONSIDERED]
        wanted = [one for one in hottest if whole or heats[one] >= COLD]
        ids = dict.fromkeys([*(present.parts if present else ()), *wanted])
        found = self._store.cubes(subject, tuple(ids))
        current = [cube for cube in found if cube.state is State.ACTIVE and cube.payload is not None]
        gone = set(ids) - {cube.id for cube in current}
        held = present.parts if present else {}
        # A look that is whole also brings those that no block would take: they need not be asked about.
        near = [cube for cube in current if cube.id in held or heats.get(cube.id, 0.0) >= COLD]
        return [cube for cube in near if eligible(self._store, subject, cube)], gone

    def _wanted(
        self,
        subject: str,
        want: Want,
        cubes: Sequence[MemCube],
        present: Present | None,
        heats: Mapping[str, float],
    ) -> tuple[Want, list[MemCube]]:
        """With pinned memories in front that nobody asked for yet, and without turns that are said twice."""
        known = {cube.id for cube in cubes}
        newest = self._store.list_cubes(subject, limit=CONSIDERED, states={State.ACTIVE})
        pinned = [cube for cube in newest if cube.pinned and cube.id not in known]
        every = [*cubes, *(cube for cube in pinned if eligible(self._store, subject, cube))]
        if len(every) > len(cubes):
            want = self._chosen(want, every, present, heats)
        members = frozenset(one.cube_id for one in want.members)
        once = [
            one for one in every if one.id not in members or not repeats(self._store, subject, one, members)
        ]
        if len(once) < len(every):
            want = self._chosen(want, once, present, heats)
        return want, once

    def _chosen(
        self, want: Want, cubes: Sequence[MemCube], present: Present | None, heats: Mapping[str, float]
    ) -> Want:
        candidates = [_candidate(cube, heats) for cube in cubes]
        return with_pinned(want, candidates, present, self._now, self._policy)

    def _must_rest(self, place: Place, want: Want, present: Present | None, rest: datetime | None) -> bool:
        """Too soon for another build; or the model, asked for this one, has made of it what there is."""
        until = rest or place.rest
        if until is not None and self._now < until:
            return True
        return present is not None and (place.asked, place.members) == (present.block_id, want.digest)

    def _held(self, block: HeldBlock, candidates: Sequence[Candidate]) -> Held:
        present = _present(block)
        parts = [one for one in candidates if present.parts.get(one.cube_id) == one.version]
        return Held(
            subject=block.cube.subject,
            block_id=present.block_id,
            tokens=present.tokens,
            bytes=present.bytes,
            value=value([warmed(one, present, self._now, self._policy.half_life) for one in parts]),
            at=self._now,
        )


def _candidate(cube: MemCube, heats: Mapping[str, float]) -> Candidate:
    tokens = estimated(line_of(cube).text)
    return Candidate(cube.id, cube.version, tokens, heats.get(cube.id, 0.0), cube.pinned)


def _present(block: HeldBlock) -> Present:
    payload = block.cube.payload
    artefact = payload.artefact if payload else None
    return Present(
        block_id=block.cube.id,
        parts={parent.cube_id: parent.version for parent in (payload.parents if payload else ())},
        built=block.cube.recorded_at,
        tokens=artefact.tokens if artefact else 0,
        bytes=artefact.bytes if artefact else 0,
        model=_model(block),
        current=block.current,
    )


def _model(block: HeldBlock) -> str:
    payload = block.cube.payload
    return payload.artefact.model if payload and payload.artefact else ""
