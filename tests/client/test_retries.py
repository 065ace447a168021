"""What a client does when the gateway is away, busy or broken."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from memcube import AsyncClient, Client
from memcube.client import (
    BadAnswer,
    BadCall,
    Busy,
    ClientError,
    Conflict,
    ConnectionFailed,
    Erased,
    Invalid,
    NotFound,
    NotYet,
    Problem,
    Retries,
    TimedOut,
    TooLarge,
    Unavailable,
)
from tests.client.twins import DONE, NOTHING_FOUND, Gateway, ask, both, even, problem

Twin = type[Client | AsyncClient]
AWAY = httpx.ConnectError("refused")


@both
@pytest.mark.parametrize(
    "trouble",
    [AWAY, httpx.ConnectTimeout("slow"), httpx.ReadError("reset"), httpx.RemoteProtocolError("cut")]
    + [problem(status) for status in (429, 502, 503, 504)],
    ids=lambda trouble: str(getattr(trouble, "status_code", type(trouble).__name__)),
)
def test_a_trouble_that_passes_is_waited_out(twin: Twin, trouble: Any) -> None:
    gateway = Gateway(trouble, trouble, NOTHING_FOUND)
    assert len(ask(twin, gateway, lambda client: client.search("where?"))) == 0
    assert gateway.slept == [0.5, 1.0]


@both
def test_a_trouble_that_stays_is_raised_after_the_last_retry(twin: Twin) -> None:
    gateway = Gateway(AWAY)
    with pytest.raises(ConnectionFailed, match="memcube up"):
        ask(twin, gateway, lambda client: client.search("where?"))
    assert len(gateway.requests) == 4
    assert gateway.slept == [0.5, 1.0, 2.0]


@both
def test_no_retries_means_none(twin: Twin) -> None:
    gateway = Gateway(problem(503, "kafka-down"))
    with pytest.raises(Unavailable, match="what to do"):
        ask(twin, gateway, lambda client: client.search("where?"), retries=0)
    assert len(gateway.requests) == 1


@both
def test_a_busy_gateway_says_how_long_to_wait(twin: Twin) -> None:
    gateway = Gateway(problem(429, "backlog", {"retry-after": "7"}), DONE)
    ask(twin, gateway, lambda client: client.remember("Ana likes tea"))
    assert gateway.slept == [7.5]
    with pytest.raises(Busy) as error:
        ask(twin, Gateway(problem(429, "backlog", {"retry-after": "7"})), lambda client: client.remember("x"))
    assert error.value.retry_after == 7


@both
@pytest.mark.parametrize("header", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "nan", "inf", ""])
def test_a_retry_after_that_is_no_number_of_seconds_is_left_aside(twin: Twin, header: str) -> None:
    gateway = Gateway(problem(429, "backlog", {"retry-after": header}), DONE)
    ask(twin, gateway, lambda client: client.remember("Ana likes tea"))
    assert gateway.slept == [0.5]


@both
def test_who_would_have_to_wait_too_long_is_told_at_once(twin: Twin) -> None:
    gateway = Gateway(problem(429, "backlog", {"retry-after": "600"}))
    with pytest.raises(Busy):
        ask(twin, gateway, lambda client: client.search("where?"))
    assert not gateway.slept


@both
def test_no_try_begins_after_the_time_is_up(twin: Twin) -> None:
    times = iter([0.0, 1.0, 20.0, 59.5])
    gateway = Gateway(AWAY)
    with pytest.raises(ConnectionFailed):
        ask(
            twin,
            gateway,
            lambda client: client.search("where?"),
            retries=even(times=100, clock=lambda: next(times)),
        )
    assert len(gateway.requests) == 3


def test_pauses_grow_to_a_ceiling_and_are_never_the_same_for_all() -> None:
    assert [even().pause_s(n) for n in (1, 2, 3, 4, 5, 6, 10_000)] == [0.5, 1, 2, 4, 8, 8, 8]
    assert Retries(random=lambda: 1.0).pause_s(3) == 1.0
    assert len({Retries().pause_s(3) for _ in range(20)}) > 1


WRITES = {
    "add": lambda client: client.add("I like tea.", wait=False),
    "remember": lambda client: client.remember("Ana likes tea"),
    "feedback": lambda client: client.feedback("c1", "up"),
    "update": lambda client: client.update("c1", "Ana likes coffee"),
    "delete": lambda client: client.delete("c1"),
    "undo": lambda client: client.undo("e1"),
    "delete_all": lambda client: client.delete_all(),
}


@both
@pytest.mark.parametrize("write", WRITES)
def test_every_try_of_a_write_has_the_same_key_and_no_other_write_has_it(twin: Twin, write: str) -> None:
    done = httpx.Response(200, json={**DONE.json(), "dry_run": False, "memories": 1, "episodes": 1})
    first, second = Gateway(AWAY, problem(503), done), Gateway(done)
    ask(twin, first, WRITES[write])
    ask(twin, second, WRITES[write])
    assert len(first.requests) == 3
    [key] = set(first.keys)
    assert key
    assert second.keys != [key]
    assert len({(r.method, str(r.url), r.content) for r in first.requests}) == 1


@both
def test_what_only_reads_has_no_key(twin: Twin) -> None:
    gateway = Gateway(NOTHING_FOUND)
    ask(twin, gateway, lambda client: client.search("where?"))
    counted = httpx.Response(200, json={"dry_run": True, "memories": 0, "episodes": 0})
    dry = Gateway(counted)
    ask(twin, dry, lambda client: client.delete_all(dry_run=True))
    assert gateway.keys + dry.keys == [None, None]


@both
@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (400, "http", Invalid),
        (404, "no-such-cube", NotFound),
        (409, "refused", Conflict),
        (410, "cube-erased", Erased),
        (413, "body-too-large", TooLarge),
        (415, "http", Invalid),
        (418, "teapot", Problem),
        (422, "idempotency-key-reused", Invalid),
        (500, "fault", Problem),
    ],
)
def test_a_refusal_is_raised_at_once_with_its_reason(twin: Twin, status: int, reason: str, kind: Any) -> None:
    gateway = Gateway(problem(status, reason))
    with pytest.raises(kind, match="A title: what to do") as error:
        ask(twin, gateway, lambda client: client.get("c1"))
    assert (error.value.status, error.value.reason) == (status, reason)
    assert (error.value.title, error.value.detail) == ("A title", "what to do")
    assert len(gateway.requests) == 1
    assert type(error.value) is kind


@both
def test_what_is_safe_in_the_log_is_not_sent_again(twin: Twin) -> None:
    events = [
        {"event_id": "e1", "partition": 0, "offset": 1},
        {"event_id": "e2", "partition": 0, "offset": 2},
    ]
    gateway = Gateway(problem(504, "not-yet", events=events))
    with pytest.raises(NotYet) as error:
        ask(twin, gateway, lambda client: client.remember("Ana likes tea"))
    assert error.value.event_ids == ("e1", "e2")
    assert len(gateway.requests) == 1


@both
@pytest.mark.parametrize("slow", [httpx.ReadTimeout("slow"), httpx.WriteTimeout("slow")])
def test_an_answer_that_does_not_come_is_not_waited_for_twice(twin: Twin, slow: Exception) -> None:
    gateway = Gateway(slow)
    with pytest.raises(TimedOut):
        ask(twin, gateway, lambda client: client.search("where?"))
    assert len(gateway.requests) == 1


@both
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>Welcome!</html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"memories": [{"id": 3}]}),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(307, headers={"location": "https://elsewhere.example/"}),
    ],
)
def test_what_is_no_gateway_is_named(twin: Twin, answer: httpx.Response) -> None:
    with pytest.raises(BadAnswer):
        ask(twin, Gateway(answer), lambda client: client.search("where?"))


@both
def test_an_error_page_of_something_in_between_is_shown(twin: Twin) -> None:
    page = httpx.Response(403, text="<h1>Forbidden by the proxy</h1>")
    with pytest.raises(Problem, match="Forbidden by the proxy"):
        ask(twin, Gateway(page), lambda client: client.search("where?"))


def test_a_closed_client_says_so() -> None:
    client = Client(user_id="ana")
    client.close()
    client.close()
    with pytest.raises(BadCall, match="closed"):
        client.search("where?")
    assert list(client.updates()) == []


def test_every_error_can_be_caught_as_one() -> None:
    for kind in (BadCall, ConnectionFailed, TimedOut, BadAnswer, Problem):
        assert issubclass(kind, ClientError)
    for refusal in (Invalid, NotFound, Conflict, Erased, TooLarge, Busy, NotYet, Unavailable):
        assert issubclass(refusal, Problem)
