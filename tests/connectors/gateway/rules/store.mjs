// A client that fetches bundles: does what each line of the input says, prints how it stands then.
import { createInterface } from "node:readline";
import { RuleStore, sessionMemory } from "../../../../connectors/gateway/page/rules.js";

const [url, keys] = process.argv.slice(2);
const memory = sessionMemory();
let now = Date.now();
const open = () =>
  new RuleStore({
    url,
    keys: JSON.parse(keys),
    policy: "small",
    headers: () => ({ Authorization: `Bearer ${now}` }),
    memory,
    now: () => now,
  });
let store = open();

for await (const line of createInterface({ input: process.stdin })) {
  const { later = 0, reopen = false } = JSON.parse(line);
  now += later;
  if (reopen) store = open();
  const said = await store.refresh().then(
    (bundle) => ({ version: bundle.version }),
    (error) => ({ refused: error.reason ?? `${error}` }),
  );
  console.log(JSON.stringify({ ...said, uses: store.bundle?.version ?? null }));
}
