"""First beat: what an event says. Pure; the texts that come out are embedded in one call a batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from memcube.cube import Form
from memcube.plaintext import extract as rules
from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.spoken import Spoken, command
from processors.step import Heard, Opened, Statement
from schemas.body import Content
from schemas.envelope import Event
from schemas.events import Edit, Extracted, Prompt, Remember, Response
from schemas.subject import Address

PROCESSOR: Final = "extract/4"
# Said of an earlier statement, wherever it stands in the sentence.
_MISTAKEN: Final = re.compile(
    r"\b(?:i was (?:wrong|mistaken)|my mistake|i misspoke|i mixed (?:it|that|them) up|typo)\b"
    r"|^(?:oh,? |oops,? |no,? )?sorry[,!.]? (?:i was|i'm|my|the|it's|it is|we)\b",
    re.IGNORECASE,
)


def extract(opened: Opened, before: Sequence[Heard] = ()) -> tuple[Statement, ...]:
    """The statements of an event: a turn's episode first, then its facts. Others than turns have few.

    `before`: the turns said just before it (`hearing`), for a turn that answers them.
    """
    if opened.erased:
        return ()
    event, contents = opened.event, opened.contents
    match event.data:
        case Prompt() | Response():
            return (_episode(event, contents[0]), *_facts(event, contents[0], before))
        case Remember() | Edit():
            return (_as_given(event, contents[0], "fact/0", PROCESSOR),)
        case Extracted() as data:
            return tuple(
                _as_given(event, content, f"fact/{n}", data.processor) for n, content in enumerate(contents)
            )
        case _:
            return ()


def speaker(event: Event, content: Content | None) -> str:
    """Whose words they are: the name that was given, else the id of who writes."""
    if content is not None and content.name:
        return content.name
    if isinstance(event.data, Response):
        return event.data.agent_id or "assistant"
    address: Address = event.data
    return address.user_id or address.agent_id or event.subject.id


def _episode(event: Event, content: Content) -> Statement:
    return Statement(
        step="episode", form=Form.EPISODE, text=content.text, valid_from=event.time, processor=PROCESSOR
    )


def _facts(event: Event, content: Content, before: Sequence[Heard]) -> tuple[Statement, ...]:
    if not isinstance(event.data, Prompt):
        return ()  # an assistant's turn echoes what it was given
    asked, who = command(content.text), speaker(event, content)
    bare = asked is not None and asked.wish in {"remember", "wrong", "outdated"}
    text = asked.words if asked is not None and bare else content.text
    turn = rules.Turn(text=text, role="user", speaker=who, time=event.time)
    earlier = [rules.Earlier(text=heard.text, speaker=heard.speaker) for heard in before]
    found = tuple(
        Statement(
            step=f"fact/{n}",
            form=Form.FACT,
            text=candidate.text,
            valid_from=candidate.valid_from,
            processor=PROCESSOR,
            slot=_owned(candidate),
            value=candidate.value if candidate.slot else None,
            dated=candidate.dated,
            cue=candidate.cue or ("correction" if _MISTAKEN.search(candidate.quote) else None),
            completed_by=None if candidate.completed_by is None else before[candidate.completed_by].event_id,
            speaker=who,
            category=candidate.category,
            until=candidate.until,
            kept=asked is not None and asked.wish == "remember",
        )
        for n, candidate in enumerate(rules.extract(turn, earlier))
    )
    return found or _asked_for(event, asked, who)


def _asked_for(event: Event, asked: Spoken | None, who: str) -> tuple[Statement, ...]:
    """What the rules would not keep, and the person wants kept."""
    match asked:
        case Spoken(wish="remember", words=words):
            text = f"{who}'s note: {words}"
        case Spoken(wish="not-called", words=name):
            text = f"{who}'s wish: don't call {who} {name}"
        case _:
            return ()
    return (
        Statement(
            step="fact/0",
            form=Form.FACT,
            text=text,
            valid_from=event.time,
            processor=PROCESSOR,
            speaker=who,
            category="instruction",
            kept=True,
        ),
    )


def _owned(candidate: rules.Candidate) -> str | None:
    """A slot is one person's: two people of a group may live in two places."""
    if candidate.slot is None:
        return None
    if is_functional(candidate.slot) and candidate.value is None and candidate.cue != "ending":
        return None  # "I'm married" does not say that it is no longer to Tom
    return f"{candidate.about.casefold()}/{candidate.slot}"


def _as_given(event: Event, content: Content, step: str, processor: str) -> Statement:
    return Statement(step=step, form=Form.FACT, text=content.text, valid_from=event.time, processor=processor)
