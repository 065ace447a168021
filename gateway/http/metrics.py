"""`GET /metrics`: the gateway's own figures, and those of the system that must outlive a dead worker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.services import House, Services
from memcube import metrics
from memcube.errors import Setup, StoreFault
from memcube.store.record import Statistics, StoreSize

router = APIRouter(tags=["operation"])

# A store that is busy for longer has no figures this time; the rest of the page must not wait for it.
_STORE_S: Final = 1.0
_UNMATCHED: Final = "unmatched"


class OutboxWatch:
    """Since when the same message has been the oldest of a store's outbox.

    Rows carry no time, and a worker that died could not tell it: whoever asks for the metrics keeps time.
    """

    def __init__(self) -> None:
        self._oldest: dict[str, tuple[int, datetime]] = {}

    def age_s(self, store: str, oldest: int | None, now: datetime) -> float:
        """Seconds since this row was first seen as the oldest; 0 without one."""
        if oldest is None:
            self._oldest.pop(store, None)
            return 0.0
        row, since = self._oldest.get(store, (None, now))
        if row != oldest:
            self._oldest[store] = (oldest, since := now)
        return (now - since).total_seconds()


def _watch(request: Request) -> OutboxWatch:
    watch: OutboxWatch = request.app.state.outbox_watch
    return watch


@router.get("/metrics", response_class=PlainTextResponse)
async def show_metrics(house: House, watch: Annotated[OutboxWatch, Depends(_watch)]) -> Response:
    """Prometheus' text format. What cannot be read now is left out, so that nothing old is shown as new."""
    await asyncio.gather(_tell_record(house, watch), _tell_ledger(house, watch))
    _tell_lag(house)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@contextmanager
def timed_phase(phase: str) -> Iterator[None]:
    """Times one phase of a recall."""
    with metrics.RECALL_SECONDS.labels(phase).time():
        yield


class Observed:
    """Counts and times every request at the door, whatever becomes of it inside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = _Visit(scope, send)
        try:
            await self._app(scope, receive, visit.send)
        except Exception:
            visit.answered(500)  # the outermost layer makes a problem of it
            raise
        finally:
            visit.ended()


class _Visit:
    """One request. Its route is known once the router has found it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._began = perf_counter()
        self._status: str | None = None
        self._streams = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.answered(message["status"])
            kinds = [value for name, value in message.get("headers", ()) if name.lower() == b"content-type"]
            if any(kind.startswith(b"text/event-stream") for kind in kinds):
                self._streams = True
                metrics.STREAMS.inc()
        await self._send(message)

    def answered(self, status: int) -> None:
        if self._status is not None:
            return
        self._status = f"{status // 100}xx"
        if status == 429:
            metrics.REJECTED.inc()
        metrics.HTTP_SECONDS.labels(self._route, self._method).observe(perf_counter() - self._began)
        metrics.HTTP_REQUESTS.labels(self._route, self._method, self._status).inc()

    def ended(self) -> None:
        if self._streams:
            metrics.STREAMS.dec()
        if self._status is None:
            metrics.HTTP_REQUESTS.labels(self._route, self._method, "gone").inc()

    @property
    def _route(self) -> str:
        return getattr(self._scope.get("route"), "path", _UNMATCHED)

    @property
    def _method(self) -> str:
        method: str = self._scope["method"]
        return method if method in metrics.METHODS else metrics.OTHER


async def _tell_record(house: Services, watch: OutboxWatch) -> None:
    try:
        async with asyncio.timeout(_STORE_S):
            statistics, size = await house.record.run(lambda store: (store.statistics(), store.size()))
    except (StoreFault, Setup, TimeoutError):
        metrics.STORE_ROWS.clear()
        _forget("record")
        return
    _tell_rows(statistics)
    _tell_size("record", size, watch, house.clock())


async def _tell_ledger(house: Services, watch: OutboxWatch) -> None:
    try:
        async with asyncio.timeout(_STORE_S):
            size = await house.ledger.run(lambda ledger: ledger.size())
    except (StoreFault, Setup, TimeoutError):
        _forget("ledger")
        return
    _tell_size("ledger", size, watch, house.clock())


def _tell_rows(statistics: Statistics) -> None:
    for holds in ("subjects", "cubes", "versions"):
        metrics.STORE_ROWS.labels(holds).set(getattr(statistics, holds))


def _tell_size(store: str, size: StoreSize, watch: OutboxWatch, now: datetime) -> None:
    metrics.STORE_BYTES.labels(store).set(size.bytes)
    metrics.STORE_FREE.labels(store).set(size.free_bytes)
    metrics.OUTBOX.labels(store).set(size.outbox)
    metrics.OUTBOX_AGE.labels(store).set(watch.age_s(store, size.outbox_oldest, now))


def _forget(store: str) -> None:
    for gauge in (metrics.STORE_BYTES, metrics.STORE_FREE, metrics.OUTBOX, metrics.OUTBOX_AGE):
        gauge.remove(store)


def _tell_lag(house: Services) -> None:
    """Nothing while the backlog is unknown: an alert stands on its absence."""
    metrics.LAG.clear()
    metrics.LAG_AGE.clear()
    standings = house.backlog.standings()
    for progress in house.progress:
        for number, standing in standings.get(progress.role, {}).items():
            metrics.LAG.labels(progress.role, progress.topic, str(number)).set(standing.lag)
            metrics.LAG_AGE.labels(progress.role, progress.topic, str(number)).set(standing.age_s)
