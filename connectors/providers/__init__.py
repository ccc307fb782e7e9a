"""Replies of language models, as their providers send them: read, and rewritten as a guard decides.

*Decoding* turns the bytes of a stream, cut anywhere, into frames (`sse`, `ndjson`, `json-array`,
`aws-eventstream`), and frames into what they say (`connectors/providers/events.py`). `Ingest` makes
chunk events of it, see docs/providers.md.

*Rewriting* is what the guarded proxy does between upstream and client, without its sockets. All of
this package is pure: no socket, no clock, no thread.

A `Rewriter` takes the upstream's bytes and answers with steps, in order:

    Send(data)                     pass these bytes on: whole frames, in the API's own form
    Judge(channel, text, final)    give this text to the guard of the channel
    Unscanned(what, reason, passed)    note it in the audit: it was not looked at

and is told what the guards decide:

    feed(data), close()            the upstream's next bytes; its end
    release(channel, segments)     a verdict's segments, in the offsets of the channel's guard
    block(channel)                 a verdict blocked the channel: end the reply, well-formed
    fail(code)                     it cannot be guarded to its end (`unavailable`: the guard does
                                   not answer; `upstream`, `broken`): end it as failed

Each of them returns an iterator of steps that must be used up, before or while the next call is
made; steps may be acted on one by one as they come. Each channel is one stream of the guard: text
in order, `final` once, verdicts in any number and at any time. Replayed segments do no harm. With
guards in the same thread a proxy is this loop:

    rewriter = Rewriter("openai.chat", "sse")       # or "json": an answer that is not streamed
    guards = {}                                     # channel -> Session

    def act(steps):
        for step in steps:
            match step:
                case Send(data):
                    yield data
                case Judge(channel, text, final):
                    guard = guards.setdefault(channel, Session(name(channel), plan))
                    verdict = guard.push(text, final=final)
                    yield from act(rewriter.release(channel, verdict.segments))
                    if verdict.action == "block":
                        yield from act(rewriter.block(channel))
                case Unscanned():
                    audit(step)

    for data in upstream:
        yield from act(rewriter.feed(data))
    yield from act(rewriter.close())
    # With guards that answer later: release() until rewriter.complete, fail("unavailable") if they
    # do not.

What a caller may rely on:

- `ended`: the reply was ended early (block, fail, a frame that cannot be read). Nothing of the
  upstream passes any more; close it, and finish the client's answer. `complete`: nothing more will
  be sent, whichever way. `failure`: why it was ended as failed, None if it was not.
- Upstream data never raises: a malformed or unknown frame becomes `Unscanned` and ends the reply
  with the API's own error event, in an answer that is not streamed with its error body (send it
  with status 502).
- `release` for segments that leave a gap or replace what was sent ends the reply as failed.
- A frame whose text is released whole and unchanged passes byte for byte. One that is released in
  parts goes out in parts, cloned from it: ids, index, model and time stay, what stands beside the
  text goes with its first part; usage, finish reason, tokens and citations with its last. Parts of
  one Responses event share its `sequence_number`.
- Frames that end a text (`content_block_stop`, a finish reason, `response.output_text.done` and all
  that repeats the text, `[DONE]`) wait until the text before them is decided, and repeat what was
  shown. All other frames keep their order among themselves; texts of different channels do not wait
  for each other, and no frame but those that end or point into a text waits for its hold.
- Keep-alives (`ping`, comments) pass at once.

Channels (`channel.kind`, `channel.index`): `text`, `reasoning`, `refusal`, `arguments` by choice,
block, item or call, see each API's module; a guard may treat kinds differently. `extra`: texts that
come whole in one frame (results of tools, titles of citations, error notes), one channel per frame,
named `frame N`, final at once. What a client joins to one text is one channel: a secret cut over
frames is found; text blocks of a message that follow each other directly are one, too.

Arguments of tools are read as a guard should: an escape `\\u0041` is the `A` it stands for. What is
replaced stays valid JSON; a touched number becomes the label as a string. A number is sent when it
is complete. What a guard cannot see: text that is encoded once more inside a string (base64, JSON
within JSON with its escapes doubled), and secrets a client puts together from several arguments.

Decisions where a text was changed: probabilities of tokens (`logprobs`) are removed from the frames
it touched, and wherever the tokens say something else than the text beside them; citations and
annotations that point into it are removed from where they come behind the change; where nothing
was changed all of it passes. A field nobody knows is emptied if it has text, and reported: it could
be text that goes on in the next frame. Pictures pass and are reported (`passed`); audio is emptied,
its transcript is a text. An escape that was cut between two frames is joined in the second one.
"""

from connectors.providers.decoder import APIS, FRAMINGS, Decoded, Decoder
from connectors.providers.errors import MalformedFrame, UnknownApi
from connectors.providers.events import Channel
from connectors.providers.ingest import ALL_KINDS, USUAL_KINDS, Ingest
from connectors.providers.rewriting import DIALECTS, Judge, Rewriter, Send, Step, Unscanned

__all__ = [
    "ALL_KINDS",
    "APIS",
    "DIALECTS",
    "FRAMINGS",
    "USUAL_KINDS",
    "Channel",
    "Decoded",
    "Decoder",
    "Ingest",
    "Judge",
    "MalformedFrame",
    "Rewriter",
    "Send",
    "Step",
    "UnknownApi",
    "Unscanned",
]
