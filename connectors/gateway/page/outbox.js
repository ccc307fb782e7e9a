// What a stream still has to say, in order: an update keeps its number until it was answered, so
// that it may be sent again. What is written meanwhile goes with the next one.

import { wellFormed } from "./code-points.js";

// An update has at most 100,000 code points; UTF-16 units are never fewer.
const MAX_UNITS = 50_000;
const HIGH_SURROGATE = /[\ud800-\udbff]/;

export class Outbox {
  constructor() {
    this.buffer = "";
    this.sent = 0;
    this.unanswered = null;
    this.ending = null;
  }

  write(text) {
    this.buffer += text;
  }

  // aborted: the model gave up. The first word counts.
  finish(aborted) {
    this.ending ??= { type: "finish", aborted };
  }

  // What to send now, or null: the same until it was answered.
  next() {
    this.unanswered ??= this.compose();
    return this.unanswered;
  }

  answered() {
    this.unanswered = null;
  }

  compose() {
    if (this.buffer === "") {
      // Where somebody else writes, nobody here knows how much was sent.
      return this.ending && { ...this.ending, ...(this.sent > 0 ? { seq: this.sent } : {}) };
    }
    let end = Math.min(this.buffer.length, MAX_UNITS);
    // A pair of surrogates is one character.
    if (end < this.buffer.length && HIGH_SURROGATE.test(this.buffer[end - 1])) end -= 1;
    const delta = wellFormed(this.buffer.slice(0, end));
    this.buffer = this.buffer.slice(end);
    return { type: "update", delta, seq: this.sent++ };
  }
}
