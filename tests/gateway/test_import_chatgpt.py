"""ChatGPT's export: the path that was last shown counts; the rest is left out and counted."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.imports import Format, detect, turns
from gateway.cli.imports.chatgpt import read
from gateway.cli.place import CliError

START = datetime(2026, 11, 23, tzinfo=UTC)
T0 = 1_770_000_000.25


def node(name: str, parent: str | None, said: str | dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """A node of the tree: a text of the user's, any message, or none."""
    message = {"content": {"content_type": "text", "parts": [said]}} if isinstance(said, str) else said
    if message is not None:
        message = {"id": name, "author": {"role": "user"}, "create_time": T0, **message, **more}
    return {"id": name, "parent": parent, "children": [], "message": message}


def answer(text: str) -> dict[str, Any]:
    return {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": [text]}}


def content(kind: str, *parts: Any, role: str = "user") -> dict[str, Any]:
    return {"author": {"role": role}, "content": {"content_type": kind, "parts": list(parts)}}


def export(*nodes: dict[str, Any], current: str | None, **more: Any) -> dict[str, Any]:
    mapping = {one["id"]: one for one in nodes}
    return {"title": "T", "conversation_id": "c1", "mapping": mapping, "current_node": current, **more}


def raw(*conversations: Any) -> bytes:
    return json.dumps(list(conversations)).encode()


PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x", "width": 10}
ROOT = node("root", None, None)


def test_the_path_to_the_current_message_is_read_and_its_other_branches_are_counted() -> None:
    tree = export(
        ROOT,
        node("a", "root", "I live in Porto."),
        node("b-old", "a", answer("First try.")),
        node("c-old", "b-old", "No, shorter."),
        node("b", "a", answer("Noted."), create_time=T0 + 5),
        current="b",
    )
    reading = read(raw(tree))
    assert [(m.role, m.content, m.id) for m in reading.messages] == [
        ("user", "I live in Porto.", "c1/a"),
        ("assistant", "Noted.", "c1/b"),
    ]
    assert reading.messages[0].timestamp == "2026-02-02T02:40:00.250000+00:00"
    assert (reading.left_out, reading.bad) == ({"on another branch": 2}, ())


def test_the_same_message_id_in_two_conversations_is_two_events() -> None:
    one = export(node("m", None, "Hello."), current="m")
    reading = read(raw(one, {**one, "conversation_id": "c2"}))
    assert [message.id for message in reading.messages] == ["c1/m", "c2/m"]


def test_tools_code_hidden_and_system_messages_are_left_out_by_reason() -> None:
    tree = export(
        node("s", None, content("text", "", role="system")),
        node("p", "s", "About me.", metadata={"is_visually_hidden_from_conversation": True}),
        node("q", "p", "Plot it."),
        node("call", "q", content("code", role="assistant"), recipient="python"),
        node("out", "call", content("execution_output", role="tool")),
        node("think", "out", content("thoughts", role="assistant")),
        node("void", "think", " "),
        node("done", "void", answer("Here it is."), recipient="all"),
        current="done",
    )
    reading = read(raw(tree))
    assert [message.content for message in reading.messages] == ["Plot it.", "Here it is."]
    assert reading.left_out == {
        "system": 1,
        "hidden": 1,
        "tool calls and output": 2,
        "code and other content": 1,
        "empty": 1,
    }
    assert reading.skipped == 6


def test_a_picture_stands_beside_its_words_and_alone_is_left_out() -> None:
    spoken = {"content_type": "audio_transcription", "text": "What is this?"}
    tree = export(
        node("a", None, content("multimodal_text", PICTURE, "Is this my cat?")),
        node("b", "a", content("multimodal_text", PICTURE, PICTURE)),
        node("c", "b", content("multimodal_text", spoken, {"content_type": "audio_asset_pointer"})),
        current="c",
    )
    reading = read(raw(tree))
    assert [message.content for message in reading.messages] == ["[image]\nIs this my cat?", "What is this?"]
    assert reading.left_out["images only"] == 1


def test_without_a_current_message_the_latest_leaf_is_taken() -> None:
    tree = [
        node("a", None, "Hello."),
        node("old", "a", answer("Old."), create_time=T0 + 1),
        node("older", "old", "More.", create_time=T0 + 2),
        node("new", "a", answer("New."), create_time=T0 + 9),
    ]
    for current in (None, "gone"):
        assert read(raw(export(*tree, current=current))).messages[-1].content == "New."
    for one in tree:
        one["message"]["create_time"] = None
    assert read(raw(export(*tree, current=None))).messages[-1].content == "More."


def test_a_message_without_a_time_was_said_after_the_one_before_it() -> None:
    tree = export(
        node("a", None, "One.", create_time=None),
        node("b", "a", "Two."),
        node("c", "b", "Three."),
        current="c",
    )
    tree["mapping"]["c"]["message"]["create_time"] = None
    times = [message.timestamp for message in read(raw({**tree, "create_time": T0 - 60})).messages]
    assert times == ["2026-02-02T02:39:00.250000+00:00", *["2026-02-02T02:40:00.250000+00:00"] * 2]


@pytest.mark.parametrize(
    ("nodes", "current", "hint"),
    [
        ((node("a", "b", "x"), node("b", "a", "y")), "a", "in a circle, at 'a'"),
        ((node("a", "b", "x"), node("b", "a", "y")), None, "in a circle"),
        ((node("a", "a", "x"),), "a", "in a circle"),
        ((node("b", "lost", "x"),), "b", "'lost', which is not in the file"),
    ],
)
def test_a_tree_that_is_none_is_one_bad_conversation_among_good_ones(
    nodes: tuple[dict[str, Any], ...], current: str | None, hint: str
) -> None:
    good = export(node("a", None, "Hello."), current="a")
    reading = read(raw(good, export(*nodes, current=current), good))
    assert len(reading.messages) == 2
    [bad] = reading.bad
    assert bad.number == 2
    assert hint in bad.why
    assert bad.line(reading.item).startswith("conversation 2: ")


def test_a_bad_message_is_named_and_the_others_of_its_conversation_read() -> None:
    tree = export(
        node("a", None, "Hello."),
        node("b", "a", {"author": "me", "content": {}}),
        node("c", "b", "When?", create_time=1e30),
        node("d", "c", "Bye."),
        current="d",
    )
    reading = read(raw(tree, {"mapping": []}))
    assert [message.content for message in reading.messages] == ["Hello.", "Bye."]
    lines = [bad.line(reading.item) for bad in reading.bad]
    assert [line.partition(":")[0] for line in lines] == [
        "conversation 1, message b",
        "conversation 1, message c",
        "conversation 2",
    ]
    assert "$.author" in lines[0]
    assert "no time" in lines[1]


def test_the_conversation_is_a_filter_beside_whoever_it_belongs_to() -> None:
    messages = read(raw(export(node("a", None, "Hello."), current="a"))).messages
    [turn], bad = turns(messages, "default", {"user_id": "ann"}, START)
    assert (turn.body["user_id"], turn.body["run_id"], bad) == ("ann", "c1", [])
    [of_run], _ = turns(messages, "default", {"run_id": "mine"}, START)
    assert of_run.body["run_id"] == "mine"
    assert len(turns(messages, "default", {}, START)[1]) == 1


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        (raw({"role": "user", "content": "x"}), "leave --format out"),
        (raw(export(node("a", None, "Hello."), current="a"))[:-20], "cut off"),
        (b"", "empty"),
        (b"PK\x03\x04rest", "unpack"),
    ],
)
def test_a_file_that_is_no_export_is_one_clear_error(file: bytes, hint: str) -> None:
    with pytest.raises(CliError) as error:
        read(file)
    assert hint in str(error.value)


def test_an_export_is_told_from_other_json_even_when_it_is_cut_off() -> None:
    whole = raw(export(node("a", None, "Hello."), current="a"))
    assert detect(whole, "conversations.json") is Format.CHATGPT
    assert detect(whole[:-5], "") is Format.CHATGPT
    assert detect(whole[1:-1], "one.json") is Format.CHATGPT


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["a", "b", "c", "d"])
NODES = st.fixed_dictionaries(
    {"parent": st.none() | NAMES | JSON, "message": st.just(answer("Hi.")) | JSON | st.none()}
)


@given(
    st.lists(st.fixed_dictionaries({"mapping": st.dictionaries(NAMES, NODES) | JSON, "current_node": NAMES}))
)
def test_no_tree_makes_anything_but_a_reading_or_an_error(conversations: list[Any]) -> None:
    with contextlib.suppress(CliError):
        reading = read(raw(*conversations))
        assert all(message.content for message in reading.messages)
