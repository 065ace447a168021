"""What every model of a request keeps to: known fields, few of them, and ids that can be printed."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.envelope import MAX_EVENT_ID

# The largest request has fourteen.
MOST_FIELDS: Final = 32


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError(f"{name[:40]!a} holds a character that cannot be printed")
    return name


# Bounded, and thereby valid Unicode: without bounds pydantic lets lone surrogates through.
Id = Annotated[str, Field(min_length=1, max_length=MAX_EVENT_ID), AfterValidator(_printable)]


class Strict(BaseModel):
    """What clients send: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few(cls, given: Any) -> Any:
        """Before pydantic makes an error of each, a kilobyte long: a million of them is a gigabyte."""
        if isinstance(given, dict) and len(given) > MOST_FIELDS:
            raise ValueError(f"{len(given):,} fields: at most {MOST_FIELDS} are looked at")
        return given
