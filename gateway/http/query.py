"""Query parameters, as strict as bodies: whoever misspells `dry_run` must not erase what it should spare."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, get_args, get_origin

from fastapi import Request, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute

from gateway.http.problems import Problem

_WITHOUT_A_BODY: Final = frozenset({"GET", "DELETE"})


class KnownQuery:
    """A dependency of every route. What a route takes is read from the route itself."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Mapping[str, bool]] = {}

    async def __call__(self, request: Request) -> None:
        """Raise a `Problem` for what the route would not read."""
        route: APIRoute = request.scope["route"]
        if request.method in _WITHOUT_A_BODY and _has_body(request):
            detail = f"{request.method} {route.path} takes no body: say it in the query, like ?user_id=ana"
            raise Problem(422, "The request is not valid", detail, "bad-request")
        given = [name for name, _ in request.query_params.multi_items()]
        if not given:
            return
        place = (request.method, route.path)
        if place not in self._known:
            self._known[place] = query_of(route)
        known = self._known[place]
        for name in given:
            if name not in known:
                raise Problem(422, "The request is not valid", _unknown(name, known), "bad-request")
            if not known[name] and given.count(name) > 1:
                detail = f"{name} stands {given.count(name)} times in the query: give it once"
                raise Problem(422, "The request is not valid", detail, "bad-request")


def query_of(route: APIRoute) -> Mapping[str, bool]:
    """The parameters that a route takes in its query, and whether one may stand there several times."""
    fields = get_flat_params(route.dependant)
    return {
        field.alias: _is_list(field.field_info.annotation)
        for field in fields
        if isinstance(field.field_info, params.Query)
    }


def _is_list(annotation: object) -> bool:
    return any(get_origin(one) is list for one in (annotation, *get_args(annotation)))


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _unknown(name: str, known: Mapping[str, bool]) -> str:
    said = f"{name[:40]!a} is no parameter of this route"
    if near := get_close_matches(name, known, n=1):
        return f"{said}: do you mean {near[0]}?"
    return f"{said}, which takes {', '.join(known)}" if known else f"{said}, which takes none"
