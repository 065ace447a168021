# ruff: noqa: RUF001 (dashes and wide marks are what people type)
"""Memories from a turn by rules: sentences, what to keep, dates, person, slot, cue. Pure and offline."""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from memcube.plaintext.extract import (
    chatter,
    context,
    cues,
    dates,
    facets,
    foreign,
    instructions,
    leads,
    news,
    person,
    rows,
    sentences,
    slots,
    spelling,
    verbs,
    whom,
)
from memcube.plaintext.extract.completion import completed, leaning, with_context
from memcube.plaintext.extract.kept import Kept
from memcube.plaintext.extract.mentioned import Mentioned
from memcube.plaintext.extract.person import SPEAKER
from memcube.plaintext.extract.repeats import Heard
from memcube.plaintext.extract.said import Said, Spoken
from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.extract.statements import (
    clauses,
    doubted,
    halves,
    leans,
    statements,
    unquoted,
)
from memcube.plaintext.extract.subject import subject_of
from memcube.plaintext.extract.topics import Topic
from memcube.plaintext.extract.turns import Candidate, Earlier, Turn

# A chat turn gives one to five; a pasted book must not become a thousand memories.
MAX_CANDIDATES = 24
# Nor must a book hold its partition: 100 sentences take some 30 ms, and its episode has all of it anyway.
MAX_SENTENCES = 100

_RESTATED = re.compile(
    r"^(?:(?:sorry|oops|oh|no|wait|ah),? )*I meant (?:in |at |on "
    r"|it's )?(?P<v>[A-Z0-9][\w' -]{0,40}?)(?:, not .*)?[.!]*$",
    re.IGNORECASE,
)


def extract(turn: Turn, before: Sequence[Earlier] = ()) -> tuple[Candidate, ...]:  # noqa: C901 (one pass)
    """The candidates of a turn in its order, each text once. An assistant's turn gives none: it echoes.

    `before` holds the turns said just before it, oldest first: they say what a short answer answers.
    """
    if turn.role == "assistant":
        return ()
    speaker = sentences.clean(turn.speaker).replace("\n", " ").strip() or "Someone"
    kept = Kept()
    mentioned = Mentioned()
    text = leads.unannounced(spelling.written(sentences.clean(turn.text)))
    worked_on = sentences.is_program(text) or chatter.is_about_material(text)
    said = [] if worked_on else list(dict.fromkeys(sentences.split(text)))[:MAX_SENTENCES]
    topic = Topic()
    around = [
        Spoken(text=sentences.clean(one.text), speaker=one.speaker, own=one.speaker == turn.speaker)
        for one in before
    ]
    heard = Heard([one.text for one in around])
    parts = completed(unquoted(said), around)
    hearers = {one.speaker for one in before if one.speaker != turn.speaker and one.speaker.isalpha()}
    among_people = news.is_among_people(turn.speaker, before)
    for at, part in enumerate(parts):
        sentence = leads.uncalled_at_end(part.text, hearers)
        told = mentioned.resolved(leads.strip_lead(sentence))
        named = whom.meant(told, around)
        if named is not None:
            told = mentioned.introduced(told, named.name)
        if topic.announced(told) and part is not parts[-1]:
            continue
        stated, is_doubted = _stated(told, part, turn.time)
        for statement in stated:
            if part.place is None and heard.holds(statement) and cues.cue_of(sentence) is None:
                continue
            candidate = _candidate(topic.added(statement), sentence, speaker, turn.time)
            if part.asked or part.of:
                candidate = with_context(candidate, part, speaker)
            if not is_functional(candidate.slot or "") and kept.last is not None:
                candidate = _restated(candidate, kept.last)
            if part.place is None and context.leans(statement) and not kept:
                candidate = leaning(candidate, parts[:at], around)
            place = part.place if named is None else named.place
            if place is not None:
                candidate = msgspec.structs.replace(candidate, completed_by=place)
            weighed = news.weighed(
                candidate,
                statement,
                before,
                doubted=is_doubted,
                answer=part.place is not None,
                among_people=among_people,
            )
            if weighed is not None:
                kept.add(weighed, statement, at)
        mentioned.note(told)
        topic.note(told, told=bool(stated))
        if len(kept) >= MAX_CANDIDATES:
            break
    return kept.candidates()[:MAX_CANDIDATES]


def _stated(told: str, said: Said, now: datetime) -> tuple[list[str], bool]:
    """What a sentence states; and whether its shape speaks against that, and only its words for it."""
    stated = [told] if said.asked or said.of else _parts(told, now)
    if stated or not news.is_dense(told) or (whole := doubted(told)) is None:
        return stated, False
    return [whole], True


def _parts(sentence: str, now: datetime) -> list[str]:
    """The statements of a sentence, each in two when each half fills a slot of its own."""
    return [
        part
        for statement in statements(sentence, now)
        for clause in clauses(statement, now)
        for half in _in_two(clause, now)
        for part in rows.apart(half)
    ]


def _in_two(text: str, now: datetime) -> list[str]:
    for left, right in halves(text):
        first, second = _slot(left, now), _slot(right, now)
        # One slot only: the other half would be retired with it, unless it cannot stand alone.
        if first != second and ((first and second) or not leans(right)):
            return [left, *_parts(right, now)]
    return [text]


def _slot(part: str, now: datetime) -> str | None:
    """The functional slot of a part: those of many values take nothing away, so no part must stand apart."""
    moments = dates.find(part, now)
    moment = dates.main(part, moments)
    resolved = person.resolve(dates.annotate(part, moments))
    filled = slots.slot_of(_capitalised(part, resolved), moment, moment is not None and moment.at > now)
    return filled.slot if filled else None


def _candidate(part: str, sentence: str, speaker: str, now: datetime) -> Candidate:
    moments = dates.find(part, now)
    moment = dates.main(part, moments)
    instruction = instructions.is_standing(part)
    is_foreign = foreign.is_foreign(part, subject_of(part).words)
    resolved = part if is_foreign else person.resolve(dates.annotate(part, moments))
    shown = _capitalised(part, resolved)
    ahead = moment is not None and moment.at > now
    filled = None if instruction else slots.slot_of(shown, moment, ahead)
    if filled and filled.slot.startswith("birthday"):
        # A birthday comes every year: the date is its value, not the day it became true.
        resolved, moment = person.resolve(part), None
    # A correction stands in the lead; what ends is said in the part itself.
    cue = cues.cue_of(part) or ("correction" if cues.cue_of(sentence) == "correction" else None)
    if cue is None and filled and slots.ends(resolved):
        cue = "ending"
    if filled is None and not instruction:
        filled = slots.listed_slot_of(resolved)
        cue = _cue_of_taste(filled, cue)
    slot = filled.slot if filled else None
    category = facets.category_of(resolved, slot=slot, instruction=instruction, ahead=ahead)
    if slot is None and category in ("plan", "instruction"):
        slot = category
    text = resolved.replace(SPEAKER, speaker).rstrip(" .!…,;:。！")
    return Candidate(
        text=f"{speaker}'s wish: {text}" if instruction else text,
        quote=sentence,
        about=(filled.about if filled else None) or speaker,
        valid_from=moment.at if moment else now,
        dated=moment is not None,
        slot=slot,
        value=filled.value if filled else None,
        cue=cue,
        category=category,
        polarity=facets.polarity_of(
            resolved,
            ending=cue == "ending",
            denied=filled is not None and filled.denied,
            instruction=instruction,
            slot=slot,
        ),
        entities=facets.entities_of(text, speaker),
        precision=moment.precision if moment else None,
        until=_until(part, moments, moment),
    )


def _cue_of_taste(filled: slots.Filled | None, cue: cues.Cue | None) -> cues.Cue | None:
    """What one has gone off or outgrown is over; what one cannot stand any more is disliked from now on."""
    if filled is not None and filled.slot == "allergic_to" and filled.over:
        return "ending"
    if filled is None or filled.slot not in ("likes", "dislikes"):
        return cue
    if filled.over:
        return "ending"
    return None if filled.slot == "dislikes" and cue == "ending" else cue


def _until(part: str, moments: tuple[dates.Moment, ...], main: dates.Moment | None) -> datetime | None:
    """The end of the week or season that was said, or of "from Monday to Friday"."""
    if main is None:
        return None
    if len(moments) > 1 and main is moments[0] and dates.spans(part, moments[0], moments[1]):
        return moments[1].at
    return main.until


def _capitalised(part: str, resolved: str) -> str:
    """Small letters ("i live in porto") hide names from the slot patterns: show them the words as names."""
    if part[1:] != part[1:].lower():
        return resolved
    return re.sub(
        r"(?<= (?:in|at|to) )(?!the\b|a\b|an\b|my\b|our\b|be\b|me\b|with\b)[a-z]+",
        lambda match: match.group() if match.group() in verbs.BASE else match.group().capitalize(),
        resolved,
    )


def _restated(candidate: Candidate, last: Candidate) -> Candidate:
    """As in "Sorry, I meant Faro" right after a statement with a slot fills that slot anew."""
    match = _RESTATED.match(candidate.quote)
    if match is None or last.slot is None or not is_functional(last.slot) or last.slot.startswith("plan/"):
        return candidate
    return msgspec.structs.replace(
        candidate, about=last.about, slot=last.slot, value=slots.normalised(match["v"]), cue="correction"
    )
