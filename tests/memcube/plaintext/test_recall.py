from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.cube import Form, Source, State, wording
from memcube.models.embedder import HashEmbedder
from memcube.plaintext.cues import cues
from memcube.plaintext.recall import QUERY_WORDS, Recaller
from memcube.plaintext.shown import SHOWN_CHARACTERS, excerpt
from memcube.plaintext.words import terms
from memcube.store.memory import InMemoryRecallIndex
from memcube.store.memory.signals import COLUMNS
from memcube.vectors import Encoding
from tests.memcube.store.index_contract import ANA, BEN, DAY, EMBEDDER, MONDAY, FakeStore


class Ears(HashEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.heard += texts
        return super().encode(texts)


class Conversation:
    """Turns and the facts drawn from them, embedded, with a recaller over them."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.embedder = Ears()
        index = InMemoryRecallIndex(
            self.store,  # type: ignore[arg-type]
            EMBEDDER,
            HashEmbedder.dimensions,
            1 << 30,
            analyse=terms,
            cues=cues,
        )
        self.recaller = Recaller(index, self.embedder)
        self.turns = 0

    def turn(
        self, text: str, *facts: str, said: datetime = MONDAY, subject: str = ANA, slot: str | None = None
    ) -> None:
        self.turns += 1
        event = f"event-{self.turns}"
        self.put(event, text, event, form=Form.EPISODE, said=said, subject=subject, slot=None)
        for number, fact in enumerate(facts):
            self.put(f"{event}-{number}", fact, event, form=Form.FACT, said=said, subject=subject, slot=slot)

    def put(
        self, name: str, text: str, event: str, *, form: Form, said: datetime, subject: str, slot: str | None
    ) -> None:
        [encoding] = HashEmbedder().encode([wording(form, text, "user")])
        self.store.say(
            subject,
            name,
            text,
            encoding.vector,
            tokens=encoding.tokens,
            form=form,
            said=said,
            event=event,
            slot=slot,
        )

    def ask(self, query: str, limit: int = 5, as_of: datetime | None = None, subject: str = ANA) -> list[str]:
        found = self.recaller.recall(subject, query, limit=limit, as_of=as_of)
        return [memory.text for memory in found.memories]


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def test_a_fact_and_its_own_turn_are_one_result(talk: Conversation) -> None:
    talk.turn("By the way, I moved to Lisbon!", "I moved to Lisbon")
    assert talk.ask("Who moved to Lisbon?") == ["I moved to Lisbon"]


def test_a_turn_that_gave_no_memory_is_still_recalled(talk: Conversation) -> None:
    talk.turn("By the way, I moved to Lisbon!", "I moved to Lisbon")
    talk.turn("The weather in Lisbon, well, hmm")
    assert talk.ask("weather in Lisbon") == ["The weather in Lisbon, well, hmm", "I moved to Lisbon"]


def test_a_turn_with_several_facts_is_one_result(talk: Conversation) -> None:
    talk.turn("I moved to Lisbon with my cat Momo", "I moved to Lisbon", "I have a cat called Momo in Lisbon")
    assert talk.ask("Lisbon") == ["I have a cat called Momo in Lisbon"]
    assert talk.ask("Who moved?") == ["I moved to Lisbon with my cat Momo"]


def test_a_turn_that_says_more_stands_for_its_facts(talk: Conversation) -> None:
    talk.turn("At the harbour Ben sold me his old sailing boat", "I own a boat")
    assert talk.ask("Who sold the old sailing boat at the harbour?") == [
        "At the harbour Ben sold me his old sailing boat"
    ]


def test_as_many_results_come_as_were_asked_for(talk: Conversation) -> None:
    for number in range(60):
        talk.turn(
            f"Well, on day {number} I walked along the river",
            f"I walked along the river on day {number}",
        )
    assert len(talk.ask("walks along the river", limit=40)) == 40
    assert len(set(talk.ask("walks along the river", limit=100))) == 60
    assert talk.ask("walks along the river", limit=0) == []


def test_a_memory_comes_with_what_vouches_for_it(talk: Conversation) -> None:
    talk.turn("Well, I moved to Lisbon", "I moved to Lisbon")
    found = talk.recaller.recall(ANA, "Lisbon", limit=1, as_of=None)
    memory = found.memories[0]
    assert found.sequence == 2
    assert (memory.form, memory.state, memory.version) == (Form.FACT, State.ACTIVE, 1)
    assert (memory.valid_from, memory.valid_to) == (MONDAY, None)
    assert [(source.event_id, source.time) for source in memory.provenance] == [("event-1", MONDAY)]
    assert 0 < memory.score <= 1


def test_what_was_true_then_is_recalled_as_of_then(talk: Conversation) -> None:
    talk.turn("I live in Porto", "I live in Porto")
    porto = next(c.cube for c in talk.store.log[ANA].values() if c.cube.form is Form.FACT)
    talk.store.change(porto, state=State.SUPERSEDED, valid_to=MONDAY + DAY)
    talk.turn("Now I live in Lisbon", "I live in Lisbon", said=MONDAY + DAY)
    assert talk.ask("live", as_of=MONDAY + DAY / 2) == ["I live in Porto"]
    assert talk.ask("live", as_of=MONDAY - DAY) == []
    assert talk.ask("live in")[0] == "I live in Lisbon"


def test_what_was_just_written_is_recalled(talk: Conversation) -> None:
    assert talk.ask("Lisbon") == []
    talk.turn("I moved to Lisbon")
    assert talk.ask("Lisbon") == ["I moved to Lisbon"]
    assert talk.ask("Lisbon", subject=BEN) == []


@pytest.mark.parametrize("query", ["", "  ", "👍", "?!", "\x00"])
def test_a_query_without_a_word_finds_nothing_and_embeds_nothing(talk: Conversation, query: str) -> None:
    talk.turn("I moved to Lisbon")
    found = talk.recaller.recall(ANA, query, limit=5, as_of=None)
    assert (found.memories, found.sequence) == ((), 1)
    assert talk.embedder.heard == []


def test_a_query_of_function_words_is_judged_by_its_vector(talk: Conversation) -> None:
    talk.turn("I am who I am")
    talk.turn("Bicycle repairs")
    assert talk.ask("who am I?")[0] == "I am who I am"


def test_a_query_of_ten_thousand_words_is_cut(talk: Conversation) -> None:
    talk.turn("I moved to Lisbon")
    assert talk.ask("Lisbon " + "river " * 10_000) == ["I moved to Lisbon"]
    assert talk.ask("我们" * 10_000 + " Lisbon") is not None
    assert all(len(query.split()) <= QUERY_WORDS for query in talk.embedder.heard)


def test_a_lone_surrogate_is_no_reason_to_fail(talk: Conversation) -> None:
    talk.turn("I moved to Lisbon")
    assert talk.ask("Lisbon \ud800") == ["I moved to Lisbon"]


def test_a_time_without_offset_is_refused(talk: Conversation) -> None:
    with pytest.raises(ValueError, match="UTC offset"):
        talk.ask("Lisbon", as_of=datetime(2024, 1, 1))  # noqa: DTZ001


def test_every_phase_of_a_recall_is_timed_once(talk: Conversation) -> None:
    phases: list[str] = []

    @contextmanager
    def timed(phase: str) -> Iterator[None]:
        phases.append(phase)
        yield

    index = InMemoryRecallIndex(
        talk.store,  # type: ignore[arg-type]
        EMBEDDER,
        HashEmbedder.dimensions,
        1 << 30,
        analyse=terms,
        timed=timed,
    )
    talk.turn("I moved to Lisbon")
    Recaller(index, talk.embedder, timed=timed).recall(ANA, "Lisbon", limit=5, as_of=None)
    assert phases == ["position", "embedding", "bm25", "vector", "fusion", "folding"]


# --- what is shown of what was found ---------------------------------------------------------------------


def test_a_fact_that_two_turns_said_is_shown_once(talk: Conversation) -> None:
    talk.turn("I moved to Lisbon", "I moved to Lisbon")
    talk.turn("Yes, I moved to Lisbon!")
    fact = next(c.cube for c in talk.store.log[ANA].values() if c.cube.form is Form.FACT)
    assert fact.payload is not None
    sources = (*fact.payload.sources, Source("event-2", "user", MONDAY))
    talk.store.change(fact, payload=msgspec.structs.replace(fact.payload, sources=sources))
    assert talk.ask("Who moved to Lisbon?") == ["I moved to Lisbon"]


def test_what_holds_of_the_thing_asked_for_is_shown_for_a_long_turn(talk: Conversation) -> None:
    said = (
        "After years of rain and a winter of parcels and lawyers the van stands in front of my door in Lisbon"
    )
    talk.turn(said, "Ana lives in Lisbon", slot="ana/lives_in")
    assert talk.ask("Where does Ana live?") == ["Ana lives in Lisbon"]
    assert talk.ask("Who had parcels?") == [said]


def test_a_turn_whose_fact_was_replaced_is_not_shown(talk: Conversation) -> None:
    talk.turn("I live in Porto, and my cat is called Momo", "I live in Porto", "I have a cat called Momo")
    porto = next(c.cube for c in talk.store.log[ANA].values() if c.cube.text == "I live in Porto")
    talk.store.change(porto, state=State.SUPERSEDED, valid_to=MONDAY + DAY)
    talk.turn("I live in Lisbon now", "I live in Lisbon", said=MONDAY + DAY)
    assert talk.ask("Where do I live?")[0] == "I live in Lisbon"
    assert not any("Porto" in text for text in talk.ask("Where do I live? Porto? And my cat Momo?"))
    assert "I have a cat called Momo" in talk.ask("Where do I live? Porto? And my cat Momo?")


def test_of_a_long_turn_the_sentences_are_shown_that_were_asked_for(talk: Conversation) -> None:
    page = " ".join(f"On day {number} nothing happened at all at the lighthouse." for number in range(900))
    talk.turn(f"{page} Then a whale came. {page}")
    [shown] = talk.ask("When did the whale come?")
    assert "Then a whale came." in shown
    assert len(shown) < 2 * SHOWN_CHARACTERS
    assert all(part in f"{page} Then a whale came. {page}" for part in shown.split(" \u2026 "))


def test_a_turn_without_sentences_is_shown_by_its_beginning(talk: Conversation) -> None:
    talk.turn("whale " * 5_000)
    [shown] = talk.ask("whale")
    assert shown.startswith("whale whale")
    assert shown.endswith("\u2026")
    assert len(shown) <= 2 * SHOWN_CHARACTERS + 2


@given(st.text(), st.frozensets(st.text(max_size=4), max_size=4))
def test_an_excerpt_is_of_the_text(text: str, asked: frozenset[str]) -> None:
    shown = excerpt(text, asked)
    assert len(shown) <= 2 * SHOWN_CHARACTERS + 2
    if len(text) <= SHOWN_CHARACTERS:
        assert shown == text


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("我昨天和我的猫去了公园。", "猫的公园"),
        ("昨日、猫と公園に行きました。", "公園の猫"),
        ("เมื่อวานฉันไปสวนสาธารณะกับแมว", "สวนสาธารณะ"),
        ("어제 고양이와 공원에 갔어요", "고양이"),
    ],
)
def test_scripts_without_spaces_are_recalled(talk: Conversation, said: str, asked: str) -> None:
    talk.turn(said)
    talk.turn("今日は雨です。天气不好。오늘은 비가 와요. วันนี้ฝนตก")
    assert talk.ask(asked)[0] == said


# --- explained -------------------------------------------------------------------------------------------


def test_a_recall_explains_itself_if_asked_to(talk: Conversation) -> None:
    talk.turn("I moved to Lisbon in May")
    talk.turn("What is the weather in Lisbon?")
    best, other = talk.recaller.recall(ANA, "Lisbon", limit=2, as_of=None, explain=True).memories
    assert [signal.name for signal in best.signals] == [column.name for column in COLUMNS]
    by_name = {signal.name: signal for signal in other.signals}
    assert (by_name["is_question"].raw, by_name["is_question"].weight) == (1.0, -1.0)
    assert best.text == "I moved to Lisbon in May"
    assert sum(one.scaled * one.weight for one in best.signals) > sum(
        one.scaled * one.weight for one in other.signals
    )
    assert talk.recaller.recall(ANA, "Lisbon", limit=1, as_of=None).memories[0].signals == ()
