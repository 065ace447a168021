"""LoCoMo's shape, with conversations made up here: the real file is not ours to copy."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import locomo as evaluator
from gateway.cli.imports import Format, detect, turns
from gateway.cli.imports.locomo import read
from gateway.cli.place import CliError


def sample(name: Any = "talk-1", **sessions: Any) -> dict[str, Any]:
    return {"sample_id": name, "conversation": {"speaker_a": "Ida", "speaker_b": "Leo", **sessions}, "qa": []}


def said(speaker: str, dia_id: str, text: str, **more: Any) -> dict[str, Any]:
    return {"speaker": speaker, "dia_id": dia_id, "text": text, **more}


def raw(*samples: Any) -> bytes:
    return json.dumps(list(samples)).encode()


TALK = sample(
    session_1_date_time="1:56 pm on 8 May, 2023",
    session_1=[
        said("Ida", "D1:1", "I adopted a goat."),
        said("Leo", "D1:2", "Show me!", blip_caption="a goat on a sofa", img_url=["x"], query="goat"),
    ],
    session_10_date_time="12:09 am on 13 September, 2023",
    session_10=[said("Ida", "D10:1", "She is grown up now.")],
    session_2_date_time="9:55 am on 22 June, 2023",
    session_2=[said("Leo", "D2:1", "", blip_caption="a red barn"), said("Leo", "D2:2", " ")],
    session_3_date_time="1:00 pm on 1 July, 2023",
)


def test_each_sample_is_a_group_with_its_speakers_dates_and_ids() -> None:
    reading = read(raw(TALK, {**TALK, "sample_id": "talk-2"}))
    first = [message for message in reading.messages if message.number == 1]
    assert [(m.name, m.source_id, m.content, m.timestamp) for m in first] == [
        ("Ida", "D1:1", "I adopted a goat.", "2023-05-08T13:56:00+00:00"),
        ("Leo", "D1:2", "Show me! [image: a goat on a sofa]", "2023-05-08T13:56:01+00:00"),
        ("Leo", "D2:1", "[image: a red barn]", "2023-06-22T09:55:00+00:00"),
        ("Ida", "D10:1", "She is grown up now.", "2023-09-13T00:09:00+00:00"),
    ]
    assert {message.role for message in reading.messages} == {"user"}
    assert (reading.left_out, reading.bad) == ({"empty": 2}, ())
    sent, nobodys = turns(reading.messages, "default", {"user_id": "me"}, datetime.now(UTC))
    assert not nobodys
    assert {(turn.body["group_id"], turn.body.get("user_id")) for turn in sent} == {
        ("talk-1", None),
        ("talk-2", None),
    }
    assert len({turn.body["id"] for turn in sent}) == len(sent)


def test_what_is_bad_is_named_and_the_rest_read() -> None:
    reading = read(
        raw(
            sample(7),
            sample(
                session_1_date_time="yesterday",
                session_1=[said("Ida", "D1:1", "x")],
                session_2=[said("Ida", "D2:1", "x")],
                session_3_date_time="1:00 pm on 1 July, 2023",
                session_3=[{"speaker": "Ida"}, said("Ida", "D3:2", "Good.")],
                session_4_date_time="1:00 pm on 2 July, 2023",
                session_4={"not": "a list"},
            ),
        )
    )
    assert [message.content for message in reading.messages] == ["Good."]
    assert [bad.line(reading.item).partition(":")[0] for bad in reading.bad] == [
        "sample 1",
        "sample 2, session_1",
        "sample 2, session_2",
        "sample 2, session_3, turn 1",
        "sample 2, session_4",
    ]
    assert "'yesterday' is no date" in reading.bad[1].why
    assert "session_2_date_time" in reading.bad[2].why


ROUGH = sample(
    session_1_date_time="1:56 pm on 8 May, 2023",
    session_1=[
        said("Ida", "D1:1", "I adopted a goat."),
        said("Leo", "D1:1", "I bought a boat called Sally."),
        {"speaker": "Leo", "dia_id": "D1:3", "blip_caption": " a red boat "},
        {"speaker": "Leo", "dia_id": "D1:4"},
        said("Leo", "D1:1", "It leaks."),
    ],
    session_2=[],
    session_3=[],
    session_3_date_time="nobody came",
)


def test_what_is_rough_is_read_whole_and_as_the_evaluator_reads_it(tmp_path: Path) -> None:
    reading = read(raw(ROUGH))
    assert (reading.bad, reading.left_out) == ((), {"empty": 1})
    told = [(m.source_id, m.name, m.content, m.timestamp) for m in reading.messages]
    assert told == [
        ("D1:1", "Ida", "I adopted a goat.", "2023-05-08T13:56:00+00:00"),
        ("D1:1#1", "Leo", "I bought a boat called Sally.", "2023-05-08T13:56:01+00:00"),
        ("D1:3", "Leo", "[image: a red boat]", "2023-05-08T13:56:02+00:00"),
        ("D1:1#4", "Leo", "It leaks.", "2023-05-08T13:56:04+00:00"),
    ]
    assert len({message.id for message in reading.messages}) == 4

    file = tmp_path / "data.json"
    file.write_bytes(raw({**ROUGH, "qa": [{"question": "A pet?", "evidence": ["D1:1"]}]}))
    [evaluated] = evaluator.read(file).conversations
    assert [(t.id, t.speaker, t.text, t.time.isoformat()) for t in evaluated.turns] == told


@pytest.mark.parametrize("session", [[said("Ida", "D2:1", "x")], "none", [{"speaker": "Ida"}]])
@pytest.mark.parametrize("date", ["yesterday", None, 7, "1:56 pm on 8 May, 2023"])
def test_what_an_import_names_as_bad_the_evaluator_refuses_in_the_same_words(
    tmp_path: Path, session: Any, date: Any
) -> None:
    talk = sample(session_1=TALK["conversation"]["session_1"], session_2=session, session_2_date_time=date)
    talk["conversation"]["session_1_date_time"] = "1:56 pm on 8 May, 2023"
    bad = read(raw(talk)).bad
    file = tmp_path / "data.json"
    file.write_bytes(raw({**talk, "qa": [{"question": "A pet?", "evidence": ["D1:1"]}]}))
    if not bad:
        assert len(evaluator.read(file).conversations[0].turns) == 3
        return
    with pytest.raises(evaluator.DataError, match=re.escape(f"talk-1, {bad[0].part}: {bad[0].why}")):
        evaluator.read(file)


@pytest.mark.parametrize(
    ("file", "hint"),
    [(raw(TALK)[:-30], "cut off"), (raw({"role": "user"}), "no LoCoMo file"), (b"\xff", "UTF-8")],
)
def test_a_file_that_is_none_is_one_clear_error(file: bytes, hint: str) -> None:
    with pytest.raises(CliError) as error:
        read(file)
    assert hint in str(error.value)


def test_it_is_told_from_other_json() -> None:
    assert detect(raw(TALK), "x.json") is Format.LOCOMO
    assert detect(json.dumps(TALK).encode(), "") is Format.LOCOMO
    assert len(read(json.dumps(TALK).encode()).messages) == 4


JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3))


@given(st.dictionaries(st.sampled_from(["session_1", "session_1_date_time", "session_x", "speaker_a"]), JSON))
def test_no_conversation_makes_anything_but_a_reading_or_an_error(conversation: dict[str, Any]) -> None:
    with contextlib.suppress(CliError):
        read(raw({"sample_id": "s", "conversation": conversation}))
