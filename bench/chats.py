"""A client of a running system that chats with memory, and times the first words of the answers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec

from bench.people import KINDS, NAMES, TENANT, Fact
from bench.processes import BenchError
from bench.system import Up, scrape
from memcube.models.prompt import Message
from memcube.models.sampling import Sampling
from memcube.models.wire import Block, Done, Generate, Said, Text
from memcube.plaintext.lines import line_of
from schemas.subject import Subject

ROUTES: Final = ("text", "kv")
# Tokens of a block at most. What a subject holds beyond would be recalled and stand behind it.
ROOM: Final = 2_400
ANSWER: Final = 24
_said: Final = msgspec.json.Decoder(Said)


class Times(msgspec.Struct, frozen=True):
    """Seconds to the first word of one answer. client: from the request sent, recall included.

    told: as the answer says. recall, model: the parts of it, as the processes count them. gateway: the rest
    of it, as the gateway counts it. direct: of the same prompt sent to the model process itself.
    """

    client: float
    told: float
    recall: float
    model: float
    gateway: float
    direct: float

    @property
    def overhead(self) -> float:
        """Everything but recall and model: the gateway, two connections, and this client."""
        return self.client - self.recall - self.model


class Row(msgspec.Struct, frozen=True):
    """One question, by both routes. tokens: of the prompt; memory_tokens: of those, memory."""

    memory_tokens: int
    tokens: int
    text: Times
    kv: Times
    same: bool


class Chats:
    """A client of a running system, alone with it. One subject for each size."""

    def __init__(self, system: Up, http: httpx.Client) -> None:
        self._system = system
        self._gateway = system.system.gateway
        self._model = system.system.models[0]
        self._http = http
        self._blocks: dict[int, Block] = {}

    def remember(self, told: Sequence[Fact], size: int) -> None:
        """Fill the subject's memory, and have all of it built as one block."""
        whose = _whose(size)
        for place, fact in enumerate(told, 1):
            when = fact.cube.valid_from.isoformat()
            # With a name that the text has: else each line of the prompt would begin with the id.
            told_by = {"name": fact.about, "timestamp": when}
            command = {"type": "remember", "text": fact.cube.text, **told_by, **whose}
            # They are applied in order: where the last one is, all are.
            self._post("/v1/commands", command, {"wait": "recallable"} if place == len(told) else None)
        built = self._post("/v1/activations/build", {**whose, "budget": ROOM, "wait": True})
        if built["activation"] is None:
            raise BenchError(f"no block of {size} tokens was built: {built['reason']}")
        subject = Subject(TENANT, "user", whose["user_id"]).key
        record = self._system.reader()
        try:
            held = next(iter(record.blocks(subject)))
        finally:
            record.close()
        lines = tuple(line_of(parent) for parent in held.parents)
        self._blocks[size] = Block(held.cube.id, built["activation"]["fingerprint"], lines)

    def row(self, size: int, turn: int) -> Row:
        kind = KINDS[turn % len(KINDS)]
        question = kind.asked[turn % 2].format(name=NAMES[turn % 4])
        # Each turn begins with the other, so that neither always comes behind a long prefill.
        order = ROUTES if turn % 2 else ROUTES[::-1]
        found = {route: self._chat(size, question, route) for route in order}
        text, kv = found["text"], found["kv"]
        return Row(
            memory_tokens=kv.memory_tokens,
            tokens=kv.tokens,
            text=text.times,
            kv=kv.times,
            same=len({text.answer, kv.answer, text.direct, kv.direct}) == 1
            and (text.memory_tokens, text.tokens) == (kv.memory_tokens, kv.tokens),
        )

    def _chat(self, size: int, question: str, route: str) -> _Answer:
        before = self._counted(route)
        asked = {
            "model": "default",
            "messages": [{"role": "user", "content": question}],
            "max_tokens": ANSWER,
            "stream": True,
            "stream_options": {"include_usage": True},
            "memory": {**_whose(size), "route": route, "exact": True, "store": False},
        }
        answer, client, memory, tokens = self._streamed(asked)
        if memory["route"] != route:
            raise BenchError(f"route {memory['route']} was taken instead of {route}: {memory['reason']}")
        after = self._counted(route)
        direct, direct_s = self._directly(size, question, route)
        recall, model, gateway = (new - old for new, old in zip(after, before, strict=True))
        times = Times(client, memory["ttft_ms"] / 1000, recall, model, gateway, direct_s)
        return _Answer(answer, direct, times, memory["memory_tokens"], tokens)

    def _streamed(self, asked: Mapping[str, Any]) -> tuple[str, float, Mapping[str, Any], int]:
        """The answer, the seconds to its first word, what it tells of memory, the prompt's tokens."""
        answer, first_s, tokens = "", 0.0, 0
        memory: Mapping[str, Any] = {}
        since = time.perf_counter()
        with self._http.stream("POST", f"{self._gateway}/v1/chat/completions", json=asked) as response:
            _check(response)
            for line in response.iter_lines():
                at = time.perf_counter()
                if not line.startswith("data: {"):
                    continue
                chunk = msgspec.json.decode(line.removeprefix("data: "))
                memory = chunk.get("memory") or memory
                tokens = (chunk.get("usage") or {}).get("prompt_tokens", tokens)
                for choice in chunk.get("choices", ()):
                    text = choice["delta"].get("content", "")
                    first_s = first_s or (at - since if text else 0.0)
                    answer += text
        if not first_s:
            raise BenchError(f"an answer without a word: {answer!r}")
        return answer, first_s, memory, tokens

    def _directly(self, size: int, question: str, route: str) -> tuple[str, float]:
        wanted = Generate(
            subject=Subject(TENANT, "user", _whose(size)["user_id"]).key,
            messages=(Message("user", question),),
            route="kv" if route == "kv" else "text",
            sampling=Sampling(max_tokens=ANSWER),
            exact=True,
            block=self._blocks[size],
        )
        answer, first_s = "", 0.0
        headers = {"content-type": "application/json"}
        since = time.perf_counter()
        content = msgspec.json.encode(wanted)
        url = f"{self._model}/generate"
        with self._http.stream("POST", url, content=content, headers=headers) as response:
            _check(response)
            for line in response.iter_lines():
                at = time.perf_counter()
                match _said.decode(line):
                    case Text(text=text):
                        first_s = first_s or at - since
                        answer += text
                    case Done():
                        return answer, first_s
        raise BenchError("the model process did not end its answer")

    def _counted(self, route: str) -> tuple[float, float, float]:
        """Seconds so far: of recalls, of the model until first tokens, of the gateway beside both."""
        house, model = scrape(f"{self._gateway}/metrics"), self._system.metrics("model")
        return (
            house.get('memcube_recall_seconds_sum{"phase": "total"}', 0.0),
            model.get(f'memcube_first_token_seconds_sum{{"taken": "{route}"}}', 0.0),
            house.get("memcube_chat_overhead_seconds_sum", 0.0),
        )

    def _post(
        self, path: str, body: Mapping[str, Any], query: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        answer = self._http.post(f"{self._gateway}{path}", json=body, params=query)
        _check(answer)
        found: Mapping[str, Any] = answer.json()
        return found


class _Answer(msgspec.Struct, frozen=True):
    answer: str
    direct: str
    times: Times
    memory_tokens: int
    tokens: int


def _whose(size: int) -> dict[str, str]:
    return {"tenant": TENANT, "user_id": f"of-{size}-tokens"}


def _check(response: httpx.Response) -> None:
    if not response.is_success:
        raise BenchError(f"{response.url} answers {response.status_code}: {response.read().decode()[:500]}")
