"""Blocks on a whole system with a real model: made by command or by use, served exactly, ended by change.

Each test has a person of its own.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.end_to_end.system import MemCube, until
from tests.end_to_end.talking import blocks, build, chat, cube_of, file_of, tell, versions

# The first of them starts the system.
pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]

LIFE: Final = (
    "I live in Hamburg.",
    "I work at Brightwater.",
    "I'm allergic to walnuts.",
    "My cat is called Pixel.",
    "My sister is called Clara.",
)
PROMPTS: Final = (
    "Where do I live?",
    "What is my cat called?",
    "What am I allergic to?",
    "Tell me something about my sister.",
    "Hello!",
)
PROMOTED_WITHIN_S: Final = 60


def kv(system: MemCube, user: str, text: str = "Where do I live?", **more: Any) -> dict[str, Any]:
    """What is told of an answer by KV."""
    return chat(system, user, text, route="kv", store=False, **more)[1]


def gone(system: MemCube, user: str, block: dict[str, Any]) -> dict[str, Any]:
    """The block once its file has been removed."""
    until(lambda: not file_of(system, block).exists(), 30, system.told)
    return system.json("activations", "show", block["id"], "--user", user)


def test_read_and_injected_the_same_tokens_get_the_same_answers(talking: MemCube) -> None:
    tell(talking, "ann", *LIFE)
    block = build(talking, "ann")
    assert len(block["parents"]) == len(LIFE)
    answers: dict[str, list[str]] = {"text": [], "kv": []}
    for prompt in PROMPTS:
        for route, said in answers.items():
            text, memory = chat(talking, "ann", prompt, route=route, exact=True, store=False)
            assert memory["route"] == route, memory
            assert [parent["id"] for parent in block["parents"]] == memory["cubes"][: len(block["parents"])]
            said.append(text)
    assert answers["kv"] == answers["text"]
    assert len(set(answers["kv"])) > 1


def test_a_block_is_shown_and_dropped(talking: MemCube) -> None:
    tell(talking, "bea", *LIFE)
    block = build(talking, "bea")
    [listed] = talking.json("activations", "list", "--user", "bea")["activations"]
    shown = talking.json("activations", "show", block["id"], "--user", "bea")
    assert listed == shown == block
    assert shown["current"]
    assert file_of(talking, block).stat().st_size == block["bytes"]
    assert block["id"] in talking.command("activations", "list", "--user", "bea").stdout
    again = talking.json("activations", "build", "--user", "bea")
    assert (again["activation"]["id"], again["event_id"]) == (block["id"], None)
    assert talking.texts("bea") == {cube["text"] for cube in cubes_of(talking, "bea", block)}

    before = talking.texts("bea")
    talking.json("activations", "drop", block["id"], "--user", "bea")
    assert gone(talking, "bea", block)["state"] == "archived"
    assert talking.texts("bea") == before
    assert kv(talking, "bea")["route"] == "none"


def test_what_is_forgotten_ends_the_block_with_it(talking: MemCube) -> None:
    tell(talking, "cem", *LIFE)
    block = build(talking, "cem")
    assert kv(talking, "cem")["route"] == "kv"
    secret = cube_of(talking, "cem", "cem is allergic to walnuts")
    talking.json("forget", secret["id"], "--user", "cem", "--yes")
    ended = talking.json("activations", "show", block["id"], "--user", "cem")
    assert ended["state"] == "erased"
    memory = kv(talking, "cem", "What am I allergic to?")
    assert (memory["route"], memory["cubes"]) == ("none", [])
    assert memory["reason"]
    assert gone(talking, "cem", block)["state"] == "erased"
    assert b"walnut" not in b"".join(path.read_bytes() for path in (talking.folder / "blocks").rglob("*.kv"))


def test_a_correction_ends_the_block_in_the_same_commit(talking: MemCube) -> None:
    tell(talking, "dee", *LIFE)
    block = build(talking, "dee")
    home = cube_of(talking, "dee", "dee lives in Hamburg")
    assert home["id"] in {parent["id"] for parent in block["parents"]}
    [event] = tell(talking, "dee", "I live in Lisbon.")
    memory = kv(talking, "dee")
    assert (memory["route"], memory["cubes"]) == ("none", [])
    assert "changed" in memory["reason"]
    ended = talking.json("activations", "show", block["id"], "--user", "dee")
    assert (ended["state"], ended["reason"]) == ("superseded", "parent-changed")
    last, replaced = versions(talking, "dee", block["id"])[-1], versions(talking, "dee", home["id"])[-1]
    assert last["cause"] == replaced["cause"] == event
    assert last["recorded_at"] == replaced["recorded_at"]
    gone(talking, "dee", block)

    anew = build(talking, "dee")
    assert anew["id"] != block["id"]
    now = cube_of(talking, "dee", "dee lives in Lisbon")
    assert now["id"] in kv(talking, "dee")["cubes"]
    assert home["id"] not in kv(talking, "dee")["cubes"]
    assert [one["state"] for one in blocks(talking, "dee")].count("active") == 1


def test_what_is_asked_for_often_is_promoted(talking: MemCube) -> None:
    """Nobody orders it: recalls are counted, a job is asked for, a model process does it, chat reads it."""
    tell(talking, "eli", *LIFE)
    for _ in range(4):
        for question in PROMPTS[:4]:
            assert talking.recalled("eli", question)
    until(lambda: any(block["current"] for block in blocks(talking, "eli")), PROMOTED_WITHIN_S, talking.told)
    [block] = blocks(talking, "eli")
    assert {cube["text"] for cube in cubes_of(talking, "eli", block)} <= talking.texts("eli")
    assert file_of(talking, block).exists()
    memory = kv(talking, "eli")
    assert (memory["route"], memory["reason"]) == ("kv", None)
    status = talking.get("/v1/status")
    assert status["blocks"]["kept"] >= 1


def cubes_of(system: MemCube, user: str, block: dict[str, Any]) -> list[dict[str, Any]]:
    return [system.get(f"/v1/cubes/{parent['id']}", user_id=user) for parent in block["parents"]]
