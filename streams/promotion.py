"""A round of promotion: who is looked at, whose builds are asked for, and which blocks are given up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from memcube.activation.choice import HOT
from memcube.activation.usage import Usage
from memcube.activation.usage_changes import REMEMBERED, Asked, GivenUp, Held, Look, UnderWay, Use
from memcube.cube import cube_id
from memcube.governance.sealing import Sealer
from memcube.settings import ModelSettings
from memcube.store.record import CubeStore
from processors.promote import Policy, Waiting, Want, Why, as_of, over, room_for, turns
from schemas.subject import Subject
from streams.lookout import REST, Finding, Lookout
from streams.promotion_messages import build_message, demote_message

# A model builds one block after the other: what is asked for later is chosen by what is hot then.
UNDER_WAY: Final = 4
# Subjects that a batch looks at again though nobody asked them anything.
SWEPT: Final = 4
# Of SmolLM2-135M-Instruct, until blocks have been built: 30 layers of 3 heads of 64 numbers, keys and values.
BYTES_PER_TOKEN: Final = {"float": 46_080, "int8": 12_288}
_MB: Final = 1024 * 1024


class Planned(msgspec.Struct, frozen=True):
    """What a round comes to."""

    looks: tuple[Look, ...]
    asked: tuple[Asked, ...]
    given_up: tuple[GivenUp, ...]


class Round:
    """One round, as of one moment of the log. Writes nothing; used once."""

    def __init__(
        self,
        store: CubeStore,
        usage: Usage,
        sealer: Sealer,
        model: ModelSettings,
        *,
        partitions: int,
        now: datetime,
    ) -> None:
        self._usage = usage
        self._sealer = sealer
        self._model = model
        self._partitions = partitions
        self._now = now
        self._totals = usage.totals()
        self._policy = _policy(model, self._totals.bytes, self._totals.tokens)
        self._lookout = Lookout(store, usage, self._policy, now)
        self._under_way = {build.subject: build for build in usage.under_way()}
        held = usage.held()
        self._held = {block.block_id: block for block in held}
        self._gone = frozenset(block.block_id for block in held if block.given_up)
        self._findings: dict[str, Finding] = {}

    def planned(self, uses: Sequence[Use]) -> Planned:
        """With what this batch used, which is not stored yet."""
        fresh = self._fresh(uses)
        finished = [one.subject for one in self._under_way.values() if self._lookout.finished(one)[0]]
        slots = UNDER_WAY - len(self._under_way) + len(finished)
        with_block = {block.subject for block in self._held.values()}
        for subject in fresh:
            heats = self._lookout.heats(subject, fresh[subject])
            if subject in with_block or any(heat >= HOT for heat in heats.values()):
                self._look(subject, fresh)
        for subject in [*finished, *(self._usage.first_waiting(slots) if slots > 0 else ())]:
            self._look(subject, fresh)
        for subject in self._usage.longest_unseen(SWEPT):
            self._look(subject, fresh, whole=True)
        given_up = [
            self._given_up(subject, block_id, why)
            for subject, finding in self._findings.items()
            for block_id, why in finding.leaving
            if block_id not in self._gone
        ]
        asked, pushed_out = self._grants(slots, frozenset(block.block_id for block in given_up))
        return Planned(
            looks=tuple(finding.look for finding in self._findings.values()),
            asked=tuple(asked),
            given_up=(*given_up, *pushed_out),
        )

    def _fresh(self, uses: Sequence[Use]) -> dict[str, dict[str, float]]:
        """What the uses that were not counted yet add to the heat as of now, by subject and memory."""
        since = self._now - REMEMBERED
        new = {(use.subject, use.recall): use for use in uses if use.at >= since}
        for known in self._usage.counted(new):
            del new[known]
        found: dict[str, dict[str, float]] = {}
        for use in new.values():
            heats = found.setdefault(use.subject, defaultdict(float))
            for one in use.cubes:
                heats[one] += 0.5 ** ((self._now - use.at) / self._policy.half_life)
        return found

    def _look(self, subject: str, fresh: dict[str, dict[str, float]], *, whole: bool = False) -> None:
        if subject in self._findings:
            return
        finding = self._lookout.look(
            subject,
            Subject.parse(subject).tenant,
            self._lookout.heats(subject, fresh.get(subject, {})),
            self._under_way.get(subject),
            self._gone,
            whole=whole,
        )
        self._findings[subject] = finding
        for block in [one for one in self._held.values() if one.subject == subject]:
            del self._held[block.block_id]
        for block in finding.look.held:
            self._held[block.block_id] = block

    def _grants(self, slots: int, given_up: frozenset[str]) -> tuple[list[Asked], list[GivenUp]]:
        """Builds in turn, and the blocks that go for them or because the budget is smaller now."""
        leaving = self._gone | given_up
        pushed_out: list[GivenUp] = []
        for block in over(self._blocks(leaving), self._policy.disk_bytes):
            leaving |= {block.block_id}
            pushed_out.append(self._given_up(block.subject, block.block_id, Why.OVER_BUDGET))
        building = sum(one.bytes for one in self._under_way.values() if not self._lookout.finished(one)[0])
        asked: list[Asked] = []
        for waiting, want in self._in_turn():
            if len(asked) >= slots:
                break
            own = {block.block_id for block in self._held.values() if block.subject == waiting.subject}
            others = self._blocks(leaving | own)
            free = self._policy.disk_bytes - building - sum(block.bytes for block in others)
            going = room_for(want, others, free)
            if going is None:
                self._not_now(waiting.subject)
                continue
            asked.append(self._asked(waiting.subject, want, self._totals.grants + len(asked) + 1))
            for block in going:
                leaving |= {block.block_id}
                pushed_out.append(self._given_up(block.subject, block.block_id, Why.OVER_BUDGET))
            building += want.bytes
        return asked, pushed_out

    def _in_turn(self) -> list[tuple[Waiting, Want]]:
        """All that are wanted, in the order in which they would be granted."""
        wants = {subject: one.want for subject, one in self._findings.items() if one.want is not None}
        waiting = [
            Waiting(subject, one.tenant, one.look.waiting or self._now)
            for subject, one in self._findings.items()
            if subject in wants
        ]
        granted = self._usage.grants({one.tenant for one in waiting})
        return [(one, wants[one.subject]) for one in turns(waiting, granted, len(waiting))]

    def _blocks(self, but: frozenset[str]) -> list[Held]:
        """The blocks that stay, with the values that they have now."""
        blocks = [block for block in self._held.values() if block.block_id not in but]
        return [as_of(block, self._now, self._policy.half_life) for block in blocks]

    def _not_now(self, subject: str) -> None:
        """It is not worth the room: it need not wait, and is looked at again with its next recall."""
        finding = self._findings[subject]
        look = msgspec.structs.replace(finding.look, waiting=None)
        self._findings[subject] = msgspec.structs.replace(finding, look=look)

    def _asked(self, subject: str, want: Want, grant: int) -> Asked:
        job_id = cube_id(subject, f"{self._usage.usage_id}/{grant}/{want.digest}", "build")
        build = UnderWay(
            subject=subject,
            job_id=job_id,
            block_id=cube_id(subject, job_id, "block"),
            members=want.digest,
            tokens=want.tokens,
            bytes=want.bytes,
            at=self._now,
        )
        message = build_message(
            build,
            self._findings[subject].cubes,
            want.why,
            self._policy.block_tokens,
            self._sealer,
            partitions=self._partitions,
        )
        return Asked(build=build, grant=grant, rest=self._now + REST, why=want.why, message=message)

    def _given_up(self, subject: str, block_id: str, why: Why) -> GivenUp:
        message = demote_message(subject, block_id, why, self._now, self._partitions)
        return GivenUp(subject, block_id, why, message)


def _policy(model: ModelSettings, held_bytes: int, held_tokens: int) -> Policy:
    measured = round(held_bytes / held_tokens) if held_tokens else 0
    return Policy(
        model=model.name,
        half_life=timedelta(hours=model.half_life_h),
        block_tokens=model.block_tokens,
        disk_bytes=model.disk_mb * _MB,
        bytes_per_token=measured or BYTES_PER_TOKEN[model.precision],
    )
