"""What the routes work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import Depends, Query, Request

from gateway.http.aftermath import Aftermath
from gateway.http.backlog import Backlog
from gateway.http.chat_source import Source
from gateway.http.idempotency import Claims
from gateway.http.letters import Letters
from gateway.http.prefetch import Prefetch
from gateway.http.problems import Problem
from gateway.http.processes import ModelProcesses
from gateway.http.progress import Progress
from gateway.http.streams import Streams
from gateway.http.ticker import Ticker
from gateway.log import Bus
from gateway.thread import Workbench
from memcube.activation.folder import Kept
from memcube.governance.ledger import Ledger
from memcube.governance.sealing import Sealer
from memcube.plaintext.recall import Recaller
from memcube.settings import ModelSettings
from memcube.store.record import CubeStore
from schemas.subject import Address, Others, Subject


class Services(msgspec.Struct, frozen=True):
    """All that blocks stands on a workbench of its own. `progress`: the roles, memory first.

    source: the language model; None where there is none. prefetch: of its processes, where they are ours.
    kept: the blocks on disk, which only looks into a folder.
    """

    bus: Bus
    record: Workbench[CubeStore]
    recalls: Workbench[Recaller]
    ledger: Workbench[Ledger]
    sealer: Workbench[Sealer]
    letters: Letters
    progress: tuple[Progress, ...]
    backlog: Backlog
    ticker: Ticker
    streams: Streams
    claims: Claims
    model: ModelSettings
    processes: ModelProcesses
    kept: Callable[[], Kept]
    kafka: Callable[[], str]
    clock: Callable[[], datetime]
    source: Source | None = None
    prefetch: Prefetch | None = None
    aftermath: Aftermath = msgspec.field(default_factory=Aftermath)

    @property
    def memory(self) -> Progress:
        """The role that makes events recallable."""
        return self.progress[0]

    def start(self) -> None:
        """Begin what goes on in the background."""
        self.backlog.start()
        self.ticker.start()

    def heard(self, subject: Subject) -> None:
        """A subject has said or asked something: soon it may want an answer."""
        if self.prefetch is not None:
            self.prefetch.heard(subject.key)

    async def close(self) -> None:
        self.streams.end()
        await self.ticker.close()
        if self.prefetch is not None:
            await self.prefetch.close()
        await self.aftermath.close()
        if self.source is not None:
            await self.source.close()
        await self.backlog.close()
        await self.bus.close()
        for bench in (self.recalls, self.record, self.ledger, self.sealer):
            await bench.close()


# As coroutines: FastAPI sends plain functions through a thread, each for a tenth of a millisecond.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _ids(
    tenant: Annotated[str, Query(description="whose system it is, where several share one")] = "default",
    group_id: Annotated[str | None, Query(description="a conversation of several people")] = None,
    user_id: Annotated[str | None, Query(description="a person", examples=["ana"])] = None,
    agent_id: Annotated[str | None, Query(description="an agent")] = None,
    run_id: Annotated[str | None, Query(description="one run of an agent")] = None,
) -> Address:
    return Address(tenant=tenant, group_id=group_id, user_id=user_id, agent_id=agent_id, run_id=run_id)


WhoseIds = Annotated[Address, Depends(_ids)]


async def _subject(ids: WhoseIds) -> Subject:
    return ids.subject()


def _filters(ids: WhoseIds) -> Others | None:
    return ids.filters()


House = Annotated[Services, Depends(_services)]
Whose = Annotated[Subject, Depends(_subject)]
# The other ids of the request.
Filters = Annotated[Others | None, Depends(_filters)]


def undivided(ids: Address) -> None:
    """Raise a `Problem` for ids beside the subject's, where they would look as if they spared the rest."""
    if (others := ids.others()) is None:
        return
    names = [name for name in others.__struct_fields__ if getattr(others, name) is not None]
    subject = ids.subject()
    raise Problem(
        422,
        "The request is not valid",
        f"{', '.join(names)} would be ignored: this is about all of {subject.kind} {subject.id!r};"
        f" leave {'it' if len(names) == 1 else 'them'} out",
        "bad-request",
    )
