"""The routes, over a real record, index and role memory; only Kafka is a list.

One file, since they share one house.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http.app import create_app
from schemas.topics import DEADLETTER, EVENTS
from tests.gateway.house import House, opened
from tests.gateway.served import served

ALICE: dict[str, Any] = {"user_id": "alice"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


def said(text: str, **more: Any) -> dict[str, Any]:
    return {**ALICE, "role": "user", "content": text, **more}


async def tell(client: httpx.AsyncClient, text: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/events?wait=recallable", json=said(text, **more))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def order(client: httpx.AsyncClient, **command: Any) -> httpx.Response:
    return await client.post("/v1/commands?wait=recallable", json={**ALICE, **command})


async def memories(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/cubes", params={**ALICE, **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["cubes"]
    return found


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["title"]
    assert document["detail"]
    assert document["status"] == status
    return document


# --- events and recall ------------------------------------------------------------------------------


async def test_what_was_said_is_recallable_when_the_wait_is_over(client: httpx.AsyncClient) -> None:
    event = await tell(client, "I live in Lisbon.", timestamp="2026-03-01T10:00:00+01:00", id="m1")
    answer = await client.post("/v1/recall", json={**ALICE, "query": "Where does Alice live?"})
    [memory] = answer.json()["memories"]
    assert "Lisbon" in memory["text"]
    assert memory["state"] == "active"
    assert memory["valid_to"] is None
    assert 0 < memory["score"] <= 1
    [origin] = memory["provenance"]
    assert origin["event_id"] == event["event_id"]
    assert origin["source_id"] == "m1"
    assert origin["time"] == "2026-03-01T10:00:00+01:00"


async def test_a_recall_is_reported_by_ids_only(client: httpx.AsyncClient, house: House) -> None:
    await tell(client, "I live in Lisbon.")
    await client.post("/v1/recall", json={**ALICE, "query": "Lisbon"})
    [report] = house.bus.reports
    assert report.subject == "default/user:alice"
    assert len(report.cubes) == 1


async def test_one_subject_is_not_seen_from_another(client: httpx.AsyncClient) -> None:
    await tell(client, "I live in Lisbon.")
    for other in ({"user_id": "bob"}, {"user_id": "alice", "tenant": "acme"}, {"agent_id": "alice"}):
        answer = await client.post("/v1/recall", json={**other, "query": "Lisbon"})
        assert answer.json() == {"memories": [], "context": None, "context_tokens": None}


async def test_a_list_asks_for_both_times(client: httpx.AsyncClient) -> None:
    await tell(client, "I live in Porto.", timestamp="2026-03-01T10:00:00Z")
    await tell(client, "I moved to Lisbon.", timestamp="2026-05-10T10:00:00Z")
    [porto, lisbon] = sorted((await memories(client)), key=lambda cube: str(cube["valid_from"]))
    assert [cube["text"] for cube in await memories(client, as_of="2026-04-01")] == [porto["text"]]
    assert [cube["text"] for cube in await memories(client, as_of="2026-06-01")] == [lisbon["text"]]
    first = (await client.get(f"/v1/cubes/{porto['id']}/history", params=ALICE)).json()["versions"][0]
    asked = {**ALICE, "known_at": first["recorded_at"]}
    assert [cube["state"] for cube in await memories(client, known_at=first["recorded_at"])] == ["active"]
    shown = await client.get(f"/v1/cubes/{porto['id']}", params=asked)
    assert (shown.json()["version"], shown.json()["state"]) == (1, "active")
    unknown = await client.get(f"/v1/cubes/{porto['id']}", params={**ALICE, "known_at": "2001-01-01"})
    assert unknown.status_code == 404
    bad = await client.get("/v1/cubes", params={**ALICE, "as_of": "yesterday"})
    assert bad.status_code in {400, 422}


async def test_recall_asks_for_both_times(client: httpx.AsyncClient) -> None:
    async def homes(**times: str) -> list[str]:
        asked = {**ALICE, "query": "Where does Alice live?", **times}
        answer = await client.post("/v1/recall", json=asked)
        assert answer.status_code == 200, answer.text
        return sorted(memory["text"] for memory in answer.json()["memories"])

    await tell(client, "I live in Porto.", timestamp="2026-03-01T10:00:00Z")
    [porto] = await memories(client)
    await tell(client, "I moved to Lisbon.", timestamp="2026-05-10T10:00:00Z")
    [lisbon] = [cube for cube in await memories(client) if cube["id"] != porto["id"]]
    before = {"known_at": porto["recorded_at"]}
    assert await homes() == [lisbon["text"]]
    assert await homes(**before) == [porto["text"]]
    assert await homes(as_of="2026-06-01", **before) == [porto["text"]]
    assert await homes(as_of="2026-02-01", **before) == []
    assert await homes(as_of="2026-04-01", known_at=lisbon["recorded_at"]) == [porto["text"]]
    assert await homes(known_at="2001-01-01") == []

    gone = await client.delete(f"/v1/cubes/{porto['id']}", params={**ALICE, "wait": "recallable"})
    assert gone.status_code == 200, gone.text
    assert await homes(**before) == []
    bad = await client.post("/v1/recall", json={**ALICE, "query": "home", "known_at": "yesterday"})
    assert bad.status_code in {400, 422}


async def test_as_of_a_day_means_what_was_true_at_its_end(client: httpx.AsyncClient) -> None:
    await tell(client, "I live in Porto.", timestamp="2026-03-01T10:00:00Z")
    await tell(client, "I moved to Lisbon.", timestamp="2026-05-10T10:00:00Z")

    async def home(**query: Any) -> str:
        answer = await client.post("/v1/recall", json={**ALICE, "query": "Where do I live?", **query})
        return " ".join(memory["text"] for memory in answer.json()["memories"])

    assert "Porto" in await home(as_of="2026-03-01")
    assert "Lisbon" not in await home(as_of="2026-04-01")
    assert "Lisbon" in await home()


async def test_the_same_id_twice_is_one_event(client: httpx.AsyncClient) -> None:
    first = await tell(client, "I live in Lisbon.", id="m1")
    before = await memories(client, episodes=True)
    second = await tell(client, "I live in Lisbon.", id="m1")
    assert second["event_id"] == first["event_id"]
    assert (first["known"], second["known"]) == (False, True)
    assert await memories(client, episodes=True) == before
    other = await client.post("/v1/events", json={**said("x y z", id="m1"), "user_id": "bob"})
    assert other.json()["event_id"] != first["event_id"]


async def test_without_an_id_only_a_deterministic_event_is_known_again(client: httpx.AsyncClient) -> None:
    async def event_id(**more: Any) -> str:
        answer = await client.post("/v1/events", json=said("I like tea.", **more))
        return str(answer.json()["event_id"])

    assert await event_id() != await event_id()
    same = {"deterministic": True, "timestamp": "2026-03-01T10:00:00Z"}
    assert await event_id(**same) == await event_id(**same)
    assert await event_id(**same) == await event_id(**{**same, "timestamp": "2026-03-01T10:00:00"})
    assert await event_id(**same) != await event_id(**same, occurrence=1)
    assert await event_id(**same) != await event_id(**same, name="Ann")
    unknown = {"deterministic": True}
    assert await event_id(**unknown, assumed_timestamp="2026-01-01") == await event_id(
        **unknown, assumed_timestamp="2026-02-02"
    )


async def test_the_same_words_are_remembered_once_where_that_is_asked_for(client: httpx.AsyncClient) -> None:
    async def event_id(**more: Any) -> str:
        order = {"user_id": "ann", "type": "remember", "text": "The gate code is 4711", **more}
        answer = await client.post("/v1/commands", json=order)
        return str(answer.json()["event_id"])

    assert await event_id() != await event_id()
    same: dict[str, Any] = {"deterministic": True, "source_id": "guide.md"}
    first = await event_id(**same)
    assert await event_id(**same, timestamp="2026-03-01T10:00:00Z") == first
    others: list[dict[str, Any]] = [
        {"occurrence": 1},
        {"name": "Ann"},
        {"source_id": "other.md"},
        {"user_id": "bob"},
        {"id": "m1"},
    ]
    assert len({first, *[await event_id(**{**same, **other}) for other in others]}) == 6
    turn = await client.post("/v1/events", json=said("The gate code is 4711", deterministic=True))
    assert turn.json()["event_id"] != first


async def test_one_bad_item_does_not_stop_the_others(client: httpx.AsyncClient, house: House) -> None:
    house.bus.lost.add("too big once sealed")
    items = [
        said("I live in Lisbon."),
        said(""),
        {"role": "user", "content": "whose?"},
        "not an object",
        said("I like tea.", role="robot"),
        said("too big once sealed"),
        said("I have a cat named Miso."),
    ]
    answer = await client.post("/v1/events?wait=recallable", json={"events": items})
    assert answer.status_code == 200
    events = answer.json()["events"]
    assert ["error" in event for event in events] == [False, True, True, True, True, True, False]
    assert "empty" in events[1]["error"]
    assert "user_id" in events[2]["error"]
    assert "role" in events[4]["error"]
    turns = {cube["text"] for cube in await memories(client, episodes=True) if cube["form"] == "episode"}
    assert turns == {"I live in Lisbon.", "I have a cat named Miso."}


BAD_TURNS = [
    (said(" \n\t"), 422, "empty"),
    (said("x" * 300_000), 413, "bytes"),
    (said("x" * 5_000_000), 413, "bytes"),
    (said("hello", timestamp="yesterday"), 422, "ISO 8601"),
    (said("hello", timestamp="0000-01-01T00:00:00"), 422, "ISO 8601"),
    (said("hello", timestamp="0001-01-01T00:00:00Z"), 422, "1000"),
    (said("hello", timestamp="9999-12-31T23:59:59-12:00"), 422, "1000"),
    (said("hello", tenant=""), 422, "tenant"),
    (said("hello", user_id="a\x00b"), 422, "printed"),
    (said("hello", user_id="x" * 300), 422, "256"),
    (said("hello", colour="red"), 422, "colour"),
    ({"role": "user", "content": "hello"}, 422, "user_id"),
    ({"role": "user", "user_id": "alice"}, 422, "content"),
    ({"events": "all"}, 422, "batch"),
    ({"events": [], "more": 1}, 422, "batch"),
    ({"events": [said("hi")] * 1_001}, 413, "1,000"),
]


@pytest.mark.parametrize(("body", "status", "hint"), BAD_TURNS, ids=range(len(BAD_TURNS)))
async def test_a_bad_event_is_a_problem_that_says_why(
    client: httpx.AsyncClient, house: House, body: Any, status: int, hint: str
) -> None:
    answer = await client.post("/v1/events", json=body)
    assert hint in problem(answer, status)["detail"]
    assert house.log.of(EVENTS.name) == []


@pytest.mark.parametrize("raw", [b"{", b"[]", b'"text"', b"\xff\xfe", b"", b'{"a":' * 3000])
async def test_what_is_no_object_is_a_problem(client: httpx.AsyncClient, raw: bytes) -> None:
    answer = await client.post("/v1/events", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)


@pytest.mark.parametrize("path", ["/v1/events", "/v1/recall"])
@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        (b'{"user_id": "ana",', "not valid JSON at character 18"),
        (b'{"user_id": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested too deeply"),
        (b'{"user_id": "ana", "query": ' + b"9" * 5_000 + b"}", ""),
        (b'{"user_id": "\xff"}', "UTF-8"),
    ],
)
async def test_json_that_cannot_be_read_is_told_with_its_reason(
    client: httpx.AsyncClient, path: str, raw: bytes, hint: str
) -> None:
    answer = await client.post(path, content=raw, headers={"content-type": "application/json"})
    assert hint in problem(answer, 422)["detail"]


async def test_too_many_ids_are_told_as_ids(client: httpx.AsyncClient) -> None:
    many = {"type": "forget", "cube_ids": ["x" * 36] * 10_001}
    assert "cube_ids: Tuple should have at most 10000" in problem(await order(client, **many), 422)["detail"]


async def test_a_fault_leaves_one_trace_and_a_planned_refusal_a_warning(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    async with served(house) as client:
        house.bus.down = True
        problem(await client.post("/v1/events", json=said("I live in Lisbon.")), 503)
        told = [one for one in caplog.records if one.name == "gateway.http.problems"]
        assert [(one.levelname, one.exc_info) for one in told] == [("WARNING", None)]
        house.bus.publish = broken  # type: ignore[method-assign, assignment]
        problem(await client.post("/v1/events", json=said("I live in Lisbon.")), 500)
    assert len([one for one in caplog.records if one.exc_info]) == 1


async def test_a_callers_mistake_raises_nothing_in_the_server(house: House) -> None:
    """It would be logged with its trace, in which the words stand, and uvicorn would drop the connection."""
    app = create_app(house.start)
    strict = httpx.ASGITransport(app=app)  # raises what reaches the server
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=strict, base_url="http://test") as client,
    ):
        problem(await client.post("/v1/events", json=said("hello", colour="red")), 422)
        problem(await client.post("/v1/events", json=said("x" * 300_000)), 413)


async def test_a_lone_surrogate_is_refused_and_a_pair_is_a_character(client: httpx.AsyncClient) -> None:
    raw = b'{"user_id":"alice","role":"user","content":"hi \\ud800"}'
    answer = await client.post("/v1/events", content=raw, headers={"content-type": "application/json"})
    problem(answer, 422)
    pair = raw.replace(b"\\ud800", b"\\ud83d\\ude00")
    answer = await client.post("/v1/events", content=pair, headers={"content-type": "application/json"})
    assert answer.status_code == 200


async def test_control_characters_and_nul_in_a_text_are_kept(client: httpx.AsyncClient) -> None:
    await tell(client, "I live in\x00 Lisbon.\x07")
    [episode] = [cube for cube in await memories(client, episodes=True) if cube["form"] == "episode"]
    assert episode["text"] == "I live in\x00 Lisbon.\x07"


async def test_an_empty_batch_is_answered_by_an_empty_list(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/events?wait=recallable", json={"events": []})
    assert answer.json() == {"events": []}


async def test_broker_down_is_a_503_and_nothing_is_reported_as_sent(
    client: httpx.AsyncClient, house: House
) -> None:
    house.bus.down = True
    for body in (said("I live in Lisbon."), {"events": [said("I live in Lisbon.")]}):
        document = problem(await client.post("/v1/events", json=body), 503)
        assert "memcube status" in document["detail"]
    assert house.log.of(EVENTS.name) == []


async def test_a_worker_that_is_away_is_a_504_with_the_receipts(tmp_path: Path) -> None:
    async with opened(House(tmp_path, worker=False, wait_s=0.05)) as client:
        answer = await client.post("/v1/events?wait=recallable", json=said("I live in Lisbon."))
    document = problem(answer, 504)
    assert document["events"][0]["offset"] == 0


async def test_events_are_taken_before_there_is_a_record(tmp_path: Path) -> None:
    async with opened(House(tmp_path, recorded=False)) as client:
        answer = await client.post("/v1/events", json=said("I live in Lisbon."))
        assert answer.status_code == 200
        assert problem(await client.get("/v1/cubes", params=ALICE), 503)["reason"] == "record-fault"
        assert problem(await client.get("/readyz"), 503)


# --- commands ----------------------------------------------------------------------------------------


async def test_remember_edit_pin_forget_tell_what_they_changed(client: httpx.AsyncClient) -> None:
    done = (await order(client, type="remember", text="The spare key is under the blue pot.")).json()
    [made] = [change for change in done["changes"] if change["form"] == "fact"]
    assert made["decision"] == "add"
    key = made["id"]

    edited = (await order(client, type="edit", cube_id=key, text="The spare key is with Rui.")).json()
    assert [(c["id"], c["version"], c["text"]) for c in edited["changes"]] == [
        (key, 2, "The spare key is with Rui.")
    ]
    assert (await order(client, type="pin", cube_id=key)).json()["changes"][0]["decision"] == "pin"
    assert (await client.get(f"/v1/cubes/{key}", params=ALICE)).json()["pinned"] is True

    gone = (await order(client, type="forget", cube_ids=[key])).json()
    assert {change["state"] for change in gone["changes"]} == {"erased"}
    assert key not in {cube["id"] for cube in await memories(client)}
    assert key in {cube["id"] for cube in await memories(client, state="erased")}
    shown = (await client.get(f"/v1/cubes/{key}", params=ALICE)).json()
    assert (shown["state"], shown["text"], shown["provenance"]) == ("erased", "", [])


async def test_history_has_every_version(client: httpx.AsyncClient) -> None:
    done = (await order(client, type="remember", text="The spare key is under the pot.")).json()
    key = done["changes"][0]["id"]
    edit = (await order(client, type="edit", cube_id=key, text="The spare key is with Rui.")).json()
    history = (await client.get(f"/v1/cubes/{key}/history", params=ALICE)).json()
    assert [version["decision"] for version in history["versions"]] == ["add", "edit"]
    undone = await order(client, type="undo", event_id=edit["event_id"])
    assert undone.json()["changes"][0]["text"] == "The spare key is under the pot."


async def test_forgetting_a_wrong_id_says_so(client: httpx.AsyncClient, house: House) -> None:
    answer = await order(client, type="forget", cube_ids=["no-such-cube"])
    document = problem(answer, 404)
    assert document["reason"] == "no-such-cube"
    assert "no-such-cube" in document["detail"]
    assert document["deadletter"] == 0
    assert len(house.letters()) == 1


async def test_what_is_erased_cannot_be_edited_or_brought_back(client: httpx.AsyncClient) -> None:
    done = (await order(client, type="remember", text="My code is 4711.")).json()
    key = done["changes"][0]["id"]
    forgotten = (await order(client, type="forget", cube_ids=[key])).json()
    assert problem(await order(client, type="edit", cube_id=key, text="x"), 410)["reason"] == "cube-erased"
    undone = await order(client, type="undo", event_id=forgotten["event_id"])
    assert problem(undone, 409)["reason"] == "nothing-to-undo"


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ({"type": "forget"}, "cube_ids or everything"),
        ({"type": "forget", "cube_ids": ["a"], "everything": True}, "cube_ids or everything"),
        ({"type": "dance"}, "type"),
        ({"type": "remember", "text": " "}, "empty"),
        ({"type": "feedback", "cube_ids": [], "verdict": "up"}, "cube_ids"),
        ({"type": "feedback", "cube_ids": ["a"], "verdict": "sideways"}, "verdict"),
        ({"type": "remember", "text": "tea", "expires_at": "soon"}, "ISO 8601"),
    ],
)
async def test_a_bad_command_is_refused_at_the_door(
    client: httpx.AsyncClient, house: House, command: dict[str, Any], hint: str
) -> None:
    assert hint in str(problem(await order(client, **command), 422))
    assert house.log.of(EVENTS.name) == []


async def test_a_tick_lets_expire_what_was_to_be_kept_until_then(client: httpx.AsyncClient) -> None:
    await order(client, type="remember", text="Parking spot 12.", expires_at="2026-11-24T00:00:00Z")
    done = (await order(client, type="tick", timestamp="2026-11-25T00:00:00Z")).json()
    assert {change["state"] for change in done["changes"]} == {"expired"}


# --- cubes -----------------------------------------------------------------------------------------


async def test_the_list_has_memories_and_on_request_turns_in_pages(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await order(client, type="remember", text=f"Locker {number} belongs to person {number}.")
    await tell(client, "Hello there!")
    facts = await memories(client)
    assert len(facts) == 5
    assert {cube["form"] for cube in facts} == {"fact"}
    assert "episode" in {cube["form"] for cube in await memories(client, episodes=True)}
    page = (await client.get("/v1/cubes", params={**ALICE, "limit": 3})).json()
    rest = (await client.get("/v1/cubes", params={**ALICE, "limit": 3, "before": page["next"]})).json()
    assert [c["id"] for c in page["cubes"] + rest["cubes"]] == [c["id"] for c in facts]
    assert rest["next"] is None


@pytest.mark.parametrize("path", ["/v1/cubes/none", "/v1/cubes/none/history"])
async def test_an_unknown_cube_is_a_404(client: httpx.AsyncClient, path: str) -> None:
    assert problem(await client.get(path, params=ALICE), 404)["reason"] == "no-such-cube"
    assert problem(await client.get(path, params=ALICE), 404)["title"] == "There is no such memory"
    assert problem(await client.get(path), 422)["title"] == "The subject is not valid"
    assert "no subject" in problem(await client.get(path), 422)["detail"]


# --- operation ---------------------------------------------------------------------------------------


async def test_status_tells_lag_by_role_and_partition(tmp_path: Path) -> None:
    house = House(tmp_path, worker=False)
    async with opened(house) as client:
        for _ in range(3):
            await client.post("/v1/events", json=said("I live in Lisbon."))
        status = (await client.get("/v1/status")).json()
        assert status["ready"] is True
        assert sum(status["lag"]["memory"].values()) == 3
        assert len(status["lag"]["memory"]) == 12
        assert status["lag"]["audit"] == {"0": 0}
        assert status["deadletters"] == 0
        assert status["store"]["cubes"] == 0
        assert (await client.get("/readyz")).status_code == 200
        house.bus.down = True
        status = (await client.get("/v1/status")).json()
        assert (status["ready"], status["kafka_reachable"]) == (False, False)
        assert "Kafka" in status["reason"]
        assert problem(await client.get("/readyz"), 503)
        assert (await client.get("/healthz")).json() == {"alive": True}


async def test_positions_and_topics(client: httpx.AsyncClient) -> None:
    event = await tell(client, "I live in Lisbon.")
    [position] = (await client.get("/v1/positions", params={"role": "memory"})).json()["positions"]
    assert (position["partition"], position["next"]) == (event["partition"], event["offset"] + 1)
    topics = {topic["name"]: topic for topic in (await client.get("/v1/topics")).json()["topics"]}
    assert topics[EVENTS.name]["partitions"] == 12
    assert topics[EVENTS.name]["records"] == 1


async def test_a_dead_letter_is_listed_shown_and_sent_again_untouched(
    client: httpx.AsyncClient, house: House
) -> None:
    headers = (("ce_id", b"e1"), ("mc_note", b"mine"), ("odd", b"\xff"))
    await house.bus.send(EVENTS.name, 3, b"default/user:alice", headers, b"\xffnot json")
    while not house.letters():
        await client.get("/v1/positions")
    [listed] = (await client.get("/v1/deadletters")).json()["deadletters"]
    assert (listed["reason"], listed["topic"], listed["partition"]) == ("not-an-event", EVENTS.name, 3)
    assert (listed["retried"], listed["event_id"]) == (False, "e1")
    assert (await client.get("/v1/status")).json()["deadletters"] == 1

    shown = (await client.get("/v1/deadletters/0")).json()
    assert shown["text"] is None
    assert shown["base64"] == "/25vdCBqc29u"
    assert shown["headers"] == [["ce_id", "e1"], ["mc_note", "mine"], ["odd", "\\xff"]]

    again = (await client.post("/v1/deadletters/0/retry")).json()
    assert again == {"topic": EVENTS.name, "partition": 3, "offset": 1}
    resent = house.log.records[EVENTS.name, 3][1]
    assert (resent.key, resent.headers, resent.value) == (b"default/user:alice", headers, b"\xffnot json")
    listed = {one["offset"]: one for one in (await client.get("/v1/deadletters")).json()["deadletters"]}
    assert listed[0]["retried"] is True
    assert (await client.get("/v1/deadletters", params={"tenant": "acme"})).json()["total"] == 0


async def test_a_tombstone_is_not_sent_again(client: httpx.AsyncClient, house: House) -> None:
    await house.bus.send(EVENTS.name, 3, b"default/user:alice", (), None)
    while not house.letters():
        await client.get("/v1/positions")
    assert problem(await client.post("/v1/deadletters/0/retry"), 409)["reason"] == "nothing-to-send"
    assert len(house.log.of(EVENTS.name)) == 1


async def test_there_is_no_letter_at_a_marker_or_past_the_end(
    client: httpx.AsyncClient, house: House
) -> None:
    await house.bus.send(DEADLETTER.name, 0, None, (("mc_retried", b"7"),), b"{}")
    for path in ("/v1/deadletters/0", "/v1/deadletters/99", "/v1/deadletters/-1"):
        assert problem(await client.get(path), 404)["reason"] == "no-such-letter"
    assert problem(await client.post("/v1/deadletters/5/retry"), 404)


async def test_an_unknown_route_is_a_problem_too(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/v2/everything"), 404)["reason"] == "http"
