"""The stored turns read again: what the rules of today make of them, beside what was made of them before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from memcube.cube import Decision, Form, MemCube, Source, State, cube_id
from memcube.plaintext.differences import same_statement
from memcube.plaintext.frames import frame
from memcube.plaintext.spoken import command
from memcube.plaintext.vector_index import SIMILARITY_DIGITS
from memcube.plaintext.view import SubjectView, plain_words
from memcube.plaintext.words import content_stems
from processors import extract
from processors.hearing import heard_then
from processors.sameness import NEAR_DUPLICATE, same_frame, same_value
from processors.step import Opened, Statement, Vectors
from schemas.body import Content, Plain
from schemas.envelope import Event
from schemas.events import Prompt, Response, type_of
from schemas.subject import Address, Subject

SOURCE: Final = "memcube/reprocess"
# On every version that a reprocess makes, with the rules that it read by.
PROCESSOR: Final = f"reprocess/1+{extract.PROCESSOR}"
# Half of the words in common: what a person has put right is taken for the same statement, reworded.
ALIKE: Final = 0.5
_RULES: Final = tuple(name.split("/")[0] + "/" for name in (extract.PROCESSOR, PROCESSOR))
_BY_HAND: Final = frozenset({Decision.EDIT, Decision.BEGIN})
_ENDING_WISHES: Final = frozenset({"outdated", "not-called"})
# A turn that was undone, or whose words are gone, is not read.
_TOLD: Final = frozenset({State.ACTIVE, State.SUPERSEDED})


class Turn(msgspec.Struct, frozen=True):
    """A stored turn as the event that it was, and the facts that the rules of today draw from it."""

    opened: Opened
    statements: tuple[Statement, ...]

    @property
    def id(self) -> str:
        return self.opened.event.id

    @property
    def place(self) -> tuple[datetime, str]:
        """In the order in which it was said."""
        return self.opened.event.time, self.id


class Compared(msgspec.Struct, frozen=True):
    """One turn: statements that no fact says yet, facts that it makes no longer, facts read otherwise.

    leaning: facts that it says in other words, as good as long as another turn says them in their own.
    """

    new: tuple[Statement, ...] = ()
    leaning: tuple[tuple[MemCube, Statement], ...] = ()
    gone: tuple[MemCube, ...] = ()
    changed: tuple[tuple[MemCube, Statement], ...] = ()


class Turns:
    """The turns of a subject that have been read again, each once."""

    def __init__(self, view: SubjectView) -> None:
        self.view = view
        self._subject = Subject.parse(view.subject)
        self._read: dict[str, Turn | None] = {}
        self._first: dict[str, MemCube] = {}

    def of(self, event_id: str) -> Turn | None:
        """The turn of this event; None if the event was none, or if it is not to be read any more."""
        if event_id not in self._read:
            episode = cube_id(self.view.subject, event_id, "episode")
            self._read[event_id] = self._turn(episode) if episode in self.view else None
        return self._read[event_id]

    def between(self, since: datetime | None, until: datetime | None) -> Iterator[Turn]:
        for episode in self.view.episodes(since, until):
            turn = self.of(episode.sources[0].event_id)
            if turn is not None:
                yield turn

    def _turn(self, episode_id: str) -> Turn | None:
        episode = self.view.cube(episode_id)
        payload = episode.payload
        if payload is None or payload.role is None or episode.state not in _TOLD:
            return None
        event = _event(self._subject, payload.sources[0], payload.text, payload.role)
        content = Content(text=payload.text, name=payload.sources[0].speaker)
        opened = Opened(event, self._first_version(episode).recorded_at, (content,))
        before = heard_then(opened, self.view, lambda turn: self._first_version(turn).seq)
        return Turn(opened, tuple(s for s in extract.extract(opened, before) if s.form is Form.FACT))

    def _first_version(self, episode: MemCube) -> MemCube:
        if episode.id not in self._first:
            revised = episode.version > 1
            self._first[episode.id] = self.view.history(episode.id)[0] if revised else episode
        return self._first[episode.id]

    # --- beside what is known -------------------------------------------------------------------------

    def compare(self, turn: Turn, vectors: Vectors) -> Compared:
        known = [fact for fact in self.view.drawn_from(turn.id) if not self.let_go(fact)]
        said: dict[str, Statement] = {}
        new: list[Statement] = []
        leaning: list[tuple[MemCube, Statement]] = []
        for statement in turn.statements:
            found = self.said_by(known, turn, statement, vectors)
            if found is None:
                new.append(statement)
            else:
                said.setdefault(found.id, statement)
                if not self._in_its_words(found, statement) and self._may_go(found):
                    leaning.append((found, statement))
        gone = [fact for fact in known if fact.id not in said and self._may_go(fact)]
        changed = [
            (fact, said[fact.id])
            for fact in known
            if fact.id in said and _read_otherwise(fact, said[fact.id]) and self._may_go(fact)
        ]
        return Compared(tuple(new), tuple(leaning), tuple(gone), tuple(changed))

    def _may_go(self, fact: MemCube) -> bool:
        return stands(fact) and not self.protected(fact)

    def protected(self, fact: MemCube) -> bool:
        """Whether somebody other than the rules vouches for it: a pin, an edit, a source that is no turn.

        And whether something other than what turns say decided over it: a day that came, or an order.
        """
        if fact.pinned or any(self.of(source.event_id) is None for source in fact.sources):
            return True
        history = self.view.history(fact.id)
        if not history[0].processor.startswith(_RULES):
            return True
        return any(version.decision in _BY_HAND for version in history) or self._ended_otherwise(history)

    def _ended_otherwise(self, history: Sequence[MemCube]) -> bool:
        """By a tick, by a command, or by an order in plain words, which is not given a second time."""
        ends = [version for version in history if version.decision is Decision.SUPERSEDE]
        if history[-1].state is not State.SUPERSEDED or not ends:
            return False
        if ends[-1].processor.startswith("reprocess/"):
            return False
        turn = self.of(ends[-1].cause)
        asked = None if turn is None else command(turn.opened.contents[0].text)
        return turn is None or (asked is not None and asked.wish in _ENDING_WISHES)

    def said_by(
        self, known: Iterable[MemCube], turn: Turn, statement: Statement, vectors: Vectors
    ) -> MemCube | None:
        """The fact among these, all drawn from the turn, that says the statement already."""
        known = list(known)
        words = plain_words(statement.text)
        for fact in known:
            if plain_words(fact.text) == words:
                return fact
        for fact in known:
            if self._in_its_words(fact, statement) or self._as_good(fact, turn, statement, vectors):
                return fact
        return None

    def _in_its_words(self, fact: MemCube, statement: Statement) -> bool:
        """In those that it has, or had before a person put them right; then in words like them, too."""
        words = plain_words(statement.text)
        if plain_words(fact.text) == words:
            return True
        history = self.view.history(fact.id)
        if any(version.payload and plain_words(version.text) == words for version in history):
            return True
        edited = any(version.decision is Decision.EDIT for version in history)
        return edited and any(_alike(version.text, statement.text) for version in history)

    def _as_good(self, fact: MemCube, turn: Turn, statement: Statement, vectors: Vectors) -> bool:
        """In other words that may have made the turn a source of the fact, which another turn made."""
        if len(fact.sources) < 2 or statement.cue is not None:
            return False
        if self.view.history(fact.id)[0].cause == turn.id:
            return False
        if _read_otherwise(fact, statement):
            return False
        said = frame(statement.text)
        near = _alike(fact.text, statement.text) or _near(fact.text, statement.text, vectors)
        return (
            (near and same_statement(fact.text, statement.text))
            or same_frame(fact, statement, said)
            or (statement.value is not None and same_value(fact, statement, said))
        )

    def let_go(self, fact: MemCube) -> bool:
        """Retracted by a reprocess, or by the undo of one: nobody has said that it must not come back."""
        if fact.state is not State.RETRACTED:
            return False
        by = fact
        if fact.decision is Decision.UNDO:
            history = self.view.history(fact.id)
            # Taken back with the reprocess that made it, or put back to where a reprocess had it.
            retracted = [v for v in history if v.decision is Decision.RETRACT]
            by = retracted[-1] if retracted and fact.reason == "put-back" else history[0]
        return by.processor.startswith("reprocess/")


def _event(subject: Subject, said: Source, text: str, role: str) -> Event:
    """As it came, but for the fields of an answer that no rule for facts reads."""
    ids: dict[str, str] = {f"{subject.kind}_id": subject.id}
    if said.others is not None:
        ids |= {name: value for name, value in msgspec.structs.asdict(said.others).items() if value}
    address = Address(tenant=subject.tenant, **ids)
    fields = {**msgspec.structs.asdict(address), "source_id": said.source_id}
    body = Plain(text=text, name=said.speaker)
    data = Prompt(**fields, body=body) if role == "user" else Response(**fields, body=body)
    return Event(
        id=said.event_id, type=type_of(data), source=SOURCE, time=said.time, subject=subject, data=data
    )


def stands(fact: MemCube) -> bool:
    """Whether it holds, or held until another took its place."""
    return fact.state in {State.ACTIVE, State.SUPERSEDED}


def _read_otherwise(fact: MemCube, statement: Statement) -> bool:
    """An ending takes no slot (see `consolidate`), whatever it ends."""
    if fact.payload is None:
        return False
    now = (None, None) if statement.cue == "ending" else (statement.slot, statement.value)
    return (fact.payload.slot, fact.payload.value) != now


def _alike(a: str, b: str) -> bool:
    one, other = set(content_stems(a)), set(content_stems(b))
    return bool(one & other) and len(one & other) >= ALIKE * len(one | other)


def _near(a: str, b: str, vectors: Vectors) -> bool:
    one, other = vectors.get(a), vectors.get(b)
    if one is None or other is None:
        return False
    return round(float(one @ other), SIMILARITY_DIGITS) >= NEAR_DUPLICATE
