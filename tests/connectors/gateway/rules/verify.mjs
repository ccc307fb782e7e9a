// Reads rows {body, options}; prints what `verifyBundle` says of each: a version, or why not.
import { createInterface } from "node:readline";
import { verifyBundle } from "../../../../connectors/gateway/page/rules.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { body, options, without } = JSON.parse(line);
  const crypto = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  if (without === "crypto") Object.defineProperty(globalThis, "crypto", { value: {} });
  if (without === "ed25519") {
    const importKey = async () => {
      throw new DOMException("Unrecognized name.", "NotSupportedError");
    };
    Object.defineProperty(globalThis, "crypto", { value: { subtle: { importKey } } });
  }
  const said = await verifyBundle(body, options).then(
    (bundle) => ({ version: bundle.version }),
    (error) => ({ refused: error.reason ?? `${error}`, message: error.message }),
  );
  Object.defineProperty(globalThis, "crypto", crypto);
  console.log(JSON.stringify(said));
}
