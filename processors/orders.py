"""What a person asks of the memory in plain words, and their judgement of the answer just before.

Applied in the event that says it, with the same decisions and audit as the commands. An erasure by words
erases only what holds all of them; where nothing does, or more than a few, it changes nothing and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from memcube.cube import Decision, Form, MemCube, State
from memcube.plaintext.spoken import Spoken
from memcube.plaintext.view import plain_words
from memcube.plaintext.words import content_stems, folded, stem
from processors import erase
from processors.extract import speaker
from processors.retire import end, take_back
from processors.revision import Revision

# "Forget what I said about work" that names more than this is no longer about one thing.
MOST_ERASED: Final = 5
# An answer that states more than this is a summary: "that's wrong" does not say which of it.
MOST_DENIED: Final = 2
# An hour later "that" is something else.
WITHIN: Final = timedelta(hours=1)
# Of the words of a memory, its speaker's name apart, so many must stand in an answer that states it.
_STATED: Final = 0.6
_ASSISTANT: Final = "assistant"


def obey(revision: Revision, asked: Spoken) -> bool:
    """Do what is asked. Returns whether the turn must not be kept: it names what was to be forgotten."""
    match asked:
        case Spoken(wish="forget-about", words=words):
            return _forget_about(revision, words)
        case Spoken(wish="forget-that"):
            _forget_that(revision)
        case Spoken(wish="wrong" | "outdated" as how):
            _judge(revision, outdated=how == "outdated")
        case Spoken(wish="not-called", words=name):
            _no_longer_called(revision, name)
        case _:
            pass
    return False


def _forget_about(revision: Revision, words: str) -> bool:
    who = _who(revision)
    topic = content_stems(words) - content_stems(who)
    if not topic:
        revision.noop("names-nothing")
        return False
    said = [cube for cube in revision.view if _holds(cube, topic)]
    facts = [cube for cube in said if cube.form is Form.FACT and _only_by(cube, who)]
    turns = [cube for cube in said if cube.form is Form.EPISODE and _only_by(cube, who)]
    if not facts and not turns:
        revision.noop("nothing-matches")
        return False
    if len(facts) > MOST_ERASED or (not facts and len(turns) > MOST_ERASED):
        revision.noop("too-much-matches")
        return False
    found = erase.with_turns(revision, {cube.id: cube for cube in facts})
    echoes = [cube for cube in said if _is_answer(cube)]
    found |= {cube.id: cube for cube in (*turns, *echoes)}
    erase.erase(revision, dict(sorted(found.items())).values())
    return True


def _forget_that(revision: Revision) -> None:
    before = _turn_before(revision)
    if before is None:
        revision.noop("nothing-before")
        return
    if not _is_answer(before):
        erase.erase(revision, erase.with_turns(revision, {before.id: before}).values())
        return
    stated = _stated(revision, before, (Form.FACT, Form.EPISODE))
    if not stated:
        revision.noop("nothing-stated")
    elif len(stated) > MOST_ERASED:
        revision.noop("too-much-matches")
    else:
        facts = {cube.id: cube for cube in stated}
        found = erase.with_turns(revision, facts) | {before.id: before}
        erase.erase(revision, dict(sorted(found.items())).values())


def _judge(revision: Revision, *, outdated: bool) -> None:
    """Take back what the answer just before said of the person; of much at once only the trust suffers."""
    before = _turn_before(revision)
    if before is None or not _is_answer(before):
        return  # said to somebody else, of something else: an ordinary turn
    stated = [cube for cube in _stated(revision, before, (Form.FACT,)) if cube.state is State.ACTIVE]
    if not stated:
        revision.noop("nothing-stated")
    for cube in stated:
        if cube.pinned:
            revision.noop("pinned", cube)
        elif len(stated) > MOST_DENIED:
            revision.revise(cube, Decision.RATE, "doubted", trust=round(cube.trust * 0.75, 6))
        elif outdated:
            end(revision, cube, "ended", revision.now)
        else:
            take_back(revision, cube, "denied")


def _no_longer_called(revision: Revision, name: str) -> None:
    value = name.casefold()
    for cube in revision.view.in_slot(f"{_who(revision).casefold()}/name"):
        if cube.state is State.ACTIVE and not cube.pinned and cube.payload and cube.payload.value == value:
            end(revision, cube, "ended", revision.now)


def _turn_before(revision: Revision) -> MemCube | None:
    """The turn said just before this one, by its speaker or by an assistant."""
    for turn in reversed(revision.view.episodes_before(revision.event.time, 2)):
        if revision.event.time - turn.sources[0].time > WITHIN or turn.state is State.ERASED:
            return None
        if _is_answer(turn) or _only_by(turn, _who(revision)):
            return turn
    return None


def _stated(revision: Revision, answer: MemCube, forms: Sequence[Form]) -> list[MemCube]:
    """Of the memories that an answer used, those that it states; the only one in any case."""
    used = [
        revision.view.cube(cube_id)
        for cube_id in (answer.payload.used if answer.payload else ())
        if cube_id in revision.view
    ]
    used = [cube for cube in used if cube.payload is not None and cube.form in forms]
    # Function words too: "own" is one, and "owns" is not.
    said = {stem(word) for word in plain_words(answer.text).split()}
    found = []
    for cube in used:
        words = content_stems(cube.text) - content_stems(cube.sources[0].speaker)
        if words and len(words & said) >= _STATED * len(words):
            found.append(cube)
    return found or (used if len(used) == 1 else [])


def _holds(cube: MemCube, topic: frozenset[str]) -> bool:
    if cube.payload is None:
        return False
    text = folded(cube.text)
    # Most texts are ruled out without being stemmed.
    return any(part.removesuffix("i") in text for part in topic) and topic <= content_stems(cube.text)


def _only_by(cube: MemCube, who: str) -> bool:
    return bool(cube.sources) and {source.speaker for source in cube.sources} == {who}


def _is_answer(cube: MemCube) -> bool:
    """Whether it is an assistant's turn: it was given memories, or its speaker has no other name."""
    if cube.payload is None or cube.form is not Form.EPISODE:
        return False
    return bool(cube.payload.used) or cube.sources[0].speaker == _ASSISTANT


def _who(revision: Revision) -> str:
    return speaker(revision.event, revision.opened.contents[0])
