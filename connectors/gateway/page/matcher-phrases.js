/** Lists of phrases: found in any case, in look-alikes, with white space as it comes. */

import { readTable, ReadText } from "./matcher-text.js";

/** How texts are read where phrases are looked for. */
export class PhraseReading {
  #even;
  #normal = new Map();
  #spaced;

  /**
   * @param {object} tables of the bundle
   * @param {import("./matcher-text.js").Folding} folding
   */
  constructor(tables, folding) {
    this.#even = readTable(tables.even);
    this.#spaced = tables.spaced;
    this.folding = folding;
    this.maxSpaces = tables.max_spaces;
    this.leetspeak = new Map(Object.entries(tables.leetspeak));
    this.coarse = new Map(Object.entries(tables.coarse));
  }

  /** @param {string} character @returns {string} its one form of all cases and look-alikes */
  normal(character) {
    let found = this.#normal.get(character);
    if (found === undefined) {
      const folded = this.folding.table.get(character) ?? character;
      found = [...folded].map((one) => this.#even.get(one) ?? one).join("");
      this.#normal.set(character, found);
    }
    return found;
  }

  /** @param {string} character or nothing @returns {boolean} whether it is part of a spaced word */
  isSpaced(character) {
    if (!character) return false;
    const point = character.codePointAt(0);
    let [low, high] = [0, this.#spaced.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#spaced[middle][1] < point) low = middle + 1;
      else high = middle;
    }
    return low < this.#spaced.length && this.#spaced[low][0] <= point;
  }

  /**
   * Bring a text to the form in which phrases are compared with it.
   * @param {string} text clean
   * @returns {{characters: string[], read: ReadText}}
   */
  read(text) {
    const { maxInvisibleRun, replacement } = this.folding;
    const characters = [];
    const origins = [];
    let [raw, invisible, spaces] = [0, 0, 0];
    for (const character of text) {
      let normal = this.normal(character);
      invisible = normal ? 0 : invisible + 1;
      if (invisible > maxInvisibleRun) normal = replacement;
      for (const part of normal) {
        spaces = part === " " ? (spaces % this.maxSpaces) + 1 : 0;
        if (spaces > 1) continue;
        characters.push(part);
        origins.push(raw);
      }
      raw += 1;
    }
    return { characters, read: new ReadText(characters.join(""), origins, raw) };
  }
}

/** One rule of phrases. */
export class PhraseRule {
  #rule;
  #reading;
  #root = new Map();

  /**
   * @param {object} rule of the bundle
   * @param {PhraseReading} reading
   */
  constructor(rule, reading) {
    this.#rule = rule;
    this.#reading = reading;
    for (const phrase of rule.phrases) this.#add([...phrase]);
  }

  /** Put a phrase into the tree; a node maps characters to nodes, "" to the phrases that end. */
  #add(phrase) {
    let node = this.#root;
    for (const character of phrase) {
      const key = this.#key(character);
      if (!node.has(key)) node.set(key, new Map());
      node = node.get(key);
    }
    if (!node.has("")) node.set("", []);
    node.get("").push(phrase);
  }

  #key(character) {
    return this.#rule.leetspeak ? (this.#reading.coarse.get(character) ?? character) : character;
  }

  /**
   * @param {{folded: ReadText, normal: {characters: string[], read: ReadText}}} texts
   * @returns {Array<{start: number, end: number}>}
   */
  find({ normal }) {
    const { characters, read } = normal;
    const found = [];
    let resume = 0;
    let previous = -1;
    for (let start = 0; start < characters.length; start += 1) {
      if (start < resume) continue;
      const end = this.#longest(characters, start);
      if (end < 0) continue;
      resume = end;
      const [rawStart, rawEnd] = read.rawSpan(start, end);
      // Else it begins twice within what one code point is read as.
      if (rawStart !== previous) found.push({ start: rawStart, end: rawEnd });
      previous = rawStart;
    }
    return found;
  }

  /** Return where the longest phrase ends that begins here and counts; -1 if none does. */
  #longest(characters, start) {
    let node = this.#root;
    let longest = -1;
    for (let end = start; node; ) {
      for (const phrase of node.get("") ?? []) {
        if (this.#counts(characters, start, end, phrase)) longest = end;
      }
      if (end === characters.length) break;
      node = node.get(this.#key(characters[end]));
      end += 1;
    }
    return longest;
  }

  #counts(characters, start, end, phrase) {
    if (!this.#standsFor(characters, start, phrase)) return false;
    if (!this.#rule.whole_words) return true;
    const spaced = (character) => this.#reading.isSpaced(character);
    return !(
      (spaced(characters[start - 1]) && spaced(phrase[0])) ||
      (spaced(characters[end]) && spaced(phrase[phrase.length - 1]))
    );
  }

  /** A letter must be left as it is, and no more than half may be digits. */
  #standsFor(characters, start, phrase) {
    let [digits, kept, same] = [0, 0, true];
    for (let at = 0; at < phrase.length; at += 1) {
      const given = characters[start + at];
      if (given === phrase[at]) {
        if (/\p{L}/u.test(given)) kept += 1;
        continue;
      }
      same = false;
      if (!this.#reading.leetspeak.get(given)?.includes(phrase[at])) return false;
      if (given >= "0" && given <= "9") digits += 1;
    }
    return same || (this.#rule.leetspeak && kept > 0 && 2 * digits <= phrase.length);
  }
}
