"""What the routes work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import Depends, Query, Request

from gateway.http.letters import Letters
from gateway.http.progress import Progress
from gateway.log import Bus
from gateway.thread import Workbench
from memcube.governance.ledger import Ledger
from memcube.governance.sealing import Sealer
from memcube.plaintext.recall import Recaller
from memcube.store.record import CubeStore
from schemas.subject import Address, Others, Subject


class Services(msgspec.Struct, frozen=True):
    """All that blocks stands on a workbench of its own. `progress`: the roles, memory first."""

    bus: Bus
    record: Workbench[CubeStore]
    recalls: Workbench[Recaller]
    ledger: Workbench[Ledger]
    sealer: Workbench[Sealer]
    letters: Letters
    progress: tuple[Progress, ...]
    kafka: Callable[[], str]
    clock: Callable[[], datetime]

    @property
    def memory(self) -> Progress:
        """The role that makes events recallable."""
        return self.progress[0]

    async def close(self) -> None:
        await self.bus.close()
        for bench in (self.recalls, self.record, self.ledger, self.sealer):
            await bench.close()


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _address(
    tenant: Annotated[str, Query()] = "default",
    group_id: Annotated[str | None, Query()] = None,
    user_id: Annotated[str | None, Query()] = None,
    agent_id: Annotated[str | None, Query()] = None,
    run_id: Annotated[str | None, Query()] = None,
) -> Address:
    return Address(tenant=tenant, group_id=group_id, user_id=user_id, agent_id=agent_id, run_id=run_id)


def _subject(address: Annotated[Address, Depends(_address)]) -> Subject:
    return address.subject()


def _filters(address: Annotated[Address, Depends(_address)]) -> Others | None:
    return address.filters()


House = Annotated[Services, Depends(_services)]
Whose = Annotated[Subject, Depends(_subject)]
# The other ids of the request.
Filters = Annotated[Others | None, Depends(_filters)]
