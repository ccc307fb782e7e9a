// Tells screen readers what is released: whole sentences, with pauses, not every chunk.

import { byId } from "./element.js";

const PAUSE_MS = 2_500;
// Characters of one announcement: what lies further back was missed by everybody else, too.
const MAX_CHARS = 400;
const SENTENCE_END = /[.!?。！？]\s|\n/g;

export class Announcer {
  constructor() {
    this.place = byId("announcer");
    this.text = "";
    this.spoken = 0;
  }

  // Text that readers see now; spoken at the end of a sentence.
  add(text) {
    this.text = (this.text + text).slice(-MAX_CHARS);
    const ends = [...this.text.matchAll(SENTENCE_END)];
    if (ends.length && performance.now() - this.spoken > PAUSE_MS) {
      const end = ends.at(-1).index + 1;
      this.say(this.text.slice(0, end));
      this.text = this.text.slice(end);
    }
  }

  // What is left, and a last word.
  end(word) {
    this.say(`${this.text} ${word}`);
    this.text = "";
  }

  say(words) {
    this.spoken = performance.now();
    this.place.textContent = words.trim();
  }
}
