/**
 * The worker in which rules run; `rule-runner.js` starts it, and ends it when a rule takes too long.
 *
 * It says which rule it begins before it does, so that the rule that never ends is known:
 *
 *     in    {kind: "rules", bundle}                   once
 *     out   {kind: "ready"}
 *     in    {kind: "check", run, text, rules}         rules: which to run, by index
 *     out   {kind: "begins", run, rule, findings}     findings: of the rule before, or null
 *     out   {kind: "failed", run, rule}               this browser cannot run the rule
 *     out   {kind: "done", run, findings}             findings: of the last rule
 */

import { Matcher } from "./matcher.js";

let matcher = null;

function check({ run, text, rules }) {
  let findings = null;
  let texts = null;
  for (const rule of rules) {
    postMessage({ kind: "begins", run, rule, findings });
    findings = null;
    try {
      texts ??= matcher.read(text);
      findings = matcher.find(rule, texts);
    } catch {
      postMessage({ kind: "failed", run, rule });
    }
  }
  postMessage({ kind: "done", run, findings });
}

/**
 * Let the engine compile the rules: for texts of either width, first as it is, then for speed. It
 * takes most of a second for 400 of them, which no rule's time limit should count.
 */
function warm() {
  for (const text of ["a", "a", "\u4e2d", "\u4e2d"]) {
    const texts = matcher.read(text);
    for (let rule = 0; rule < matcher.size; rule += 1) {
      try {
        matcher.find(rule, texts);
      } catch {
        // Said when it is asked for.
      }
    }
  }
}

self.onmessage = ({ data }) => {
  if (data.kind === "check") {
    check(data);
    return;
  }
  matcher = new Matcher(data.bundle);
  warm();
  postMessage({ kind: "ready" });
};
