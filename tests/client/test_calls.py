"""What a call sends, and what is refused before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from itertools import repeat
from typing import Any

import httpx
import pytest

from memcube import AsyncClient, Client
from memcube.client import BadAnswer, BadCall, NotYet, Unavailable
from memcube.client.turns import MAX_BYTES
from tests.client.twins import DONE, NOTHING_FOUND, Gateway, ask, both, even, problem

Twin = type[Client | AsyncClient]


class Log(Gateway):
    """Takes every event. `down_after`: so many requests for events, then nothing is taken.

    behind: how many of the events role memory has not read, each time it is asked; then none.
    busy_before: the batch before which the gateway says once that too much waits.
    """

    def __init__(
        self, down_after: int = 1_000, behind: Iterable[int] = (), busy_before: int | None = None
    ) -> None:
        super().__init__(NOTHING_FOUND)
        self.down_after = down_after
        self.behind = iter(behind)
        self.busy_before = {busy_before: True}
        self.batches: list[list[dict[str, Any]]] = []

    def _read(self) -> int:
        return sum(map(len, self.batches)) - next(self.behind, 0)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        super().__call__(request)
        if request.url.path == "/v1/positions":
            return httpx.Response(200, json={"positions": [{"partition": 0, "next": self._read()}]})
        body = json.loads(request.content)
        if request.url.path == "/v1/effects":
            effects = [
                {"event_id": event["event_id"], "applied": True, "changes": []} for event in body["events"]
            ]
            return httpx.Response(200, json={"effects": effects})
        if len(self.batches) == self.down_after:
            return problem(503, "kafka-down")
        if self.busy_before.pop(len(self.batches), False):
            return problem(429, "backlog", {"retry-after": "7"})
        turns = body.get("events", [body])
        first = sum(map(len, self.batches))
        self.batches.append(turns)
        entries = [
            {"event_id": f"e{n}", "partition": 0, "offset": n} for n in range(first, first + len(turns))
        ]
        return httpx.Response(200, json={"events": entries} if "events" in body else entries[0])


def sent(gateway: Gateway) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(gateway.requests[-1].content)
    return document


# --- whose memory -----------------------------------------------------------------------------------


@both
def test_ids_of_the_client_are_those_of_each_call_unless_it_gives_its_own(twin: Twin) -> None:
    gateway = Gateway(NOTHING_FOUND)
    settings = {"tenant": "acme", "user_id": "ana", "agent_id": "helper"}
    ask(twin, gateway, lambda client: client.search("q", user_id="bob", run_id="r1"), **settings)
    ids = {"tenant": "acme", "user_id": "bob", "agent_id": "helper", "run_id": "r1"}
    assert sent(gateway) == {"query": "q", **ids}


NO_SUBJECT: list[Any] = [
    lambda client: client.add("x"),
    lambda client: client.remember("x"),
    lambda client: client.search("x"),
    lambda client: client.get("c"),
    lambda client: client.get_all(),
    lambda client: client.history("c"),
    lambda client: client.update("c", "x"),
    lambda client: client.delete("c"),
    lambda client: client.delete_all(),
    lambda client: client.delete_all(dry_run=True),
    lambda client: client.feedback("c", "up"),
    lambda client: client.undo("e"),
]


@both
@pytest.mark.parametrize("act", NO_SUBJECT)
def test_without_an_id_nothing_is_sent_and_the_error_says_which_there_are(twin: Twin, act: Any) -> None:
    gateway = Gateway(DONE)
    with pytest.raises(BadCall, match="user_id, group_id, agent_id, run_id"):
        ask(twin, gateway, act, user_id=None)
    assert not gateway.requests


@both
@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ({"user_id": ["ana", "bob"]}, "one subject"),
        ({"group_id": ("ana", "bob")}, "once for each"),
        ({"user_id": 42}, "user_id='42'"),
        ({"user_id": ""}, "empty"),
        ({"user_id": "a\x00"}, "printed"),
        ({"user_id": "x" * 300}, "256"),
        ({"filters": {"user_id": "ana"}}, "not in filters"),
    ],
)
def test_an_id_that_is_none_is_refused_before_anything_is_sent(
    twin: Twin, ids: dict[str, Any], said: str
) -> None:
    gateway = Gateway(NOTHING_FOUND)
    with pytest.raises(BadCall, match=said):
        ask(twin, gateway, lambda client: client.search("q", **ids))
    assert not gateway.requests


def test_a_misspelt_id_is_a_type_error() -> None:
    with Client() as client, pytest.raises(TypeError, match="user_id"):
        client.search("q", userid="ana")  # type: ignore[call-arg]


@both
def test_forgetting_all_takes_one_id_so_that_no_one_thinks_only_a_run_is_meant(twin: Twin) -> None:
    gateway = Gateway(DONE)
    with pytest.raises(BadCall, match="all of user_id 'ana'"):
        ask(twin, gateway, lambda client: client.delete_all(run_id="r1"))
    assert not gateway.requests


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"base_url": "127.0.0.1:8700"}, "http://"),
        ({"base_url": "ftp://here"}, "http://"),
        ({"base_url": "http://"}, "http://"),
        ({"base_url": "http://[::1"}, "no address"),
        ({"tenant": ""}, "tenant"),
        ({"tenant": None}, "tenant"),
        ({"user_id": ["ana"]}, "one id"),
        ({"retries": -1}, "retries"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
    ],
)
@both
def test_a_setting_that_cannot_work_is_refused_when_the_client_is_made(
    twin: Twin, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadCall, match=said):
        twin(**settings)


def test_the_address_comes_from_the_call_else_the_environment_else_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MEMCUBE_URL", raising=False)
    assert "http://127.0.0.1:8700" in repr(Client())
    monkeypatch.setenv("MEMCUBE_URL", "https://memory.example/api/")
    assert "https://memory.example/api'" in repr(Client())
    assert repr(Client("http://here:1", tenant="acme", user_id="ana")) == (
        "Client('http://here:1', tenant='acme', user_id='ana')"
    )
    assert repr(AsyncClient("http://here:1")) == "AsyncClient('http://here:1', tenant='default')"


def test_a_path_in_the_address_is_kept() -> None:
    gateway = Gateway(NOTHING_FOUND)
    ask(Client, gateway, lambda client: client.search("q"), base_url="https://memory.example/api/")
    assert str(gateway.requests[0].url) == "https://memory.example/api/v1/recall"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://127.0.0.1:8700", False),
        ("http://127.3.2.1:8700", False),
        ("http://[::1]:8700", False),
        ("http://localhost:8700", False),
        ("http://memory.localhost", False),
        ("http://memory.example", True),
        ("http://10.0.0.7:8700", True),
    ],
)
def test_a_proxy_is_not_asked_for_this_machine(url: str, asked: bool) -> None:
    with Client(url) as client:
        assert client._http.trust_env is asked


# --- messages ---------------------------------------------------------------------------------------


@both
def test_a_text_a_message_and_a_list_are_all_taken(twin: Twin) -> None:
    log = Log()
    ask(twin, log, lambda client: client.add("I like tea."))
    ask(twin, log, lambda client: client.add({"role": "assistant", "content": "Noted.", "used": ["c1"]}))
    ask(twin, log, lambda client: client.add(["One.", {"role": "user", "content": "Two.", "name": "Ana"}]))
    address = {"tenant": "default", "user_id": "ana"}
    assert log.batches == [
        [{**address, "role": "user", "content": "I like tea."}],
        [{**address, "role": "assistant", "content": "Noted.", "used": ["c1"]}],
        [
            {**address, "role": "user", "content": "One."},
            {**address, "role": "user", "content": "Two.", "name": "Ana"},
        ],
    ]


@both
@pytest.mark.parametrize(
    ("when", "sent_as"),
    [
        (datetime(2026, 3, 1, 10, tzinfo=UTC), "2026-03-01T10:00:00+00:00"),
        (datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T10:00:00+02:00"),
        (datetime(2026, 3, 1, 10), datetime(2026, 3, 1, 10).astimezone().isoformat()),  # noqa: DTZ001
        ("2026-03-01", "2026-03-01"),
    ],
)
def test_a_time_is_sent_with_its_zone(twin: Twin, when: Any, sent_as: str) -> None:
    log = Log()
    ask(twin, log, lambda client: client.add([{"role": "user", "content": "One."}, "Two."], timestamp=when))
    ask(twin, log, lambda client: client.add({"role": "user", "content": "Three.", "timestamp": when}))
    assert [turn["timestamp"] for batch in log.batches for turn in batch] == [sent_as] * 3


@both
@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (42, "int"),
        (b"bytes", "bytes"),
        ([b"bytes"], "message 0"),
        (["fine", None], "message 1"),
        ("\ud800", "surrogate"),
        ([{"role": "user", "content": object()}], "JSON"),
        ([{"role": "user", "content": "x", "timestamp": 1_700_000_000}], "ISO 8601"),
    ],
)
def test_what_is_no_message_is_refused_before_anything_is_sent(twin: Twin, messages: Any, said: str) -> None:
    log = Log()
    with pytest.raises(BadCall, match=said):
        ask(twin, log, lambda client: client.add(messages))
    assert not log.requests


@both
def test_nothing_said_is_nothing_sent(twin: Twin) -> None:
    log = Log()
    assert ask(twin, log, lambda client: client.add([])).outcomes == ()
    assert not log.requests


@both
def test_many_messages_go_in_batches_that_the_gateway_takes(twin: Twin) -> None:
    log = Log()
    added = ask(twin, log, lambda client: client.add(f"Message {n}." for n in range(2_500)))
    assert [len(batch) for batch in log.batches] == [1_000, 1_000, 500]
    assert added.event_ids == tuple(f"e{n}" for n in range(2_500))
    assert all(outcome.applied for outcome in added.outcomes)
    keys = [key for key in log.keys if key]
    assert len(set(keys)) == 3


@both
def test_long_messages_make_smaller_batches(twin: Twin) -> None:
    log = Log()
    ask(twin, log, lambda client: client.add(["x" * 200_000] * 100, wait=False))
    assert sum(len(batch) for batch in log.batches) == 100
    assert all(len(request.content) < MAX_BYTES * 1.1 for request in log.requests)


@both
def test_a_break_between_batches_says_how_many_messages_are_in_the_log(twin: Twin) -> None:
    log = Log(down_after=2)
    with pytest.raises(Unavailable) as error:
        ask(twin, log, lambda client: client.add([f"Message {n}." for n in range(2_500)]))
    assert error.value.sent == 2_000
    assert error.value.__notes__ == ["2000 of 2500 messages are in the log"]


@both
def test_a_thousand_messages_and_more_are_all_sent_before_anything_is_waited_for(twin: Twin) -> None:
    log = Log(behind=[2_500, 1_300, 1])
    added = ask(twin, log, lambda client: client.add(f"Message {n}." for n in range(2_500)))
    paths = [request.url.path.removeprefix("/v1/") for request in log.requests]
    assert paths == ["events"] * 3 + ["positions"] * 4 + ["effects"] * 3
    assert all(outcome.applied for outcome in added.outcomes)
    assert log.slept == [0.005, 0.01, 0.02]


class Passing:
    """A clock on which each look is a second later."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 1.0
        return self.at


@both
def test_what_is_not_recallable_in_time_is_named_and_all_of_it_was_sent(twin: Twin) -> None:
    log = Log(behind=repeat(3))
    with pytest.raises(NotYet, match="3 of 1500 within 60 s") as error:
        ask(
            twin,
            log,
            lambda client: client.add([f"Message {n}." for n in range(1_500)], wait_s=60),
            retries=even(clock=Passing()),
        )
    assert error.value.event_ids == ("e1497", "e1498", "e1499")
    assert error.value.sent == sum(map(len, log.batches)) == 1_500
    assert error.value.__notes__ == ["1500 of 1500 messages are in the log"]


@both
@pytest.mark.parametrize(("messages", "seconds"), [(1, 60), (1_000, 160)])
def test_who_says_nothing_waits_the_longer_the_more_was_said(twin: Twin, messages: int, seconds: int) -> None:
    log = Log(behind=repeat(1))
    with pytest.raises(NotYet, match=f"within {seconds} s"):
        ask(twin, log, lambda client: client.add(["Hi."] * messages), retries=even(times=0, clock=Passing()))


@both
def test_a_wait_of_no_seconds_is_refused_before_anything_is_sent(twin: Twin) -> None:
    log = Log()
    for seconds in (0, -1, float("nan")):
        with pytest.raises(BadCall, match="wait=False"):
            ask(twin, log, partial(add, wait_s=seconds))
    assert not log.requests


def add(client: Any, **how: Any) -> Any:
    return client.add("Hello.", **how)


@both
def test_a_full_backlog_in_the_middle_is_waited_for_under_the_same_key(twin: Twin) -> None:
    log = Log(busy_before=1)
    added = ask(
        twin, log, lambda client: client.add([f"Message {n}." for n in range(2_500)]), retries=even(times=0)
    )
    assert len(added.event_ids) == 2_500
    assert log.slept == [7.0]
    keys = [key for key in log.keys if key]
    assert keys[1] == keys[2]
    assert len(set(keys)) == 3


@both
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"user_id": "other"}, "user_id 'other'.*'ana'"),
        ({"run_id": "r1"}, "run_id 'r1'.*None"),
        ({"tenant": "acme"}, "tenant 'acme'.*'default'"),
        ({"wehn": "2026-03-01", "tool_calls": [1]}, "tool_calls, wehn: a message has content, id, name"),
    ],
)
def test_a_message_of_another_subject_or_with_what_no_message_has_is_refused(
    twin: Twin, alone: bool, more: dict[str, Any], said: str
) -> None:
    log = Log()
    message: Any = {"role": "user", "content": "I live in Rome.", **more}
    with pytest.raises(BadCall, match=said):
        ask(twin, log, lambda client: client.add(message if alone else ["Hi.", message]))
    assert not log.requests


@both
def test_a_message_may_repeat_the_ids_of_the_call(twin: Twin) -> None:
    log = Log()
    message: Any = {"role": "user", "content": "Hi.", "user_id": "ana", "tenant": "default", "run_id": None}
    ask(twin, log, lambda client: client.add(message))
    assert log.batches == [[{"tenant": "default", "user_id": "ana", "role": "user", "content": "Hi."}]]


@both
def test_without_a_wait_nobody_asks_what_became_of_it(twin: Twin) -> None:
    log = Log()
    added = ask(twin, log, lambda client: client.add("I like tea.", wait=False))
    assert [request.url.path for request in log.requests] == ["/v1/events"]
    assert "wait" not in log.requests[0].url.params
    assert added.event_ids == ("e0",)
    assert not added.outcomes[0].applied


def test_an_answer_that_leaves_events_out_is_not_believed() -> None:
    gateway = Gateway(httpx.Response(200, json={"events": []}))
    with pytest.raises(BadAnswer, match="2 events were sent, 0 answered"):
        ask(Client, gateway, lambda client: client.add(["One.", "Two."]))


# --- the others -------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("as_of", "sent_as"),
    [(date(2026, 3, 1), "2026-03-01"), (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01T00:00:00+00:00")],
)
def test_a_search_sends_what_was_given_and_nothing_else(twin: Twin, as_of: Any, sent_as: str) -> None:
    gateway = Gateway(NOTHING_FOUND)
    ask(twin, gateway, lambda client: client.search("where?", as_of=as_of, max_tokens=256))
    ids = {"tenant": "default", "user_id": "ana"}
    assert sent(gateway) == {**ids, "query": "where?", "as_of": sent_as, "max_tokens": 256}
    ask(twin, gateway, lambda client: client.search("where?", known_at=as_of))
    assert sent(gateway) == {**ids, "query": "where?", "known_at": sent_as}


@both
def test_an_id_is_one_segment_of_the_path_whatever_it_holds(twin: Twin) -> None:
    gateway = Gateway(DONE)
    ask(twin, gateway, lambda client: client.delete("a?b#c d"))
    assert gateway.requests[0].url.raw_path.startswith(b"/v1/cubes/a%3Fb%23c%20d?")
    for bad in ("", ".", "..", "../recall", "a/b", 5, None):
        with pytest.raises(BadCall, match="no id of a memory"):
            ask(twin, gateway, partial(delete, cube_id=bad))


def delete(client: Any, cube_id: Any) -> Any:
    return client.delete(cube_id)


@both
def test_an_update_that_changes_nothing_is_refused(twin: Twin) -> None:
    gateway = Gateway(DONE)
    with pytest.raises(BadCall, match="at least one"):
        ask(twin, gateway, lambda client: client.update("c1"))
    ask(twin, gateway, lambda client: client.update("c1", pinned=False))
    assert sent(gateway) == {"pinned": False}


def cube(n: int) -> dict[str, Any]:
    at = "2026-03-01T10:00:00+01:00"
    texts = ("id", "text", "state", "kind", "form", "decision", "reason", "cause", "processor")
    times = {"valid_from": at, "valid_to": None, "recorded_at": at, "expires_at": None}
    rest: dict[str, Any] = {"version": 1, "trust": 0.5, "pinned": False, "slot": None, "provenance": []}
    return {**dict.fromkeys(texts, f"{n}"), **times, **rest}


@both
def test_pages_are_fetched_as_they_are_needed(twin: Twin) -> None:
    pages = [
        httpx.Response(200, json={"cubes": [cube(1), cube(2)], "next": 40}),
        httpx.Response(200, json={"cubes": [cube(3)], "next": None}),
    ]
    gateway = Gateway(*pages)
    found = ask(twin, gateway, lambda client: client.get_all(state=["active", "merged"]))
    assert [one.id for one in found] == ["1", "2", "3"]
    first, second = (request.url.params for request in gateway.requests)
    assert first.get_list("state") == ["active", "merged"]
    assert "before" not in first
    assert second["before"] == "40"

    gateway = Gateway(*pages)
    assert len(ask(twin, gateway, lambda client: client.get_all(limit=2))) == 2
    assert [request.url.params["limit"] for request in gateway.requests] == ["2"]
    assert ask(twin, gateway, lambda client: client.get_all(limit=0)) == []
    with Client(user_id="ana", transport=httpx.MockTransport(gateway)) as client:
        before = len(gateway.requests)
        client.get_all()
        assert len(gateway.requests) == before
