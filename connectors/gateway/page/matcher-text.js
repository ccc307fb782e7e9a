/**
 * Text as the rules see it: folded one code point at a time, by the tables of the bundle, with the
 * way back to the text it came from.
 *
 * All offsets that leave this module count Unicode code points, as the server's do.
 */

/** What no text may hold: NUL, and halves of surrogate pairs on their own. */
const UNCLEAN = /\0|\p{Surrogate}/gu;
// eslint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/**
 * Read a table of the bundle.
 * @param {Array<[number, number, string] | [number, number, string, number]>} entries
 * @returns {Map<string, string>} what each character is read as; absent: as it is
 */
export function readTable(entries) {
  const table = new Map();
  for (const [first, last, text, step] of entries) {
    const begin = step ? text.codePointAt(0) : 0;
    for (let point = first; point <= last; point += 1) {
      const read = step ? String.fromCodePoint(begin + point - first) : text;
      table.set(String.fromCodePoint(point), read);
    }
  }
  return table;
}

/**
 * Replace what the server replaces before it looks at a text.
 * @param {string} text
 * @returns {string}
 */
export function clean(text) {
  return text.replace(UNCLEAN, "\ufffd");
}

/** A text that was read otherwise than it stands, and where each of its code points came from. */
export class ReadText {
  #origins;
  #units = null;
  #points = null;

  /**
   * @param {string} text as it is read
   * @param {number[] | null} origins per code point, where it stood; null: where it stands
   * @param {number} rawSize code points of the text it came from
   */
  constructor(text, origins, rawSize) {
    this.text = text;
    this.#origins = origins;
    this.rawSize = rawSize;
    // eslint-disable-next-line no-control-regex
    if (/[\ud800-\udbff]/.test(text)) this.#measure();
    this.size = this.#units ? this.#units.length - 1 : text.length;
  }

  /** Note where each code point begins: some have two units. */
  #measure() {
    const points = new Uint32Array(this.text.length + 1);
    const units = [];
    let unit = 0;
    for (const character of this.text) {
      points.fill(units.length, unit, unit + character.length);
      units.push(unit);
      unit += character.length;
    }
    points[unit] = units.length;
    units.push(unit);
    this.#units = units;
    this.#points = points;
  }

  /** @param {number} unit offset in units @returns {number} in code points */
  point(unit) {
    return this.#points ? this.#points[unit] : unit;
  }

  /** @param {number} point offset in code points @returns {number} in units */
  unit(point) {
    return this.#units ? this.#units[Math.min(point, this.size)] : point;
  }

  /**
   * @param {number} start code points, may lie before the text
   * @param {number} end code points, may lie behind it
   * @returns {string}
   */
  slice(start, end) {
    return this.text.slice(this.unit(Math.max(0, start)), this.unit(Math.min(end, this.size)));
  }

  #raw(point) {
    if (!this.#origins) return point;
    return point < this.size ? this.#origins[point] : this.rawSize;
  }

  /**
   * Return where a part of this text came from: with what is invisible behind it, or, if it ends
   * inside of what one code point is read as, rounded outward to the whole of that.
   * @param {number} start code points
   * @param {number} end code points
   * @returns {[number, number]}
   */
  rawSpan(start, end) {
    const last = this.#raw(end - 1);
    const behind = this.#raw(end);
    return [this.#raw(start), behind > last ? behind : last + 1];
  }
}

/** Folds texts by the tables of a bundle. */
export class Folding {
  /** @param {object} tables of the bundle */
  constructor(tables) {
    this.table = readTable(tables.fold);
    this.replacement = tables.replacement;
    this.maxInvisibleRun = tables.max_invisible_run;
  }

  /**
   * @param {string} text clean
   * @returns {ReadText}
   */
  fold(text) {
    if (ASCII.test(text)) return new ReadText(text, null, text.length);
    const origins = [];
    let folded = "";
    let raw = 0;
    let invisible = 0;
    for (const character of text) {
      let piece = this.table.get(character) ?? character;
      invisible = piece ? 0 : invisible + 1;
      // A long run is seen, so that no text goes on for ever by adding nothing.
      if (invisible > this.maxInvisibleRun) piece = this.replacement;
      for (const _ of piece) origins.push(raw);
      folded += piece;
      raw += 1;
    }
    return new ReadText(folded, origins, raw);
  }
}

/**
 * Return where a code point of a text begins in JavaScript's own counting.
 * @param {string} text the text that findings speak of
 * @param {number} offset code points, e.g. `finding.start`
 * @returns {number} units, as `slice` takes them
 */
export function unitOffset(text, offset) {
  let unit = 0;
  for (let point = 0; point < offset && unit < text.length; point += 1) {
    unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
  }
  return unit;
}
