"""Talking with a running system's model over HTTP, and what its memory has for that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from tests.end_to_end.system import MemCube, processes_of

CHAT: Final = "/v1/chat/completions"
# A prompt that the model goes on about for longer than any test looks on.
LONG: Final = "Write a very long story about a lighthouse and everybody who lives around it."


def asked(user: str, text: str, *, max_tokens: int = 12, stream: bool = False, **memory: Any) -> Any:
    """The body of a chat that always gets the same answer."""
    return {
        "model": "default",
        "messages": [{"role": "user", "content": text}],
        "max_tokens": max_tokens,
        "temperature": 0,
        "stream": stream,
        "memory": {"user_id": user, **memory},
    }


def chat(system: MemCube, user: str, text: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """The answer, and what is told of its memory."""
    document = system.post(CHAT, asked(user, text, **more))
    return document["choices"][0]["message"]["content"], document["memory"]


def tell(system: MemCube, user: str, *texts: str) -> list[str]:
    """Say these turns, and wait until what they hold can be recalled; the ids of their events."""
    turns = [{"user_id": user, "role": "user", "content": text} for text in texts]
    done = system.post("/v1/events?wait=recallable", {"events": turns})
    return [one["event_id"] for one in done["events"]]


def cube_of(system: MemCube, user: str, text: str) -> dict[str, Any]:
    [found] = [
        cube for cube in system.get("/v1/cubes", user_id=user, limit=500)["cubes"] if cube["text"] == text
    ]
    return dict(found)


def build(system: MemCube, user: str) -> dict[str, Any]:
    """The subject's block, of all that is known of it."""
    built: dict[str, Any] = system.json("activations", "build", "--user", user)["activation"]
    return built


def blocks(system: MemCube, user: str) -> list[dict[str, Any]]:
    return list(system.get("/v1/activations", user_id=user)["activations"])


def file_of(system: MemCube, block: dict[str, Any]) -> Path:
    ident = str(block["id"])
    return system.folder / "blocks" / ident[:2] / f"{ident}.kv"


def model_process(system: MemCube) -> int:
    [found] = [
        pid for pid, line in processes_of(system.group).items() if "streams.worker --role model" in line
    ]
    return found


def versions(system: MemCube, user: str, cube_id: str) -> Sequence[dict[str, Any]]:
    return list(system.get(f"/v1/cubes/{cube_id}/history", user_id=user)["versions"])


def streaming(system: MemCube, user: str, text: str, **more: Any) -> Any:
    """An answer as it comes; a context manager over the response."""
    http = httpx.Client(base_url=system.http.base_url, trust_env=False, timeout=60)
    return http.stream("POST", CHAT, json=asked(user, text, stream=True, **more))
