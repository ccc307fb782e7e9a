"""Replies of language models, as their providers send them.

*Decoding* turns the bytes of a stream, cut anywhere, into frames (`sse`, `ndjson`, `json-array`,
`aws-eventstream`), and frames into what they say (`connectors/providers/events.py`). It is pure: no
socket, no clock. `Ingest` makes chunk events of it, see docs/providers.md.
"""

from connectors.providers.decoder import APIS, FRAMINGS, Decoded, Decoder
from connectors.providers.errors import MalformedFrame, UnknownApi
from connectors.providers.ingest import ALL_KINDS, USUAL_KINDS, Ingest

__all__ = [
    "ALL_KINDS",
    "APIS",
    "FRAMINGS",
    "USUAL_KINDS",
    "Decoded",
    "Decoder",
    "Ingest",
    "MalformedFrame",
    "UnknownApi",
]
