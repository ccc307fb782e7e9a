// What may be shown, once each: a replay brings segments again, and what was read stays read.

import { advance } from "./code-points.js";

export class Reader {
  constructor() {
    // Everything before it has been shown, replaced, or is gone.
    this.frontier = 0;
    this.gaps = [];
  }

  // Return what of a segment is new, or null. A segment behind the frontier leaves a gap.
  read(segment) {
    if (segment.end <= this.frontier) return null;
    if (segment.start > this.frontier) this.skip(segment.start);
    const seen = this.frontier - segment.start;
    if (seen > 0 && segment.rule != null) {
      throw new Error(`segment ${segment.start}-${segment.end}: replaced text was shown before`);
    }
    const fresh = { ...segment };
    if (seen > 0) {
      fresh.text = segment.text.slice(advance(segment.text, 0, seen));
      fresh.start = this.frontier;
    }
    this.frontier = segment.end;
    return fresh;
  }

  // Go on at an offset; what lies between will not come.
  skip(offset) {
    if (offset <= this.frontier) return;
    this.gaps.push({ start: this.frontier, end: offset });
    this.frontier = offset;
  }
}
