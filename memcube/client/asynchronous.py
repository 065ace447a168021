"""The same client for programs with an event loop: the same names, to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import date, datetime
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx
from httpx_sse import aconnect_sse

from memcube.client.answers import Added, Cube, Done, Forgotten, Found, History, Opened
from memcube.client.calls import Pages
from memcube.client.connection import Connection
from memcube.client.errors import BadCall, ClientError
from memcube.client.ids import Ids
from memcube.client.request import Call, Pause, Steps
from memcube.client.retries import Retries
from memcube.client.sync import Client
from memcube.client.turns import Messages
from memcube.client.updates import PATH, Following, Update
from schemas.events import Verdict

T = TypeVar("T")


class AsyncClient:
    """`Client` with an event loop: each call is awaited, and the iterators are for `async for`.

    What the calls do is said there. One client belongs to one event loop.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        tenant: str = "default",
        user_id: str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
        group_id: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        retries: int | Retries = 3,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        ids = Ids(group_id=group_id, user_id=user_id, agent_id=agent_id, run_id=run_id)
        self._connection = Connection.given(base_url, timeout, retries, tenant, ids)
        self._calls = self._connection.calls()
        self._http = httpx.AsyncClient(transport=transport, **self._connection.settings())
        self._sleep = sleep or self._until_closed
        self._closed = asyncio.Event()

    # --- what is said -----------------------------------------------------------------------------------

    async def add(
        self,
        messages: Messages,
        *,
        timestamp: datetime | str | None = None,
        wait: bool = True,
        wait_s: float | None = None,
        **ids: Unpack[Ids],
    ) -> Added:
        return await self._run(self._calls.add(messages, timestamp, wait, wait_s, ids))

    async def remember(
        self,
        text: str,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002  as the gateway names it
        source_id: str | None = None,
        pinned: bool = False,
        expires_at: datetime | date | str | None = None,
        timestamp: datetime | str | None = None,
        wait: bool = True,
        **ids: Unpack[Ids],
    ) -> Done:
        return await self._send(
            self._calls.remember(
                text,
                name=name,
                id=id,
                source_id=source_id,
                pinned=pinned,
                expires_at=expires_at,
                timestamp=timestamp,
                wait=wait,
                ids=ids,
            )
        )

    async def feedback(
        self, cube_ids: str | Iterable[str], verdict: Verdict, *, wait: bool = True, **ids: Unpack[Ids]
    ) -> Done:
        return await self._send(self._calls.feedback(cube_ids, verdict, wait, ids))

    # --- what is known ----------------------------------------------------------------------------------

    async def search(
        self,
        query: str,
        *,
        limit: int | None = None,
        max_tokens: int | None = None,
        as_of: datetime | date | str | None = None,
        known_at: datetime | date | str | None = None,
        **ids: Unpack[Ids],
    ) -> Found:
        call = self._calls.search(query, limit, max_tokens, as_of=as_of, known_at=known_at, ids=ids)
        return await self._send(call)

    async def get(self, cube_id: str, **ids: Unpack[Ids]) -> Cube:
        return await self._send(self._calls.get(cube_id, ids))

    def get_all(
        self,
        *,
        limit: int | None = None,
        state: str | Iterable[str] | None = None,
        episodes: bool = False,
        **ids: Unpack[Ids],
    ) -> AsyncIterator[Cube]:
        return self._iterate(self._calls.pages(limit, state, episodes, ids))

    async def history(self, cube_id: str, **ids: Unpack[Ids]) -> History:
        return await self._send(self._calls.history(cube_id, ids))

    # --- what is changed --------------------------------------------------------------------------------

    async def update(
        self,
        cube_id: str,
        text: str | None = None,
        pinned: bool | None = None,
        *,
        wait: bool = True,
        **ids: Unpack[Ids],
    ) -> Done:
        return await self._send(self._calls.update(cube_id, text, pinned, wait, ids))

    async def delete(self, cube_id: str, *, wait: bool = True, **ids: Unpack[Ids]) -> Done:
        return await self._send(self._calls.delete(cube_id, wait, ids))

    async def delete_all(self, dry_run: bool = False, *, wait: bool = True, **ids: Unpack[Ids]) -> Forgotten:
        return await self._send(self._calls.delete_all(dry_run, wait, ids))

    async def undo(self, event_id: str, *, wait: bool = True, **ids: Unpack[Ids]) -> Done:
        return await self._send(self._calls.undo(event_id, wait, ids))

    # --- what is followed -------------------------------------------------------------------------------

    def updates(self, after: str | None = None, **ids: Unpack[Ids]) -> AsyncGenerator[Update]:
        return self._follow(self._connection.following(ids, after))

    async def open(self, event: object) -> Opened:
        return await self._send(self._calls.open(event))

    # --- its life ---------------------------------------------------------------------------------------

    async def close(self) -> None:
        self._closed.set()
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient{self._connection!r}"

    # ----------------------------------------------------------------------------------------------------

    async def _send(self, call: Call[T]) -> T:
        attempts = self._connection.attempts()
        while True:
            if self._closed.is_set():
                raise BadCall("this client is closed: make another")
            try:
                response = await self._http.request(**self._connection.request(call))
            except httpx.HTTPError as error:
                pause = attempts.broke(error)
            else:
                if response.is_success:
                    return call.read(response.content)
                pause = attempts.refused(response)
            await self._sleep(pause)

    async def _until_closed(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closed.wait()

    async def _run(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                if isinstance(step, Pause):
                    await self._sleep(step.seconds)
                    step = next(steps)
                    continue
                try:
                    answer = await self._send(step)
                except ClientError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _iterate(self, pages: Pages) -> AsyncGenerator[Cube]:
        while (call := pages.call) is not None:
            for cube in pages.took(await self._send(call)):
                yield cube

    async def _follow(self, following: Following) -> AsyncGenerator[Update]:
        timeout = self._connection.stream_timeout()
        while not self._closed.is_set():
            try:
                async with aconnect_sse(
                    self._http, "GET", PATH, params=following.query, timeout=timeout
                ) as source:
                    if source.response.is_success:
                        async for event in source.aiter_sse():
                            if (update := following.took(event)) is not None:
                                yield update
                        pause = following.ended()
                    else:
                        await source.response.aread()
                        pause = following.refused(source.response)
            except httpx.HTTPError as error:
                pause = 0.0 if self._closed.is_set() else following.broke(error)
            await self._sleep(pause)


for _name, _twin in vars(Client).items():
    # What a call does is written once; `help` and notebooks find it at both.
    if callable(_twin) and not _name.startswith("_"):
        getattr(AsyncClient, _name).__doc__ = _twin.__doc__
