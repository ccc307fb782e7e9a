// An answer of a provider: the gateway's proxy asks for it and guards what comes. The page reads
// the events of that stream as any reader does; of what is held it learns the length alone.

// Milliseconds to the first byte: models think.
const PATIENCE_MS = 600_000;
// An answer for looking at; one API wants a limit in every request.
const MAX_TOKENS = 2_000;

// By provider: how it is called, and what it is sent.
const APIS = {
  openai: {
    title: "OpenAI",
    request: (model, content) => [
      "/v1/chat/completions",
      { model, messages: [{ role: "user", content }], stream: true },
    ],
  },
  anthropic: {
    title: "Anthropic",
    request: (model, content) => [
      "/v1/messages",
      { model, max_tokens: MAX_TOKENS, messages: [{ role: "user", content }], stream: true },
    ],
  },
  gemini: {
    title: "Gemini",
    request: (model, text) => [
      `/v1beta/models/${encodeURIComponent(model)}:streamGenerateContent?alt=sse`,
      { contents: [{ role: "user", parts: [{ text }] }] },
    ],
  },
};

// What people read of a provider the gateway has a key for.
export function titleOf({ id, host }) {
  return `${APIS[id].title} (${host})`;
}

export class AskedAnswer {
  // The provider says when it ends.
  isOurs = false;
  // How much will be written is not known.
  expected = 0;

  // provider: its id. policy: null for the default.
  constructor(gateway, { provider, model, prompt, policy }) {
    Object.assign(this, { gateway, policy });
    [this.path, this.body] = APIS[provider].request(model, prompt);
    this.stopping = new AbortController();
  }

  // Ask; return the id of the stream that guards the answer. Throws Away, and what the provider
  // says is wrong.
  async start() {
    const { key } = this.gateway;
    const headers = {
      "X-Tidegate-Session-Id": "page",
      ...(key === null ? {} : { "X-Tidegate-Key": key }),
      ...(this.policy === null ? {} : { "X-Tidegate-Policy": this.policy }),
    };
    const { signal } = this.stopping;
    this.response = await this.gateway.send("POST", this.path, this.body, {
      headers,
      signal,
      patienceMs: PATIENCE_MS,
    });
    if (this.response.ok) return this.response.headers.get("x-tidegate-stream");
    // Each API has its own way to say what is wrong; all of them have a message.
    const said = await this.response.json().catch(() => ({}));
    throw new Error(said.error?.message ?? `the provider answered ${this.response.status}`);
  }

  // The answer has to be taken for it to go on; what stands in it comes as events, too.
  async play(_stream, { ended }) {
    try {
      const reader = this.response.body.getReader();
      while (!(await reader.read()).done);
    } catch {
      if (this.stopping.signal.aborted) return;
      this.isBroken = true;
      ended({ aborted: true });
    }
  }

  // The proxy ends the stream when it is left. One that has gone cannot, and whoever comes after
  // it does not know that nothing follows.
  end(stream) {
    if (this.isBroken) stream.finish({ aborted: true });
    else this.stop();
  }

  setSpeed() {}

  // Who is not read any more is not asked on.
  stop() {
    this.stopping.abort();
  }
}
