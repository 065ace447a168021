"""How every process that we start is tied to the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import IO

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def tied_to_parent(*, ignore_interrupt: bool = True) -> Callable[[], None]:
    """A `preexec_fn`: the child is asked to stop (SIGTERM) when the thread that started it ends.

    Linux counts by thread, so start children from a thread that lives as long as they should: the main one.
    With `ignore_interrupt` the child starts deaf to SIGINT, so that a Ctrl-C, which the terminal sends to
    the whole group, is answered by the parent alone and children stop in its order. A child that installs
    a handler of its own hears it all the same.
    """
    parent = os.getpid()

    def prepare() -> None:
        if ignore_interrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # the parent died before the call above: no signal will come
                os._exit(1)

    return prepare


def spawn(argv: Sequence[str], output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start a child of this kind whose words all go to `output`."""
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        preexec_fn=tied_to_parent(),  # noqa: PLW1509 - two system calls, no lock taken
    )
