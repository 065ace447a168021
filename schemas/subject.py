"""Whose memory it is. The subject decides partition, rows, recall index and data key."""

from __future__ import annotations

from typing import Literal, get_args
from unicodedata import is_normalized
from urllib.parse import quote, unquote

import msgspec

from schemas.errors import BadSubject

SubjectKind = Literal["group", "user", "agent", "run"]
KINDS: tuple[SubjectKind, ...] = get_args(SubjectKind)
# Ids end up in keys, file-system-safe names and log lines; nobody's real id is longer.
MAX_ID_LENGTH = 256


class Others(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The ids beside the subject's: with a memory where it came from, with a question filters."""

    user_id: str | None = None
    agent_id: str | None = None
    run_id: str | None = None

    def agree(self, wanted: Others) -> bool:
        """Whether these are all the ids that are wanted, and perhaps more."""
        return (
            wanted.user_id in {None, self.user_id}
            and wanted.agent_id in {None, self.agent_id}
            and wanted.run_id in {None, self.run_id}
        )


class Address(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The ids an application gives with every event. The first id present, in this order, is the subject.

    A group is a conversation of several people: its memory belongs to the group, and the speaker
    stands on each memory.
    """

    tenant: str
    group_id: str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    run_id: str | None = None

    def subject(self) -> Subject:
        """Raise `BadSubject` when no id is given or one is not usable."""
        ids = {"group": self.group_id, "user": self.user_id, "agent": self.agent_id, "run": self.run_id}
        for name in KINDS:
            if (value := ids[name]) is not None:
                return Subject(tenant=self.tenant, kind=name, id=value)
        raise BadSubject("no subject: give one of group_id, user_id, agent_id, run_id")

    def others(self) -> Others | None:
        """The ids behind the first, as they were given; None if there are none."""
        given = {"group": self.group_id, "user": self.user_id, "agent": self.agent_id, "run": self.run_id}
        behind = [name for name in KINDS if given[name] is not None][1:]
        return Others(**{f"{name}_id": given[name] for name in behind}) if behind else None

    def filters(self) -> Others | None:
        """`others` of a question; raise `BadSubject` for an id that no event can be found by."""
        others = self.others()
        if others is not None:
            for name, value in (("user", others.user_id), ("agent", others.agent_id), ("run", others.run_id)):
                if value is not None:
                    _check(f"{name} id", value)
        return others


class Subject(msgspec.Struct, frozen=True):
    """One person, group, agent or run of one tenant."""

    tenant: str
    kind: SubjectKind
    id: str

    def __post_init__(self) -> None:
        _check("tenant", self.tenant)
        _check(f"{self.kind} id", self.id)

    @property
    def key(self) -> str:
        """`tenant/kind:id`, each part percent-encoded, so that no two subjects share a key."""
        return f"{quote(self.tenant, safe='')}/{quote(f'{self.kind}:{self.id}', safe=':')}"

    def __str__(self) -> str:
        return self.key

    @classmethod
    def parse(cls, key: str) -> Subject:
        """The inverse of `key`; raises `BadSubject` for anything that `key` cannot have made."""
        tenant, slash, rest = key.partition("/")
        kind, colon, ident = unquote(rest).partition(":")
        for known in KINDS:
            if slash and colon and kind == known:
                subject = cls(tenant=unquote(tenant), kind=known, id=ident)
                if subject.key == key:
                    return subject
        raise BadSubject(f"not a subject key: {key[:80]!r} (expected tenant/kind:id, percent-encoded)")


def _check(what: str, value: str) -> None:
    if not value or value.isspace():
        raise BadSubject(f"{what} is empty")
    if len(value) > MAX_ID_LENGTH:
        raise BadSubject(f"{what} is {len(value)} characters long; at most {MAX_ID_LENGTH} are allowed")
    if not is_normalized("NFC", value):
        raise BadSubject(f"{what} {value[:40]!a} is not in Unicode's form NFC: two spellings, two subjects")
    if any(not char.isprintable() for char in value):
        # Covers control characters, NUL and lone surrogates, which UTF-8 cannot carry.
        raise BadSubject(f"{what} {value[:40]!a} holds a character that cannot be printed")
