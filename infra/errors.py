"""What can go wrong while the system is being run.

InfraError
├── JavaNotFoundError       no Java 17 or newer on this machine
├── JarError                a jar of the broker could not be had
│   └── JarMismatchError    a jar is not the one the lock file names
├── BrokerError             the embedded broker did not start
│   └── PortTakenError      the port asked for belongs to another program
├── ChildrenError           the list of children cannot be started in any order
└── PrometheusError         Prometheus, which the tests scrape with, could not be had
"""

from __future__ import annotations


class InfraError(Exception):
    """Base of every error raised by `infra`."""


class JavaNotFoundError(InfraError):
    """No Java 17 or newer on this machine."""


class JarError(InfraError):
    """A jar of the broker could not be had."""


class JarMismatchError(JarError):
    """A jar is not the one the lock file names. Never retried: somebody has to look at it."""


class BrokerError(InfraError):
    """The embedded broker did not start."""


class PortTakenError(BrokerError):
    """The port asked for belongs to another program."""


class ChildrenError(InfraError):
    """The list of children cannot be started in any order."""


class PrometheusError(InfraError):
    """Prometheus, which the tests scrape with, could not be had."""
