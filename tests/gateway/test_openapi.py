"""The document: every route keeps to it, whatever is sent, and a reader finds what they need."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.http.__main__ import GatewayServer
from gateway.http.app import create_app
from gateway.http.model_client import ModelClient
from gateway.http.problems import OPENAI_PATHS
from gateway.http.services import Services
from tests.gateway.house import House
from tests.gateway.models import FakeModel

# Of each route, beside the 1,500 cases of the coverage phase: bounds, types, what is missing or too much.
# The whole of it stays under a minute on a busy machine.
EXAMPLES = 60


def no_fault(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> bool | None:
    """No 5xx, but the one that a house without model processes owes to whoever orders a block."""
    if response.status_code == 503 and response.json()["reason"] == "no-model":
        assert case.operation.path == "/v1/activations/build"
        return None
    return not_a_server_error(context, response, case)


CHECKS = [
    no_fault,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


async def _never() -> Services:
    raise AssertionError("only its document is wanted")


DOCUMENT = create_app(_never).openapi()
# The stream of updates does not end, so it is followed once, below, and in its own tests.
whole = schemathesis.openapi.from_dict(DOCUMENT)
whole.config.phases.coverage.enabled = True
schema = whole.exclude(path="/v1/updates")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway that has something to tell, in a thread of its own."""
    model = FakeModel()
    app = create_app(House(tmp_path_factory.mktemp("house"), source=lambda: ModelClient([model.url])).start)
    server = GatewayServer(uvicorn.Config(app, port=0, log_config=None, access_log=False), app)
    ready = threading.Event()
    startup, shutdown = server.startup, server.shutdown
    serving = AsyncExitStack()

    async def told(sockets: Any = None) -> None:
        await serving.enter_async_context(model.serving())
        await startup(sockets)
        ready.set()

    async def ended(sockets: Any = None) -> None:
        await shutdown(sockets)
        await serving.aclose()

    server.startup = told  # type: ignore[method-assign]
    server.shutdown = ended  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(30)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        turn = {"user_id": "ana", "role": "user", "content": "I live in Hamburg."}
        httpx.post(f"{address}/v1/events?wait=recallable", json=turn, trust_env=False).raise_for_status()
        yield address
    finally:
        server.should_exit = True
        thread.join(30)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_route_keeps_to_its_document(case: schemathesis.Case[Any], url: str) -> None:
    case.call_and_validate(base_url=url, checks=CHECKS)


def test_the_stream_of_updates_keeps_to_its_document(url: str) -> None:
    with httpx.stream("GET", f"{url}/v1/updates?user_id=ana&after=start", trust_env=False) as answer:
        documented = DOCUMENT["paths"]["/v1/updates"]["get"]["responses"]["200"]["content"]
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] in documented
        assert next(answer.iter_lines()).startswith("id: ")


def test_the_document_is_openapi_3_1_and_tells_of_every_route() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            for status, answer in operation["responses"].items():
                if not status.startswith("2"):
                    form = "application/json" if path in OPENAI_PATHS else "application/problem+json"
                    assert list(answer["content"]) == [form], (where, status)
            assert "422" in operation["responses"], where


def test_events_are_shown_with_their_fields_and_an_example() -> None:
    body = DOCUMENT["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]
    assert set(body["examples"]) == {"turn", "batch"}
    turn = DOCUMENT["components"]["schemas"]["Turn"]
    assert {"role", "content", "user_id", "id", "used"} <= set(turn["properties"])


SURROGATE = b'{"events": [{"user_id": "ana", "event_id": "\\ud800"}]}'
NESTED = (
    b'{"specversion": "1.0", "id": "e1", "type": "memcube.conversation.prompt.v1", "source": "a",'
    b' "time": "2026-01-01T00:00:00Z", "data": {"tenant": "default", "user_id": "ana", "body":'
    b' {"kind": "plain", "text": "x"}}, "beside": ' + b"[" * 800 + b"]" * 800 + b"}"
)


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"),
    [
        ("POST", "/v1/effects", SURROGATE, {422}),
        ("POST", "/v1/effects", b'{"events": [{"user_id": "ana", "event_id": ""}]}', {422}),
        ("GET", "/v1/cubes?user_id=ana&before=9223372036854775808", None, {422}),
        ("GET", "/v1/cubes?user_id=ana&before=-1", None, {422}),
        ("POST", "/v1/open", NESTED, {200, 422}),
        ("POST", "/v1/commands", b'{"type": "undo", "user_id": "ana", "event_id": "\\ud800"}', {422}),
        ("GET", f"/v1/deadletters/{10**40}", None, {404}),
    ],
)
def test_what_once_was_a_fault_is_none(
    url: str, method: str, path: str, body: bytes | None, statuses: set[int]
) -> None:
    headers = {"content-type": "application/json"} if body else {}
    answer = httpx.request(method, url + path, content=body, headers=headers, trust_env=False)
    assert answer.status_code in statuses, answer.text
