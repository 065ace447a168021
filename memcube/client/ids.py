"""Whose memory a call is about."""

from __future__ import annotations

from typing import Any, Final, TypedDict

import msgspec

from memcube.client.errors import BadCall
from schemas.errors import BadSubject
from schemas.subject import KINDS, Address, Subject

NAMES: Final = tuple(f"{kind}_id" for kind in KINDS)


class Ids(TypedDict, total=False):
    """The first of these that is given names the subject: group, user, agent, run. The others narrow it."""

    group_id: str | None
    user_id: str | None
    agent_id: str | None
    run_id: str | None


class Whose(msgspec.Struct, frozen=True):
    """The tenant of a client and the ids that it was given for every call."""

    tenant: str
    ids: dict[str, str]

    @classmethod
    def given(cls, tenant: object, ids: Ids) -> Whose:
        """Raises `BadCall`."""
        if not isinstance(tenant, str):
            raise BadCall(f"tenant must be a string, not {tenant!r}")
        whose = cls(tenant, _checked(dict(ids)))
        whose._subject(whose.ids or {"user_id": "nobody"})  # every part is usable
        return whose

    def address(self, ids: Ids) -> dict[str, str]:
        """The ids to send; raises `BadCall` unless they name one subject."""
        found = {**self.ids, **_checked(dict(ids))}
        if not found:
            raise BadCall(
                "whose memory? Give one of user_id, group_id, agent_id, run_id with the call, or once for all"
                ' calls: Client(user_id="ana")'
            )
        self._subject(found)
        return {"tenant": self.tenant, **found}

    def address_or_tenant(self, ids: Ids) -> dict[str, str]:
        """The same, or the tenant alone, which means all its subjects."""
        if self.ids or _checked(dict(ids)):
            return self.address(ids)
        return {"tenant": self.tenant}

    def whole_subject(self, ids: Ids) -> dict[str, str]:
        """For what ends a whole subject: a second id would look as if it spared the rest."""
        address = self.address(ids)
        named = [name for name in NAMES if name in address]
        if len(named) > 1:
            raise BadCall(
                f"{' and '.join(named)} are given, and delete_all forgets all of {named[0]}"
                f" {address[named[0]]!r}: give that one alone, to a client without the others if need be"
            )
        return address

    def _subject(self, ids: dict[str, str]) -> Subject:
        try:
            return Address(tenant=self.tenant, **ids).subject()
        except BadSubject as error:
            raise BadCall(str(error)) from None


def _checked(ids: dict[str, Any]) -> dict[str, str]:
    for name, value in ids.items():
        if name == "filters":
            raise BadCall('ids are given by themselves, not in filters: search(query, user_id="ana")')
        if name not in NAMES:
            raise TypeError(f"unexpected argument {name!r}; the ids are {', '.join(NAMES)}")
        if isinstance(value, list | tuple | set | frozenset):
            raise BadCall(
                f"{name} is one id, not {len(value)} of them: a call sees the memory of one subject, so ask"
                " once for each. People who talk together share a memory with group_id"
            )
        if value is not None and not isinstance(value, str):
            raise BadCall(f"{name} must be a string: write {name}={str(value)!r} instead of {value!r}")
    return {name: value for name, value in ids.items() if value is not None}
