// A light for each guardrail. Those with something to say stand first; the others are folded.

import { byId, make, setText } from "./element.js";
import { count, duration, whole } from "./numbers.js";

const WHEN = {
  chunk: "every chunk",
  sentence: "each sentence",
  paragraph: "each paragraph",
  end: "at the end",
};
const MODES = { block: "text waits for it", monitor: "watches only", disabled: "off" };
const CLASSES = { very_slow: "very slow" };
// What a light says, the most urgent first.
const WORDS = {
  blocked: "blocked",
  error: "failed",
  found: "found",
  asked: "asking",
  unknown: "not known",
  clear: "clear",
  watching: "watching",
};

export class GuardrailView {
  constructor() {
    this.list = byId("guardrails");
    this.fold = byId("guardrails-quiet");
    this.quiet = this.fold.querySelector("ul");
    this.empty = byId("guardrails-none");
    this.total = byId("guardrails-count");
    this.reset();
  }

  reset() {
    this.lights = new Map();
    this.list.replaceChildren();
    this.quiet.replaceChildren();
    this.fold.hidden = true;
    this.empty.hidden = false;
    setText(this.empty, "They show up when a stream begins.");
    setText(this.total, "0");
  }

  // steps: of pipeline_start. It may come again after a restart.
  begin(steps) {
    this.empty.hidden = true;
    for (const step of steps) {
      if (this.lights.has(step.step)) continue;
      const light = new Light(step);
      this.lights.set(step.step, light);
      (light.speaks ? this.list : this.quiet).append(light.row);
    }
    this.count();
  }

  change(name, how) {
    const light = this.lights.get(name);
    if (!light) return;
    how(light);
    light.draw();
    if (light.speaks && light.row.parentElement !== this.list) {
      this.list.append(light.row);
      this.count();
    }
  }

  asked(name, { id, checkpoint }) {
    this.change(name, (light) => {
      if (id !== undefined) light.open.add(id);
      else light.checkpoint = checkpoint ?? light.checkpoint;
    });
  }

  found(name, { type, rule, start, end, action, mode }) {
    this.change(name, (light) =>
      light.findings.set(`${type}/${rule}/${start}/${end}`, { action, mode }),
    );
  }

  answered(name, { id, status, latency_ms: latencyMs, cached }) {
    this.change(name, (light) => {
      if (id === undefined) {
        light.isOver = true;
        return;
      }
      light.open.delete(id);
      light.answers.set(id, { status, latencyMs, cached });
    });
  }

  // The stream is over: what was not asked again is settled.
  end() {
    this.all((light) => {
      light.isOver = true;
      light.open.clear();
    });
    if (this.lights.size === 0)
      setText(this.empty, "This policy does not tell its steps; with “events: true” it would.");
  }

  // Nobody will say how it ended. That is not the same as nothing found.
  lose() {
    this.all((light) => {
      light.isLost = !light.isOver;
    });
  }

  all(act) {
    for (const light of this.lights.values()) {
      act(light);
      light.draw();
    }
  }

  count() {
    setText(this.total, whole(this.lights.size));
    const folded = this.quiet.children.length;
    this.fold.hidden = folded === 0;
    const rest =
      this.list.children.length === 0
        ? `${count(folded, "guardrail")}, nothing to say so far`
        : `${count(folded, "other")}, nothing to say`;
    setText(this.fold.querySelector("summary"), rest);
  }
}

class Light {
  constructor({ step, mode, performance_class: performanceClass, checkpoint, action }) {
    Object.assign(this, { name: step, mode, performanceClass, checkpoint, action });
    this.findings = new Map();
    this.open = new Set();
    this.answers = new Map();
    this.isOver = false;
    this.lamp = make("span", { class: "lamp", "aria-hidden": "true" });
    this.word = make("span", { class: "word" });
    this.facts = make("span", { class: "facts" });
    this.told = make("span", { class: "told" });
    this.row = make(
      "li",
      { data: { step } },
      this.lamp,
      make("span", { class: "name" }, step),
      this.word,
      this.facts,
      this.told,
    );
    this.draw();
  }

  get isCheck() {
    return this.checkpoint !== "chunk";
  }

  get errors() {
    return [...this.answers.values()].filter(({ status }) => status !== "done").length;
  }

  get speaks() {
    return this.findings.size > 0 || this.errors > 0 || this.isCheck;
  }

  get state() {
    const found = [...this.findings.values()];
    if (found.some(({ action, mode }) => action === "block" && mode === "block")) return "blocked";
    if (this.errors > 0) return "error";
    if (found.length > 0 && (this.open.size === 0 || this.isLost)) return "found";
    if (this.isLost) return "unknown";
    if (this.open.size > 0) return "asked";
    return this.isOver || this.answers.size > 0 ? "clear" : "watching";
  }

  draw() {
    const state = this.state;
    this.row.dataset.state = state;
    setText(this.word, state === "found" ? `found ${whole(this.findings.size)}` : WORDS[state]);
    const kind = CLASSES[this.performanceClass] ?? this.performanceClass;
    setText(
      this.facts,
      [kind, WHEN[this.checkpoint] ?? this.checkpoint, MODES[this.mode] ?? this.mode].join(" · "),
    );
    setText(this.told, this.account());
  }

  account() {
    const answers = [...this.answers.values()];
    const told = [];
    if (this.findings.size && this.state !== "found")
      told.push(count(this.findings.size, "finding"));
    if (answers.length) {
      const took =
        answers.reduce((sum, { latencyMs }) => sum + (latencyMs ?? 0), 0) / answers.length;
      told.push(`asked ${count(answers.length, "time")}, ${duration(took)} each`);
    }
    for (const status of ["failed", "timed_out", "skipped"]) {
      const hit = answers.filter((answer) => answer.status === status).length;
      if (hit) told.push(`${whole(hit)} ${status.replace("_", " ")}`);
    }
    return told.join(", ");
  }
}
