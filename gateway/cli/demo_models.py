"""The demo's acts with a language model: answers without and with memory, a block that gets hot, its end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

# Of the demo's own questions, those that the smallest of models can answer, and by which word one sees it.
KNOWS: Final[Mapping[str, str]] = {
    "What is Maya allergic to?": "walnuts",
    "What is the name of Maya's cat?": "Pixel",
    "Where does Maya live now?": "Lisbon",
}
TIMED_QUESTION: Final = next(iter(KNOWS))
HOME: Final = "Where does Maya live now?"
SPEAKER: Final = "Maya"
# Each question this often makes what answers it hot; see `memcube.activation.choice`.
ROUNDS: Final = 4
# Enough memories for a block of some hundred tokens: reading fewer takes a model no time worth saving.
RECALLED: Final = 8
HEARD_WITHIN_S: Final = 30.0
PROMOTED_WITHIN_S: Final = 90.0
TIMED: Final = 3
# A block that is built anew in the middle of a comparison changes the tokens that are compared.
COMPARED: Final = 3
NEWS: Final = "I live in Porto now."
_POLL_S: Final = 0.1


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
        self._recalls: Counter[str] = Counter()
        self._seen: list[tuple[str, str, str, str]] = []
        self._promoted = False

    async def play(self) -> list[str]:
        await self._with_and_without()
        if await self._gets_hot():
            await self._first_token()
            await self._ends()
        return self._failures

    async def _with_and_without(self) -> None:
        self._console.rule("chat with memory")
        knew = dict.fromkeys(("none", "text"), 0)
        table = Table("", "route", "memory tokens", "first token", "answer", box=None)
        for question, word in KNOWS.items():
            for route in knew:
                answer = await self._chat(question, route)
                table.add_row(question if route == "none" else "", *_row(answer))
                knew[route] += word.lower() in _said(answer).lower()
                if answer["memory"]["route"] != route:
                    self._failures.append(f"route {route} was asked for, and {answer['memory']} was taken")
        self._console.print(table)
        self._console.print(
            f"answered rightly: {knew['none']} of {len(KNOWS)} without memory,"
            f" {knew['text']} of {len(KNOWS)} with it"
        )
        if knew["text"] <= knew["none"]:
            self._failures.append("the model answered no better with memory than without")

    async def saw(self, question: str, memories: Sequence[Mapping[str, Any]]) -> None:
        """What a question recalled, once every role has read of it: the more often, the hotter."""
        for memory in memories:
            self._recalls[memory["text"]] += 1
        await self._all_heard()
        blocks = await self._active()
        self._promoted = bool(blocks)
        [(hottest, times)] = self._recalls.most_common(1) or [("", 0)]
        self._seen.append(
            (question, f"{times}x", hottest, f"{blocks[0]['tokens']} tokens" if blocks else "none")
        )

    async def _gets_hot(self) -> bool:
        """Ask until role promote finds it worth a block, and wait until role model has built it."""
        self._console.rule("what is asked for often becomes a KV cache")
        for _ in range(ROUNDS):
            for question in self._asked:
                if not self._promoted:
                    await self._recall(question)
        table = Table("asked", "the hottest", "memory", "block", box=None)
        for row in self._seen:
            table.add_row(*row)
        self._console.print(table)
        try:
            async with asyncio.timeout(PROMOTED_WITHIN_S):
                while True:
                    if blocks := await self._active():
                        break
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            self._failures.append(f"no block was built within {PROMOTED_WITHIN_S:.0f} s")
            return False
        self._console.print(f"nobody ordered it: role promote did, and role model built {_brief(blocks[0])}")
        return True

    async def _recall(self, question: str) -> None:
        asked = {**self._whose, "query": question, "limit": RECALLED}
        found = await self._post("/v1/recall", asked)
        await self.saw(question, found["memories"])

    async def _first_token(self) -> None:
        """The same tokens, prefilled and injected, by turns; the answers must be the same to the letter."""
        taken: dict[str, list[dict[str, Any]]] = {}
        for _ in range(COMPARED):
            [block] = await self._active()
            taken = {"text": [], "kv": []}
            for _ in range(TIMED):
                for route, answers in taken.items():
                    answers.append(await self._chat(TIMED_QUESTION, route, exact=True))
            if [one["id"] for one in await self._active()] == [block["id"]]:
                break
        table = Table("route", "memory tokens", "first token", "answer", box=None)
        times: dict[str, float] = {}
        for route, answers in taken.items():
            table.add_row(*_row(answers[-1]))
            times[route] = median(answer["memory"]["ttft_ms"] for answer in answers)
            if any(answer["memory"]["route"] != route for answer in answers):
                self._failures.append(f"route {route} was not taken: {answers[-1]['memory']}")
        self._console.print(f"\n[bold]{TIMED_QUESTION}[/]  [dim]the same tokens, read and injected[/]")
        self._console.print(table)
        self._console.print(
            f"first token: before, by text, {times['text']:.0f} ms; now, by KV, {times['kv']:.0f} ms:"
            f" {times['text'] / times['kv']:.1f} times as quick (median of {TIMED})"
        )
        if len({_said(answer) for answers in taken.values() for answer in answers}) != 1:
            self._failures.append("text and KV of the same tokens gave different answers")
        if times["kv"] >= times["text"]:
            self._failures.append("KV was not quicker than text of the same tokens")

    async def _ends(self) -> None:
        """A memory of the block changes: from that commit on the block is not served."""
        self._console.rule("a memory changes, and the block ends with it")
        [block] = await self._active()
        await self._post(
            "/v1/events?wait=recallable",
            {**self._whose, "role": "user", "content": NEWS, "name": SPEAKER, "id": "demo-news"},
        )
        answer = await self._chat(HOME, "kv")
        ended = await self._get(f"/v1/activations/{block['id']}", self._whose)
        by_auto = await self._chat(HOME, "auto")
        self._console.print(f"\n[bold]{SPEAKER}:[/] {NEWS}")
        self._console.print(f"the block is {ended['state']} ({ended['reason']})")
        table = Table("asked for", "route", "memory tokens", "first token", "answer", "reason", box=None)
        for asked, given in (("kv", answer), ("auto", by_auto)):
            table.add_row(asked, *_row(given), given["memory"]["reason"] or "")
        self._console.print(f"\n[bold]{HOME}[/]")
        self._console.print(table)
        if ended["state"] == "active":
            self._failures.append("the block outlived a change of a memory in it")
        if "kv" in {one["memory"]["route"] for one in (answer, by_auto)} and not await self._active():
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

    async def _active(self) -> list[dict[str, Any]]:
        """The block that is served, if there is one."""
        found = await self._get("/v1/activations", self._whose)
        return [block for block in found["activations"] if block["state"] == "active"]

    async def _all_heard(self) -> None:
        """Until every role has read what there is for it: what one sees then is what came of it."""
        waiting = 0
        try:
            async with asyncio.timeout(HEARD_WITHIN_S):
                while True:
                    waiting = await self._lag()
                    if not waiting:
                        return
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            self._failures.append(f"{waiting} records were not read within {HEARD_WITHIN_S:.0f} s")

    async def _lag(self) -> int:
        status = await self._get("/v1/status", {})
        return sum(sum(partitions.values()) for partitions in status["lag"].values())

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


def _brief(block: Mapping[str, Any]) -> str:
    return (
        f"{len(block['parents'])} memories, {block['tokens']} tokens, {block['bytes'] / 1e6:.0f} MB,"
        f" prefilled in {block['seconds']:.1f} s"
    )


def _said(answer: dict[str, Any]) -> str:
    return " ".join(str(answer["choices"][0]["message"]["content"]).split())


def _row(answer: dict[str, Any]) -> tuple[str, str, str, str]:
    memory = answer["memory"]
    return memory["route"], str(memory["memory_tokens"]), f"{memory['ttft_ms']:.0f} ms", _said(answer)
