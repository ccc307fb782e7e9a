// Whether the page hears of its stream, how, and what happened to the connection.

import { byId, make, setText } from "./element.js";
import { count, duration } from "./numbers.js";

const WORDS = {
  idle: "Not connected",
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  replayed: "Back",
  gap: "Gap",
  ended: "Ended",
  lost: "Lost",
};
const WHYS = {
  history: "The gateway no longer has everything that happened before.",
  slow: "This page was too slow; the gateway let some events go.",
  epoch: "The gateway was started anew and does not know what came before.",
  away: "The gateway cannot be reached. What was not answered is sent again.",
  refused: "The gateway refused the connection.",
};
const MAX_LOG = 50;

export class ConnectionView {
  constructor(announce) {
    this.announce = announce;
    this.place = byId("connection");
    this.word = byId("connection-word");
    this.transport = byId("connection-transport");
    this.note = byId("connection-note");
    this.log = byId("connection-log");
    this.reset();
  }

  reset() {
    this.begun = performance.now();
    this.last = null;
    this.log.querySelector("ol").replaceChildren();
    this.log.hidden = true;
    this.draw("idle", "", "");
  }

  show({ state, transport, note }) {
    const text = this.explain(state, note);
    this.draw(state, transport && state !== "lost" ? `over ${transport}` : "", text);
    this.write(state, transport, text);
    if (["reconnecting", "gap", "lost"].includes(state) && this.last !== state) {
      this.announce(`${WORDS[state]}. ${text}`);
    }
    this.last = state;
  }

  explain(state, note) {
    if (state === "replayed") {
      return `Away for ${duration(note.awayMs)}; ${count(note.replayed, "event")} replayed.`;
    }
    if (state === "lost") return note?.text ?? "";
    return WHYS[note?.why] ?? "";
  }

  draw(state, transport, text) {
    this.place.dataset.state = state;
    setText(this.word, WORDS[state]);
    setText(this.transport, transport);
    setText(this.note, text);
    this.note.hidden = text === "";
  }

  // The last line is written anew while the state stays, with the time at which it began.
  write(state, transport, text) {
    const list = this.log.querySelector("ol");
    if (this.last !== state)
      this.since = `${((performance.now() - this.begun) / 1000).toFixed(1)} s`;
    const said = `${WORDS[state]}${state === "live" ? ` over ${transport}` : ""}${text ? `: ${text}` : ""}`;
    const line = make(
      "li",
      { data: { state } },
      make("span", { class: "at" }, this.since),
      make("span", {}, said),
    );
    if (this.last === state && list.lastChild) list.lastChild.replaceWith(line);
    else list.append(line);
    while (list.children.length > MAX_LOG) list.firstChild.remove();
    this.log.hidden = false;
  }
}
