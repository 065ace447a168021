"""The application: routes over services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Depends, FastAPI

from gateway.http import (
    activations,
    audit,
    building,
    changing,
    chat,
    commands,
    cubes,
    deadletters,
    event,
    events,
    metrics,
    opening,
    recall,
    status,
    updates,
)
from gateway.http.body import BodyGate, Limits
from gateway.http.documented import describe
from gateway.http.problems import answer_with_problems
from gateway.http.query import KnownQuery
from gateway.http.services import Services
from memcube.settings import MAX_BODY_MB

_LIMITS: Final = Limits(MAX_BODY_MB * 1024 * 1024)


def create_app(start: Callable[[], Awaitable[Services]], *, limits: Limits = _LIMITS) -> FastAPI:
    """`start` is called in the event loop that will serve. Bodies beyond the limits are refused."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = await start()
        app.state.services = services
        services.start()
        try:
            yield
        finally:
            await services.close()

    app = FastAPI(
        title="MemCube",
        summary="Memory for language models, as a stream of events.",
        lifespan=lifespan,
        dependencies=[Depends(KnownQuery())],
    )
    for part in (
        events,
        event,
        opening,
        commands,
        recall,
        chat,
        cubes,
        changing,
        activations,
        building,
        updates,
        deadletters,
        audit,
        status,
        metrics,
    ):
        app.include_router(part.router)
    answer_with_problems(app)
    describe(app)
    app.add_middleware(BodyGate, limits=limits)
    app.state.outbox_watch = metrics.OutboxWatch()
    # The outermost, since what the gate refuses is a request too.
    app.add_middleware(metrics.Observed)
    return app
