// Reads {bundle, texts, options, block}; runs the texts in workers, prints what was found and how
// many workers were started. block: milliseconds that the page itself is busy after each start.
import { Worker } from "node:worker_threads";
import { RuleRunner } from "../../../../connectors/gateway/page/rule-runner.js";

let started = 0;

function startWorker() {
  started += 1;
  const thread = new Worker(new URL("./worker.mjs", import.meta.url));
  const worker = {
    onmessage: null,
    onerror: null,
    postMessage: (message) => thread.postMessage(message),
    terminate: () => thread.terminate(),
  };
  thread.on("message", (data) => worker.onmessage?.({ data }));
  thread.on("error", (error) => worker.onerror?.(error));
  return worker;
}

let input = "";
for await (const piece of process.stdin) input += piece;
const { bundle, texts, options, block } = JSON.parse(input);
const runner = new RuleRunner(bundle, { startWorker, ...options });
for (const text of texts) {
  const checked = runner.check(text).catch((error) => ({ error: error.message }));
  if (text === "close") runner.close();
  if (block) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const end = performance.now() + block;
    while (performance.now() < end);
  }
  console.log(JSON.stringify({ ...(await checked), started }));
}
runner.close();
