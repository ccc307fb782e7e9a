// Offsets of the gateway are Unicode code points; JavaScript counts UTF-16 units.

// The index behind `count` more code points.
export function advance(text, index, count) {
  let at = index;
  for (let left = count; left > 0 && at < text.length; left -= 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
  }
  return at;
}

export function lengthOf(text) {
  let length = 0;
  for (let at = 0; at < text.length; length += 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
  }
  return length;
}

export function wellFormed(text) {
  return text.toWellFormed?.() ?? text;
}
