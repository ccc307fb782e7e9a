// One stream on the page: an answer comes from somewhere, the views show what the gateway says of it.

import { GuardedStream } from "./guarded-stream.js";
import { byId, fillFigures, setText } from "./element.js";
import { lengthOf } from "./code-points.js";
import { Away } from "./gateway.js";
import { duration, quantile, whole } from "./numbers.js";
import { Reader } from "./reader.js";

const PHASES = {
  ready: "Ready",
  writing: "The model writes",
  deciding: "Deciding the rest",
  complete: "Complete",
  blocked: "Blocked",
  aborted: "Aborted",
  lost: "Cannot go on",
};
// Round trips kept for the quantiles.
const MAX_TIMES = 10_000;
// A character that was received and that nobody may see.
const UNSEEN = "░";

export class Run {
  // views: text, guardrails, findings, connection, audit, announcer. answer: a WrittenAnswer or an
  // AskedAnswer. changed(): the phase is new.
  constructor(gateway, views, answer, { transport }, changed) {
    this.views = views;
    this.answer = answer;
    this.changed = changed;
    this.reader = new Reader();
    this.times = [];
    this.written = 0;
    this.held = { received: 0, frontier: 0, now: 0, most: 0 };
    this.blockers = new Set();
    this.stream = new GuardedStream(gateway, { transport });
    this.stream.position = () => this.reader.frontier;
    this.listen("connection", (told) => views.connection.show(told));
    this.listen("event", (event) => this.hear(event));
    this.listen("answer", (answer) => this.note(answer));
    this.listen("healed", (data) => this.heal(data));
    this.listen("failure", (error) => this.fail(error));
  }

  listen(type, act) {
    this.stream.addEventListener(type, ({ detail }) => {
      if (!this.isDropped) act(detail);
    });
  }

  get isRunning() {
    return ["writing", "deciding"].includes(this.phase);
  }

  async begin() {
    const { text, guardrails, findings, connection, audit } = this.views;
    for (const view of [guardrails, findings, connection, audit]) view.reset();
    text.begin(this.answer.expected);
    this.enter("writing");
    this.drawFigures();
    try {
      await this.stream.open(() => this.answer.start());
    } catch (error) {
      if (!this.isDropped) this.fail(error);
      return;
    }
    if (!this.isRunning || this.isDropped) return;
    this.answer.play(this.stream, {
      wrote: (piece) => this.write(piece),
      ended: (how) => this.finish(how),
    });
  }

  // More stands under the waterline.
  write(piece) {
    this.written += lengthOf(piece);
    this.views.text.write(piece);
    this.drawFigures();
  }

  setSpeed(perSecond) {
    this.answer.setSpeed(perSecond);
  }

  finish({ aborted = false } = {}) {
    this.isAborted ||= aborted;
    if (this.phase === "writing") this.enter("deciding");
    this.answer.end(this.stream, { aborted });
  }

  // Another one takes the page.
  drop() {
    this.isDropped = true;
    this.answer.stop();
    this.stream.close();
  }

  enter(phase) {
    this.phase = phase;
    const place = byId("phase");
    place.dataset.phase = phase;
    setText(place, PHASES[phase]);
    this.changed();
  }

  fail(error) {
    this.answer.stop();
    this.views.guardrails.lose();
    const why = explain(error);
    this.views.text.lose(why);
    this.enter("lost");
    this.views.connection.show({ state: "lost", transport: "", note: { text: why } });
    this.views.announcer.end("");
  }

  // -- what the gateway says -------------------------------------------------------------------

  hear({ type, step, data }) {
    const { guardrails, audit } = this.views;
    switch (type) {
      case "pipeline_start":
        return guardrails.begin(data.steps);
      case "step_start":
        return guardrails.asked(step, data);
      case "step_output":
        return guardrails.found(step, data);
      case "step_complete":
      case "step_error":
        return guardrails.answered(step, data);
      case "step_progress":
        return this.hold(data);
      case "finding":
        return this.find(data);
      case "partial_result":
        return this.release(data);
      case "audit":
        return audit.show(data);
      case "pipeline_complete":
      case "pipeline_error":
        guardrails.end();
        if (data.outcome === "block") this.block();
        return undefined;
      default:
        return undefined;
    }
  }

  release(data) {
    this.hold(data);
    for (const segment of data.segments) this.show(segment);
    if (data.action === "block") this.block(data.reason);
    else if (data.state === "complete" && this.phase !== "blocked") this.complete();
    else if (data.state === "monitoring" && this.phase === "writing") this.enter("deciding");
  }

  show(segment) {
    const before = this.reader.gaps.length;
    let fresh;
    try {
      fresh = this.reader.read(segment);
    } catch (error) {
      this.fail(error);
      return;
    }
    for (const gap of this.reader.gaps.slice(before)) this.views.text.skip(gap);
    if (fresh === null) return;
    this.views.text.show(fresh);
    this.views.announcer.add(fresh.text);
  }

  note({ data, tookMs, type }) {
    if (type === "update" && this.times.length < MAX_TIMES) this.times.push(tookMs);
    this.hold(data);
    if (data.state !== "active") this.answer.stop();
    for (const finding of data.deltaViolations) this.find(finding);
  }

  // Told by events and by answers, whichever comes first.
  find(finding) {
    if (!this.views.findings.add(finding)) return;
    this.views.text.note(finding);
    if (finding.action === "block" && finding.mode === "block")
      this.blockers.add(`${finding.type} (${finding.rule})`);
  }

  heal(data) {
    this.hold(data);
    for (const segment of data.released) this.show(segment);
    if (data.frontier > this.reader.frontier) {
      this.reader.skip(data.frontier);
      this.views.text.skip(this.reader.gaps.at(-1));
    }
  }

  block(reason) {
    if (this.phase === "blocked") return;
    this.answer.stop();
    this.views.text.block([...this.blockers, ...(reason ? [reason.replaceAll("-", " ")] : [])]);
    this.views.text.end();
    this.enter("blocked");
    this.views.announcer.end("The answer was blocked here.");
  }

  complete() {
    if (!this.isRunning) return;
    this.views.text.end();
    this.enter(this.isAborted ? "aborted" : "complete");
    this.views.announcer.end("The answer is complete.");
  }

  // Verdicts come over two roads, and the later one is not always the newer one.
  hold({ frontier, held, state }) {
    const received = frontier + held;
    const known = this.held;
    if (frontier < known.frontier) return;
    if (frontier === known.frontier && received < known.received && state !== "complete") return;
    this.held = { received, frontier, now: held, most: Math.max(known.most, held) };
    // Of an answer that somebody else writes, how much is there is all that is told.
    if (received > this.written) this.write(UNSEEN.repeat(received - this.written));
    this.drawFigures();
  }

  drawFigures() {
    if (this.isDrawing) return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      if (this.isDropped) return;
      fillFigures(byId("figures"), [
        ["frontier", whole(this.held.frontier), "Everything before this character is decided"],
        ["written", whole(this.written), "Characters the model has written"],
        ["held", whole(this.held.now), "Characters received and not decided"],
        ["most held", whole(this.held.most)],
        ...this.tripFigures(),
      ]);
    });
  }

  // Of an answer the page writes itself.
  tripFigures() {
    if (!this.answer.isOurs) return [];
    return [
      ["updates", whole(this.times.length), "Requests sent and answered"],
      [
        "trip p50",
        duration(quantile(this.times, 0.5)),
        "Round trip from sending an update to its verdict: half took less",
      ],
      [
        "trip p99",
        duration(quantile(this.times, 0.99)),
        "Round trip: one in a hundred took longer",
      ],
    ];
  }
}

function explain(error) {
  if (error instanceof Away) return "The gateway cannot be reached.";
  if (error.status === 404) {
    return "The gateway does not know this stream any more. What was shown stays; the rest will not be decided.";
  }
  const [first, ...rest] = error.message.replace(/\.$/, "");
  return `${first.toUpperCase()}${rest.join("")}.`;
}
