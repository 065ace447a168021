"""Nothing leaves the machine: onnxruntime's wheels report to their maker unless they are kept from it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

EMBED = "from memcube.models.minilm import MiniLM; MiniLM().embed(['I live in Hamburg.'])"


def test_embedding_connects_to_nobody_and_leaves_no_file(tmp_path: Path) -> None:
    temporary, home = tmp_path / "temporary", tmp_path / "home"
    temporary.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        way_out = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        environment = {
            name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"
        } | {
            "TMPDIR": str(temporary),
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "HTTPS_PROXY": way_out,
            "https_proxy": way_out,
        }
        subprocess.run([sys.executable, "-c", EMBED], check=True, env=environment, timeout=100)
        try:
            came = proxy.accept()
        except BlockingIOError:
            came = None
    assert came is None
    assert list(temporary.iterdir()) == []
    assert not list(home.rglob("*onnxruntime*"))
