// What this device finds by itself in the text of the form, before anything is sent. A courtesy:
// the gateway decides, whatever is found here.

import { byId, setText } from "./element.js";
import { count, whole } from "./numbers.js";

// Milliseconds without a key being pressed.
const PAUSE_MS = 250;
const MAX_LISTED = 8;

export class DeviceView {
  // text(), policy(): as the form has them.
  constructor(gateway, text, policy) {
    Object.assign(this, { gateway, text, policy });
    this.runners = new Map();
    this.keys = [];
    this.row = byId("device-row");
    this.toggle = byId("device");
    this.place = byId("device-found");
    this.toggle.addEventListener("change", () => this.check());
  }

  // Show the switch where the gateway signs rules for clients.
  async offer() {
    this.keys = (await this.gateway.get("/page/rule-keys.json")).keys;
    this.offerFor(true);
  }

  // isAnswer: the form holds an answer; a prompt is not what the rules are for.
  offerFor(isAnswer) {
    this.row.hidden = this.keys.length === 0 || !isAnswer;
    if (!isAnswer) this.toggle.checked = false;
  }

  // The text or the policy has changed.
  changed() {
    clearTimeout(this.timer);
    if (this.toggle.checked) this.timer = setTimeout(() => this.check(), PAUSE_MS);
  }

  async check() {
    if (!this.toggle.checked) {
      setText(this.place, "");
      return;
    }
    const text = this.text();
    try {
      const runner = await this.runner(this.policy());
      const { findings, skipped } = await runner.check(text);
      // Somebody wrote on meanwhile.
      if (text !== this.text() || !this.toggle.checked) return;
      setText(this.place, describe(findings, skipped));
    } catch (error) {
      setText(this.place, `Not checked on this device: ${error.message}.`);
    }
  }

  // One for each policy, with the rules as they are now.
  async runner(policy) {
    const [{ RuleStore }, { RuleRunner }] = await Promise.all([
      import("./rules.js"),
      import("./rule-runner.js"),
    ]);
    let known = this.runners.get(policy);
    if (known === undefined) {
      const url = `/v1/rules?policy=${encodeURIComponent(policy)}`;
      const headers = () => this.gateway.headers();
      known = { store: new RuleStore({ url, keys: this.keys, policy, headers }) };
      this.runners.set(policy, known);
    }
    const bundle = known.store.bundle ?? (await known.store.refresh());
    if (known.bundle !== bundle) {
      known.runner?.close();
      Object.assign(known, { bundle, runner: new RuleRunner(bundle) });
    }
    return known.runner;
  }
}

function describe(findings, skipped) {
  const listed = findings
    .slice(0, MAX_LISTED)
    .map(({ type, start, end }) => `${type} ${whole(start)}–${whole(end)}`);
  const more =
    findings.length > MAX_LISTED ? ` and ${whole(findings.length - MAX_LISTED)} more` : "";
  const found =
    findings.length === 0
      ? "Nothing found on this device."
      : `Found on this device: ${listed.join(", ")}${more}.`;
  return skipped.length === 0
    ? found
    : `${found} ${count(skipped.length, "rule")} could not run here.`;
}
