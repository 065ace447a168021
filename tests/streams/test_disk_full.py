"""The disk fills up under a real worker, at the commit: what was published waits, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from schemas.topics import EVENTS, PARTITIONS
from streams.runner import RETRIES
from tests.streams.running import Running, undisturbed
from tests.streams.story import story

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0,
        reason="A DISK CAN ONLY BE FILLED BY ROOT, ON LINUX: NOT TESTED",
    ),
]

REMEDY: Final = "the disk is full: free some space, then it goes on"


class Disk:
    """A small disk of its own for one folder, and the only thing on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, size: str) -> None:
        self.folder.mkdir(parents=True)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "memcube-test", self.folder], check=True
        )

    def grow(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True)


@pytest.fixture
def record_disk(tmp_path: Path) -> Iterator[Disk]:
    """Under the record of `tmp_path / "run"`."""
    disk = Disk(tmp_path / "run" / "record")
    disk.mount("1m")
    yield disk
    disk.unmount()


async def test_a_full_disk_is_waited_for_and_loses_nothing(tmp_path: Path, record_disk: Disk) -> None:
    events = story(seed=51, length=900, subjects=40, misrouted=False)
    async with Running(tmp_path / "run") as running:
        worker = running.start()
        await running.publish(events)
        assert await running.ended(worker, sum(RETRIES) + 30) == 1
        assert running.log().count("commit failed, trying again") == len(RETRIES)
        assert REMEDY in running.log().splitlines()[-1]
        # Its supervisor starts it again; this one has space in time.
        again = running.start()
        async with asyncio.timeout(30):
            while running.log().count(REMEDY) <= len(RETRIES) + 1:
                await asyncio.sleep(0.1)
        record_disk.grow("64m")
        await running.caught_up()
        assert again.poll() is None
        assert sum((await running.ends(EVENTS.name, PARTITIONS)).values()) >= len(events)
        digest, letters = await asyncio.to_thread(undisturbed, tmp_path / "calm", events)
        assert running.store.digest() == digest
        assert await running.dead_letters() == letters
