"""Where jars come from: a Maven repository, asked by jgo, which knows where the public one is.

Only jgo's downloader is used, one named file at a time: which jars belong together is settled by
`jars.lock`, because jgo's own resolver mixes older clients into the broker.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import requests
from jgo.maven import MavenContext

from infra.errors import JarError

MIRROR = "MEMCUBE_MAVEN_REPO"
_TIMEOUT_S = 30  # between two packets; jgo's 10 s are short for a loaded line
_TRIES = 3


def download(
    group: str, artifact: str, version: str, folder: Path, env: Mapping[str, str] = os.environ
) -> Path:
    """The jar, somewhere under `folder`, as the repository gave it: unchecked."""
    mirror = env.get(MIRROR)
    maven = MavenContext(
        repo_cache=folder,
        local_repos=[],
        remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
        timeout=_TIMEOUT_S,
    )
    jar = maven.project(group, artifact).at_version(version).artifact()
    name = f"{group}:{artifact}:{version}"
    for left in reversed(range(_TRIES)):
        try:
            return jar.resolve()
        except requests.RequestException as error:
            # jgo writes in place and takes whatever is there for the whole jar: no half may stay.
            if jar.cached_path is not None:
                jar.cached_path.unlink(missing_ok=True)
            if not left:
                raise JarError(f"{name}: {error}. {_REMEDY}") from error
        except RuntimeError as error:  # jgo's word for "no repository has it" and for a wrong checksum
            raise JarError(f"{name}: {error}. {_REMEDY}") from error
    raise AssertionError("unreachable")


_REMEDY = f"What is already fetched is kept; try again, or set {MIRROR} to the address of a Maven mirror"
