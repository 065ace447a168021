"""What a route does not read is refused, in the query and as a body: it may have been meant to spare all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from gateway.http.app import create_app
from gateway.http.problems import OPENAI_PATHS
from gateway.http.query import query_of
from gateway.http.services import Services
from schemas.topics import EVENTS
from tests.gateway.house import House, opened


async def _never() -> Services:
    raise AssertionError("only its routes are wanted")


ROUTES = [
    (method, route)
    for route in (context.route for context in iter_route_contexts(create_app(_never).routes))
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


def refused(answer: httpx.Response) -> str:
    document: dict[str, Any] = answer.json()
    if answer.request.url.path in OPENAI_PATHS:
        assert answer.status_code == 400, answer.text
        assert document["error"]["code"] == "bad-request"
        return str(document["error"]["message"])
    assert answer.status_code == 422, answer.text
    assert document["reason"] == "bad-request"
    return str(document["detail"])


async def test_every_route_refuses_what_it_does_not_know_and_what_stands_twice(
    client: httpx.AsyncClient, house: House
) -> None:
    assert len(ROUTES) >= 20
    twice = 0
    for method, route in ROUTES:
        path = route.path.format(cube_id="x", block_id="x", event_id="x", offset=0)
        body: dict[str, Any] = {"json": {}} if method in {"POST", "PATCH"} else {}
        assert "'colour'" in refused(await client.request(method, f"{path}?colour=red", **body))
        for name, several in query_of(route).items():
            if not several:
                told = refused(await client.request(method, f"{path}?{name}=1&{name}=2", **body))
                assert f"{name} stands 2 times" in told
                twice += 1
    assert twice > 30
    assert house.log.of(EVENTS.name) == []


@pytest.mark.parametrize(
    ("method", "path", "meant"),
    [
        ("DELETE", "/v1/cubes?user_id=ana&dryrun=true", "do you mean dry_run?"),
        ("GET", "/v1/updates?userid=ana", "do you mean user_id?"),
        ("POST", "/v1/events?colour=red", "which takes wait"),
        ("GET", "/healthz?x=1", "which takes none"),
        ("DELETE", "/v1/cubes?user_id=ana&user_id=bo", "user_id stands 2 times"),
    ],
)
async def test_the_name_that_was_meant_is_told(
    client: httpx.AsyncClient, house: House, method: str, path: str, meant: str
) -> None:
    turn = {"user_id": "ana", "role": "user", "content": "I live in Lisbon."}
    body: dict[str, Any] = {"json": turn} if method == "POST" else {}
    assert meant in refused(await client.request(method, path, **body))
    assert house.log.of(EVENTS.name) == []


async def test_states_may_be_several(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/cubes?user_id=ana&state=active&state=erased")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", ["/v1/cubes?user_id=ana", "/v1/cubes/x?user_id=ana"])
@pytest.mark.parametrize("sent", ["whole", "in pieces"])
async def test_a_body_of_a_delete_is_refused_and_erases_nothing(
    client: httpx.AsyncClient, house: House, path: str, sent: str
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"dry_run": true}'

    content: Any = b'{"dry_run": true}' if sent == "whole" else pieces()
    headers = {"content-type": "application/json"}
    told = refused(await client.request("DELETE", path, content=content, headers=headers))
    assert "takes no body" in told
    assert house.log.of(EVENTS.name) == []
