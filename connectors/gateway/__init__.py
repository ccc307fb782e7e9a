"""HTTP on one side, the topics on the other: any replica serves any stream.

    request ─ api ─ exchange ─ bus.publish ──► chunks ──► the guard flow ──┐
                       │                                                   │
    answer ◄───────────┴── streams ◄── bus.start ◄── verdicts, events, audit, dead letters
                              │
    SSE, WebSocket ◄── subscriptions: a cursor for each client over the stream's entries

`bus` is in-process topics or Kafka. `streams` keeps what was said about each stream lately, encoded
once for all who listen. `exchange` publishes a chunk and waits for the verdict that covers it.
"""
