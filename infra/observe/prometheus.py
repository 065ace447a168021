"""Prometheus and its promtool: those on PATH, else Debian's package, unpacked into the cache.

Unpacking needs no root and starts no service; `apt-get` checks the package's signature either way.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from platformdirs import user_cache_dir

from infra.errors import PrometheusError
from infra.kafka.jars import exclusive, unfinished

NEEDED: Final = "MEMCUBE_PROMETHEUS_NEEDED"
"""Set where a test that cannot run must fail: a missing Prometheus is an error then, not a skip."""
_PACKAGE: Final = "prometheus"
_PROGRAMS: Final = ("prometheus", "promtool")
_LIMIT_S: Final = 300.0
_REMEDY: Final = (
    "the tests of scraping, panels and alerts cannot run without it: on Debian or Ubuntu,"
    " `apt-get install prometheus`; elsewhere put `prometheus` and `promtool` (2.42 or newer) on PATH"
)


class Programs(msgspec.Struct, frozen=True):
    prometheus: Path
    promtool: Path


def find_prometheus(env: Mapping[str, str]) -> Programs | None:
    """The programs, if they are on this machine."""
    return _in(env.get("PATH", "")) or _in(str(_unpacked(env)))


def bring_prometheus(env: Mapping[str, str]) -> Programs:
    """Fetch them if they are not here; raises `PrometheusError`."""
    if (found := find_prometheus(env)) is not None:
        return found
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool, path=env.get("PATH", "")) is None:
            raise PrometheusError(f"there is no Prometheus here, and no {tool} to fetch it with: {_REMEDY}")
    try:
        with exclusive(_folder(env)), unfinished(_folder(env)) as work:
            _unpack(_download(work, env), work / "files", env)
            if _unpacked(env).parent.parent.exists():  # unpacked before, and something of it is missing
                shutil.rmtree(_unpacked(env).parent.parent)
            (work / "files").rename(_unpacked(env).parent.parent)
    except OSError as error:
        raise PrometheusError(f"Prometheus cannot be unpacked: {error}; {_REMEDY}") from error
    if (found := find_prometheus(env)) is None:
        raise PrometheusError(f"Debian's package holds no {' and '.join(_PROGRAMS)}: {_REMEDY}")
    return found


def _in(path: str) -> Programs | None:
    prometheus, promtool = (shutil.which(program, path=path) for program in _PROGRAMS)
    return Programs(Path(prometheus), Path(promtool)) if prometheus and promtool else None


def _download(work: Path, env: Mapping[str, str]) -> Path:
    """The package, by the machine's lists; where these are missing or old, by lists of our own."""
    own = work / "apt"
    (own / "lists" / "partial").mkdir(parents=True)
    (own / "cache" / "archives" / "partial").mkdir(parents=True)
    options = [f"-oDir::State::Lists={own / 'lists'}", f"-oDir::Cache={own / 'cache'}"]
    # As root, apt would drop to a user of its own, who may not write here.
    fetch = ["apt-get", "-q", "-oAPT::Sandbox::User=root"]
    try:
        _run([*fetch, "download", _PACKAGE], work, env)
    except PrometheusError:
        _run([*fetch, *options, "update"], work, env)
        _run([*fetch, *options, "download", _PACKAGE], work, env)
    return next(work.glob(f"{_PACKAGE}_*.deb"))


def _unpack(package: Path, folder: Path, env: Mapping[str, str]) -> None:
    _run(["dpkg-deb", "-x", str(package), str(folder)], package.parent, env)


def _run(argv: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
    """Raises `PrometheusError` with the last that it said."""
    try:
        done = subprocess.run(
            argv,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PrometheusError(f"`{' '.join(argv)}` took longer than {_LIMIT_S:.0f} s: {_REMEDY}") from error
    if done.returncode:
        said = done.stdout.decode(errors="replace").strip().splitlines()[-3:]
        raise PrometheusError(f"`{' '.join(argv)}` failed ({'; '.join(said)}): {_REMEDY}")


def _folder(env: Mapping[str, str]) -> Path:
    return Path(env.get("MEMCUBE_CACHE") or user_cache_dir("memcube")) / "prometheus"


def _unpacked(env: Mapping[str, str]) -> Path:
    return _folder(env) / "debian" / "usr" / "bin"
