"""`memcube demo`: a conversation through a real Kafka into memories that answer questions."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import msgspec
import typer
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.live import Live
from rich.table import Table

from gateway.cli.demo_models import ModelActs
from gateway.cli.place import Place, placed
from gateway.cli.system import LocalSystem
from gateway.cli.up import prepare
from gateway.demo.script import Question, Script, load_script
from infra.children import Change, State
from memcube.settings import DataFolder

# A few turns at a time, so that one sees them go through; the stream itself would take them at once.
TURNS_A_STEP: Final = 6
READY_WITHIN_S: Final = 120.0
RECALLABLE_WITHIN_S: Final = 60.0

console = Console(highlight=False)


@placed
def demo(
    place: Place,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Keep the data in this folder, to look at it later."),
    ] = None,
    models: Annotated[
        bool,
        typer.Option("--models", help="And then chat: needs a language model (`make setup-models`)."),
    ] = False,
) -> None:
    """Start everything in a folder of its own, play a conversation, ask, check the audit trail, stop."""
    with _folder(keep) as folder:
        settings = msgspec.structs.replace(
            place.settings(), data=DataFolder(folder), gateway_port=0, kafka_port=0
        )
        system = LocalSystem(settings, _show, models=models)
        console.rule("[bold]MemCube demo[/]")
        prepare(system, console)
        show = _Show(system, load_script(), models=models)
        raise typer.Exit(asyncio.run(system.run(show.play)))


class _Show:
    """The acts, in order; `play` returns the exit status."""

    def __init__(self, system: LocalSystem, script: Script, *, models: bool) -> None:
        self._system = system
        self._script = script
        self._acts: ModelActs | None = None
        self._models = models
        self._failures: list[str] = []
        self._http = httpx.AsyncClient(trust_env=False, timeout=40.0)

    async def play(self) -> int:
        async with self._http:
            async with asyncio.timeout(READY_WITHIN_S):
                await self._system.until_ready()
            self._http.base_url = httpx.URL(self._system.state.gateway)
            await self._converse()
            if self._models:
                questions = [question.question for question in self._script.questions]
                self._acts = ModelActs(self._http, console, self._group, questions)
            for question in self._script.questions:
                await self._ask(question)
            await self._show_history()
            if self._acts is not None:
                self._failures += await self._acts.play()
            await self._check_audit()
        if self._failures:
            console.print("\n[bold red]Not as it must be:[/]")
            for failure in self._failures:
                console.print(f"  {failure}")
            return 1
        console.print(
            "\n[bold green]Every expected memory was recalled, and every change has its audit record.[/]"
        )
        return 0

    async def _converse(self) -> None:
        turns = self._script.turns
        console.print(f"\n{len(turns)} turns over six weeks, through Kafka at {self._system.state.kafka}\n")
        with Live(console=console, refresh_per_second=10, transient=False) as live:
            for start in range(0, len(turns), TURNS_A_STEP):
                step = turns[start : start + TURNS_A_STEP]
                answer = await self._post("/v1/events", {"events": step})
                for turn, item in zip(step, answer["events"], strict=True):
                    if "error" in item:
                        self._failures.append(f"turn {turn['id']} was refused: {item['error']}")
                live.update(await self._progress(start + len(step)))
            async with asyncio.timeout(RECALLABLE_WITHIN_S):
                while await self._lag():
                    live.update(await self._progress(len(turns)))
                    await asyncio.sleep(0.05)
            live.update(await self._progress(len(turns)))

    async def _progress(self, sent: int) -> Table:
        decisions = await self._decisions()
        table = Table("turns sent", "lag", "turns kept", "memories made", "merged", "superseded", box=None)
        counted = [("add", "episode"), ("add", "fact"), ("merge", "fact"), ("supersede", "fact")]
        table.add_row(str(sent), str(await self._lag()), *(str(decisions.get(of, 0)) for of in counted))
        return table

    async def _ask(self, question: Question) -> None:
        answer = await self._post("/v1/recall", {**self._group, "query": question.question, "limit": 5})
        console.print(f"\n[bold]{question.question}[/]  [dim]{question.why}[/]")
        console.print(_memories(answer["memories"][:3]))
        if self._acts is not None:
            await self._acts.saw(question.question, answer["memories"])
        texts = [memory["text"] for memory in answer["memories"]]
        if not any(all(word in text for word in question.expect) for text in texts):
            self._failures.append(f"{question.question!r} did not recall {' + '.join(question.expect)}")

    async def _show_history(self) -> None:
        """One fact that was replaced: what it is now, what it was then, and how it came."""
        story = self._script.superseded
        asked = {**self._group, "query": story.question, "limit": 5}
        then = (await self._post("/v1/recall", {**asked, "as_of": story.as_of}))["memories"]
        now = (await self._post("/v1/recall", asked))["memories"]
        old = next((memory for memory in then if story.old in memory["text"]), None)
        console.print(f"\n[bold]{story.question}[/]  as of {story.as_of}")
        console.print(_memories(then[:1]))
        if old is None:
            self._failures.append(f"as of {story.as_of}, {story.question!r} did not recall {story.old}")
            return
        if not any(story.new in memory["text"] for memory in now):
            self._failures.append(f"{story.question!r} does not recall {story.new} now")
        if any(memory["id"] == old["id"] for memory in now):
            self._failures.append(f"the replaced memory {old['text']!r} is still recalled")
        history = await self._get(f"/v1/cubes/{old['id']}/history", self._group)
        table = Table("version", "state", "decision", "valid from", "valid to", "by event", box=None)
        for version in history["versions"]:
            table.add_row(
                str(version["version"]),
                version["state"],
                f"{version['decision']} ({version['reason']})",
                _day(version["valid_from"]),
                _day(version["valid_to"]),
                version["cause"][:8],
            )
        console.print(f"its history: [dim]{old['text']}[/]")
        console.print(table)

    async def _check_audit(self) -> None:
        audit: dict[str, Any] = {}
        async with asyncio.timeout(RECALLABLE_WITHIN_S):
            while not audit.get("complete"):
                audit = await self._get("/v1/audit/check", {})
                if not audit["complete"] and not await self._lag():
                    break
                await asyncio.sleep(0.05)
        console.print(
            f"\naudit: {audit['versions']} versions, {audit['records']} records in the ledger,"
            f" chain {'intact' if audit['intact'] else '[red]broken[/]'}"
        )
        if not audit["complete"] or not audit["intact"]:
            self._failures.append(
                f"the ledger lacks {len(audit['missing'])} of the changes, or was tampered with"
            )

    @property
    def _group(self) -> dict[str, str]:
        return {"tenant": "default", "group_id": self._script.group_id}

    async def _lag(self) -> int:
        status = await self._get("/v1/status", {})
        return sum(sum(partitions.values()) for partitions in status["lag"].values())

    async def _decisions(self) -> dict[tuple[str, str], int]:
        """What role memory has decided so far about facts and episodes, from its own metrics."""
        address = next(child.metrics for child in self._system.state.children if child.name == "memory")
        text = (await self._http.get(str(address))).text
        return {
            (sample.labels["decision"], sample.labels["form"]): int(sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "memcube_decisions_total"
        }

    async def _post(self, path: str, body: Any) -> dict[str, Any]:
        answer = await self._http.post(path, json=body)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    async def _get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        answer = await self._http.get(path, params=query)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document


def _memories(memories: list[dict[str, Any]]) -> Table:
    table = Table("score", "memory", "valid from", "said by", "on", "event", box=None, pad_edge=False)
    for memory in memories:
        source = memory["provenance"][-1]
        table.add_row(
            f"{memory['score']:.2f}",
            memory["text"],
            _day(memory["valid_from"]),
            source["speaker"],
            _day(source["time"]),
            source["event_id"][:8],
        )
    return table


def _day(moment: str | None) -> str:
    return moment[:10] if moment else ""


def _show(change: Change) -> None:
    if change.state in {State.READY, State.RESTARTING, State.BLOCKED}:
        console.print(f"[dim]{change.name:9}[/] {change.state} {change.detail}")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="memcube-demo-") as folder:
        yield Path(folder)
