"""What is said around a statement and belongs to it: its question, the sentence that names "it"."""

import re
from collections.abc import Sequence

import msgspec

from memcube.plaintext.extract import context, sentences
from memcube.plaintext.extract.answers import replied
from memcube.plaintext.extract.said import Said, Spoken
from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.extract.taken_up import taken_up
from memcube.plaintext.extract.turns import Candidate


def completed(said: Sequence[str], around: Sequence[Spoken]) -> list[Said]:
    """The sentences of a turn, each completed by a turn before where it answers that or takes it up."""
    plain = [Said(sentence) for sentence in said]
    if not said:
        return plain
    for place in range(len(around) - 1, -1, -1):
        text = sentences.uncaptioned(around[place].text)
        if around[place].own:
            whole = taken_up(said, text)
        elif place == len(around) - 1:
            whole = replied(said, text)
        else:
            continue
        if whole[0].asked and _only_calls(whole[0].text, around[place].speaker):
            continue
        if whole[0] != plain[0]:
            return [msgspec.structs.replace(whole[0], place=place), *whole[1:]]
    return plain


def _only_calls(answer: str, speaker: str) -> bool:
    """As in "Marcus!" behind a question of his: no answer."""
    return set(re.findall(r"\w+", answer.lower())) <= set(re.findall(r"\w+", speaker.lower()))


def leaning(candidate: Candidate, earlier: Sequence[Said], around: Sequence[Spoken]) -> Candidate:
    """With the sentence before that says what "it" is, where this turn has not said so."""
    if candidate.slot is not None and is_functional(candidate.slot):
        return candidate
    if not all(context.names_nothing(one.text) for one in earlier):
        return candidate
    named = context.antecedent(around)
    if named is None:
        return candidate
    return msgspec.structs.replace(
        candidate, text=f'{candidate.text} (of "{named.quote}")', completed_by=named.place
    )


def with_context(candidate: Candidate, said: Said, speaker: str) -> Candidate:
    """What an answer means its question says, so the memory holds both."""
    asked = f'{speaker}, asked "{said.asked}?": {candidate.text}'
    return msgspec.structs.replace(
        candidate, text=asked if said.asked else f'{candidate.text} (of "{said.of}")'
    )
