// Cuts a text into pieces as a model writes them: a word, three digits, some punctuation.

import { wellFormed } from "./code-points.js";

const TOKEN =
  /\n+| *[\u3040-\u30ff\u4e00-\u9fff]{1,2}| *\p{L}{1,8}| *\p{Nd}{1,3}| *[^\p{L}\p{N}\s]{1,3}| +|./gsu;

export function cut(text) {
  return wellFormed(text).match(TOKEN) ?? [];
}
