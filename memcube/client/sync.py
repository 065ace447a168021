"""The client for programs, scripts and notebooks: plain calls, no threads, no event loop of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import date, datetime
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx
from httpx_sse import EventSource, connect_sse

from memcube.client.answers import Added, Cube, Done, Forgotten, Found, History, Opened
from memcube.client.calls import Pages
from memcube.client.connection import Connection
from memcube.client.errors import BadCall, ClientError
from memcube.client.ids import Ids
from memcube.client.request import Call, Pause, Steps
from memcube.client.retries import Retries
from memcube.client.turns import Messages
from memcube.client.updates import PATH, Following, Update, hang_up
from schemas.events import Verdict

T = TypeVar("T")


class Client:
    """A connection to a MemCube gateway. Safe from several threads; close it, or use it in a `with`.

    base_url: else MEMCUBE_URL, else http://127.0.0.1:8700. The ids are those of every call that does not
    give its own. timeout: seconds for an answer (default 45; connecting: 5). retries: how often a call is
    tried again when the gateway cannot be reached or is busy; a write is never done twice by that.

    Each call raises a `ClientError`; `memcube.client.errors` draws them all.
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
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        ids = Ids(group_id=group_id, user_id=user_id, agent_id=agent_id, run_id=run_id)
        self._connection = Connection.given(base_url, timeout, retries, tenant, ids)
        self._calls = self._connection.calls()
        self._http = httpx.Client(transport=transport, **self._connection.settings())
        self._sleep = sleep or self._until_closed
        self._streams: set[httpx.Response] = set()
        self._closed = threading.Event()

    # --- what is said -----------------------------------------------------------------------------------

    def add(
        self,
        messages: Messages,
        *,
        timestamp: datetime | str | None = None,
        wait: bool = True,
        wait_s: float | None = None,
        **ids: Unpack[Ids],
    ) -> Added:
        """Tell what was said: a text, one `{"role", "content", ...}`, or any number of these.

        All of it is sent before anything is waited for. With `wait` the answer says what became of it, and
        recall sees it; wait_s: for how many seconds at most, by default 60 and a tenth for each message.
        A message that is refused is an error if it came alone, and in a list one of `refused` beside the
        others. timestamp: when it was said, for messages without their own.
        """
        return self._run(self._calls.add(messages, timestamp, wait, wait_s, ids))

    def remember(
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
        """Keep a text as a memory, as it stands. `pinned`: nothing replaces it, and it does not expire."""
        return self._send(
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

    def feedback(
        self, cube_ids: str | Iterable[str], verdict: Verdict, *, wait: bool = True, **ids: Unpack[Ids]
    ) -> Done:
        """Judge memories that an answer used, "up" or "down": moves their trust. All of them or none."""
        return self._send(self._calls.feedback(cube_ids, verdict, wait, ids))

    # --- what is known ----------------------------------------------------------------------------------

    def search(
        self,
        query: str,
        *,
        limit: int | None = None,
        max_tokens: int | None = None,
        as_of: datetime | date | str | None = None,
        known_at: datetime | date | str | None = None,
        **ids: Unpack[Ids],
    ) -> Found:
        """The memories that answer best, 5 if no limit is given.

        max_tokens: fill a `context` for a prompt up to this size. as_of: what was true then; a day means
        its end. known_at: by what was known then, less what was erased since. Ids beside the one that names
        the subject narrow the search.
        """
        call = self._calls.search(query, limit, max_tokens, as_of=as_of, known_at=known_at, ids=ids)
        return self._send(call)

    def get(self, cube_id: str, **ids: Unpack[Ids]) -> Cube:
        """The newest version of a memory."""
        return self._send(self._calls.get(cube_id, ids))

    def get_all(
        self,
        *,
        limit: int | None = None,
        state: str | Iterable[str] | None = None,
        episodes: bool = False,
        **ids: Unpack[Ids],
    ) -> Iterator[Cube]:
        """Every memory, the last changed first, fetched page by page as you iterate.

        state: only of these states, like "active"; else of all but "erased". episodes: raw turns as well.
        """
        return self._iterate(self._calls.pages(limit, state, episodes, ids))

    def history(self, cube_id: str, **ids: Unpack[Ids]) -> History:
        """All versions of a memory; after it was forgotten only the last, without words."""
        return self._send(self._calls.history(cube_id, ids))

    # --- what is changed --------------------------------------------------------------------------------

    def update(
        self,
        cube_id: str,
        text: str | None = None,
        pinned: bool | None = None,
        *,
        wait: bool = True,
        **ids: Unpack[Ids],
    ) -> Done:
        """Give a memory another text, protect it or no longer. The old text stays in its history."""
        return self._send(self._calls.update(cube_id, text, pinned, wait, ids))

    def delete(self, cube_id: str, *, wait: bool = True, **ids: Unpack[Ids]) -> Done:
        """Forget a memory with the turns that it came from. This cannot be undone."""
        return self._send(self._calls.delete(cube_id, wait, ids))

    def delete_all(self, dry_run: bool = False, *, wait: bool = True, **ids: Unpack[Ids]) -> Forgotten:
        """Forget everything of one subject, keys included; with `dry_run` only count it."""
        return self._send(self._calls.delete_all(dry_run, wait, ids))

    def undo(self, event_id: str, *, wait: bool = True, **ids: Unpack[Ids]) -> Done:
        """Take back what one event changed."""
        return self._send(self._calls.undo(event_id, wait, ids))

    # --- what is followed -------------------------------------------------------------------------------

    def updates(self, after: str | None = None, **ids: Unpack[Ids]) -> Generator[Update]:
        """Each change of a subject's memory as it happens; without any id, of the whole tenant.

        after: "start" for all that the log holds, or the `token` of the last update that was seen; else
        from the moment on at which the first is asked for. It connects again where it was, for as long as
        it takes, and ends when the client is closed.
        """
        return self._follow(self._connection.following(ids, after))

    def open(self, event: object) -> Opened:
        """A record of memory.events or memory.updates with its sealed body opened by the gateway.

        Takes a record of aiokafka or confluent-kafka, a CloudEvent of the `cloudevents` package, a pair
        (headers, value), or a dict in structured JSON. The keys never leave the server.
        """
        return self._send(self._calls.open(event))

    # --- its life ---------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the connections; an iterator of `updates` ends, in another thread too."""
        self._closed.set()
        for response in list(self._streams):
            hang_up(response)
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client{self._connection!r}"

    # ----------------------------------------------------------------------------------------------------

    def _send(self, call: Call[T]) -> T:
        attempts = self._connection.attempts()
        while True:
            if self._closed.is_set():
                raise BadCall("this client is closed: make another")
            try:
                response = self._http.request(**self._connection.request(call))
            except httpx.HTTPError as error:
                pause = attempts.broke(error)
            else:
                if response.is_success:
                    return call.read(response.content)
                pause = attempts.refused(response)
            self._sleep(pause)

    def _until_closed(self, seconds: float) -> None:
        self._closed.wait(seconds)

    def _run(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                if isinstance(step, Pause):
                    self._sleep(step.seconds)
                    step = next(steps)
                    continue
                try:
                    answer = self._send(step)
                except ClientError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def _iterate(self, pages: Pages) -> Generator[Cube]:
        while (call := pages.call) is not None:
            yield from pages.took(self._send(call))

    def _follow(self, following: Following) -> Generator[Update]:
        timeout = self._connection.stream_timeout()
        while not self._closed.is_set():
            try:
                with connect_sse(self._http, "GET", PATH, params=following.query, timeout=timeout) as source:
                    if source.response.is_success:
                        yield from self._read(source, following)
                        pause = following.ended()
                    else:
                        source.response.read()
                        pause = following.refused(source.response)
            except httpx.HTTPError as error:
                pause = 0.0 if self._closed.is_set() else following.broke(error)
            self._sleep(pause)

    def _read(self, source: EventSource, following: Following) -> Generator[Update]:
        self._streams.add(source.response)
        try:
            for event in source.iter_sse():
                if self._closed.is_set():
                    return
                if (update := following.took(event)) is not None:
                    yield update
        finally:
            self._streams.discard(source.response)
