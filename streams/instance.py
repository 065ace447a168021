"""Which of several workers of one role this is: a number that a restart gets back."""

from __future__ import annotations

import fcntl
import os
from itertools import count
from pathlib import Path


class Instance:
    """Holds the smallest free number of a role, by a lock that the system drops when the process dies.

    The number names the static member of the consumer group: a killed worker that comes back takes
    its partitions up again without a rebalance.
    """

    def __init__(self, folder: Path, role: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for number in count(1):
            path = folder / f"{role}-{number}.lock"
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                continue
            self._handle = handle  # kept open: closing it gives the number away
            self.name = f"{role}-{number}"
            return
