// The text of a stream as a reader sees it, and behind the frontier, under the waterline, what the
// model has written and nobody is shown yet.

import { advance, lengthOf } from "./code-points.js";
import { make, setText } from "./element.js";
import { count, whole } from "./numbers.js";

// UTF-16 units of one text node: long enough for few nodes, short enough to add to cheaply.
const MAX_NODE = 2_000;
// Pixels from the bottom within which the view follows the text.
const NEAR_BOTTOM = 48;

export class TextView {
  // root: scrolls; sheet: holds the text.
  constructor(root, sheet, gauge) {
    this.root = root;
    this.sheet = sheet;
    this.gauge = gauge;
    this.marks = globalThis.Highlight ? new Highlight() : null;
    this.chosen = globalThis.Highlight ? new Highlight() : null;
    globalThis.CSS?.highlights?.set("noted", this.marks);
    globalThis.CSS?.highlights?.set("chosen", this.chosen);
  }

  // expected: code points that will be written, as far as is known.
  begin(expected) {
    this.expected = expected;
    this.text = "";
    this.length = 0;
    this.frontier = 0;
    this.at = 0;
    this.pieces = [];
    this.spans = [];
    this.isCut = false;
    this.cutNote = make("p", { class: "cut" });
    this.shown = make("span", { class: "shown" });
    this.line = make("span", { class: "frontier", "aria-hidden": "true" });
    this.water = make("span", { class: "water" });
    this.sheet.replaceChildren(this.shown, this.line, this.water);
    this.marks?.clear();
    this.chosen?.clear();
    this.drawWater();
  }

  // The model has written more.
  write(text) {
    this.text += text;
    this.length += lengthOf(text);
    this.drawWater();
  }

  // A segment that is new to readers.
  show(segment) {
    if (segment.rule == null) this.addPlain(segment);
    else
      this.addPiece(segment, make("span", { class: "label", title: segment.rule }, segment.text));
    this.moveTo(segment.end);
    this.mark();
  }

  // Text that was released and that nobody can tell us any more.
  skip(gap) {
    const words = `${count(gap.end - gap.start, "character")} missing: released while we were away, and gone`;
    this.addPiece({ ...gap, text: "" }, make("span", { class: "missing" }, words));
    this.moveTo(gap.end);
  }

  addPlain(segment) {
    const last = this.pieces.at(-1);
    if (last?.isPlain && last.node.length < MAX_NODE) {
      last.node.appendData(segment.text);
      last.end = segment.end;
      return;
    }
    const node = document.createTextNode(segment.text);
    this.pieces.push({ start: segment.start, end: segment.end, node, isPlain: true });
    this.shown.append(node);
  }

  addPiece(segment, node) {
    this.pieces.push({ start: segment.start, end: segment.end, node, isPlain: false });
    this.shown.append(node);
  }

  moveTo(frontier) {
    this.at = advance(this.text, this.at, frontier - this.frontier);
    this.frontier = frontier;
    this.drawWater();
  }

  // Nothing is released behind a block.
  block(names) {
    this.cut(names.length ? `Blocked by ${names.join(", ")}.` : "Blocked.");
  }

  // Nobody decides what is left.
  lose(why) {
    if (!this.isCut) this.cut(why);
  }

  // What was written and not shown goes for ever; only its length is told.
  cut(why) {
    this.isCut = true;
    this.why = why;
    const lost = Math.max(0, this.length - this.frontier);
    this.water.remove();
    this.line.remove();
    const were = lost === 1 ? "was" : "were";
    const rest = lost
      ? ` ${count(lost, "character")} behind this point ${were} written and never shown.`
      : "";
    setText(this.cutNote, why + rest);
    this.sheet.append(this.cutNote);
    this.drawGauge();
  }

  end() {
    this.expected = this.length;
    if (!this.isCut) {
      this.line.remove();
      this.water.remove();
    }
    this.drawGauge();
  }

  drawWater() {
    if (this.isCut) {
      this.cut(this.why);
      return;
    }
    const follows =
      this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < NEAR_BOTTOM;
    setText(this.water, this.text.slice(this.at));
    if (follows) this.root.scrollTop = this.root.scrollHeight;
    this.drawGauge();
  }

  // -- the gauge: the whole stream as one line ----------------------------------------------

  drawGauge() {
    if (this.isDrawing) return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      const total = Math.max(this.expected, this.length, this.frontier, 1);
      const percent = (value) => `${(100 * value) / total}%`;
      const part = (kind, start, end) => {
        const bar = make("span", { class: kind });
        bar.style.left = percent(start);
        bar.style.width = percent(Math.max(0, end - start));
        return bar;
      };
      const waiting = part(
        this.isCut ? "lost" : "waiting",
        this.frontier,
        Math.max(this.length, this.frontier),
      );
      const ticks = this.spans.map(({ start, end, action }) => part(`tick ${action}`, start, end));
      this.gauge.replaceChildren(part("done", 0, this.frontier), waiting, ...ticks);
      this.gauge.setAttribute("aria-label", this.describe());
    });
  }

  describe() {
    const waiting = Math.max(0, this.length - this.frontier);
    const rest = this.isCut ? "never shown" : "not shown yet";
    return `${whole(this.frontier)} of ${count(this.length, "character")} decided, ${whole(waiting)} ${rest}, ${count(this.spans.length, "finding")}`;
  }

  // -- findings ------------------------------------------------------------------------------

  note(finding) {
    this.spans.push(finding);
    this.mark();
    this.drawGauge();
  }

  // Underline what was found and left in the text.
  mark() {
    if (!this.marks) return;
    for (const span of this.spans) {
      if (span.isMarked || span.end > this.frontier) continue;
      span.isMarked = true;
      const range = this.range(span);
      if (range && (span.action === "warn" || span.mode === "monitor")) this.marks.add(range);
    }
  }

  // Bring a place into view and light it up. Return whether readers were shown anything there.
  choose({ start, end }) {
    this.chosen?.clear();
    const range = this.range({ start, end });
    if (range === null) return false;
    this.chosen?.add(range);
    const box = range.getBoundingClientRect();
    const frame = this.root.getBoundingClientRect();
    this.root.scrollTop += box.top - frame.top - frame.height / 3;
    for (const piece of this.pieces) {
      if (!piece.isPlain)
        piece.node.classList.toggle("chosen", piece.start < end && piece.end > start);
    }
    return true;
  }

  range({ start, end }) {
    const touched = this.pieces.filter((piece) => piece.start < end && piece.end > start);
    if (touched.length === 0) return null;
    const range = document.createRange();
    const [first, last] = [touched[0], touched.at(-1)];
    if (first.isPlain)
      range.setStart(first.node, advance(first.node.data, 0, Math.max(0, start - first.start)));
    else range.setStartBefore(first.node);
    if (last.isPlain)
      range.setEnd(last.node, advance(last.node.data, 0, Math.min(end, last.end) - last.start));
    else range.setEndAfter(last.node);
    return range;
  }
}
