"""After a release with other rules, and after a change of the embedder, on a real system."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.end_to_end.system import ROOT, MemCube

OLDER: Final = Path(__file__).parent / "older"
ANY_PORT: Final = ("--gateway-port", "0", "--kafka-port", "0")
TOLD: Final[list[dict[str, Any]]] = [
    {"role": "user", "name": "Ann", "timestamp": f"2026-01-0{day}T10:00:00+00:00", "content": text}
    for day, text in (
        (1, "I live in Faro. My sister lives in Rome."),
        (2, "My sister plays chess."),
        (3, "I live in Oslo."),
    )
]


def tell(system: MemCube, user: str) -> None:
    system.json("import", "-", "--user", user, stdin=json.dumps(TOLD))


def test_other_rules(another: Callable[..., MemCube]) -> None:
    older = another("rules", *ANY_PORT)
    older.setting("PYTHONPATH", f"{OLDER}:{ROOT}")
    older.start()
    tell(older, "ann")
    tell(older, "eve")
    assert older.texts("ann", state="active") == {"Ann lives in Oslo"}
    older.stop()

    system = another("rules", *ANY_PORT)
    stopped = system.json("reprocess", "--dry-run")
    assert [plan["address"] for plan in stopped["plans"]] == [{"user_id": "ann"}, {"user_id": "eve"}]
    refused = system.command("reprocess", "--yes")
    assert refused.returncode == 1
    assert "memcube up" in refused.stderr

    system.start()
    dry = system.command("reprocess", "--dry-run", "--user", "ann")
    assert "Ann's sister lives in Rome (active, 2026-01-01 10:00" in dry.stdout
    assert "2 new, 0 gone, 0 changed; 2 kept there; 0 memories to embed anew; subjects: 1" in dry.stdout
    assert system.texts("ann", state="active") == {"Ann lives in Oslo"}

    since = system.json("reprocess", "--user", "eve", "--since", "2026-01-02")
    assert [change["after"]["text"] for change in since["plans"][0]["changes"]] == [
        "Ann's sister plays chess"
    ]
    assert system.texts("eve", state="active") == {"Ann lives in Oslo", "Ann's sister plays chess"}

    done = system.command("reprocess", "--user", "ann")
    assert done.returncode == 0, done.stderr
    assert "undo with `memcube undo " in done.stdout
    sisters = {"Ann's sister lives in Rome", "Ann's sister plays chess"}
    assert system.texts("ann", state="active") == {"Ann lives in Oslo", *sisters}
    assert system.recalled("ann", "who lives in Rome?")[0] == "Ann's sister lives in Rome"
    assert "no memory would change" in system.command("reprocess", "--user", "ann").stdout

    event = done.stdout.split("memcube undo ")[1].split()[0]
    system.json("undo", event, "--user", "ann")
    assert system.texts("ann", state="active") == {"Ann lives in Oslo"}

    everybody = system.json("reprocess", "--yes")
    assert {one["whose"] for one in everybody["events"]} == {"user ann", "user eve"}
    assert system.texts("ann", state="active") == {"Ann lives in Oslo", *sisters}
    assert system.texts("eve", state="active") == {"Ann lives in Oslo", *sisters}
    assert system.letters() == []
    system.stop()


def test_another_embedder(another: Callable[..., MemCube]) -> None:
    hashed = another("embedder", *ANY_PORT)
    hashed.start()
    tell(hashed, "ann")
    hashed.stop()

    system = another("embedder", *ANY_PORT, embedder="minilm")
    system.start()
    assert system.recalled("ann", "Oslo")[0] == "Ann lives in Oslo"
    # No word in common, and no vector yet.
    meant = "which board game is she good at"
    assert "Ann's sister plays chess" not in system.recalled("ann", meant)
    plan = system.json("reprocess", "--dry-run")["plans"][0]
    assert (plan["vectors"], plan["changes"]) == (7, [])
    before = system.get("/v1/cubes", user_id="ann", episodes=True)
    done = system.json("reprocess", "--yes")
    assert [event["changed"] for event in done["events"]] == [0]
    assert system.get("/v1/cubes", user_id="ann", episodes=True) == before
    assert system.recalled("ann", meant)[0] == "Ann's sister plays chess"
    system.until_quiet()
    told = system.get(f"/v1/events/{done['events'][0]['event_id']}", user_id="ann")
    assert [(step["decision"], step["reason"]) for step in told["audit"]] == [("noop", "embedded-anew")]
    assert system.json("reprocess", "--yes") == {"plans": [], "events": []}
    system.stop()


def test_killed_in_the_middle_it_goes_on_after_the_next_start(another: Callable[..., MemCube]) -> None:
    said = [
        {
            "role": "assistant",
            "content": f"Box {n} of boat trip number {n} is still at the lake: nobody has fetched it.",
            "timestamp": f"2026-01-{n // 24 + 1:02d}T{n % 24:02d}:00:00+00:00",
        }
        for n in range(600)
    ]
    hashed = another("killed", *ANY_PORT)
    hashed.start()
    hashed.json("import", "-", "--user", "ann", stdin=json.dumps(said))
    hashed.json("import", "-", "--user", "eve", stdin=json.dumps(said[:5]))
    hashed.stop()

    system = another("killed", *ANY_PORT, embedder="minilm")
    system.start()
    sent = system.post("/v1/commands", {"type": "reprocess", "user_id": "ann"})
    # It is in the log, and seconds of embedding are ahead of it.
    passed = system.get("/v1/positions", role="memory")["positions"]
    assert {one["partition"]: one["next"] for one in passed}[sent["partition"]] <= sent["offset"]
    system.kill()

    system.start()
    system.until_quiet(60)
    assert system.json("reprocess", "--user", "ann", "--yes")["events"] == []
    left = system.json("reprocess", "--dry-run")["plans"]
    assert [(plan["address"], plan["vectors"]) for plan in left] == [({"user_id": "eve"}, 5)]
    assert system.letters() == []
    system.stop()
