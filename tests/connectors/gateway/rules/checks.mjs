// Reads rows [conditions, texts]; prints which of the texts they let count.
import { createInterface } from "node:readline";
import { compileChecks } from "../../../../connectors/gateway/page/matcher-checks.js";

for await (const line of createInterface({ input: process.stdin })) {
  const [conditions, texts] = JSON.parse(line);
  console.log(JSON.stringify(texts.map(compileChecks(conditions))));
}
