"""The classes of the broker, archived by a first run of the JVM so that later ones start faster.

Measured on two cores, process start to first answer: Java 17 1.5 s without, 0.75 s with; Java 25 1.55 s
without, 0.6 s with. On a loaded machine the difference is ten seconds and more. Making one takes 4 to 7 s,
once a machine. It is never needed: whatever goes wrong, the broker starts without.
"""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import time
from pathlib import Path

from infra.errors import BrokerError
from infra.kafka.jars import LOCK_FILE, JarProgress, Progress, exclusive, unfinished
from infra.kafka.jvm import BROKER, Runtime
from infra.kafka.storage import Storage
from infra.ports import accepts
from infra.process import spawn

_LIMIT_S = 120  # for each half of the training run; a healthy machine needs 2 and 4 s


def archive_flags(runtime: Runtime, cache: Path, progress: Progress | None = None) -> tuple[str, ...]:
    """What to tell this JVM so that it uses the archive; empty if it cannot have one."""
    archive = _place(runtime, cache)
    try:
        if not archive.exists():
            with exclusive(cache):
                if not archive.exists():
                    if progress is not None:
                        progress(JarProgress(0, 1, "archive of classes, for quick starts"))
                    _make(runtime, archive)
        size = archive.stat().st_size
    except OSError:  # a cache that this user may read but not write, or a full disk
        return ()
    if size == 0:  # tried before, in vain: a JRE without a base archive, or no time
        return ()
    return (f"-XX:AOTCache={archive}",) if _is_aot(runtime) else (f"-XX:SharedArchiveFile={archive}",)


def _is_aot(runtime: Runtime) -> bool:
    return runtime.java.major >= 25


def _place(runtime: Runtime, cache: Path) -> Path:
    # A JVM refuses the archive of another build, class path or garbage collector.
    java = runtime.java
    made_of = "\n".join((str(java.path.resolve()), java.version, *runtime.flags, *map(str, runtime.jars)))
    key = hashlib.sha256(made_of.encode() + LOCK_FILE.read_bytes()).hexdigest()[:16]
    return cache / f"classes-{key}.jsa"


def _make(runtime: Runtime, archive: Path) -> None:
    with unfinished(archive.parent) as work:
        made = work / archive.name
        with contextlib.suppress(BrokerError, subprocess.TimeoutExpired):
            _train(runtime, work, made)
        made.touch()
        made.replace(archive)


def _train(runtime: Runtime, work: Path, made: Path) -> None:
    storage = Storage(work / "kafka")
    ports = storage.choose_ports(0)
    storage.write(ports)
    storage.format(runtime)
    record = f"-XX:AOTCacheOutput={made}" if _is_aot(runtime) else f"-XX:ArchiveClassesAtExit={made}"
    process = spawn(runtime.command(BROKER, str(storage.settings), extra=(record,)), subprocess.DEVNULL)
    try:
        _wait_until_up(process, ports.broker)
        process.terminate()
        process.wait(_LIMIT_S)
    except BaseException:
        made.unlink(missing_ok=True)  # half an archive is worse than none
        raise
    finally:
        process.kill()
        process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], port: int) -> None:
    limit = time.monotonic() + _LIMIT_S
    while not accepts(port):
        if process.poll() is not None or time.monotonic() > limit:
            raise BrokerError("the training run did not come up")
        time.sleep(0.05)
