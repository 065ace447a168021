"""Each call once, without I/O: the request that it means, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec

from memcube.client.adding import Adding, patience_s
from memcube.client.answers import Added, Cube, Done, Forgotten, Found, History, Opened, Page
from memcube.client.errors import BadAnswer, BadCall
from memcube.client.ids import Ids, Whose
from memcube.client.opening import structured
from memcube.client.request import Call, Steps, answer, new_key
from memcube.client.turns import Messages, encoded, moment, turns
from schemas.events import INCOMING, OUTGOING, Verdict

PAGE: Final = 500


class Pages:
    """The pages of one list. `call` asks for the next; None when there is none."""

    def __init__(self, query: dict[str, Any], limit: int | None) -> None:
        if limit is not None and limit < 0:
            raise BadCall(f"limit is {limit}: give how many memories to list at most")
        self._query = query
        self._left = limit
        self._before: int | None = None
        self._more = limit != 0

    @property
    def call(self) -> Call[Page] | None:
        if not self._more:
            return None
        size = PAGE if self._left is None else min(PAGE, self._left)
        place = {} if self._before is None else {"before": self._before}
        return Call("GET", "/v1/cubes", answer(Page), {**self._query, **place, "limit": size})

    def took(self, page: Page) -> tuple[Cube, ...]:
        self._before = page.next
        if self._left is not None:
            self._left -= len(page.cubes)
        self._more = page.next is not None and self._left != 0
        return page.cubes


class Calls:
    """All calls, with the tenant and the ids of one client."""

    def __init__(self, whose: Whose, clock: Callable[[], float]) -> None:
        self._whose = whose
        self._clock = clock

    # --- what is said -----------------------------------------------------------------------------------

    def add(
        self,
        messages: Messages,
        when: datetime | str | None,
        wait: bool,
        wait_s: float | None,
        ids: Ids,
    ) -> Steps[Added]:
        address = self._whose.address(ids)
        alone = isinstance(messages, str | Mapping)
        found = turns(messages, address, when)
        patience = patience_s(wait_s, len(found))
        return Adding(found, address, patience if wait else None, self._clock, alone=alone).steps()

    def remember(
        self,
        text: str,
        *,
        name: str | None,
        id: str | None,  # noqa: A002  as the gateway names it
        source_id: str | None,
        pinned: bool,
        expires_at: datetime | date | str | None,
        timestamp: datetime | str | None,
        wait: bool,
        ids: Ids,
    ) -> Call[Done]:
        fields = {
            "text": text,
            "name": name,
            "id": id,
            "source_id": source_id,
            "pinned": pinned,
            "expires_at": moment(expires_at),
            "timestamp": moment(timestamp),
        }
        return self._command("remember", fields, wait, ids)

    def feedback(self, cube_ids: str | Iterable[str], verdict: Verdict, wait: bool, ids: Ids) -> Call[Done]:
        named = [cube_ids] if isinstance(cube_ids, str) else list(cube_ids)
        return self._command("feedback", {"cube_ids": named, "verdict": verdict}, wait, ids)

    # --- what is known ----------------------------------------------------------------------------------

    def search(
        self,
        query: str,
        limit: int | None,
        max_tokens: int | None,
        *,
        as_of: datetime | date | str | None,
        known_at: datetime | date | str | None,
        ids: Ids,
    ) -> Call[Found]:
        times = {"as_of": moment(as_of), "known_at": moment(known_at)}
        asked = {"query": query, "limit": limit, "max_tokens": max_tokens, **times}
        body = {**self._whose.address(ids), **_given(asked)}
        return Call("POST", "/v1/recall", answer(Found), body=encoded(body, "the query"))

    def get(self, cube_id: str, ids: Ids) -> Call[Cube]:
        return Call("GET", _cube(cube_id), answer(Cube), self._whose.address(ids))

    def history(self, cube_id: str, ids: Ids) -> Call[History]:
        return Call("GET", f"{_cube(cube_id)}/history", answer(History), self._whose.address(ids))

    def pages(self, limit: int | None, state: str | Iterable[str] | None, episodes: bool, ids: Ids) -> Pages:
        states = [state] if isinstance(state, str) else list(state or ())
        query: dict[str, Any] = {**self._whose.address(ids), "state": states}
        return Pages({**query, "episodes": "true" if episodes else "false"}, limit)

    # --- what is changed --------------------------------------------------------------------------------

    def update(self, cube_id: str, text: str | None, pinned: bool | None, wait: bool, ids: Ids) -> Call[Done]:
        change = _given({"text": text, "pinned": pinned})
        if not change:
            raise BadCall("update changes text, pinned or both: give at least one of them")
        query = {**self._whose.address(ids), **_wait(wait)}
        return Call(
            "PATCH", _cube(cube_id), answer(Done), query, encoded(change, "the change"), key=new_key()
        )

    def delete(self, cube_id: str, wait: bool, ids: Ids) -> Call[Done]:
        query = {**self._whose.address(ids), **_wait(wait)}
        return Call("DELETE", _cube(cube_id), answer(Done), query, key=new_key())

    def delete_all(self, dry_run: bool, wait: bool, ids: Ids) -> Call[Forgotten]:
        query = {**self._whose.whole_subject(ids), **_wait(wait)}
        if dry_run:
            return Call("DELETE", "/v1/cubes", answer(Forgotten), {**query, "dry_run": "true"})
        return Call("DELETE", "/v1/cubes", answer(Forgotten), query, key=new_key())

    def undo(self, event_id: str, wait: bool, ids: Ids) -> Call[Done]:
        return self._command("undo", {"event_id": event_id}, wait, ids)

    # --- what is followed -------------------------------------------------------------------------------

    def follow(self, ids: Ids) -> dict[str, str]:
        """Whose updates to ask for."""
        return self._whose.address_or_tenant(ids)

    def open(self, event: object) -> Call[Opened]:
        return Call("POST", "/v1/open", _opened, body=encoded(structured(event), "the event"))

    # ----------------------------------------------------------------------------------------------------

    def _command(self, kind: str, fields: dict[str, Any], wait: bool, ids: Ids) -> Call[Done]:
        body = {**self._whose.address(ids), "type": kind, **_given(fields)}
        return Call(
            "POST", "/v1/commands", answer(Done), _wait(wait), encoded(body, "the command"), new_key()
        )


class _Envelope(msgspec.Struct, frozen=True):
    id: str
    type: str
    source: str
    data: dict[str, Any]
    subject: str | None = None
    time: datetime | None = None


def _opened(content: bytes) -> Opened:
    found = answer(_Envelope)(content)
    kind = {**INCOMING, **OUTGOING}.get(found.type)
    if kind is None:
        raise BadAnswer(f"{found.type} is a type of a newer release: upgrade this client")
    try:
        data = msgspec.convert({**found.data, "type": found.type}, kind)
    except msgspec.ValidationError as error:
        raise BadAnswer(f"{found.type} of another release: {error}") from None
    return Opened(found.id, found.type, found.source, data, found.subject, found.time)


def _cube(cube_id: object) -> str:
    if not isinstance(cube_id, str) or not cube_id.strip(".") or "/" in cube_id:
        raise BadCall(f"{cube_id!r} is no id of a memory: it is the `id` of what search and get_all give")
    return f"/v1/cubes/{quote(cube_id, safe='')}"


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _wait(wait: bool) -> dict[str, Literal["recallable"]]:
    return {"wait": "recallable"} if wait else {}
