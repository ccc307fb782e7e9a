// One stream: sends what a model writes, in order and once, and hears what becomes of it, over
// connections that may break at any time. Nothing is lost and nothing counts twice: an update that
// was not answered is sent again under the same number, and events go on behind the last one.
//
// Tells: "connection" {state, transport, note}, "event" (the gateway's), "answer" {data, tookMs},
// "healed" (where the stream stands, behind a gap), "failure" (an Error: it cannot go on here).

import { CHANNELS } from "./channel.js";
import { Away, Problem } from "./gateway.js";
import { Outbox } from "./outbox.js";

// Milliseconds between attempts to come back: soon at first, never longer than a few seconds.
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 3_000;
// Attempts after which another way is tried, if the gateway itself can be reached.
const MAX_REFUSALS = 2;
// Milliseconds a reconnection is shown as such.
const SHOWN_MS = 1_500;
// Milliseconds that text behind a gap waits for what is missing: a gateway that restarts is back
// within seconds.
const HEAL_MS = 20_000;

export class GuardedStream extends EventTarget {
  // transport: "auto" or the kind of a channel.
  constructor(gateway, { transport = "auto" } = {}) {
    super();
    this.gateway = gateway;
    this.isAutomatic = transport === "auto";
    this.kinds = this.isAutomatic ? CHANNELS : CHANNELS.filter(({ kind }) => kind === transport);
    this.id = null;
    this.channel = null;
    this.lastEventId = null;
    this.refusals = 0;
    this.breaks = 0;
    this.outbox = new Outbox();
    this.isOver = false;
    this.isTold = false;
    // Its last event has come, and perhaps waits behind a gap.
    this.isHeard = false;
    // How far the text has been read; whoever reads it says so.
    this.position = () => 0;
    this.behindGap = null;
    this.back = null;
    this.network = {
      offline: () => this.channel?.end(new Away("offline")),
      online: () => this.wake?.(),
    };
  }

  // Begin it and connect. start(): a promise of its id. Throws what that throws.
  async open(start) {
    this.connection("connecting");
    this.id = await start();
    if (this.isTold) return;
    for (const [name, act] of Object.entries(this.network)) addEventListener(name, act);
    this.keepConnected();
  }

  write(text) {
    this.outbox.write(text);
    this.pump();
  }

  // End it behind what was written. aborted: the model gave up.
  finish({ aborted = false } = {}) {
    this.outbox.finish(aborted);
    this.pump();
  }

  close() {
    this.isTold = true;
    this.channel?.close();
    this.wake?.();
    for (const [name, act] of Object.entries(this.network)) removeEventListener(name, act);
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  connection(state, note = null) {
    this.state = state;
    this.tell("connection", { state, note, transport: this.kinds[0].title });
  }

  fail(error) {
    this.isOver = true;
    this.close();
    this.tell("failure", error);
  }

  // -- connections ---------------------------------------------------------------------------

  async keepConnected() {
    let lostAt = null;
    for (let retries = 0; !this.isTold; retries += 1) {
      let error = await this.attempt(lostAt);
      if (this.isTold || this.isHeard) return;
      const [kind] = this.kinds;
      if (this.channel?.wasOpen) lostAt = performance.now();
      else error = (await this.countRefusal()) ?? error;
      // Patience is for a gateway that is away, not for another way to it.
      if (this.channel?.wasOpen || kind !== this.kinds[0]) retries = 0;
      if (isFinal(error)) return this.fail(error);
      this.channel = null;
      if (lostAt !== null) this.connection("reconnecting", { why: reason(error) });
      else this.connection("connecting", { why: reason(error) });
      await this.pause(patience(retries));
    }
  }

  // Connect and stay so as long as it holds; return what ended it.
  async attempt(lostAt) {
    try {
      await this.connect(lostAt);
      this.refusals = 0;
      this.pump();
      return await this.broken;
    } catch (error) {
      return error;
    }
  }

  async connect(lostAt) {
    const [Kind] = this.kinds;
    this.broken = new Promise((resolve) => {
      this.channel = new Kind(this.gateway, this.id, this.lastEventId, {
        event: (event) => this.hear(event),
        closed: resolve,
      });
    });
    this.back = lostAt === null ? null : { lostAt, replayed: 0, until: null };
    await this.channel.open();
    this.channel.wasOpen = true;
    if (lostAt === null) this.connection("live");
    else if (this.back !== null) this.showReturn();
  }

  showReturn() {
    const back = this.back;
    this.breaks += 1;
    const awayMs = performance.now() - back.lostAt;
    const say = (state) => this.connection(state, { awayMs, replayed: back.replayed });
    back.say = say;
    say("replayed");
    setTimeout(() => {
      if (this.back === back && this.state === "replayed") this.connection("live");
    }, SHOWN_MS);
  }

  // A way that is closed while the gateway is there is not tried for ever. Return what else
  // may be wrong, or null.
  async countRefusal() {
    if (!(await this.gateway.isThere())) return null;
    this.refusals += 1;
    if (this.refusals < MAX_REFUSALS) return null;
    this.refusals = 0;
    if (this.isAutomatic && this.kinds.length > 1) {
      this.kinds = this.kinds.slice(1);
      return null;
    }
    // An EventSource does not say why it was refused; a request is told.
    return this.gateway.get(`/v1/stream/status?streamId=${this.id}`).then(
      () => null,
      (error) => error,
    );
  }

  pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  hear(event) {
    // Also of what waits: it is here, and need not come again.
    if (event.id !== undefined) this.lastEventId = event.id;
    if (event.type === "end") this.isHeard = true;
    // What lies behind a gap waits until it is known what of the gap can be had.
    if (this.behindGap) {
      this.behindGap.push(event);
      return;
    }
    this.countReplayed(event);
    this.tell("event", event);
    if (event.type === "gap") this.heal(event.data);
    if (event.type === "end") {
      this.close();
      this.connection("ended");
    }
  }

  // What happened before the connection stood is a replay: the first event says when it stood.
  countReplayed(event) {
    if (this.back === null) return;
    if (event.type === "metadata") this.back.until ??= event.timestamp;
    else if (
      event.id !== undefined &&
      this.back.until !== null &&
      event.timestamp <= this.back.until
    ) {
      this.back.replayed += 1;
      if (this.state === "replayed") this.back.say("replayed");
    }
  }

  // Events are missing; what was released may still be known.
  async heal({ reason }) {
    this.behindGap = [];
    this.back = null;
    this.connection("gap", { why: reason });
    const error = await this.fillGap();
    const waiting = this.behindGap;
    this.behindGap = null;
    if (this.isTold) return;
    if (isFinal(error)) return this.fail(error);
    setTimeout(() => {
      if (this.state === "gap") this.connection("live");
    }, 2 * SHOWN_MS);
    for (const event of waiting) this.hear(event);
  }

  // Ask where the stream stands until that is known: text that can be had later is not missing.
  // Return what is wrong if it cannot be, or null.
  async fillGap() {
    const end = performance.now() + HEAL_MS;
    for (let retries = 0; ; retries += 1) {
      const query = new URLSearchParams({ streamId: this.id, position: this.position() });
      try {
        const data = await this.gateway.get(`/v1/stream/status?${query}`);
        if (!this.isTold) this.tell("healed", data);
        return null;
      } catch (error) {
        const wait = Math.max(patience(retries), (error.retryAfterS ?? 0) * 1000);
        const isPassing = error instanceof Away || error.isPassing;
        if (!isPassing || performance.now() + wait > end) return error;
        await this.pause(wait);
        if (this.isTold) return error;
      }
    }
  }

  // -- updates -------------------------------------------------------------------------------

  // One request at a time; what is not answered is sent again.
  async pump() {
    if (this.isPumping) return;
    this.isPumping = true;
    try {
      while (!this.isOver && this.channel?.wasOpen && !this.channel.isClosed) {
        const message = this.outbox.next();
        if (message === null) break;
        await this.send(message);
      }
    } finally {
      this.isPumping = false;
    }
  }

  async send(message) {
    const begun = performance.now();
    try {
      const data = await this.channel.request(message);
      this.outbox.answered();
      this.isOver = data.state !== "active" || message.type === "finish";
      this.tell("answer", { data, tookMs: performance.now() - begun, type: message.type });
    } catch (error) {
      if (error instanceof Problem && !error.isPassing) return this.fail(error);
      if (error instanceof Away && !this.channel?.isClosed) this.channel?.end(error);
      await this.pause(error.retryAfterS ? error.retryAfterS * 1000 : FIRST_RETRY_MS);
    }
  }
}

// Milliseconds before the next attempt.
function patience(retries) {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** retries);
}

// Nobody has the stream any more, or it is not for us.
function isFinal(error) {
  return error instanceof Problem && [401, 403, 404].includes(error.status);
}

function reason(error) {
  return error instanceof Away ? "away" : "refused";
}
