"""`tidegate ingest`: a recorded or running reply of a provider to chunk events."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

if TYPE_CHECKING:
    from connectors.providers import Ingest
    from guardrails.events import Chunk

EPILOG = """\b
Examples:
  curl -sN .../v1/chat/completions -d @request.json | tidegate ingest --provider openai.chat -
  tidegate ingest --provider anthropic.messages reply.sse > chunks.jsonl
  tidegate ingest --provider ollama.chat reply.ndjson | tidegate run --input - --output -
  tidegate ingest --provider google.generateContent --framing json-array --as rows reply.json \\
      | tidegate scan -

\b
Providers: openai.chat, openai.completions, openai.responses, anthropic.messages,
  google.generateContent, google.interactions, ollama.chat, ollama.generate, cohere.v1,
  cohere.v2, bedrock.converse, bedrock.invoke
Framings:  sse, ndjson, json-array, aws-eventstream; json for an answer that was not streamed

\b
The reply's text is the stream ID; reasoning, refusals and arguments of tools are streams beside
it, such as ID:arguments:0.1. Output comes as the input does, chunk by chunk."""

# Small, so that a running reply goes on as it comes; `read1` returns what is there.
_PIECE_BYTES = 65_536


def ingest(
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Bytes of one reply.")] = "-",
    *,
    provider: Annotated[str, typer.Option(metavar="API", help="Whose reply it is; see below.")],
    framing: Annotated[
        str | None, typer.Option(metavar="FRAMING", help="How it is framed, if not as usual.")
    ] = None,
    stream_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Of the reply; the file's name by default.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(metavar="NAME", help="The policy the chunks ask for.")
    ] = None,
    extra: Annotated[
        bool, typer.Option("--extra", help="Also what tools said, citations, repeated texts.")
    ] = False,
    form: Annotated[
        Literal["chunks", "rows"],
        typer.Option("--as", help="Chunk events, or rows for `tidegate scan`."),
    ] = "chunks",
    output: Annotated[
        str, typer.Option(metavar="FILE", help="Where to write; '-' is stdout.")
    ] = "-",
) -> None:
    """Turn the bytes of a provider's reply into chunk events, or rows to scan."""
    from connectors.providers import ALL_KINDS, USUAL_KINDS, Ingest, UnknownApi
    from flows.exits import UsageError

    name = stream_id or ("stdin" if file == "-" else Path(file).stem)
    try:
        reading = Ingest(
            provider,
            name,
            framing=framing,
            kinds=ALL_KINDS if extra else USUAL_KINDS,
            policy=policy,
        )
    except (UnknownApi, ValueError) as error:
        raise UsageError(str(error)) from error
    with ExitStack() as files:
        source = sys.stdin.buffer if file == "-" else files.enter_context(_open(file))
        sink = sys.stdout.buffer
        if output != "-":
            sink = files.enter_context(Path(output).open("wb"))
        chunks = _read(reading, source, file)
        for line in _lines(chunks) if form == "chunks" else _rows(chunks):
            sink.write(line + b"\n")
            sink.flush()


def _open(file: str) -> BinaryIO:
    from flows.exits import UsageError

    try:
        return Path(file).open("rb")
    except FileNotFoundError as error:
        raise UsageError(f"{file}: there is no such file") from error


def _read(reading: Ingest, source: BinaryIO, name: str) -> Iterator[Chunk]:
    """Yield the reply's chunks; where it cannot be read, the ends of its streams, then raise."""
    from connectors.providers import MalformedFrame
    from flows.exits import InputError

    read = getattr(source, "read1", source.read)
    try:
        while data := read(_PIECE_BYTES):
            yield from reading.feed(data)
        yield from reading.close()
    except MalformedFrame as error:
        yield from reading.abort()
        raise InputError(
            f"{'stdin' if name == '-' else name}: {error}; is --provider or --framing another?"
        ) from error


def _lines(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    import json

    import msgspec

    from guardrails.events import encode

    for chunk in chunks:
        try:
            yield encode(chunk)
        except UnicodeEncodeError:
            # Half a character: JSON can carry it as an escape, the session joins it again.
            yield json.dumps(msgspec.to_builtins(chunk)).encode()


def _rows(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    import json

    found: dict[str, list[str]] = {}
    for chunk in chunks:
        found.setdefault(chunk.stream_id, []).append(chunk.text or "")
    for stream_id, pieces in found.items():
        yield json.dumps({"id": stream_id, "chunks": [one for one in pieces if one]}).encode()
