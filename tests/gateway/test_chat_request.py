"""What may be asked in a chat: what is not done here is refused by name, and never silently left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.http.chat_request import _IGNORED, _NEUTRAL, Completion

HELLO = {"role": "user", "content": "Hello"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
CALL = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def asked(**more: Any) -> Completion:
    return Completion.model_validate({"model": "default", "messages": [HELLO], **more})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "type 'image_url' is not supported"),
        ({"messages": [{"role": "user", "content": [SOUND]}]}, "type 'input_audio' is not supported"),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]}, "'file'"),
        ({"messages": [{"role": "tool", "content": "4", "tool_call_id": "c"}, HELLO]}, "role 'tool'"),
        ({"messages": [{"role": "function", "content": "4", "name": "f"}, HELLO]}, "role 'function'"),
        (
            {"messages": [{"role": "assistant", "content": None, "tool_calls": [CALL]}, HELLO]},
            "tool_calls is not supported",
        ),
        ({"messages": [{"role": "assistant", "content": None}, HELLO]}, "content"),
        ({"messages": [HELLO, {"role": "assistant", "content": "Hi"}]}, "the last message is of role"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "lone surrogate"),
        ({"stop": ["\ud800"]}, "lone surrogate"),
        ({"messages": []}, "at least 1"),
        ({"messages": [HELLO] * 1_001}, "at most 1000"),
        ({"messages": "Hello"}, "messages"),
        ({"tools": [CALL]}, "tools is not supported"),
        ({"functions": [{}]}, "functions is not supported"),
        ({"tool_choice": "required"}, "tool_choice is not supported"),
        ({"n": 2}, "n is not supported other than 1"),
        ({"logprobs": True}, "logprobs is not supported"),
        ({"top_logprobs": 5}, "top_logprobs is not supported"),
        ({"presence_penalty": 0.5}, "presence_penalty is not supported other than 0"),
        ({"logit_bias": {"1": 5}}, "logit_bias is not supported"),
        ({"response_format": {"type": "json_object"}}, "response_format is not supported"),
        ({"modalities": ["text", "audio"]}, "modalities is not supported"),
        ({"audio": {"voice": "a"}}, "audio is not supported: leave it out"),
        ({"temperature": 2.1}, "less than or equal to 2"),
        ({"temperature": float("nan")}, "finite"),
        ({"top_p": 1.1}, "less than or equal to 1"),
        ({"max_tokens": 0}, "greater than or equal to 1"),
        ({"stop": [str(n) for n in range(5)]}, "stop takes up to 4"),
        ({"stop": ""}, "stop takes up to 4"),
        ({"memory": {"user_id": "ana", "route": "lora"}}, "'auto', 'none', 'text' or 'kv'"),
        ({"memory": {"user_id": "ana", "store": True}, "store": False}, "contradict each other"),
        ({"memory": {"user": "ana"}}, "memory.user"),
        ({"temprature": 1}, "temprature"),
        ({f"field {n}": n for n in range(40)}, "fields"),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        asked(**more)
    [error, *_] = caught.value.errors()
    told = f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
    assert said in told, told


@pytest.mark.parametrize("name", sorted(_NEUTRAL))
def test_a_field_that_asks_for_nothing_is_taken(name: str) -> None:
    for value in (None, *_NEUTRAL[name]):
        asked(**{name: value})


@pytest.mark.parametrize("name", sorted(_IGNORED))
def test_a_field_that_changes_no_answer_is_taken(name: str) -> None:
    asked(**{name: "x"})


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({}, True),
        ({"store": True}, True),
        ({"store": False}, False),
        ({"memory": {"user_id": "ana", "store": False}}, False),
        ({"memory": {"user_id": "ana"}, "store": False}, False),
        ({"memory": {"user_id": "ana", "store": True}}, True),
    ],
)
def test_off_the_record_is_said_in_either_place(more: dict[str, Any], kept: bool) -> None:
    assert asked(**more).kept is kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted({*Completion.model_fields, *_NEUTRAL, *_IGNORED})
PARTS = st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": st.text()}), max_size=4)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["system", "developer", "user", "assistant"]),
            "content": st.text() | PARTS,
        }
    ),
    max_size=5,
)


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=10), JSON) | JSON)
def test_whatever_comes_is_a_request_or_is_refused(given: Any) -> None:
    try:
        found = Completion.model_validate(given)
    except ValidationError as error:
        assert error.errors(include_url=False, include_context=False, include_input=False)  # noqa: PT017
        return
    found.turns()
    found.sampling(0)


@given(
    MESSAGES,
    st.integers(-(2**63), 2**63 - 1) | st.none(),
    st.none() | st.floats(0, 2),
    st.none() | st.text(min_size=1) | st.lists(st.text(min_size=1), max_size=4),
)
def test_nothing_of_what_is_said_is_lost(
    before: list[Any], seed: int | None, temperature: float | None, stop: Any
) -> None:
    found = asked(messages=[*before, HELLO], seed=seed, temperature=temperature, stop=stop)
    turns = found.turns()
    assert len(turns) == len(before) + 1
    for message, turn in zip(before, turns, strict=False):
        content = message["content"]
        said = content if isinstance(content, str) else "\n".join(part["text"] for part in content)
        assert turn.text == said
        assert turn.role == {"developer": "system"}.get(message["role"], message["role"])
    sampling = found.sampling(7)
    assert 0 <= sampling.seed < 2**64
    assert seed is not None or sampling.seed == 7
    assert sampling.temperature == (temperature if temperature and temperature >= 1e-6 else 0.0)
    assert all(sampling.stop)
