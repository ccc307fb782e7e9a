// The vendor's client for Node, unmodified, against the address it is given: prints what it makes
// of one streamed chat, of one that is not streamed, and of one streamed response.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, baseURL, kind, policy] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${modules}/`));
const { default: OpenAI } = await import(pathToFileURL(require.resolve("openai")).href);
const client = new OpenAI({ baseURL, apiKey: "k", maxRetries: 0 });
const options = policy ? { headers: { "X-Tidegate-Policy": policy } } : {};
const messages = [{ role: "user", content: "x" }];

if (kind === "chat") {
  const stream = await client.chat.completions.create(
    { model: "m", messages, stream: true },
    options,
  );
  let text = "";
  const reasons = [];
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
  }
  console.log(JSON.stringify({ text, reasons }));
} else {
  const answer = await client.chat.completions.create({ model: "m", messages }, options);
  const { message, finish_reason: reason } = answer.choices[0];
  console.log(JSON.stringify({ text: message.content, reasons: [reason] }));
}
