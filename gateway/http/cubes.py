"""`/v1/cubes`: what a subject's memory holds, and how it became so."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query

from gateway.http.answers import Cube, Cubes, History
from gateway.http.documented import problems
from gateway.http.moments import as_of as day_or_moment
from gateway.http.services import Filters, House, Whose
from memcube.cube import Form, Kind, State
from memcube.errors import NoSuchCube

router = APIRouter(prefix="/v1/cubes", tags=["cubes"])
# SQLite has no larger numbers.
MAX_SEQ: Final = 2**63 - 1


@router.get("", summary="List memories")
async def list_cubes(
    house: House,
    subject: Whose,
    others: Filters,
    *,
    kind: Annotated[
        Kind, Query(description="`activation`: the blocks that were prefilled of memories")
    ] = Kind.PLAINTEXT,
    episodes: Annotated[bool, Query(description="raw turns as well")] = False,
    state: Annotated[list[State] | None, Query(description="all but erased, if not given")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    before: Annotated[int | None, Query(ge=1, le=MAX_SEQ, description="`next` of the page before")] = None,
    as_of: Annotated[
        str | None, Query(description="only what was true then: a day (its end) or a time")
    ] = None,
    known_at: Annotated[
        str | None, Query(description="the versions that were known then: a day (its end) or a time")
    ] = None,
) -> Cubes:
    """The newest version of each memory, the last changed first. Ids beside the subject's are filters.

    `as_of` asks for valid time and `known_at` for recorded time; together: what was then held to be true.
    """
    states = frozenset(state) if state else frozenset(State) - {State.ERASED}
    true, known = (None if text is None else day_or_moment(text) for text in (as_of, known_at))
    form = Form.FACT if kind is Kind.PLAINTEXT and not episodes else None
    found = await house.record.run(
        lambda store: store.list_cubes(
            subject.key,
            limit=limit + 1,
            kind=kind,
            form=form,
            states=states,
            others=others,
            before=before,
            as_of=true,
            known_at=known,
        )
    )
    cubes = found[:limit]
    return Cubes(
        cubes=[Cube.of(cube) for cube in cubes], next=cubes[-1].seq if cubes and len(found) > limit else None
    )


@router.get("/{cube_id}", summary="Show a memory", responses=problems(404))
async def show_cube(
    house: House,
    subject: Whose,
    cube_id: str,
    known_at: Annotated[
        str | None, Query(description="the version that was known then: a day (its end) or a time")
    ] = None,
) -> Cube:
    """The newest version, or the one that was the newest at a recorded time."""
    if known_at is None:
        return Cube.of(await house.record.run(lambda store: store.cube(subject.key, cube_id)))
    then = day_or_moment(known_at)
    versions = await house.record.run(lambda store: store.history(subject.key, cube_id))
    known = [version for version in versions if version.recorded_at <= then]
    if not known:
        raise NoSuchCube(f"cube {cube_id[:80]!a} was not known by {then.isoformat()}")
    return Cube.of(known[-1])


@router.get("/{cube_id}/history", summary="Show all versions", responses=problems(404))
async def show_history(house: House, subject: Whose, cube_id: str) -> History:
    """Every version; after an erasure only the last, without words."""
    versions = await house.record.run(lambda store: store.history(subject.key, cube_id))
    return History(id=cube_id, versions=[Cube.of(cube) for cube in versions])
