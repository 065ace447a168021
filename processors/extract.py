"""First beat: what an event says. Pure; the texts that come out are embedded in one call a batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from memcube.cube import Form
from memcube.plaintext import extract as rules
from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.restated import first_sentence, in_one_turn, is_said_whole, put_right
from memcube.plaintext.spoken import Spoken, command
from memcube.plaintext.told import told
from memcube.plaintext.words import content_stems
from processors.step import Cue, Heard, Opened, Statement
from schemas.body import Content
from schemas.envelope import Event
from schemas.events import Edit, Extracted, Prompt, Remember, Response
from schemas.subject import Address

PROCESSOR: Final = "extract/4"
# What a colon announces is a statement of its own: "First week is over: I'm a teacher at Oakfield".
_COLON: Final = re.compile(r"(?<=[a-z]): (?=(?:I|I'm|I've|[Ww]e|[Ww]e've|[Ww]e're|[Mm]y|[Oo]ur)\b)")
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
    if asked is not None and asked.wish == "forget-about":
        text = asked.rest  # what names it is no memory
    text, righted = _righted(text, who, before)
    text = in_one_turn(_COLON.sub(". ", text))
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
            cue=_cue(candidate, righted),
            completed_by=_completed_by(candidate, righted, before),
            speaker=who,
            category=candidate.category,
            until=candidate.until,
            kept=asked is not None and asked.wish == "remember",
        )
        for n, candidate in enumerate(rules.extract(turn, earlier))
    )
    found = _with_slots(found, text, who)
    if not any(statement.slot == f"{who.casefold()}/name" for statement in found):
        found += _called(event, text, who)
    return found or _asked_for(event, asked, who)


_CALL_ME: Final = re.compile(
    r"(?:^|[,.;!-] ?|\b(?:so|and|but|just|please|you can|everyone can) )call me (?P<name>[A-Z][\w'-]+)"
    r"(?= (?:from now on|please|instead|now|again|going forward|if you like)\b|[.,!;]|$)"
)


_NAME_NOW: Final = re.compile(
    r"\bname\b[^.!?]{0,40}\b(?:it's|it is|i'm"
    r"|i am)(?: now)? (?P<name>[A-Z][\w'-]+(?: [A-Z][\w'-]+)*)(?: now)?(?=[.,!]|$)"
)


def _called(event: Event, text: str, who: str) -> tuple[Statement, ...]:
    """The name that stands behind another statement: "everybody says Lexi, so call me Lexi from now on"."""
    found = _CALL_ME.search(text) or _NAME_NOW.search(text)
    if found is None:
        return ()
    return (
        Statement(
            step="name",
            form=Form.FACT,
            text=f"{who} is called {found['name']}",
            valid_from=event.time,
            processor=PROCESSOR,
            slot=f"{who.casefold()}/name",
            value=found["name"].casefold(),
            speaker=who,
            category="fact",
        ),
    )


def _with_slots(found: tuple[Statement, ...], text: str, who: str) -> tuple[Statement, ...]:
    """Statements with the slot that one of their clauses fills: "left Bremen, she lives in Husum now"."""
    if all(statement.slot is not None for statement in found):
        return found
    filled = [
        (clause.text, *slot)
        for clause in told(text, who)
        if (slot := clause.filled()) and "/plan/" not in slot[0]
    ]
    known = {statement.slot for statement in found}
    return tuple(
        msgspec.structs.replace(statement, slot=fits[0][1], value=fits[0][2])
        if statement.slot is None
        and statement.cue != "ending"
        and len(fits := [one for one in filled if one[1] not in known and _is_part(one[0], statement.text)])
        == 1
        else statement
        for statement in found
    )


def _is_part(clause: str, text: str) -> bool:
    whole, part = content_stems(text), content_stems(clause)
    return len(part) > 1 and part < whole


class _Righted(msgspec.Struct, frozen=True):
    """A sentence of one's own turn before, as it should have been, and the place of that turn."""

    sentence: str
    place: int

    def gave(self, candidate: rules.Candidate) -> bool:
        return candidate.quote.rstrip(".! ") in self.sentence


def _righted(text: str, who: str, before: Sequence[Heard]) -> tuple[str, _Righted | None]:
    """The turn, in place of its first words the sentence that they put right: "no, on Thursday"."""
    own = [place for place, heard in enumerate(before) if heard.speaker == who]
    if not own or (own[-1] != len(before) - 1 and "?" in before[-1].text):
        return text, None  # said to the question of somebody else
    first, rest = first_sentence(text)
    if is_said_whole(first, rest):
        return text, None  # "No, I meant Thursday. The lesson is on Thursday": no need to guess which
    sentence = put_right(first, before[own[-1]].text)
    if sentence is None:
        return text, None
    return f"{sentence.rstrip('.')}. {rest}".strip(), _Righted(sentence, own[-1])


def _cue(candidate: rules.Candidate, righted: _Righted | None) -> Cue | None:
    if candidate.cue is None and (
        _MISTAKEN.search(candidate.quote) or (righted is not None and righted.gave(candidate))
    ):
        return "correction"
    return candidate.cue


def _completed_by(
    candidate: rules.Candidate, righted: _Righted | None, before: Sequence[Heard]
) -> str | None:
    if righted is not None and righted.gave(candidate):
        return before[righted.place].event_id
    return None if candidate.completed_by is None else before[candidate.completed_by].event_id


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
