// Reads rows [source, text]; prints where the expression matches, as code points, and what its
// groups called `secret` hold.
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  const [source, text] = JSON.parse(line);
  const expression = new RegExp(source, "dgu");
  const at = (index) => [...text.slice(0, index)].length;
  const found = [];
  for (const match of text.matchAll(expression)) {
    const groups = Object.entries(match.indices.groups ?? {})
      .filter(([name, span]) => span && (name === "cap" || name.startsWith("secret")))
      .map(([name, [start, end]]) => [name, at(start), at(end)]);
    found.push([at(match.index), at(match.index + match[0].length), groups]);
  }
  console.log(JSON.stringify(found));
}
