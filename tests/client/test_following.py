"""Updates that go on where they were, whatever happens to the connection."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import httpx
import pytest

from memcube import AsyncClient, Client
from memcube.client import BadAnswer, Busy, ConnectionFailed, Invalid, Missed, Removed, Updated
from tests.client.twins import NOTHING_FOUND, Gateway, ask, both, problem, stream

Twin = type[Client | AsyncClient]
AT = "2026-03-01T09:30:15Z"


def updated(token: str, text: str | None) -> tuple[str, ...]:
    fields = dict.fromkeys(("cube_id", "state", "form", "decision", "reason", "cause"), "x")
    rest = {"subject": "default/user:ana", "version": 1, "valid_from": AT, "recorded_at": AT, "text": text}
    return ("event: cube.updated", f"data: {json.dumps({**fields, **rest, 'sequence': 4})}", f"id: {token}")


REMOVED = ("event: cube.erased", 'data: {"subject": "default/user:ana", "cube_id": "c1"}', "id: t9")
# What ends a story: an answer that no further try can mend.
END = problem(422, "bad-resume-token")


def follow(twin: Twin, gateway: Gateway, **call: Any) -> tuple[list[Any], Exception | None]:
    """What came, and what ended it."""
    came: list[Any] = []

    def act(client: Any) -> Any:
        if isinstance(client, Client):

            def read() -> Any:
                for update in client.updates(**call):
                    came.append(update)
                    yield update

            return read()

        async def aread() -> Any:
            async for update in client.updates(**call):
                came.append(update)
                yield update

        return aread()

    try:
        ask(twin, gateway, act)
    except Exception as error:  # noqa: BLE001  the story says which
        return came, error
    return came, None


def tokens(gateway: Gateway) -> list[str | None]:
    return [request.url.params.get("after") for request in gateway.requests]


@both
def test_updates_are_typed_and_carry_the_token_that_resumes_behind_them(twin: Twin) -> None:
    gap = ("event: gap", 'data: {"continues":"start"}')
    came, _ = follow(
        twin, Gateway(stream(gap, updated("t1", "Ana likes tea"), updated("t2", None), REMOVED), END)
    )
    missed, first, second, removed = came
    assert isinstance(missed, Missed)
    assert isinstance(first, Updated)
    assert (first.text, first.token, first.sequence) == ("Ana likes tea", "t1", 4)
    assert first.valid_from.tzinfo is not None
    assert (second.text, second.token) == (None, "t2")
    assert removed == Removed(token="t9", subject="default/user:ana", cube_id="c1")


@both
def test_a_broken_stream_goes_on_behind_the_last_update(twin: Twin) -> None:
    gateway = Gateway(
        stream(updated("t1", "one")),
        httpx.ReadError("reset"),
        problem(503, "kafka-down"),
        stream(updated("t2", "two")),
        END,
    )
    came, error = follow(twin, gateway)
    assert [update.text for update in came] == ["one", "two"]
    assert isinstance(error, Invalid)
    assert tokens(gateway) == [None, "t1", "t1", "t1", "t2"]
    assert gateway.slept == [0.5, 1.0, 2.0, 0.5]


@both
def test_a_token_without_an_event_counts_as_well(twin: Twin) -> None:
    """The gateway says at once from where: a connection that breaks before the first update misses none."""
    gateway = Gateway(stream(("id: t0", "retry: 1000"), ": keep-alive"), stream(updated("t1", "one")), END)
    came, _ = follow(twin, gateway)
    assert [update.text for update in came] == ["one"]
    assert tokens(gateway) == [None, "t0", "t1"]


@both
def test_who_follows_waits_for_as_long_as_it_takes_once_it_stood(twin: Twin) -> None:
    away: list[Any] = [httpx.ConnectError("refused")] * 50
    gateway = Gateway(stream(updated("t1", "one")), *away, stream(updated("t2", "two")), END)
    came, _ = follow(twin, gateway)
    assert [update.text for update in came] == ["one", "two"]
    assert max(gateway.slept) == 8


@both
@pytest.mark.parametrize("away", [httpx.ConnectError("refused"), problem(503, "kafka-down"), problem(429)])
def test_a_gateway_that_never_was_there_is_an_error(twin: Twin, away: Any) -> None:
    gateway = Gateway(away)
    came, error = follow(twin, gateway)
    assert not came
    assert isinstance(error, ConnectionFailed | Busy) or getattr(error, "status", None) == 503
    assert len(gateway.requests) == 4


@both
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (NOTHING_FOUND, BadAnswer),
        (stream(("event: cube.updated", "data: {", "id: t1")), BadAnswer),
        (stream(("event: cube.updated", "data: {}", "id: t1")), BadAnswer),
        (END, Invalid),
    ],
)
def test_what_no_retry_mends_is_raised(twin: Twin, answer: httpx.Response, kind: type[Exception]) -> None:
    gateway = Gateway(answer)
    came, error = follow(twin, gateway)
    assert not came
    assert isinstance(error, kind)
    assert not gateway.slept


@both
def test_an_event_of_a_newer_gateway_is_passed_over(twin: Twin) -> None:
    newer = ("event: cube.painted", 'data: {"colour": "red"}', "id: t1")
    came, _ = follow(twin, Gateway(stream(newer, updated("t2", "two")), END))
    assert [update.text for update in came] == ["two"]


@both
def test_it_asks_for_one_subject_or_for_the_tenant(twin: Twin) -> None:
    gateway = Gateway(END)
    follow(twin, gateway, after="start")
    assert dict(gateway.requests[0].url.params) == {"tenant": "default", "user_id": "ana", "after": "start"}
    gateway = Gateway(END)
    with pytest.raises(Invalid):
        ask(twin, gateway, lambda client: client.updates(), user_id=None, tenant="acme")
    assert dict(gateway.requests[0].url.params) == {"tenant": "acme"}


def test_an_iterator_that_is_left_lets_go_of_its_connection() -> None:
    gateway = Gateway(stream(updated("t1", "one"), updated("t2", "two")))
    with Client(user_id="ana", transport=httpx.MockTransport(gateway)) as client:
        following = client.updates()
        assert [update.token for update in islice(following, 1)] == ["t1"]
        following.close()
        assert not client._streams
