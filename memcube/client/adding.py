"""Telling what was said: all of it into the log first, then waiting until role memory has taken it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from memcube.client.answers import Added, Effect, Effects, Entries, Entry, Outcome, Positions
from memcube.client.errors import BadAnswer, BadCall, Busy, ClientError, NotYet
from memcube.client.request import Call, Pause, Steps, answer, new_key
from memcube.client.turns import MAX_EVENTS, batches, encoded

T = TypeVar("T")
# A worker that restarts is back within 15 s, and others may have sent much before. After that, the slowest
# embedder measured takes in 20 long messages a second; half of that is granted.
PATIENCE_S: Final = 60.0
PATIENCE_A_MESSAGE_S: Final = 0.1
# One message takes some 15 ms through the stream; who waits for a thousand need not ask so often.
_FIRST_S: Final = 0.005
_CEILING_S: Final = 0.5
# Of a busy gateway that does not say how long to wait.
_BUSY_S: Final = 1.0
_GATEWAY_TIMEOUT: Final = 504


class Adding:
    """One call of `add`. `wait_s`: how long to wait at most, None for not at all."""

    def __init__(
        self,
        found: Sequence[msgspec.Raw],
        address: Mapping[str, str],
        wait_s: float | None,
        clock: Callable[[], float],
        *,
        alone: bool,
    ) -> None:
        self._found = found
        self._address = address
        self._wait_s = wait_s
        self._clock = clock
        self._until = clock() + (wait_s or 0.0)
        self._alone = alone
        self._entries: list[Entry] = []

    def steps(self) -> Steps[Added]:
        """Raises a `ClientError` that says how many messages are in the log."""
        try:
            for batch in batches(self._found):
                self._entries += yield from self._send(batch)
            effects = {}
            if self._wait_s is not None:
                yield from self._wait()
                effects = yield from self._effects()
        except ClientError as error:
            error.sent = len(self._sent)
            if not self._alone:
                error.add_note(f"{error.sent} of {len(self._found)} messages are in the log")
            raise
        return Added(tuple(_outcome(entry, effects) for entry in self._entries))

    @property
    def _sent(self) -> list[str]:
        return [entry.event_id for entry in self._entries if entry.event_id is not None]

    def _send(self, batch: list[msgspec.Raw]) -> Steps[tuple[Entry, ...]]:
        if self._alone:
            # Not as a batch of one: then a refusal is an error, and cannot be overlooked.
            entry = yield from self._taken(
                Call("POST", "/v1/events", answer(Entry), body=bytes(batch[0]), key=new_key())
            )
            return (entry,)
        body = encoded({"events": batch}, "the messages")
        taken = yield from self._taken(Call("POST", "/v1/events", answer(Entries), body=body, key=new_key()))
        if len(taken.events) != len(batch):
            raise BadAnswer(f"{len(batch)} events were sent, {len(taken.events)} answered")
        return taken.events

    def _taken(self, call: Call[T]) -> Steps[T]:
        """Its answer; a full backlog is waited for like everything else."""
        while True:
            try:
                taken: T = yield call
            except Busy as busy:
                pause = _BUSY_S if busy.retry_after is None else busy.retry_after
                if self._clock() + pause > self._until:
                    raise
            else:
                return taken
            yield Pause(pause)

    def _wait(self) -> Steps[None]:
        """Until role memory has passed every event; raises `NotYet`, naming those that it has not."""
        waiting = [entry for entry in self._entries if entry.event_id is not None]
        pause = _FIRST_S
        while waiting:
            found = yield Call("GET", "/v1/positions", answer(Positions), {"role": "memory"})
            at = {position.partition: position.next for position in found.positions}
            waiting = [entry for entry in waiting if (entry.offset or 0) >= at.get(entry.partition, 0)]
            if waiting and self._clock() + pause > self._until:
                raise self._not_yet(waiting)
            if waiting:
                yield Pause(pause)
            pause = min(2 * pause, _CEILING_S)

    def _not_yet(self, waiting: Sequence[Entry]) -> NotYet:
        error = NotYet(
            _GATEWAY_TIMEOUT,
            "The events are in the log, but not yet recallable",
            f"role memory did not reach {len(waiting)} of {len(self._sent)} within {self._wait_s:.0f} s; they"
            " are safe, nothing need be sent again. Wait longer with wait_s, or not at all with wait=False",
            "not-yet",
        )
        error.event_ids = tuple(entry.event_id for entry in waiting if entry.event_id is not None)
        return error

    def _effects(self) -> Steps[dict[str, Effect]]:
        found: dict[str, Effect] = {}
        for some in _slices(self._sent):
            asked = [{**self._address, "event_id": event_id} for event_id in some]
            body = encoded({"events": asked}, "the events")
            told: Effects = yield Call("POST", "/v1/effects", answer(Effects), body=body)
            found |= {effect.event_id: effect for effect in told.effects}
        return found


def patience_s(wait_s: float | None, messages: int) -> float:
    """How long to wait for so many, in seconds, if the call does not say; raises `BadCall`."""
    if wait_s is None:
        return PATIENCE_S + PATIENCE_A_MESSAGE_S * messages
    if not wait_s > 0:
        raise BadCall(f"wait_s is {wait_s}: give seconds above 0, or wait=False")
    return wait_s


def _outcome(entry: Entry, effects: Mapping[str, Effect]) -> Outcome:
    effect = effects.get(entry.event_id or "")
    return Outcome(
        event_id=entry.event_id,
        known=entry.known,
        applied=effect is not None and effect.applied,
        changes=tuple(change for change in effect.changes if change.form != "episode") if effect else (),
        error=entry.error,
        reason=entry.reason,
    )


def _slices(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), MAX_EVENTS):
        yield ids[first : first + MAX_EVENTS]
