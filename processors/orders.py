"""What a person asks of the memory in plain words, and their judgement of the answer just before.

Applied in the event that says it, with the same decisions and audit as the commands. An erasure by words
erases only what holds all of them and was said before; where nothing does, or more than a few things, it
changes nothing and says so. What others have said is theirs: nobody else erases it or takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from memcube.cube import Decision, Form, MemCube, State
from memcube.plaintext.spoken import Spoken
from memcube.plaintext.view import plain_words
from memcube.plaintext.words import content_stems, folded, stem
from processors import erase
from processors.hearing import just_said
from processors.persons import is_answer, who
from processors.retire import end, take_back
from processors.revision import Revision

# "Forget what I said about work" that would take more than this is no longer about one thing.
MOST_FACTS: Final = 5
# All that would go, facts, turns and answers together: so many facts and a turn for each.
MOST_ERASED: Final = 2 * MOST_FACTS
# An answer that states more than this is a summary: "that's wrong" does not say which of it.
MOST_DENIED: Final = 2
# Of the words of a memory, its speaker's name apart, so many must stand in an answer that states it.
_STATED: Final = 0.6


def obey(revision: Revision, asked: Spoken) -> bool:
    """Do what is asked. Returns whether the turn must not be kept: it names what was to be forgotten."""
    match asked:
        case Spoken(wish="forget-about", words=words):
            return _forget_about(revision, words)
        case Spoken(wish="forget-that"):
            _forget_that(revision)
        case Spoken(wish="unclear"):
            revision.noop("forget-not-understood")
        case Spoken(wish="wrong" | "outdated" as how):
            _judge(revision, outdated=how == "outdated")
        case Spoken(wish="not-called", words=name):
            _no_longer_called(revision, name)
        case _:
            pass
    return False


def _forget_about(revision: Revision, words: str) -> bool:
    me = who(revision)
    topic = content_stems(words) - content_stems(me.name)
    if not topic:
        revision.noop("names-nothing")
        return False
    # An import tells of days gone by: what was said since then was not meant.
    said = [cube for cube in revision.view if _holds(cube, topic) and not _said_since(revision, cube)]
    mine = {cube.id: cube for cube in said if me.alone(cube)}
    if not mine:
        revision.noop("nothing-matches")
        return False
    facts = {cube.id: cube for cube in mine.values() if cube.form is Form.FACT}
    echoes = {cube.id: cube for cube in said if is_answer(cube)}
    return _erase_few(revision, erase.with_turns(revision, facts) | mine | echoes)


def _erase_few(revision: Revision, found: Mapping[str, MemCube]) -> bool:
    """All of these, unless they are more than one order may erase: then none. Returns whether they went."""
    facts = sum(cube.form is Form.FACT for cube in found.values())
    if facts > MOST_FACTS or len(found) > MOST_ERASED:
        revision.noop("too-much-matches")
        return False
    erase.erase(revision, dict(sorted(found.items())).values())
    return True


def _forget_that(revision: Revision) -> None:
    before = _turn_before(revision)
    if before is None:
        revision.noop("nothing-before")
    elif not is_answer(before):
        _erase_few(revision, erase.with_turns(revision, {before.id: before}))
    elif not (stated := _stated(revision, before, (Form.FACT, Form.EPISODE))):
        revision.noop("nothing-stated")
    else:
        mine = {cube.id: cube for cube in stated if who(revision).alone(cube)}
        for cube in stated:
            if cube.id not in mine:
                revision.noop("said-by-others", cube)
        if mine:
            _erase_few(revision, erase.with_turns(revision, mine) | {before.id: before})


def _judge(revision: Revision, *, outdated: bool) -> None:
    """Take back what the answer just before said of the person.

    Of much at once, and of what others have said, only the trust suffers.
    """
    before = _turn_before(revision)
    if before is None or not is_answer(before):
        return  # said to somebody else, of something else: an ordinary turn
    stated = [cube for cube in _stated(revision, before, (Form.FACT,)) if cube.state is State.ACTIVE]
    if not stated:
        revision.noop("nothing-stated")
    for cube in stated:
        if cube.pinned:
            revision.noop("pinned", cube)
        elif len(stated) > MOST_DENIED or not who(revision).alone(cube):
            revision.revise(cube, Decision.RATE, "doubted", trust=round(cube.trust * 0.75, 6))
        elif outdated:
            end(revision, cube, "ended", revision.now)
        else:
            take_back(revision, cube, "denied")


def _no_longer_called(revision: Revision, name: str) -> None:
    me, value = who(revision), name.casefold()
    for cube in me.but_namesakes(revision.view.in_slot(f"{me.name.casefold()}/name")):
        called = cube.state is State.ACTIVE and cube.payload is not None and cube.payload.value == value
        if called and not cube.pinned and not _said_since(revision, cube):
            end(revision, cube, "ended", revision.now)


def _turn_before(revision: Revision) -> MemCube | None:
    """The turn said just before this one, by its speaker or by an assistant."""
    me = who(revision)
    near = just_said(revision.view, revision.event.time)
    return next((turn for turn in near if is_answer(turn) or me.alone(turn)), None)


def _stated(revision: Revision, answer: MemCube, forms: Sequence[Form]) -> list[MemCube]:
    """Of the memories that an answer used, those that it states and that nobody has said again since."""
    # Function words too: "own" is one, and "owns" is not.
    said = {stem(word) for word in plain_words(answer.text).split()}
    found = []
    for cube_id in answer.payload.used if answer.payload else ():
        cube = revision.view.cube(cube_id)
        if cube.payload is None or cube.form not in forms or _said_since(revision, cube):
            continue
        words = content_stems(cube.text) - content_stems(cube.sources[0].speaker)
        if words and len(words & said) >= _STATED * len(words):
            found.append(cube)
    return found


def _said_since(revision: Revision, cube: MemCube) -> bool:
    return any(source.time > revision.event.time for source in cube.sources)


def _holds(cube: MemCube, topic: frozenset[str]) -> bool:
    if cube.payload is None:
        return False
    text = folded(cube.text)
    # Most texts are ruled out without being stemmed.
    return any(part.removesuffix("i") in text for part in topic) and topic <= content_stems(cube.text)
