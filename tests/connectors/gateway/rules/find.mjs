// Reads a bundle's content on the first line, then texts; prints what is found in each.
import { createInterface } from "node:readline";
import { Matcher } from "../../../../connectors/gateway/page/matcher.js";

let matcher = null;
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const row = JSON.parse(line);
  if (matcher === null) {
    matcher = new Matcher(row);
    continue;
  }
  const found = matcher.check(row).map(({ rule, type, action, start, end, part, confidence }) => [
    ...[rule, type, action, start, end, part, confidence],
  ]);
  console.log(JSON.stringify(found));
}
