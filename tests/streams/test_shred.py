"""The end of a subject's keys loses nothing that still had to be opened."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from memcube.governance.sealing import event_context, seal_content
from memcube.store.record import OutboxMessage
from schemas.body import Content, Plain
from schemas.events import Forget, Prompt, type_of
from tests.streams.story import message
from tests.streams.world import START, Died, InMemoryLog, Process

ADDRESS: Any = {"tenant": "t", "user_id": "ada"}


def test_what_was_sealed_before_the_shred_is_opened_before_it(tmp_path: Path) -> None:
    """At whichever step the process dies, in whatever batches the log is read."""
    digests = set()
    for die_after in range(20):
        folder = tmp_path / str(die_after)
        log = InMemoryLog()
        _forget_and_speak_on(folder, log)
        process = Process(folder, log, die_after=die_after)
        try:
            process.drain(limit=256)
        except Died:
            process.close()
            process = Process(folder, log)
            process.drain(limit=1)
        assert _texts(process) == ["Ada likes chess", "I like chess."]
        digests.add(process.store.digest())
        process.close()
    assert len(digests) == 1


def test_a_replay_from_nothing_gives_the_digest_of_the_first_run(tmp_path: Path) -> None:
    log = InMemoryLog()
    first = Process(tmp_path, log)
    log.append(_sealed(first, "I like jazz.", "e1", 0))
    log.append(message(Forget(**ADDRESS, everything=True), "e2", START + timedelta(hours=1)))
    first.drain()
    log.append(_sealed(first, "I like chess.", "e3", 2))
    first.drain()
    digest = first.store.digest()
    first.close()
    for path in (tmp_path / "record").iterdir():
        path.unlink()
    again = Process(tmp_path, log)
    again.drain()
    assert again.store.digest() == digest
    assert _texts(again) == ["Ada likes chess", "I like chess."]
    again.close()


def _texts(process: Process) -> list[str]:
    changes = process.store.changes("t/user:ada", 0, "none")[1]
    return sorted(change.cube.text for change in changes if change.cube.text)


def _forget_and_speak_on(folder: Path, log: InMemoryLog) -> None:
    """Jazz is said and forgotten with everything; chess is sealed under the old key before its end."""
    process = Process(folder, log)
    jazz = _sealed(process, "I like jazz.", "e1", 0)
    chess = _sealed(process, "I like chess.", "e3", 2)
    process.close()
    log.append(jazz)
    log.append(message(Forget(**ADDRESS, everything=True), "e2", START + timedelta(hours=1)))
    log.append(chess)


def _sealed(process: Process, text: str, event_id: str, hour: int) -> OutboxMessage:
    subject = Prompt(**ADDRESS, body=Plain(text=text)).subject()
    context = event_context(type_of(Prompt(**ADDRESS, body=Plain(text=text))), event_id)
    body = seal_content(process.sealer, subject.key, Content(text, "Ada"), context)
    return message(Prompt(**ADDRESS, body=body), event_id, START + timedelta(hours=hour))
