"""Every command in docs/http.md does what it says, in the order in which it stands there."""

from __future__ import annotations

import re
import subprocess

from tests.end_to_end.system import ROOT, MemCube

_BLOCKS = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def test_the_commands_of_the_page_work(memcube: MemCube) -> None:
    blocks = _BLOCKS.findall((ROOT / "docs" / "http.md").read_text())
    assert len(blocks) >= 5
    for block in blocks:
        script = block.replace("http://127.0.0.1:8700", memcube.address["gateway"].rstrip("/"))
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (block, done.stdout, done.stderr)
        assert done.stdout.count("{"), block
