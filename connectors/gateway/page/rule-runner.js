/**
 * Runs the rules of a bundle in a Web Worker, each within a time limit.
 *
 * A rule that takes longer ends the worker, is reported as skipped, and is not tried again with
 * this bundle; a new worker goes on with the rules behind it.
 */

import { byOffset } from "./matcher.js";

/** A page of text takes a rule 0.02 ms; so long takes only one that explodes. */
const LIMIT_MS = 200;
/** All rules together: what takes longer comes too late to help anybody. */
const RUN_LIMIT_MS = 2_000;
/** A bundle of 400 rules is compiled in 0.8 s; slow phones take ten times as long. */
const START_LIMIT_MS = 30_000;

/** @returns {Worker} */
function startWorker() {
  return new Worker(new URL("./matcher-worker.js", import.meta.url), { type: "module" });
}

/**
 * @typedef {object} Skipped
 * @property {string} rule
 * @property {string} guardrail
 * @property {"slow" | "failed" | "no-time"} reason it took too long, this browser cannot run it, or
 *   the rules before it took all the time
 */

/** @typedef {{findings: import("./matcher.js").Finding[], skipped: Skipped[]}} Checked */

export class RuleRunner {
  #bundle;
  #options;
  #worker = null;
  #run = 0;
  #closed = false;
  #skipped = new Map();
  #last = Promise.resolve();

  /**
   * @param {object} bundle what `verifyBundle` returned
   * @param {{limitMs?: number, runLimitMs?: number, startWorker?: () => Worker}} [options]
   */
  constructor(bundle, options = {}) {
    this.#bundle = bundle;
    this.#options = { limitMs: LIMIT_MS, runLimitMs: RUN_LIMIT_MS, startWorker, ...options };
  }

  /**
   * Run all rules over a text: all of it so far. Runs wait for each other; ask again when the last
   * one has answered, with the text there is then.
   * @param {string} text
   * @returns {Promise<Checked>}
   */
  check(text) {
    const checked = this.#last.then(() => this.#check(text));
    this.#last = checked.catch(() => undefined);
    return checked;
  }

  /** End the worker. What still runs is rejected. */
  close() {
    this.#closed = true;
    this.#stop();
  }

  #stop() {
    this.#worker?.terminate();
    this.#worker = null;
  }

  async #check(text) {
    const findings = [];
    const late = new Map();
    let rules = [...this.#bundle.rules.keys()].filter((rule) => !this.#skipped.has(rule));
    let leftMs = this.#options.runLimitMs;
    while (rules.length) {
      // Starting is not running: a slow phone takes seconds to read the rules.
      if (!this.#closed) this.#worker ??= await this.#start();
      if (this.#closed) {
        this.#stop();
        throw new Error("the runner was closed; make another one");
      }
      const beganAt = performance.now();
      const stopped = await this.#runRules(text, rules, findings, beganAt + leftMs);
      if (stopped === null) break;
      this.#stop();
      leftMs -= performance.now() - beganAt;
      const at = rules.indexOf(stopped);
      if (leftMs > 0) {
        this.#skipped.set(stopped, "slow");
        rules = rules.slice(at + 1);
      } else {
        for (const rule of rules.slice(at)) late.set(rule, "no-time");
        rules = [];
      }
    }
    const skipped = [...this.#skipped, ...late].map(([rule, reason]) => {
      const { id, guardrail } = this.#bundle.rules[rule];
      return { rule: id, guardrail, reason };
    });
    return { findings: findings.sort(byOffset), skipped };
  }

  /** Start a worker and give it the rules. */
  #start() {
    const worker = this.#options.startWorker();
    return new Promise((resolve, reject) => {
      const fail = (what) => {
        worker.terminate();
        reject(new Error(`the worker of the rules ${what}; allow it in worker-src`));
      };
      const timer = setTimeout(() => fail("did not start in time"), START_LIMIT_MS);
      worker.onerror = () => {
        clearTimeout(timer);
        fail("could not be started");
      };
      worker.onmessage = () => {
        clearTimeout(timer);
        worker.onerror = null;
        resolve(worker);
      };
      worker.postMessage({ kind: "rules", bundle: this.#bundle });
    });
  }

  /**
   * Run rules; collect what they find.
   * @returns {Promise<number | null>} the rule that took too long; null: all have ended
   */
  #runRules(text, rules, findings, endsAt) {
    const worker = this.#worker;
    const { limitMs } = this.#options;
    this.#run += 1;
    const run = this.#run;
    return new Promise((resolve) => {
      let current = rules[0];
      let movedAt = performance.now();
      let overdue = false;
      // A page that was busy itself sees the clock before the messages that came meanwhile: only
      // the second look that finds the time over ends the worker.
      const timer = setInterval(() => {
        const now = performance.now();
        const over = now - movedAt >= limitMs || now >= endsAt;
        if (over && overdue) end(current);
        overdue = over;
      }, limitMs / 2);
      const end = (stopped) => {
        clearInterval(timer);
        worker.onmessage = null;
        resolve(stopped);
      };
      worker.onmessage = ({ data }) => {
        if (data.run !== run) return;
        movedAt = performance.now();
        if (data.findings) findings.push(...data.findings);
        if (data.kind === "begins") current = data.rule;
        if (data.kind === "failed") this.#skipped.set(data.rule, "failed");
        if (data.kind === "done") end(null);
      };
      worker.postMessage({ kind: "check", run, text, rules });
    });
  }
}
