// Plays the model: hands over pieces at a speed that may change on the way.

// Milliseconds between two looks; a tab in the background is woken once a second, and what is
// due by then comes at once.
const TICK_MS = 15;

export class Writer {
  // onPieces(text), onDone()
  constructor(pieces, perSecond, onPieces, onDone) {
    this.perSecond = perSecond;
    this.pieces = pieces;
    this.next = 0;
    this.due = 0;
    this.last = performance.now();
    this.onPieces = onPieces;
    this.onDone = onDone;
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  tick() {
    const now = performance.now();
    this.due += ((now - this.last) / 1000) * this.perSecond;
    this.last = now;
    const end = Math.min(this.pieces.length, this.next + Math.floor(this.due));
    if (end > this.next) {
      this.due -= end - this.next;
      const text = this.pieces.slice(this.next, end).join("");
      this.next = end;
      this.onPieces(text);
    }
    if (this.next >= this.pieces.length) {
      this.stop();
      this.onDone();
    }
  }

  // A model that is waited for does not write on.
  stop() {
    clearInterval(this.timer);
  }
}
