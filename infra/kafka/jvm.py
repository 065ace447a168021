"""The command lines that run Kafka's own programs."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from infra.kafka.java import Java

BROKER = "kafka.Kafka"
STORAGE_TOOL = "kafka.tools.StorageTool"
_LOGGING = Path(__file__).with_name("log4j2.properties")

# Memory and time to start, measured: 180 to 230 MiB resident, 1.5 s without an archive of classes.
_FLAGS = (
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",  # half dead it would answer nobody; dead it is started again
    # The JVM's own warnings are about archives of classes that fit less than wholly: harmless, and many.
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    f"-Dlog4j2.configurationFile={_LOGGING}",
)
# Kafka's use of both is known and warned about at every start from Java 24 on.
_QUIET_FROM_24 = ("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED")


class Runtime(msgspec.Struct, frozen=True):
    """A Java, the jars it loads (in the order of the lock file) and what makes it start faster."""

    java: Java
    jars: tuple[Path, ...]
    archive: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        return _FLAGS + (_QUIET_FROM_24 if self.java.major >= 24 else ())

    def command(self, main: str, *arguments: str, extra: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The command line of one of Kafka's programs."""
        # Jar by jar: an archive of classes is refused with a wildcard in the class path.
        path = os.pathsep.join(map(str, self.jars))
        return (str(self.java.path), *self.flags, *self.archive, *extra, "-cp", path, main, *arguments)
