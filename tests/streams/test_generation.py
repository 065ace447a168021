"""The model's server: what it answers, what it refuses and why, and that it lives on."""

from __future__ import annotations

import tests.with_torch  # noqa: F401 -- skips this module where there is none

# isort: split
import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import torch

from memcube import metrics
from memcube.activation.builder import BlockBuilder, BuiltBlock
from memcube.activation.files import BlockFiles
from memcube.activation.tiers import Tiers
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.causal import CausalModel
from memcube.models.engine import Engine
from memcube.models.prompt import Line, Message
from memcube.models.sampling import Sampling
from memcube.models.wire import About, Begun, Block, Done, Failed, Generate, Hint, Said, Text
from memcube.settings import Precision
from streams.answering import Answering
from streams.generation import MAX_BODY, Generation, Server
from tests.streams.tiny import tiny_model

pytestmark = pytest.mark.models

ADA, BEN = "t/user:ada", "t/user:ben"
B1, B2 = "0b100000", "0b200000"
DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
LINES = tuple(Line(f"c{n}", 1, f"Ada's fact number {n} is that she likes {n} trains", DAY) for n in range(12))
ASKED = (Message("user", "What do you know about me?"),)
_said = msgspec.json.Decoder(Said)


class House:
    """A model process without Kafka: what the server and the builder share."""

    def __init__(
        self, folder: Path, model: CausalModel, *, precision: Precision = "float", mb: int = 64
    ) -> None:
        self.model = model
        self.sealer = SubjectSealer(KeyStore(folder / "keys" / "keys.sqlite"))
        self.place = folder / "blocks"
        self.files = BlockFiles(str(self.place), self.sealer)
        self.engine = Engine()
        self.tiers = Tiers(
            model, self.files, budget=mb * 2**20, half_life=timedelta(hours=72), now=lambda: NOW
        )
        self.builder = BlockBuilder(
            model, self.engine, self.files, self.tiers, precision=precision, budget=2048
        )
        self.about = About(
            name=model.name,
            fingerprint=model.fingerprint.digest,
            context=model.context,
            bytes_per_token=model.layout.bytes_per_token,
            device="cpu",
            dtype="float32",
            precision=precision,
        )
        self.answering = Answering(model, self.engine, self.tiers, auto_tokens=512)
        self.server = Server(Generation(self.answering, self.tiers, self.about), 0)

    def build(self, block_id: str = B1, subject: str = ADA, lines: Sequence[Line] = LINES) -> BuiltBlock:
        return self.builder.build(subject, block_id, lines, budget=None, day=DAY, gone=lambda: False)

    def post(self, asked: Generate) -> list[Said]:
        with httpx.Client(base_url=self.server.url, timeout=120) as client:
            answer = client.post("/generate", content=msgspec.json.encode(asked))
        assert answer.status_code == 200, answer.text
        return [_said.decode(line) for line in answer.content.splitlines()]

    def wire(self, block_id: str = B1, lines: Sequence[Line] = LINES) -> Block:
        return Block(block_id, self.model.fingerprint.digest, tuple(lines))

    def file(self, block_id: str = B1) -> Path:
        return self.place / block_id[:2] / f"{block_id}.kv"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return CausalModel(tiny_model(tmp_path_factory.mktemp("tiny") / "tiny"))


@pytest.fixture
def house(tmp_path: Path, tiny: CausalModel) -> Iterator[House]:
    found = House(tmp_path, tiny)
    yield found
    found.server.close()


def asked(**given: Any) -> Generate:
    defaults: dict[str, Any] = {
        "subject": ADA,
        "messages": ASKED,
        "route": "kv",
        "sampling": Sampling(max_tokens=6),
    }
    return Generate(**{**defaults, **given})


def begun(lines: Sequence[Said]) -> Begun:
    assert isinstance(lines[0], Begun), lines
    return lines[0]


def words(lines: Sequence[Said]) -> str:
    assert isinstance(lines[-1], Done), lines
    return "".join(line.text for line in lines if isinstance(line, Text))


def test_a_block_is_injected_and_answers_as_its_text_would(house: House) -> None:
    house.build()
    more = (Line("more", 1, "Ada has a boat", DAY),)
    given = {"block": house.wire(), "recalled": (LINES[2], *more), "exact": True}
    injected = house.post(asked(route="kv", **given))
    text = house.post(asked(route="text", **given))
    assert begun(injected).route == "kv"
    assert begun(text).route == "text"
    assert begun(injected).cubes == begun(text).cubes == (*(line.cube_id for line in LINES), "more")
    assert begun(injected).prompt_tokens == begun(text).prompt_tokens
    assert begun(injected).memory_tokens == begun(text).memory_tokens
    assert begun(injected).cached_tokens > 0
    assert begun(text).cached_tokens == 0
    assert words(injected) == words(text)


def test_the_second_use_comes_from_memory(house: House) -> None:
    house.build()
    house.post(asked(block=house.wire()))
    house.file().unlink()
    assert begun(house.post(asked(block=house.wire()))).route == "kv"


def test_a_hint_loads_the_block_ahead(house: House) -> None:
    house.build()
    hint = Hint(subject=ADA, block_id=B1, fingerprint=house.about.fingerprint)
    assert httpx.post(f"{house.server.url}/prefetch", content=msgspec.json.encode(hint)).status_code == 202
    house.server._generation._fetches.submit(lambda: None).result()  # the hint stood before it
    assert house.tiers.shelf.keys() == (f"{ADA}\0{B1}",)
    house.file().unlink()
    assert begun(house.post(asked(block=house.wire()))).route == "kv"


def test_without_a_block_the_named_route_says_so(house: House) -> None:
    told = begun(house.post(asked(route="kv")))
    assert (told.route, told.reason, told.rebuild) == ("none", "no block", False)
    told = begun(house.post(asked(route="text")))
    assert (told.route, told.reason) == ("none", "nothing to recall")


def test_auto_takes_the_block_where_it_prefills_less(house: House) -> None:
    house.build()
    told = begun(house.post(asked(route="auto", block=house.wire(), recalled=LINES[:4])))
    assert told.route == "kv"
    house.answering._auto_tokens = 0  # the default: no block answers better than what was recalled
    told = begun(house.post(asked(route="auto", block=house.wire(), recalled=LINES[:4])))
    assert told.route == "text"
    same = {"block": house.wire(), "recalled": LINES[:4], "exact": True}
    assert begun(house.post(asked(route="auto", **same))).route == "kv"
    told = begun(house.post(asked(route="auto", recalled=LINES[:4])))
    assert (told.route, told.cubes) == ("text", ("c0", "c1", "c2", "c3"))


def test_text_keeps_to_its_budget(house: House) -> None:
    told = begun(house.post(asked(route="text", recalled=LINES, text_tokens=100)))
    assert told.route == "text"
    assert 0 < told.memory_tokens <= 100
    assert told.cubes == tuple(line.cube_id for line in LINES[: len(told.cubes)])


def damage_torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def damage_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def damage_foreign(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n" * 100)


@pytest.mark.parametrize("damage", [damage_torn, damage_bit, damage_foreign, Path.unlink])
def test_a_damaged_file_is_refused_and_to_be_built_again(house: House, damage: Any) -> None:
    house.build()
    damage(house.file())
    told = begun(house.post(asked(route="auto", block=house.wire(), recalled=LINES[:2])))
    assert told.route == "text"
    assert told.rebuild
    assert told.reason
    again = house.build()
    assert not again.repeated
    assert begun(house.post(asked(block=house.wire()))).route == "kv"


def test_a_file_of_another_subject_or_block_does_not_open(house: House) -> None:
    house.build()
    house.build(B2, BEN)
    house.file(B2).replace(house.file(B1))
    told = begun(house.post(asked(block=house.wire())))
    assert (told.route, told.rebuild) == ("none", True)


@pytest.mark.parametrize(
    "changed",
    [
        (msgspec.structs.replace(LINES[0], version=2), *LINES[1:]),
        (msgspec.structs.replace(LINES[0], text="Ada likes ships"), *LINES[1:]),
        (LINES[1], LINES[0], *LINES[2:]),
        LINES[:-1],
    ],
)
def test_lines_that_are_not_the_blocks_are_not_served_by_it(house: House, changed: tuple[Line, ...]) -> None:
    house.build()
    house.post(asked(block=house.wire()))  # it is on the shelf, and checked all the same
    told = begun(house.post(asked(block=house.wire(lines=changed))))
    assert (told.route, told.rebuild, told.reason) == ("none", True, "stale: a memory has changed")


def test_nan_in_a_block_is_never_served_nor_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from memcube.activation.builder import NotBuilt
    from memcube.models.kv import Layers

    whole = house.build()
    made, layers = house.files.read(ADA, B1)
    assert isinstance(layers, Layers)
    broken = Layers((torch.full_like(layers.keys[0], torch.nan), *layers.keys[1:]), layers.values, False)
    house.files.write(made, broken)
    told = begun(house.post(asked(route="auto", block=house.wire(), recalled=LINES[:2])))
    assert (told.route, told.rebuild) == ("text", True)
    monkeypatch.setattr(house.model, "prefilled", lambda *_: broken)
    with pytest.raises(NotBuilt, match="not-finite"):
        house.build(B2)
    assert not house.file(B2).exists()
    assert not whole.repeated


def with_another_tokenizer(folder: Path) -> Path:
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    content["model"]["merges"].pop()
    path.write_text(json.dumps(content))
    return folder


def test_another_model_tokenizer_or_template_under_the_same_name_is_refused(
    tmp_path: Path, tiny: CausalModel
) -> None:
    first = House(tmp_path, tiny)
    first.build()
    block = first.wire()
    first.server.close()
    template = "{% for m in messages %}[{{m.role}}] {{m.content}}\n{% endfor %}"
    for differs, folder in (
        ("weights", tiny_model(tmp_path / "1" / "tiny", seed=1)),
        ("template", tiny_model(tmp_path / "2" / "tiny", template=template)),
        ("tokenizer", with_another_tokenizer(tiny_model(tmp_path / "3" / "tiny"))),
    ):
        other = House(tmp_path, CausalModel(folder))
        assert other.model.name == tiny.name
        told = begun(other.post(asked(block=block)))
        other.server.close()
        assert (told.route, told.rebuild, told.reason) == ("none", True, f"stale: {differs}")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b'{"subject": 1}', 422),
        (b"\xff\xfe", 422),
        (b"[" * 100_000, 422),
        (bytes(MAX_BODY + 1), 413),
    ],
)
def test_what_is_no_request_is_refused_in_words(house: House, body: bytes, status: int) -> None:
    answer = httpx.post(f"{house.server.url}/generate", content=body, timeout=60)
    assert answer.status_code == status
    failed = msgspec.json.decode(answer.content, type=Failed)
    assert failed.detail
    assert failed.status == status
    assert words(house.post(asked(route="none"))) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": ()},
        {"subject": ""},
        {"messages": (Message("tool", "x"),)},
        {"sampling": Sampling(max_tokens=0)},
        {"sampling": Sampling(max_tokens=10**9)},
        {"sampling": Sampling(temperature=-1)},
        {"sampling": Sampling(temperature=1e-300)},
        {"sampling": Sampling(top_p=0)},
        {"sampling": Sampling(seed=-1)},
        {"sampling": Sampling(stop=("",))},
        {"text_tokens": -1},
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(house: House, wrong: dict[str, Any]) -> None:
    body = msgspec.json.encode(asked(**wrong))
    answer = httpx.post(f"{house.server.url}/generate", content=body)
    assert answer.status_code == 422
    assert msgspec.json.decode(answer.content, type=Failed).detail


def test_a_prompt_of_a_hundred_thousand_tokens_is_refused_before_it_is_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0
    encode = house.model.encode

    def counted(text: str, *, markup: bool = False) -> list[int]:
        nonlocal read
        read += len(text)
        return encode(text, markup=markup)

    monkeypatch.setattr(house.model, "encode", counted)
    (failed,) = house.post(asked(messages=(Message("user", "one more word " * 100_000),)))
    assert isinstance(failed, Failed)
    assert (failed.status, failed.title) == (413, "prompt too long")
    assert read < 100_000


def test_memory_makes_room_for_a_long_conversation(house: House) -> None:
    house.build()
    long = (Message("user", "word " * 3900),)
    told = begun(house.post(asked(route="auto", messages=long, block=house.wire(), recalled=LINES)))
    assert told.route == "text"
    assert 0 < len(told.cubes) < len(LINES)
    told = begun(house.post(asked(route="kv", messages=long, block=house.wire())))
    assert (told.route, told.reason) == ("none", "the block does not fit beside the conversation")


def test_fifty_chats_at_once_leave_the_block_as_it_was(house: House) -> None:
    house.build()
    house.post(asked(block=house.wire()))
    held = house.tiers.shelf.get(f"{ADA}\0{B1}")
    assert held is not None
    before = [tensor.clone() for tensor in (*held.layers.keys, *held.layers.values)]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: words(house.post(asked(block=house.wire()))), range(50)))
    assert len(set(answers)) == 1
    for tensor, former in zip((*held.layers.keys, *held.layers.values), before, strict=True):
        assert tensor.equal(former)


def test_a_client_that_hangs_up_ends_its_answer(house: House) -> None:
    gone = metrics.GENERATIONS.labels("none", "gone")
    before = gone._value.get()
    body = msgspec.json.encode(asked(route="none", sampling=Sampling(max_tokens=4000)))
    with httpx.stream("POST", f"{house.server.url}/generate", content=body, timeout=60) as answer:
        next(answer.iter_raw())
    while house.server._generation._under_way:
        pass
    assert gone._value.get() == before + 1
    assert words(house.post(asked(route="none"))) is not None


def test_nobody_computes_for_one_who_has_gone(house: House) -> None:
    left = threading.Event()
    said = house.answering.said(asked(route="none", sampling=Sampling(max_tokens=400)), left.is_set)
    next(line for line in said if isinstance(line, Text))
    left.set()
    assert list(said) == []
    assert not house.engine.answers


def test_a_failure_in_an_answer_is_told_and_the_server_lives_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(house.model, "start", lambda *_: 1 / 0)
        lines = house.post(asked(route="none"))
    assert isinstance(lines[-1], Failed)
    assert lines[-1].status == 500
    assert "ZeroDivisionError" in lines[-1].detail
    assert words(house.post(asked(route="none"))) is not None


def test_exact_never_serves_int8(tmp_path: Path, tiny: CausalModel) -> None:
    house = House(tmp_path, tiny, precision="int8")
    try:
        house.build()
        first = house.post(asked(block=house.wire(), exact=True))
        again = house.post(asked(block=house.wire(), exact=True))
        text = house.post(asked(block=house.wire(), exact=True, route="text"))
        assert (begun(first).cached_tokens, begun(again).cached_tokens > 0) == (0, True)
        assert words(first) == words(again) == words(text)
        held = house.tiers.shelf.get(f"{ADA}\0{B1}\0float")
        assert held is not None
        whole = tiny.rotated(tiny.prefilled(held.made.tokens))
        assert all(one.equal(other) for one, other in zip(held.layers.keys, whole.keys, strict=True))
    finally:
        house.server.close()


def test_what_another_process_has_dropped_leaves_this_ones_memory(house: House) -> None:
    house.build()
    house.post(asked(block=house.wire()))
    assert house.tiers.sweep() == 0
    house.tiers._files.remove(B1)  # as the process does that the job reaches
    assert house.tiers.shelf.keys() != ()
    assert house.tiers.sweep() == 1
    assert house.tiers.shelf.keys() == ()


def test_it_says_what_it_is(house: House) -> None:
    with httpx.Client(base_url=house.server.url) as client:
        assert client.get("/healthz").status_code == 200
        assert msgspec.json.decode(client.get("/model").content, type=About) == house.about
        assert client.post("/nowhere").status_code == 404


def test_a_block_that_was_loaded_ahead_is_not_served_without_its_lines(house: House) -> None:
    house.build()
    assert house.tiers.fetch(ADA, B1)
    with httpx.Client(base_url=house.server.url, timeout=120) as client:
        answer = client.post("/generate", content=msgspec.json.encode(asked(block=house.wire(lines=()))))
    assert answer.status_code == 422
    assert "no lines" in answer.text


@pytest.mark.parametrize("path", ["/generate", "/prefetch"])
def test_a_page_in_a_browser_is_not_answered(house: House, path: str) -> None:
    with httpx.Client(base_url=house.server.url, headers={"origin": "https://evil.example"}) as client:
        answer = client.post(path, content=msgspec.json.encode(asked()))
    assert answer.status_code == 403
