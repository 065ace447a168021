"""`memcube chat`: talk with the model, with what is remembered of somebody."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from gateway.cli import show
from gateway.cli.place import AsJson, CliError, Place, on_subject_or_none

if TYPE_CHECKING:
    import httpx

_CONNECT_S: Final = 5.0
# Between two words; the first one of a long prompt may wait behind others.
_SILENT_S: Final = 300.0
_CANCELLED: Final = 130  # as a shell tells of a Ctrl-C
_PATH: Final = "/v1/chat/completions"
Document = dict[str, Any]
# As `memcube.models.wire` has it, which brings numpy.
Asked = Literal["auto", "none", "text", "kv"]


@on_subject_or_none
def chat(
    place: Place,
    message: Annotated[
        str | None, typer.Argument(help="What to say (default: a conversation).", show_default=False)
    ] = None,
    *,
    route: Annotated[
        Asked, typer.Option(help="How memory reaches the model; auto takes what is quicker.")
    ] = "auto",
    exact: Annotated[bool, typer.Option("--exact", help="Text and KV read the very same tokens.")] = False,
    no_store: Annotated[
        bool, typer.Option("--no-store", help="Off the record: nothing of it is kept.")
    ] = False,
    system: Annotated[str | None, typer.Option(help="What the model is told before all else.")] = None,
    model: Annotated[str, typer.Option(help="Name of the model.")] = "default",
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Of one answer (default 256).", show_default=False)
    ] = None,
    json: AsJson = False,
) -> None:
    """Talk with the model. Ctrl-C cancels an answer, Ctrl-D ends the conversation."""
    memory = {"route": route, "exact": exact, "store": not no_store, **place.address}
    asked: Document = {"model": model, "memory": memory, "max_tokens": max_tokens}
    said: list[Document] = [{"role": "system", "content": system}] if system else []
    url = place.system().gateway
    import httpx  # noqa: PLC0415  not for --help

    timeout = httpx.Timeout(_SILENT_S, connect=_CONNECT_S)
    with httpx.Client(base_url=url, timeout=timeout, trust_env=False) as http:
        talk = _Talk(http, asked, said, json=json)
        if message is None:
            _converse(talk)
        elif not talk.say(message):
            raise typer.Exit(_CANCELLED)


def _converse(talk: _Talk) -> None:
    """Until the end of the input; what cannot be answered is told, and the conversation goes on."""
    shown = sys.stdin.isatty()
    if shown:
        import readline  # noqa: F401, PLC0415  gives `input` its history
    while True:
        try:
            message = input("you> " if shown else "")
        except EOFError:
            return
        except KeyboardInterrupt:
            typer.echo()
            continue
        if not message.strip():
            continue
        try:
            talk.say(message)
        except CliError as error:
            if not shown:
                raise
            typer.echo(f"error: {error.what}\n{error.remedy}", err=True)


class _Talk:
    """A conversation so far. A turn that got no whole answer is taken out of it again."""

    def __init__(self, http: httpx.Client, asked: Document, said: list[Document], *, json: bool) -> None:
        self._http = http
        self._asked = asked
        self._said = said
        self._json = json

    def say(self, message: str) -> bool:
        """Print the answer; False if it was cancelled. Raises `CliError`."""
        self._said.append({"role": "user", "content": message})
        answer = None
        try:
            answer = self._whole() if self._json else self._streamed()
        except KeyboardInterrupt:
            typer.echo("\n(cancelled)", err=True)
        finally:
            if answer is None:
                self._said.pop()
        if answer is None:
            return False
        self._said.append({"role": "assistant", "content": answer})
        return True

    def _whole(self) -> str:
        import httpx  # noqa: PLC0415

        try:
            response = self._http.post(_PATH, json={**self._asked, "messages": self._said})
        except httpx.HTTPError as error:
            raise self._away(error) from None
        if not response.is_success:
            raise _refusal(response)
        document = response.json()
        show.as_json(document)
        answer: str = document["choices"][0]["message"]["content"]
        return answer

    def _streamed(self) -> str:
        answer, memory = "", None
        for event in self._events():
            if event.get("error"):
                typer.echo()
                raise _told(event["error"])
            memory = event.get("memory") or memory
            for choice in event["choices"]:
                text = choice["delta"].get("content", "")
                answer += text
                typer.echo(show.printable(text), nl=False)
                sys.stdout.flush()
        typer.echo()
        if memory is not None:
            typer.secho(_summary(memory), dim=True, err=True)
        return answer

    def _events(self) -> Iterator[Document]:
        import httpx  # noqa: PLC0415
        from httpx_sse import EventSource  # noqa: PLC0415

        body = {**self._asked, "messages": self._said, "stream": True}
        try:
            with self._http.stream("POST", _PATH, json=body) as response:
                if not response.is_success:
                    response.read()
                    raise _refusal(response)
                for event in EventSource(response).iter_sse():
                    if event.data != "[DONE]":
                        yield jsonlib.loads(event.data)
        except httpx.HTTPError as error:
            raise self._away(error) from None

    def _away(self, error: httpx.HTTPError) -> CliError:
        return CliError(
            f"the gateway at {self._http.base_url} cannot be reached, or broke off ({error})",
            "it may be restarting: see `memcube status`, then try again",
        )


def _refusal(response: httpx.Response) -> CliError:
    try:
        return _told(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return CliError(f"the gateway answers with status {response.status_code}", "see `memcube status`")


def _told(error: Document) -> CliError:
    what, _, remedy = str(error["message"]).partition(": ")
    return CliError(show.printable(what), show.printable(remedy))


def _summary(memory: Document) -> str:
    cubes = memory["cubes"]
    parts = [
        f"route {memory['route']}" + (f" ({memory['reason']})" if memory["reason"] else ""),
        f"{memory['memory_tokens']} tokens of memory",
        f"first word after {memory['ttft_ms']:.0f} ms",
        f"{len(cubes)} memories" + (f": {' '.join(cubes[:5])}" if cubes else ""),
    ]
    return show.printable("; ".join(parts) + (" ..." if len(cubes) > 5 else ""))
