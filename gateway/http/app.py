"""The application: routes over services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway.http import audit, changing, commands, cubes, deadletters, events, recall, status, updates
from gateway.http.problems import answer_with_problems
from gateway.http.services import Services


def create_app(start: Callable[[], Awaitable[Services]]) -> FastAPI:
    """`start` is called in the event loop that will serve."""

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
        title="MemCube", summary="Memory for language models, as a stream of events.", lifespan=lifespan
    )
    for part in (events, commands, recall, cubes, changing, updates, deadletters, audit, status):
        app.include_router(part.router)
    answer_with_problems(app)
    return app
