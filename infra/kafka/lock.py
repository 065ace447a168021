"""Writes `jars.lock` anew: `python -m infra.kafka.lock` (needs mvn, which settles the versions)."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path

from infra.kafka.jars import KAFKA, LOCK_FILE

# Kafka logs through slf4j and brings log4j2 but nothing between the two: without the binding the broker
# is silent. Its version is that of the log4j-core that Kafka names.
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.3",
)

HEADER = "# The closed list of jars that run the embedded broker. Made by infra/kafka/lock.py: do not edit.\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "pom.xml").write_text(_project(), encoding="utf-8")
        subprocess.run(
            ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime",
             "-Dmdep.useRepositoryLayout=true", "-DoutputDirectory=jars"],
            cwd=work,
            check=True,
        )  # fmt: skip
        lines = sorted(_line(jar, work / "jars") for jar in (work / "jars").rglob("*.jar"))
    LOCK_FILE.write_text(HEADER + "".join(lines), encoding="utf-8")


def _project() -> str:
    parts = "".join(_dependency(*root.split(":")) for root in ROOTS)
    return (
        "<project><modelVersion>4.0.0</modelVersion><groupId>memcube</groupId><artifactId>broker</artifactId>"
        f"<version>1</version><dependencies>{parts}</dependencies></project>"
    )


def _dependency(group: str, artifact: str, version: str) -> str:
    return (
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{version}</version></dependency>"
    )


def _line(jar: Path, root: Path) -> str:
    *group, artifact, version, _ = jar.relative_to(root).parts
    sha256 = hashlib.sha256(jar.read_bytes()).hexdigest()
    return f"{'.'.join(group)}:{artifact}:{version} {sha256}\n"


if __name__ == "__main__":
    main()
