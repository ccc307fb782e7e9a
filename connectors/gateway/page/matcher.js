/**
 * The rules of a bundle, run over a whole text: what they find is what the server's engine finds
 * with the same rules in the same text.
 *
 * A courtesy: it shows at once what the server will say. The server decides.
 *
 * Runs wherever it is called and as long as it takes; `rule-runner.js` runs it in a worker with a
 * time limit.
 */

import { compileChecks } from "./matcher-checks.js";
import { PhraseReading, PhraseRule } from "./matcher-phrases.js";
import { clean, Folding } from "./matcher-text.js";

/**
 * @typedef {object} Finding
 * @property {string} rule
 * @property {string} guardrail
 * @property {string} type
 * @property {"allow" | "warn" | "redact" | "block"} action
 * @property {number} confidence
 * @property {number} start code points, from the start of the text
 * @property {number} end behind the last one
 * @property {[number, number] | null} part what a redaction replaces; null: all of it
 */

/** Groups whose names say what a redaction replaces, and the one that says a cap was reached. */
const NAMED = /\(\?<(secret\w*|cap)>/g;

/** One rule that is an expression. */
class PatternRule {
  #expression;
  #parts;
  #accepts;
  #near;

  /** @param {object} rule of the bundle */
  constructor(rule) {
    const names = [...rule.expression.matchAll(NAMED)].map(([, name]) => name);
    this.#parts = names.filter((name) => name !== "cap");
    // `d` costs: only where a group's place is asked for.
    const flags = `g${rule.flags}${this.#parts.length ? "d" : ""}`;
    this.#expression = new RegExp(rule.expression, flags);
    this.#accepts = rule.checks ? compileChecks(rule.checks) : null;
    this.#near = rule.near ? compileNear(rule.near) : null;
  }

  /** @returns {Array<{start: number, end: number, part: [number, number] | null, capped: boolean}>} */
  find({ folded }) {
    const expression = this.#expression;
    const found = [];
    let previous = -1;
    expression.lastIndex = 0;
    for (let match; (match = expression.exec(folded.text)); ) {
      const start = folded.point(match.index);
      const end = folded.point(match.index + match[0].length);
      if (this.#accepts?.(match[0]) === false || this.#near?.(folded, start, end) === false) {
        expression.lastIndex = folded.unit(start + 1);
        continue;
      }
      const [rawStart, rawEnd] = folded.rawSpan(start, end);
      // Twice within what one code point folds to is once.
      if (rawStart === previous) continue;
      previous = rawStart;
      const capped = match.groups?.cap !== undefined;
      found.push({ start: rawStart, end: rawEnd, part: this.#part(folded, match), capped });
    }
    return found;
  }

  /** Return the span of the first group that holds text of the match. */
  #part(folded, match) {
    for (const name of this.#parts) {
      const [start, end] = match.indices.groups[name] ?? [0, 0];
      const inside = match.index <= start && end <= match.index + match[0].length;
      if (start < end && inside) return folded.rawSpan(folded.point(start), folded.point(end));
    }
    return null;
  }
}

const escape = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Make the question whether one of the texts a rule needs stands near a match. */
function compileNear({ texts, words, chars }) {
  const forms = texts.map(escape);
  if (words.length) {
    forms.push(`(?<![a-z0-9])(?:${words.map(escape).join("|")})(?![a-z0-9])`);
  }
  // One character more on each side is looked at and not part of the text: hence the dots.
  const found = new RegExp(`(?<=.)(?:${forms.join("|")})(?=.)`, "su");
  return (folded, start, end) => {
    const left = folded.slice(start - chars - 1, start + 1);
    if (found.test((start <= chars ? `\n${left}` : left).toLowerCase())) return true;
    const right = folded.slice(end - 1, end + chars + 1);
    return found.test((end + chars >= folded.size ? `${right}\n` : right).toLowerCase());
  };
}

/** The rules of one bundle. */
export class Matcher {
  #rules;
  #compiled = [];
  #folding;
  #reading;

  /** @param {object} bundle what `verifyBundle` returned */
  constructor(bundle) {
    this.#rules = bundle.rules;
    this.#folding = new Folding(bundle.tables);
    this.#reading = bundle.tables.even ? new PhraseReading(bundle.tables, this.#folding) : null;
  }

  /** How many rules there are. */
  get size() {
    return this.#rules.length;
  }

  /**
   * Read a text once for all rules.
   * @param {string} text all of it so far
   */
  read(text) {
    const cleaned = clean(text);
    return { folded: this.#folding.fold(cleaned), normal: this.#reading?.read(cleaned) };
  }

  /**
   * Run one rule.
   * @param {number} index of the rule in the bundle
   * @param {ReturnType<Matcher["read"]>} texts
   * @returns {Finding[]}
   * @throws {Error} if this browser cannot compile the rule
   */
  find(index, texts) {
    const rule = this.#rules[index];
    const { id, guardrail, type, action, confidence } = rule;
    const named = { rule: id, guardrail, type, confidence };
    return this.#compile(index)
      .find(texts)
      .map(({ start, end, part, capped }) => ({
        ...named,
        // A redaction whose end is unknown is a block.
        action: capped && action === "redact" ? "block" : action,
        start,
        end,
        part: part ?? null,
      }));
  }

  #compile(index) {
    const rule = this.#rules[index];
    this.#compiled[index] ??=
      rule.kind === "phrases" ? new PhraseRule(rule, this.#reading) : new PatternRule(rule);
    return this.#compiled[index];
  }

  /**
   * Run all rules.
   * @param {string} text all of it so far
   * @returns {Finding[]} by offset
   */
  check(text) {
    const texts = this.read(text);
    const found = this.#rules.flatMap((_, index) => this.find(index, texts));
    return found.sort(byOffset);
  }
}

/**
 * The order of findings, as the server gives them.
 * @param {Finding} one
 * @param {Finding} other
 */
export function byOffset(one, other) {
  if (one.start !== other.start) return one.start - other.start;
  if (one.end !== other.end) return one.end - other.end;
  return one.rule < other.rule ? -1 : Number(one.rule > other.rule);
}
