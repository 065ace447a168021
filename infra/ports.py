"""Free TCP ports on the loopback interface."""

from __future__ import annotations

import random
import socket

from infra.errors import PortTakenError

LOOPBACK = "127.0.0.1"

# Below the range from which Linux takes the ports of outgoing connections (32768 and up). Inside it, a
# client that keeps trying a broker that is down can be given the broker's own port, connect to itself,
# and so keep the broker from ever coming back.
_FIRST, _LAST = 20_000, 32_000


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of the last run that are still in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0, *, avoid: frozenset[int] = frozenset()) -> int:
    """The preferred port if it is free, else any free one."""
    if preferred and preferred not in avoid and is_free(preferred):
        return preferred
    for port in random.sample(range(_FIRST, _LAST), 200):
        if port not in avoid and is_free(port):
            return port
    raise PortTakenError(
        f"200 ports tried between {_FIRST} and {_LAST}, none is free; name one with its setting"
    )


def accepts(port: int) -> bool:
    """Whether a server answers on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
