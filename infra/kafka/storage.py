"""The broker's folder: settings, ports, and the format that Kafka asks for before its first start."""

from __future__ import annotations

import base64
import subprocess
import uuid
from pathlib import Path

import msgspec

from infra.errors import BrokerError, PortTakenError
from infra.kafka.jvm import STORAGE_TOOL, Runtime
from infra.kafka.settings import Ports, server_properties
from infra.ports import free_port, is_free


class Storage:
    """What lies in one broker's folder."""

    def __init__(self, folder: Path) -> None:
        # Absolute: the settings are read by another process.
        self.folder = folder.absolute()
        self.settings = self.folder / "server.properties"
        self.log = self.folder / "broker.log"
        self._ports = self.folder / "ports.json"
        self._cluster = self.folder / "cluster.id"
        self._formatted = self.folder / "formatted"

    def choose_ports(self, port: int) -> Ports:
        """The ports for the next start: `port`, or if that is 0 the last one if it is still free."""
        last = self._last_ports()
        if port and not is_free(port):
            raise PortTakenError(f"port {port} is taken; name another one, or 0 for any free one")
        broker = port or free_port(last.broker)
        return Ports(broker=broker, controller=free_port(last.controller, avoid=frozenset({broker})))

    def write(self, ports: Ports) -> None:
        """Put the settings in place."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings.write_text(server_properties(self.folder / "data", ports), encoding="utf-8")
        _write_whole(self._ports, msgspec.json.encode(ports))

    def format(self, runtime: Runtime) -> None:
        """Give the folder its cluster id, once. A format that was cut short is taken up again."""
        if self._formatted.exists():
            return
        if not self._cluster.exists():
            _write_whole(self._cluster, base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"="))
        # Written as an option's value: an id may begin with a dash.
        identity = f"--cluster-id={self._cluster.read_text(encoding='ascii')}"
        command = runtime.command(
            STORAGE_TOOL, "format", identity, "--ignore-formatted", "--config", str(self.settings)
        )
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        if told.returncode != 0:
            raise BrokerError(f"{self.folder} could not be formatted: {(told.stderr or told.stdout)[-800:]}")
        self._formatted.touch()

    def log_tail(self, lines: int = 8) -> str:
        """The end of the broker's log, for an error message."""
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def _last_ports(self) -> Ports:
        try:
            return msgspec.json.decode(self._ports.read_bytes(), type=Ports)
        except (FileNotFoundError, msgspec.DecodeError):
            return Ports(broker=0, controller=0)


def _write_whole(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.replace(path)
