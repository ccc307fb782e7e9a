// One connection to a stream: events in, updates out. Over WebSocket both; elsewhere updates go
// by REST. Each opens, tells events, and says once that it is closed; it never comes back: whoever
// holds it opens another one behind the last event it was told.

import { Away, Problem } from "./gateway.js";

// Milliseconds to open; a proxy that swallows WebSockets does not say so.
const OPEN_MS = 5_000;
// Milliseconds without any sign before the gateway is asked for one, and for its answer.
const QUIET_MS = 4_000;
const GONE_MS = 6_000;
// The gateway tells a heartbeat every 15 s where nobody can ask for one.
const SILENT_MS = 40_000;
// Milliseconds a poll waits for news.
const POLL_WAIT_MS = 10_000;
// Close codes of the gateway: 4000 and the status HTTP would have.
const CODES = 4000;

// What EventSource hands over by name only.
const EVENT_TYPES = [
  "pipeline_start",
  "step_start",
  "step_progress",
  "step_output",
  "step_complete",
  "step_error",
  "checkpoint_saved",
  "pipeline_complete",
  "pipeline_error",
  "partial_result",
  "progress",
  "finding",
  "metadata",
  "audit",
  "heartbeat",
  "gap",
  "end",
];

class Channel {
  // listener: {event(event), closed(error)}
  constructor(gateway, streamId, lastEventId, listener) {
    this.gateway = gateway;
    this.streamId = streamId;
    this.lastEventId = lastEventId;
    this.listener = listener;
    this.isClosed = false;
    this.heardAt = performance.now();
    this.pingedAt = null;
  }

  query(extra = {}) {
    const given = { ...extra };
    if (this.lastEventId !== null) given.last_event_id = this.lastEventId;
    const query = new URLSearchParams(given).toString();
    return query === "" ? "" : `?${query}`;
  }

  tell(event) {
    this.heardAt = performance.now();
    if (this.isClosed || event.type === "heartbeat") return;
    if (event.id !== undefined) this.lastEventId = event.id;
    this.listener.event(event);
  }

  // Say once that it is over; error: why, if it was not asked for.
  end(error = null) {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.watch);
    this.release();
    if (error !== null) this.listener.closed(error);
  }

  close() {
    this.end();
  }

  // Updates over REST: the answer, or Problem, or Away.
  async request(message) {
    const { type, ...body } = message;
    return this.gateway.post(`/v1/stream/${type}`, { streamId: this.streamId, ...body });
  }
}

export class SocketChannel extends Channel {
  static kind = "websocket";
  static title = "WebSocket";

  async open() {
    const query = this.query(await this.gateway.ticket(this.streamId, "socket"));
    const url = new URL(`/v1/streams/${this.streamId}/ws${query}`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => this.end(new Away("no WebSocket in time")), OPEN_MS);
      const fail = (error) => {
        clearTimeout(late);
        reject(error);
      };
      this.socket = new WebSocket(url);
      this.socket.onopen = () => {
        // Refusals come right behind it, as a close code: the first message says that all is well.
        this.sayOpen = () => {
          clearTimeout(late);
          this.refuse = null;
          resolve();
        };
      };
      this.socket.onmessage = ({ data }) => this.take(JSON.parse(data));
      this.socket.onclose = ({ code }) => this.end(closeError(code));
      this.refuse = fail;
    });
    this.heardAt = performance.now();
    this.watch = setInterval(() => this.look(), 1_000);
  }

  take(message) {
    this.sayOpen?.();
    this.sayOpen = null;
    this.heardAt = performance.now();
    this.pingedAt = null;
    if (message.type === "pong") return;
    if (message.type === "answer") return this.settle(({ resolve }) => resolve(message.data));
    if (message.type === "error" && message.data.status !== undefined) {
      const problem = new Problem(message.data.status, message.data);
      return this.settle(({ reject }) => reject(problem));
    }
    this.tell(message);
  }

  // One request at a time: the answer that comes is its answer.
  request(message) {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(new Away("the connection is closed"));
      this.waiting = { resolve, reject };
      this.socket.send(JSON.stringify(message));
    });
  }

  settle(how) {
    const waiting = this.waiting;
    this.waiting = null;
    if (waiting) how(waiting);
  }

  look() {
    const now = performance.now();
    // A tab in the background looks once a minute: what counts is the answer, not the silence.
    if (this.pingedAt !== null && now - this.pingedAt > GONE_MS) {
      this.end(new Away("the gateway went quiet"));
    } else if (this.pingedAt === null && now - this.heardAt > QUIET_MS) {
      this.pingedAt = now;
      this.socket.send('{"type":"ping"}');
    }
  }

  end(error = null) {
    if (this.isClosed) return;
    super.end(this.refuse ? null : error);
    const why = error ?? new Away("the connection is closed");
    this.refuse?.(why);
    this.settle(({ reject }) => reject(why));
  }

  release() {
    if (!this.socket) return;
    this.socket.onmessage = this.socket.onclose = this.socket.onopen = null;
    this.socket.close();
  }
}

function closeError(code) {
  const status = code - CODES;
  // 401 is a ticket that is spent: there is another one.
  return [403, 404].includes(status) ? new Problem(status) : new Away(`closed with ${code}`);
}

export class EventChannel extends Channel {
  static kind = "sse";
  static title = "Server-sent events";

  async open() {
    const query = this.query(await this.gateway.ticket(this.streamId, "events"));
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => this.end(new Away("no events in time")), OPEN_MS);
      this.source = new EventSource(`/v1/streams/${this.streamId}/events${query}`);
      this.refuse = (error) => {
        clearTimeout(late);
        reject(error);
      };
      this.source.onopen = () => {
        clearTimeout(late);
        this.refuse = null;
        resolve();
      };
      // It would come back by itself, with a ticket that is spent.
      this.source.onerror = () => this.end(new Away("the event stream broke off"));
      for (const type of EVENT_TYPES) {
        this.source.addEventListener(type, ({ data }) => this.tell(JSON.parse(data)));
      }
    });
    this.watch = setInterval(() => {
      if (performance.now() - this.heardAt > SILENT_MS)
        this.end(new Away("the gateway went quiet"));
    }, 1_000);
  }

  end(error = null) {
    if (this.isClosed) return;
    super.end(this.refuse ? null : error);
    this.refuse?.(error ?? new Away("closed"));
  }

  release() {
    this.source?.close();
  }
}

export class PollChannel extends Channel {
  static kind = "polling";
  static title = "Polling";

  async open() {
    this.stopping = new AbortController();
    this.take(await this.poll(0));
    this.loop();
  }

  async loop() {
    try {
      while (!this.isClosed) this.take(await this.poll(POLL_WAIT_MS));
    } catch (error) {
      this.end(error);
    }
  }

  poll(waitMs) {
    const given = { wait_ms: waitMs };
    if (this.lastEventId !== null) given.after = this.lastEventId;
    const path = `/v1/streams/${this.streamId}/poll?${new URLSearchParams(given)}`;
    return this.gateway.get(path, { signal: this.stopping.signal, patienceMs: waitMs + 10_000 });
  }

  take(answer) {
    for (const event of answer.events) this.tell(event);
    // Behind the last event: it may be one that this client is not shown.
    this.lastEventId = answer.next;
  }

  release() {
    this.stopping?.abort();
  }
}

// Best first.
export const CHANNELS = [SocketChannel, EventChannel, PollChannel];
