"""The demo's acts with a language model: answers without and with memory, a block that gets hot, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import median
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

QUESTION: Final = "What am I allergic to?"
SPEAKER: Final = "Maya"
# Each question this often makes what answers it hot; see `memcube.activation.choice`.
ROUNDS: Final = 4
PROMOTED_WITHIN_S: Final = 90.0
TIMED: Final = 3
NEWS: Final = "I moved from Lisbon to Porto yesterday."


class ModelActs:
    """`play` returns what was not as it must be."""

    def __init__(
        self, http: httpx.AsyncClient, console: Console, whose: dict[str, str], asked: Sequence[str]
    ) -> None:
        self._http = http
        self._console = console
        self._whose = whose
        self._asked = asked
        self._failures: list[str] = []

    async def play(self) -> list[str]:
        await self._with_and_without()
        block = await self._gets_hot()
        if block is not None:
            await self._first_token(block)
            await self._ends(block)
        return self._failures

    async def _with_and_without(self) -> None:
        self._console.rule("chat with memory")
        table = Table("route", "memory tokens", "first token", "answer", box=None)
        for route in ("none", "text"):
            answer = await self._chat(QUESTION, route)
            table.add_row(*_row(answer))
            if answer["memory"]["route"] != route:
                self._failures.append(f"route {route} was asked for, and {answer['memory']} was taken")
        self._console.print(f"\n[bold]{SPEAKER}: {QUESTION}[/]")
        self._console.print(table)

    async def _gets_hot(self) -> dict[str, Any] | None:
        """Ask until role promote finds it worth a block, and wait until role model has built it."""
        self._console.rule("what is asked for often becomes a KV cache")
        for _ in range(ROUNDS):
            for question in self._asked:
                await self._post("/v1/recall", {**self._whose, "query": question, "limit": 5})
        try:
            async with asyncio.timeout(PROMOTED_WITHIN_S):
                while True:
                    if blocks := await self._blocks("active"):
                        break
                    await asyncio.sleep(0.2)
        except TimeoutError:
            self._failures.append(f"no block was built within {PROMOTED_WITHIN_S:.0f} s")
            return None
        block = blocks[0]
        self._console.print(
            f"\n{len(block['parents'])} memories were asked for {ROUNDS} times and are one block now:"
            f" {block['tokens']} tokens, {block['bytes'] / 1e6:.0f} MB, prefilled in {block['seconds']:.1f} s"
        )
        return block

    async def _first_token(self, block: dict[str, Any]) -> None:
        """The same tokens, prefilled and injected, by turns; the answers must be the same to the letter."""
        taken: dict[str, list[dict[str, Any]]] = {"text": [], "kv": []}
        for _ in range(TIMED):
            for route, answers in taken.items():
                answers.append(await self._chat(QUESTION, route, exact=True))
        table = Table("route", "memory tokens", "first token", "answer", box=None)
        times: dict[str, float] = {}
        for route, answers in taken.items():
            table.add_row(*_row(answers[-1]))
            times[route] = median(answer["memory"]["ttft_ms"] for answer in answers)
            if any(answer["memory"]["route"] != route for answer in answers):
                self._failures.append(f"route {route} was not taken: {answers[-1]['memory']}")
        self._console.print(f"\n[bold]{SPEAKER}: {QUESTION}[/]  [dim]the same tokens, read and injected[/]")
        self._console.print(table)
        self._console.print(
            f"first token: {times['text']:.0f} ms by text, {times['kv']:.0f} ms by KV,"
            f" {times['text'] / times['kv']:.1f} times as quick (median of {TIMED})"
        )
        if len({_said(answer) for answers in taken.values() for answer in answers}) != 1:
            self._failures.append("text and KV of the same tokens gave different answers")
        if times["kv"] >= times["text"]:
            self._failures.append(f"KV was not quicker than text of the same {block['tokens']} tokens")

    async def _ends(self, block: dict[str, Any]) -> None:
        """A memory of the block changes: from that commit on the block is not served."""
        self._console.rule("a memory changes, and the block ends with it")
        await self._post(
            "/v1/events?wait=recallable",
            {**self._whose, "role": "user", "content": NEWS, "name": SPEAKER, "id": "demo-news"},
        )
        ended = await self._get(f"/v1/activations/{block['id']}", self._whose)
        answer = await self._chat("Where do I live?", "kv")
        self._console.print(f"\n[bold]{SPEAKER}:[/] {NEWS}")
        self._console.print(
            f"the block is {ended['state']} ({ended['reason']}); asked for by KV, the answer came by"
            f" {answer['memory']['route']} ({answer['memory']['reason']}): {_said(answer)}"
        )
        if ended["state"] == "active":
            self._failures.append("the block outlived a change of a memory in it")
        if answer["memory"]["route"] == "kv" and block["id"] in {
            b["id"] for b in await self._blocks("active")
        }:
            self._failures.append("a block was served whose memory has changed")

    async def _chat(self, question: str, route: str, *, exact: bool = False) -> dict[str, Any]:
        # Off the record: the acts are to change no memory but by the news.
        return await self._post(
            "/v1/chat/completions",
            {
                "model": "default",
                "messages": [{"role": "user", "content": question}],
                "max_tokens": 24,
                "temperature": 0,
                "memory": {**self._whose, "name": SPEAKER, "route": route, "exact": exact, "store": False},
            },
        )

    async def _blocks(self, state: str) -> list[dict[str, Any]]:
        found = await self._get("/v1/activations", self._whose)
        return [block for block in found["activations"] if block["state"] == state]

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


def _said(answer: dict[str, Any]) -> str:
    return " ".join(str(answer["choices"][0]["message"]["content"]).split())


def _row(answer: dict[str, Any]) -> tuple[str, str, str, str]:
    memory = answer["memory"]
    return memory["route"], str(memory["memory_tokens"]), f"{memory['ttft_ms']:.0f} ms", _said(answer)
