// The gateway over HTTP: adds the credential, tells problems from a network that is away.

const STORED = "tidegate.key";
// Seconds for an answer: the gateway itself waits five for its guard, and a finish two more.
const PATIENCE_MS = 12_000;

// The gateway said no. kind: the end of its problem type.
export class Problem extends Error {
  constructor(status, body = {}, retryAfterS = 0) {
    super(body.detail ?? `the gateway answered ${status}`);
    this.status = status;
    this.kind = String(body.type ?? "")
      .split(":")
      .at(-1);
    this.retryAfterS = retryAfterS;
  }

  // Whether the same request may be answered otherwise a moment later.
  get isPassing() {
    return [408, 425, 429, 500, 502, 503, 504].includes(this.status);
  }
}

// Nobody answered.
export class Away extends Error {}

export class Gateway {
  // askForKey(problem): a promise of a key; rejects when nobody gives one.
  constructor(askForKey) {
    this.askForKey = askForKey;
    this.key = sessionStorage.getItem(STORED);
    this.asking = null;
  }

  get isSignedIn() {
    return this.key !== null;
  }

  signIn(key) {
    this.key = key;
    sessionStorage.setItem(STORED, key);
  }

  signOut() {
    this.key = null;
    sessionStorage.removeItem(STORED);
  }

  get(path, options = {}) {
    return this.call("GET", path, undefined, options);
  }

  post(path, body, options = {}) {
    return this.call("POST", path, body, options);
  }

  // Return the answer. Throws Problem, Away. A 401 asks for a key and tries again.
  async call(method, path, body, { signal, patienceMs = PATIENCE_MS } = {}) {
    for (;;) {
      const sent = this.key;
      const response = await this.send(method, path, body, {
        headers: this.headers(),
        signal,
        patienceMs,
      });
      if (response.ok) return readJson(response);
      const problem = new Problem(
        response.status,
        await response.json().catch(() => ({})),
        Number(response.headers.get("retry-after")) || 0,
      );
      if (response.status !== 401) throw problem;
      // Another call may have got a key meanwhile.
      if (this.key === sent) await this.obtainKey(problem);
    }
  }

  // What says who asks.
  headers() {
    return this.key === null ? {} : { "X-Api-Key": this.key };
  }

  // Return the answer, whatever it is. Throws Away.
  async send(method, path, body, { headers = {}, signal, patienceMs }) {
    const sent = { Accept: "application/json", ...headers };
    if (body !== undefined) sent["Content-Type"] = "application/json";
    const limits = [AbortSignal.timeout(patienceMs), ...(signal ? [signal] : [])];
    try {
      return await fetch(path, {
        method,
        headers: sent,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.any(limits),
        cache: "no-store",
      });
    } catch (error) {
      throw new Away(error.message);
    }
  }

  async obtainKey(problem) {
    this.asking ??= this.askForKey(problem).finally(() => {
      this.asking = null;
    });
    this.signIn(await this.asking);
  }

  // Browsers cannot send a header with EventSource and WebSocket: a ticket stands in the address.
  async ticket(streamId, purpose) {
    if (this.key === null) return {};
    const path = `/v1/streams/${streamId}/ticket?purpose=${purpose}`;
    return { ticket: (await this.post(path)).ticket };
  }

  async isThere() {
    try {
      await this.send("GET", "/healthz", undefined, { patienceMs: 3_000 });
      return true;
    } catch {
      return false;
    }
  }
}

async function readJson(response) {
  try {
    return await response.json();
  } catch (error) {
    // Cut off on the way.
    throw new Away(error.message);
  }
}
