"""The ports of a system that is being started."""

from __future__ import annotations

import socket

from infra.ports import LOOPBACK, free_port, is_free
from memcube.errors import Setup


class Claims:
    """Ports that no other system takes while ours is starting.

    Children bind them seconds after they were chosen; without a claim, two systems started at one moment
    would choose the same, and the second would find the first's gateway and Kafka at its addresses. The
    claim is the UDP port of the same number, which nobody here uses: the kernel gives it to one process,
    and takes it back however that ends.
    """

    def port(self, wanted: int | None, default: int, last: int) -> int:
        """`wanted`, or raise `Setup` if it is taken. Not given: the last one, at first the default, if free.

        0 is any free one: the last again, if there was one. `last` is 0 if not.
        """
        if wanted:
            if not is_free(wanted):
                raise Setup(f"port {wanted} is taken: name another, or 0 for any free one")
            self._take(wanted)
            return wanted
        preferred = last or (default if wanted is None else 0)
        refused: set[int] = set()
        while not self._take(port := free_port(preferred, avoid=frozenset(refused))):
            refused.add(port)
        return port

    def _take(self, port: int) -> bool:
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind((LOOPBACK, port))
        except OSError:
            claim.close()
            return False
        claim.detach()  # held for the life of this process, as the lock on the data folder is
        return True
