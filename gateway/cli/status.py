"""Is the system running, and how far has it come: `status` and `topics`."""

from __future__ import annotations

import os
from typing import Any, Final

import msgspec
import typer

from gateway.cli import show
from gateway.cli.activations import size
from gateway.cli.client import Gateway, running_gateway
from gateway.cli.place import AsJson, CliError, Place, placed
from memcube.errors import NotRunning
from memcube.settings import Child, System

# Its metrics are served by a thread of their own: only a process that is stopped takes this long.
_ANSWER_S: Final = 2.0


@placed
def status(place: Place, *, json: AsJson = False) -> None:
    """Exit status 0 only when all that `up` started is ready."""
    found = _status(place)
    if json:
        show.as_json(found)
    else:
        _print(found)
    if not found["ready"]:
        if not json:
            typer.echo(f"not ready: {found['reason']}", err=True)
        raise typer.Exit(1)


@placed
def topics(place: Place, *, json: AsJson = False) -> None:
    """The Kafka topics, what they carry and how much they hold."""
    with running_gateway(place) as gateway:
        found = gateway.get("/v1/topics")
    if json:
        show.as_json(found)
        return
    rows = [
        (topic["name"], topic["partitions"], topic["records"], _kept(topic), topic["carries"])
        for topic in found["topics"]
    ]
    show.table(("topic", "partitions", "records", "kept", "carries"), rows, empty="no topics")


def _status(place: Place) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "gateway": None,
        "kafka": None,
        "lag": {},
        "deadletters": None,
        "store": None,
        "models": [],
        "blocks": None,
        "children": [],
    }
    try:
        system = place.system()
    except (NotRunning, CliError) as error:
        return {**nothing, "ready": False, "reason": str(error)}
    known = {
        **nothing,
        "gateway": system.gateway,
        "kafka": system.kafka,
        "data": str(place.settings().data.root),
        "started_at": system.started_at,
        "children": [msgspec.to_builtins(child) for child in system.children],
    }
    try:
        with running_gateway(place, retries=0) as gateway:  # how it is now
            seen = _ask(gateway)
    except CliError as error:
        return {**known, "ready": False, "reason": _children(system) or error.what}
    reason = _children(system) or seen["reason"]
    parts = (
        "kafka_reachable",
        "record",
        "lag",
        "deadletters",
        "store",
        "unreported_recalls",
        "models",
        "blocks",
    )
    return {**known, **{part: seen[part] for part in parts}, "ready": reason is None, "reason": reason}


def _ask(gateway: Gateway) -> dict[str, Any]:
    seen = gateway.get("/v1/status")
    if seen["reason"] is None:
        gateway.get("/readyz")  # the embedder too; raises what is missing
    return seen


def _children(system: System) -> str | None:
    """Why the processes are not all ready, if so."""
    if not system.children:
        return "memcube up has started nothing yet"
    for child in system.children:
        if child.state != "ready":
            return f"{child.name} is {child.state}" + (f": {child.detail}" if child.detail else "")
        if child.pid is not None and not _lives(child):
            return f"{child.name} (pid {child.pid}) has just ended"
        if child.metrics is not None and not _answers(child.metrics):
            return f"{child.name} (pid {child.pid}) does not answer at {child.metrics}: it may be frozen"
    return None


def _answers(address: str) -> bool:
    import httpx  # noqa: PLC0415

    try:
        return httpx.get(address, timeout=_ANSWER_S, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _lives(child: Child) -> bool:
    try:
        os.kill(child.pid or 0, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _print(found: dict[str, Any]) -> None:
    rows = [(name, found[name]) for name in ("gateway", "kafka", "data") if found.get(name)]
    rows += [
        (child["name"], f"{child['state']}, pid {child['pid']}" if child["pid"] else child["state"])
        for child in found["children"]
    ]
    rows += [
        (f"metrics of {child['name']}", child["metrics"]) for child in found["children"] if child["metrics"]
    ]
    rows += [(f"lag of {role}", _lag(parts)) for role, parts in found["lag"].items()]
    if found["deadletters"] is not None:
        rows.append(("dead letters", found["deadletters"]))
    if found["store"]:
        rows += [(f"{name} in the record", value) for name, value in found["store"].items()]
    rows += [("model process", _model(process)) for process in found["models"]]
    if found["blocks"]:
        rows.append(("blocks", _blocks(found["blocks"])))
    if rows:
        show.table(("", ""), rows, empty="")


def _model(process: dict[str, Any]) -> str:
    if not process["ready"]:
        return f"{process['url']}, does not answer ({process['reason']})"
    return f"{process['url']}, ready: {process['model']} on {process['device']} in {process['dtype']}"


def _blocks(blocks: dict[str, Any]) -> str:
    waiting = "" if blocks["waiting"] is None else f"; {blocks['waiting']} jobs wait"
    return f"{blocks['kept']}, {size(blocks['bytes'])} of {size(blocks['budget'])}{waiting}"


def _lag(parts: dict[str, int]) -> str:
    behind = ", ".join(f"{number}: {waiting}" for number, waiting in parts.items() if waiting)
    return f"{sum(parts.values())} events" + (f" (by partition {behind})" if behind else "")


def _kept(topic: dict[str, Any]) -> str:
    if topic["compacted"]:
        return "newest of each key"
    return "for ever" if topic["retention_ms"] < 0 else f"{topic['retention_ms'] // 86_400_000} days"
