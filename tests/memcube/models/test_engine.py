"""Who computes when: answers in turn, builds between them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Queue

import pytest

from memcube.models.engine import Engine
from memcube.models.language import Cancelled, Pause


def never() -> bool:
    return False


def test_answers_take_their_steps_in_turn() -> None:
    engine = Engine()
    log: list[str] = []

    def counting(name: str) -> Iterator[int]:
        for number in range(3):
            log.append(f"{name}{number}")
            yield number

    one, other = engine.steps(counting("a"), never), engine.steps(counting("b"), never)
    for _ in range(3):
        next(one)
        next(other)
    assert log == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert engine.answers == 2
    assert list(one) == list(other) == []
    assert engine.answers == 0


def test_a_build_steps_aside_for_an_answer_and_goes_on_behind_it() -> None:
    engine = Engine()
    log: Queue[str] = Queue()
    begun, asked = threading.Event(), threading.Event()

    def building(pause: Pause) -> str:
        log.put("build")
        begun.set()
        assert asked.wait(10)
        while not engine.answers:
            pass
        pause()
        log.put("built")
        return "block"

    found: list[str] = []
    builder = threading.Thread(target=lambda: found.append(engine.build(building, never)))
    builder.start()
    assert begun.wait(10)

    def answering() -> Iterator[str]:
        log.put("answer")
        yield "word"

    asked.set()
    assert list(engine.steps(answering(), never)) == ["word"]
    builder.join(10)
    assert [log.get_nowait() for _ in range(3)] == ["build", "answer", "built"]
    assert found == ["block"]


def test_a_build_that_nobody_wants_ends_and_leaves_the_model_free() -> None:
    engine = Engine()
    gone = threading.Event()

    def building(pause: Pause) -> None:
        gone.set()
        pause()

    with pytest.raises(Cancelled):
        engine.build(building, gone.is_set)
    assert list(engine.steps(iter("ab"), never)) == ["a", "b"]


def test_an_answer_that_nobody_waits_for_ends_in_the_middle() -> None:
    engine = Engine()
    gone = threading.Event()
    steps = engine.steps(iter("abc"), gone.is_set)
    assert next(steps) == "a"
    gone.set()
    with pytest.raises(Cancelled):
        next(steps)
    assert engine.answers == 0


def test_what_fails_leaves_the_model_free() -> None:
    engine = Engine()

    def failing(_: Pause) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        engine.build(failing, never)
    assert list(engine.steps(iter("a"), never)) == ["a"]
