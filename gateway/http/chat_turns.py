"""What is kept of an exchange: the prompt, the answer, and what was recalled for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import msgspec

from gateway.http.attempt import Attempt
from gateway.http.chat_request import Completion, Remembering
from gateway.http.events import known_events, published
from gateway.http.problems import Problem
from gateway.http.requests import Repeat, checked, named, new_id
from gateway.http.services import Services
from gateway.log import Message, Receipt
from memcube import metrics
from schemas.body import Plain
from schemas.errors import ContractError
from schemas.events import Parent, Prompt, Recalled, Response
from schemas.subject import Subject

log = logging.getLogger(__name__)


class Turns(msgspec.Struct, frozen=True):
    """The two turns of an exchange. The ids stand from the start: a repeated request has the same."""

    memory: Remembering
    subject: Subject
    prompt: Message
    answer_id: str
    repeat: Repeat | None

    @classmethod
    def of(cls, asked: Completion, memory: Remembering, attempt: Attempt, now: datetime) -> Turns:
        """Raises `ContractError` for a prompt that cannot be stored."""
        subject = memory.subject()
        memory.filters()  # an id that no event can have is refused here as there
        said = Plain(text=asked.prompt.text, name=memory.name or asked.prompt.name)
        first, second = attempt.repeat(0), attempt.repeat(1)
        prompt = checked(Prompt(**memory.ids(), body=said), new_id(subject.key, first), now, named(first))
        return cls(memory, subject, prompt, new_id(subject.key, second), second)

    @property
    def events(self) -> tuple[str, str]:
        """The ids of both."""
        return self.prompt.event_id, self.answer_id

    def answer(self, text: str, used: Sequence[str], now: datetime) -> Message:
        """Raises `ContractError` for an answer that cannot be stored: one of spaces, or of nothing."""
        data = Response(**self.memory.ids(), body=Plain(text=text), used=tuple(used))
        return checked(data, self.answer_id, now, named(self.repeat))


async def check_known(house: Services, turns: Turns, attempt: Attempt) -> None:
    """Raises a `Problem` if its key has stood for something else."""
    await known_events(house, [turns.prompt], attempt)


async def keep_prompt(house: Services, turns: Turns) -> None:
    """Raises a `Problem` or a `BusError` when it is not confirmed."""
    (result,) = await published(house, [turns.prompt])
    if not isinstance(result, Receipt):
        raise result


async def keep_answer(house: Services, turns: Turns, text: str, used: Sequence[str]) -> str | None:
    """The id of its event, or None: the answer is there all the same, and the person has read it."""
    try:
        message = turns.answer(text, used, house.clock())
        (result,) = await published(house, [message])
    except (ContractError, Problem) as error:
        metrics.chat_refused("answer-not-stored")
        log.warning("an answer was not stored: %s", getattr(error, "reason", error))
        return None
    if isinstance(result, Receipt):
        return result.event_id
    metrics.chat_refused("answer-not-stored")
    log.warning("an answer was not stored: %s", result)
    return None


def report(house: Services, subject: Subject, cubes: Sequence[Parent]) -> None:
    """What was recalled and read; nothing where it was nothing."""
    if cubes:
        recalled = Recalled(subject=subject.key, cubes=tuple(cubes))
        house.bus.report(recalled, subject, str(uuid4()), house.clock())
