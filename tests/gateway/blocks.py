"""A model process as the gateway sees it: it tells what it has loaded, and answers jobs without computing."""

from __future__ import annotations

import httpx
import msgspec

from gateway.log import Message
from memcube.cube import cube_id
from memcube.governance.sealing import event_context, open_body
from memcube.models.wire import About
from memcube.settings import ModelSettings
from schemas.envelope import Event, decode
from schemas.events import JOBS, Artefact, Build, Built, Parent
from schemas.topics import ACTIVATION_JOBS
from tests.gateway.house import House

URL = "http://127.0.0.1:8801"
MODEL = ModelSettings(urls=(URL,), block_tokens=2048)
ABOUT = About(
    name="tiny",
    fingerprint="f" * 16,
    context=8192,
    bytes_per_token=46_080,
    device="cpu",
    dtype="float32",
    precision="float",
)


class Process(httpx.MockTransport):
    """`about` None: nobody listens there."""

    def __init__(self, about: About | None = ABOUT) -> None:
        self.about = about
        super().__init__(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.about is None:
            raise httpx.ConnectError("nobody listens", request=request)
        return httpx.Response(200, content=msgspec.json.encode(self.about))


def jobs(house: House) -> list[Event]:
    """What stands in the log of jobs."""
    return [
        decode(record.key, record.headers, record.value or b"", known=JOBS)
        for record in house.log.of(ACTIVATION_JOBS.name)
    ]


def words(house: House, job: Event) -> list[str]:
    """The lines of a build, opened as whoever computes it opens them."""
    assert isinstance(job.data, Build)
    context = event_context(job.type, job.id)
    sealer = house.bus._sealer
    return [open_body(sealer, job.subject.key, line.body, context).text for line in job.data.lines]


async def answer(house: House, job: Event, *, reason: str = "built", fingerprint: str | None = None) -> None:
    """Say that a job was done, or, with another reason, that it was not."""
    build = job.data
    assert isinstance(build, Build)
    made = Artefact(
        model="tiny",
        fingerprint=fingerprint or ABOUT.fingerprint,
        tokens=40 + 12 * len(build.lines),
        bytes=4_000_000,
        precision="float",
        seconds=1.5,
    )
    built = Built(
        **{name: getattr(build, name) for name in ("tenant", "group_id", "user_id", "agent_id", "run_id")},
        block_id=build.block_id,
        parents=tuple(Parent(line.cube_id, line.version) for line in build.lines),
        processor="model/1",
        reason=reason,
        artefact=made if reason == "built" else None,
    )
    event_id = cube_id(job.subject.key, job.id, "built")
    await house.bus.publish([Message(built, event_id, house.now, "memcube/model")])
