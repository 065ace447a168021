from __future__ import annotations

import socket

import pytest

from gateway.cli.ports import Claims
from infra.ports import LOOPBACK, free_port
from memcube.errors import Setup


def _unclaimed() -> int:
    """A free port that no system on this machine has claimed, be it one of a test that has ended."""
    while True:
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as claim:
            try:
                claim.bind((LOOPBACK, port))
            except OSError:
                continue
            return port


def test_two_systems_that_start_at_one_moment_do_not_choose_the_same_port() -> None:
    default = _unclaimed()
    first, second = Claims().port(None, default, 0), Claims().port(None, default, 0)
    assert first == default
    assert second not in (0, default)


def test_the_last_port_comes_before_the_default() -> None:
    default, last = _unclaimed(), _unclaimed()
    assert Claims().port(None, default, last) == last
    assert Claims().port(0, default, 0) not in (0, default)


def test_a_default_port_that_is_taken_gives_way_and_one_that_was_asked_for_does_not() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert Claims().port(None, port, 0) != port
        with pytest.raises(Setup, match=f"port {port} is taken"):
            Claims().port(port, 0, 0)
