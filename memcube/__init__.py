"""The domain, and the client of a running system: `from memcube import Client, AsyncClient`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memcube.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]


def __getattr__(name: str) -> Any:
    # At first use: httpx takes a tenth of a second to load, and workers import this package for its domain.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from memcube import client  # noqa: PLC0415

    return getattr(client, name)


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
