from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.locomo import Conversation, DataError, read


def sample(**changes: Any) -> dict[str, Any]:
    """Two sessions of two made-up people, and one question."""
    conversation = {
        "speaker_a": "Ada",
        "speaker_b": "Ben",
        "session_10": [{"speaker": "Ben", "dia_id": "D10:1", "text": "I have signed up for the marathon."}],
        "session_10_date_time": "12:05 am on 2 March, 2026",
        "session_2": [
            {"speaker": "Ada", "dia_id": "D2:1", "text": "I adopted a kitten.", "img_url": ["x"]},
            {"speaker": "Ben", "dia_id": "D2:2", "text": "Look!", "blip_caption": "a violin on a table"},
        ],
        "session_2_date_time": "1:56 pm on 8 May, 2025",
        "session_11_date_time": "1:56 pm on 9 May, 2026",
    }
    question = {"question": "What did Ada adopt?", "answer": "a kitten", "evidence": ["D2:1"], "category": 4}
    return {"sample_id": "made-up", "conversation": conversation, "qa": [question], **changes}


def written(folder: Path, content: object) -> Path:
    path = folder / "data.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def one(folder: Path, content: dict[str, Any]) -> Conversation:
    (conversation,) = read(written(folder, [content])).conversations
    return conversation


def asked(*evidence: object) -> dict[str, Any]:
    return sample(qa=[{"question": "q", "evidence": given, "category": 1} for given in (["D2:1"], *evidence)])


def test_turns_come_in_the_order_of_sessions_with_their_dates(tmp_path: Path) -> None:
    turns = one(tmp_path, sample()).turns
    assert [(turn.id, turn.speaker, turn.time) for turn in turns] == [
        ("D2:1", "Ada", datetime(2025, 5, 8, 13, 56, 0, tzinfo=UTC)),
        ("D2:2", "Ben", datetime(2025, 5, 8, 13, 56, 1, tzinfo=UTC)),
        ("D10:1", "Ben", datetime(2026, 3, 2, 0, 5, 0, tzinfo=UTC)),
    ]


def test_a_caption_stands_behind_the_words(tmp_path: Path) -> None:
    assert one(tmp_path, sample()).turns[1].text == "Look! [image: a violin on a table]"


def test_each_conversation_is_a_group(tmp_path: Path) -> None:
    assert one(tmp_path, sample()).subject.key.endswith("/group:made-up")


@pytest.mark.parametrize(
    ("given", "evidence"),
    [
        (["D2:1", "D10:1"], ("D2:1", "D10:1")),
        (["D2:1; D10:1"], ("D2:1", "D10:1")),
        (["D10:1 D2:1,D2:2"], ("D10:1", "D2:1", "D2:2")),
        (["D:10:1"], ("D10:1",)),
        (["D10:01", "D2:01"], ("D10:1", "D2:1")),
        (["D", "D2:1", ""], ("D2:1",)),
        (["D2:1", "D2:1", "D2:01"], ("D2:1",)),
        (["D2:1", "D2:19"], ("D2:1",)),
        ("D2:2", ("D2:2",)),
    ],
)
def test_evidence_is_read_however_it_is_typed(tmp_path: Path, given: object, evidence: object) -> None:
    assert one(tmp_path, asked(given)).questions[1].evidence == evidence


@pytest.mark.parametrize("given", [[], None, ["D7:7"], ["D2:10"], ["somewhere"], [""]])
def test_a_question_without_existing_evidence_is_skipped_and_counted(tmp_path: Path, given: object) -> None:
    conversation = one(tmp_path, asked(given))
    assert [question.number for question in conversation.questions] == [0]
    assert conversation.skipped == 1


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "multi-hop"),
        (2, "temporal"),
        (3, "open-domain"),
        (4, "single-hop"),
        (5, "adversarial"),
        (6, "category-6"),
        (None, "none"),
    ],
)
def test_categories_have_the_papers_names(tmp_path: Path, number: int | None, name: str) -> None:
    content = sample(qa=[{"question": "q", "evidence": ["D2:1"], "category": number}])
    assert one(tmp_path, content).questions[0].category == name


def test_of_two_turns_with_one_id_evidence_means_the_first(tmp_path: Path) -> None:
    content = sample()
    content["conversation"]["session_10"][0]["dia_id"] = "D2:1"
    conversation = one(tmp_path, content)
    assert [turn.id for turn in conversation.turns] == ["D2:1", "D2:2", "D2:1#2"]
    assert conversation.questions[0].evidence == ("D2:1",)


def broken(path: str, value: object) -> list[dict[str, Any]]:
    content = sample()
    *parents, last = path.split("/")
    at = content
    for name in parents:
        at = at[name]
    at[last] = value
    return [content]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is not JSON"),
        ("[{", "is not JSON"),
        ('[{"sample_id": "x', "is not JSON: Input data was truncated"),
        ("{}", r"not a list of LoCoMo conversations.*array"),
        ("[]", "no question whose evidence exists"),
        ("[1]", r"\$\[0\]"),
        ([{"qa": []}], "conversation"),
        ([{"conversation": {}}], "`qa`"),
        (broken("qa", [{"evidence": []}]), r"`question`.*\$\[0\]\.qa\[0\]"),
        (broken("qa", []), r"no question whose evidence exists \(0 "),
        (broken("qa", [{"question": "q", "evidence": ["D7:7"]}]), r"no question .* \(1 questions without\)"),
        (broken("conversation", {}), "made-up has no turns: expected session_1"),
        (broken("conversation/session_2", [{"speaker": "Ada"}]), "made-up, session_2, turn 1: .*`dia_id`"),
        (broken("conversation/session_2", "none"), "made-up, session_2: Expected `array`"),
        (
            broken("conversation/session_2_date_time", "yesterday"),
            "made-up, session_2: 'yesterday' is no date",
        ),
        (
            broken("conversation/session_2_date_time", None),
            "made-up, session_2: it has no session_2_date_time",
        ),
        (broken("sample_id", "a\nb"), "sample_id cannot be used"),
        ([sample(), sample()], "two conversations have the sample_id 'made-up'"),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused_with_the_part_that_is_wrong(
    tmp_path: Path, content: object, says: str
) -> None:
    with pytest.raises(DataError, match=says) as refused:
        read(written(tmp_path, content))
    assert "\n" not in str(refused.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read(tmp_path)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read(tmp_path / "gone.json")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(b'[{"sample_id": "\xff"}]')
    with pytest.raises(DataError, match="is not JSON"):
        read(path)
