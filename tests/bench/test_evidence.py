from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.evidence import Recalled, Turn, counts_for, found
from bench.frozen_words import STOP_WORDS, stems

SAID = {
    "D1:1": "I adopted a grey kitten from the shelter. She sleeps on the radiator all day!",
    "D1:2": "My brother repairs old violins in Bergen, and his workshop smells of varnish.",
    "D1:3": "Wow! Thanks, Ada!",
    "D1:4": "Me too!",
    "D1:5": "Look at this. [image: a wooden rocking chair on a porch]",
    "D1:6": "We rented a cabin by the lake. The roof leaked twice. I caught three trout, and Ben burned all"
    " of them over the camp fire while telling stories about bears.",
}
TURNS = {turn_id: Turn(text) for turn_id, text in SAID.items()}


def counted(text: str, *turns: str) -> str | None:
    return counts_for(Recalled("m", text, turns), TURNS)


def test_a_raw_turn_counts_for_itself() -> None:
    assert {turn_id: counted(f"Ada: {text}", turn_id) for turn_id, text in SAID.items()} == {
        turn_id: turn_id for turn_id in SAID
    }


def test_a_packed_memory_counts_for_one_turn_only_however_many_it_holds() -> None:
    packed = " ".join(SAID.values())
    assert counted(packed, *SAID) == "D1:6"  # all held whole: the one with the most words
    assert counted(packed, *reversed(SAID)) == "D1:6"  # whatever the order of its provenance


def test_packing_five_turns_finds_one_piece_of_evidence_of_two() -> None:
    packed = counted(" ".join(SAID.values()), *SAID)
    assert found([packed] * 10, ["D1:1", "D1:6"]) == {"D1:6"}
    assert found([packed] * 10, ["D1:1", "D1:2"]) == frozenset()


def test_the_same_turn_recalled_twice_counts_once() -> None:
    twice = [counted(SAID["D1:1"], "D1:1"), counted("Ada adopted a grey kitten from the shelter", "D1:1")]
    assert twice == ["D1:1", "D1:1"]
    assert found(twice, ["D1:1", "D1:2"]) == {"D1:1"}


def test_a_paraphrase_in_other_words_does_not_count() -> None:
    assert counted("Ada has a cat that likes warm places", "D1:1") is None


def test_a_paraphrase_with_half_of_the_words_counts_and_with_fewer_does_not() -> None:
    # adopt grey kitten shelter sleep radiat day: seven words
    assert stems(SAID["D1:1"]) == ("adopt", "grey", "kitten", "shelter", "sleep", "radiat", "day")
    assert counted("A kitten, adopted, sleeping by day", "D1:1") == "D1:1"
    assert counted("A kitten, adopted, sleeping", "D1:1") is None


def test_exactly_half_is_half() -> None:
    turns = {"t": Turn("red green blue black")}
    assert counts_for(Recalled("m", "blue and red", ("t",)), turns) == "t"
    assert counts_for(Recalled("m", "blue", ("t",)), turns) is None


def test_a_word_said_often_is_held_once() -> None:
    turns = {"t": Turn("tea tea tea tea milk sugar lemon")}
    assert counts_for(Recalled("m", "tea tea tea tea", ("t",)), turns) is None


def test_a_whole_sentence_counts_although_it_is_a_small_part_of_the_turn() -> None:
    assert counted("We rented a cabin by the lake.", "D1:6") == "D1:6"
    assert counted("The roof leaked twice", "D1:6") == "D1:6"
    assert counted("a wooden rocking chair on a porch", "D1:5") == "D1:5"


def test_part_of_a_sentence_does_not_count() -> None:
    assert counted("We rented a cabin", "D1:6") is None
    assert counted("Ben burned all of them", "D1:6") is None


def test_a_sentence_in_the_third_person_is_still_the_sentence() -> None:
    turns = {
        "t": Turn("My studio opens on Monday. Then we paint walls, sand floors, hang lamps and sweep up.")
    }
    assert counts_for(Recalled("m", "Ada's studio opens on Monday (2026-03-02)", ("t",)), turns) == "t"
    assert counts_for(Recalled("m", "On Monday Ada's studio opens", ("t",)), turns) is None  # another order


@pytest.mark.parametrize("text", ["Wow, a red bicycle", "Thanks, Ada is here"])
def test_an_exclamation_is_no_sentence_to_be_held(text: str) -> None:
    turns = {"t": Turn("Wow! Thanks, Ada! The seminar on medieval trade routes begins at noon in Ghent.")}
    assert counts_for(Recalled("m", text, ("t",)), turns) is None


def test_a_turn_without_content_words_counts_only_word_for_word() -> None:
    assert counted("Ben: me  TOO!", "D1:4") == "D1:4"
    assert counted("me, as well", "D1:4") is None


def test_an_empty_turn_is_held_by_nothing() -> None:
    assert counts_for(Recalled("m", "anything", ("t",)), {"t": Turn("")}) is None


def test_neighbours_in_the_provenance_do_not_count() -> None:
    assert counted(SAID["D1:1"], "D1:1", "D1:2", "D1:3") == "D1:1"
    assert counted(SAID["D1:1"], "D1:2") is None


def test_a_memory_without_provenance_never_counts() -> None:
    assert counted(SAID["D1:1"]) is None


def test_words_of_a_turn_that_the_memory_does_not_come_from_do_not_count() -> None:
    assert counted(SAID["D1:1"], "D1:6") is None


def test_turns_that_do_not_exist_are_passed_over() -> None:
    assert counted(SAID["D1:1"], "D9:9", "", "D1:1", "nonsense") == "D1:1"
    assert counted(SAID["D1:1"], "D9:9") is None


def test_naming_every_turn_gains_nothing() -> None:
    every = {counted(text, *SAID) for text in SAID.values()}
    assert every == {counted(text, turn_id) for turn_id, text in SAID.items()}


def test_the_turn_of_which_the_text_holds_most_is_taken_even_if_it_is_not_enough() -> None:
    # A whole sentence of D1:6 (3 of 17 words), but more of D1:2 (3 of 7): and that is not half.
    text = "The roof leaked twice. Old violins in Bergen"
    assert counted(text, "D1:6") == "D1:6"
    assert counted(text, "D1:6", "D1:2") is None


def test_of_two_turns_that_say_the_same_the_first_is_taken() -> None:
    turns = {"D2:1": Turn("I love pottery"), "D1:9": Turn("I love pottery")}
    for named in (("D2:1", "D1:9"), ("D1:9", "D2:1")):
        assert counts_for(Recalled("m", "Ada loves pottery", named), turns) == "D2:1"


TEXTS = st.text(alphabet="abc .!\n", max_size=40) | st.sampled_from(list(SAID.values()))


@given(text=TEXTS, said=st.lists(TEXTS, min_size=1, max_size=5), data=st.data())
def test_a_memory_counts_for_one_turn_of_its_provenance_at_most(
    text: str, said: list[str], data: st.DataObject
) -> None:
    turns = {f"t{n}": Turn(one) for n, one in enumerate(said)}
    named = tuple(data.draw(st.lists(st.sampled_from([*turns, "gone"]))))
    one = counts_for(Recalled("m", text, named), turns)
    assert one is None or (one in named and turns[one].held_by(text).enough)
    assert one == counts_for(Recalled("other", text, tuple(reversed(named)) * 2), turns)


@given(st.lists(st.sampled_from([None, "a", "b", "c"])), st.lists(st.sampled_from("abcd"), unique=True))
def test_repeating_what_was_recalled_finds_nothing_more(
    counts: list[str | None], evidence: list[str]
) -> None:
    assert found(counts * 3, evidence) == found(counts, evidence) <= set(evidence)


# The words of the judge are frozen. If this fails, recall was not tuned: the measure was changed.
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Caroline's running with the children", "carolin run children"),
        ("She went to two museums, didn't she?", "went two museum"),
        ("I've been photographing O'Brien\u2019s horses", "photograph brien hors"),
        ("at 7:30 on 2026-03-01", "7 30 2026 03 01"),
        ("\uff26\uff35\uff2c\uff2c CAFÉ", "full café"),
        ("猫 is a cat", "猫 cat"),
        ("私は猫です", "私 は 猫 で す"),
        ("\U0001f600 oh well, thanks!", ""),
    ],
)
def test_the_judges_words_are_frozen(text: str, words: str) -> None:
    assert " ".join(stems(text)) == words


def test_the_judges_stop_words_are_frozen() -> None:
    digest = hashlib.sha256(" ".join(sorted(STOP_WORDS)).encode()).hexdigest()
    assert (len(STOP_WORDS), digest[:16]) == (204, "c9f62ae982821c81")
