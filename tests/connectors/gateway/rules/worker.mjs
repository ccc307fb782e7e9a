// A Web Worker as a thread of Node: what `matcher-worker.js` expects around it.
import { parentPort } from "node:worker_threads";

globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
await import("../../../../connectors/gateway/page/matcher-worker.js");
parentPort.on("message", (data) => self.onmessage({ data }));
