/**
 * Bundles of client rules: fetched, verified, kept.
 *
 * A bundle is a JSON Web Signature (RFC 7515, flattened) with Ed25519. The public keys are part of
 * the program that calls this: keys that come the same way as the bundle would prove nothing.
 */

const FORMAT = 1;
const TYPE = "tidegate-rules+jws";
const HEADER = ["alg", "kid", "typ"];

/**
 * A bundle is not used. `reason` is one of: unsupported (this browser cannot verify), malformed,
 * unknown-key, bad-signature, wrong-policy, expired, older, unavailable.
 */
export class BundleRefused extends Error {
  /** @param {string} reason @param {string} message what is wrong, and what to do */
  constructor(reason, message) {
    super(message);
    this.name = "BundleRefused";
    this.reason = reason;
  }
}

/**
 * @typedef {object} Accepted a bundle that was accepted: keep it, and hand it in with the next one
 * @property {string} policy
 * @property {number} version
 * @property {string} issued_at
 */

/**
 * Verify a bundle.
 *
 * @param {string | object} body what the server sent
 * @param {object} options
 * @param {Array<{kid: string, x: string}>} options.keys public keys (JSON Web Keys); several while
 *   keys are changed
 * @param {string} [options.policy] the policy the rules must be of
 * @param {Accepted | null} [options.last] the last bundle that was accepted, in any session
 * @param {number} [options.now] milliseconds since 1970
 * @returns {Promise<object>} the bundle
 * @throws {BundleRefused}
 */
export async function verifyBundle(body, { keys, policy, last = null, now = Date.now() }) {
  const { payload, protected: header, signature } = envelope(body);
  const { kid } = readHeader(header);
  const key = keys.find((one) => one.kid === kid);
  if (!key) {
    throw new BundleRefused(
      "unknown-key",
      "the bundle is signed with a key this program does not know; add the server's public key",
    );
  }
  await checkSignature(key, signature, `${header}.${payload}`);
  const bundle = readBundle(payload);
  require(
    policy === undefined || bundle.policy === policy,
    "wrong-policy",
    "the bundle is of another policy than the one asked for; ask for it by name",
  );
  require(
    Date.parse(bundle.expires_at) > now,
    "expired",
    `the bundle expired at ${bundle.expires_at}; fetch a new one, or set this device's clock`,
  );
  require(
    !isOlder(bundle, last),
    "older",
    `the bundle is version ${bundle.version}, and version ${last?.version} was accepted before`,
  );
  return bundle;
}

/**
 * Fetches bundles, and never goes back to an older one.
 */
export class RuleStore {
  #options;
  #etag = "";
  #bundle = null;

  /**
   * @param {object} options
   * @param {string} options.url of `GET /v1/rules`
   * @param {Array<{kid: string, x: string}>} options.keys
   * @param {string} [options.policy]
   * @param {Record<string, string> | (() => Record<string, string>)} [options.headers] e.g.
   *   Authorization; a function where tokens change
   * @param {{get: () => Accepted | null, set: (accepted: Accepted) => void}} [options.memory] keeps
   *   what was accepted beyond this session; see `localMemory`
   * @param {typeof fetch} [options.fetch]
   * @param {() => number} [options.now]
   */
  constructor(options) {
    this.#options = { headers: {}, memory: sessionMemory(), now: Date.now, ...options };
  }

  /** The bundle to use now; null when there is none, or it has expired. */
  get bundle() {
    const { now } = this.#options;
    const bundle = this.#bundle;
    return bundle && Date.parse(bundle.expires_at) > now() ? bundle : null;
  }

  /**
   * Ask the server for a newer bundle; the one before stays in use when none is accepted.
   * @returns {Promise<object>} the bundle to use now
   * @throws {BundleRefused}
   */
  async refresh() {
    const { url, keys, policy, headers, memory, now, fetch = globalThis.fetch } = this.#options;
    const given = typeof headers === "function" ? headers() : headers;
    const asked = this.bundle && this.#etag ? { "If-None-Match": this.#etag } : {};
    const answer = await fetch(url, { headers: { ...given, ...asked } }).catch(() => null);
    if (answer?.status === 304 && this.bundle) return this.bundle;
    if (!answer?.ok) {
      const got = answer ? `status ${answer.status}` : "no answer";
      throw new BundleRefused("unavailable", `rules could not be fetched: ${got}; ask again later`);
    }
    const body = await answer.text();
    const bundle = await verifyBundle(body, { keys, policy, last: memory.get(), now: now() });
    const { policy: name, version, issued_at } = bundle;
    memory.set({ policy: name, version, issued_at });
    this.#etag = answer.headers.get("ETag") ?? "";
    this.#bundle = bundle;
    return bundle;
  }
}

/** Remember what was accepted as long as the page is open. */
export function sessionMemory() {
  let kept = null;
  return { get: () => kept, set: (accepted) => void (kept = accepted) };
}

/**
 * Remember what was accepted in this browser.
 * @param {string} name one for each policy
 */
export function localMemory(name) {
  return {
    get: () => {
      try {
        return JSON.parse(localStorage.getItem(name) ?? "null");
      } catch {
        return null;
      }
    },
    set: (accepted) => {
      try {
        localStorage.setItem(name, JSON.stringify(accepted));
      } catch {
        // Storage is full or forbidden: what is known lasts as long as the page.
      }
    },
  };
}

function require(holds, reason, message) {
  if (!holds) throw new BundleRefused(reason, message);
}

function malformed(what) {
  return new BundleRefused("malformed", `the answer is no bundle: ${what}; check the address`);
}

function parse(text, what) {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(`${what} is no JSON`);
  }
}

function envelope(body) {
  const found = typeof body === "string" ? parse(body, "it") : body;
  for (const name of ["payload", "protected", "signature"]) {
    if (typeof found?.[name] !== "string") throw malformed(`it has no ${name}`);
  }
  return found;
}

function readHeader(encoded) {
  const header = parse(new TextDecoder().decode(decode(encoded)), "its header");
  // Nothing a header may say chooses the algorithm or brings a key.
  const known = header && Object.keys(header).every((name) => HEADER.includes(name));
  if (!known || header.alg !== "EdDSA" || header.typ !== TYPE) {
    throw malformed("its header is not that of a bundle signed with EdDSA");
  }
  return header;
}

function readBundle(payload) {
  const bundle = parse(new TextDecoder().decode(decode(payload)), "its content");
  if (bundle?.format !== FORMAT) throw malformed("its format is of another release; update");
  const times = [bundle.issued_at, bundle.expires_at].map(Date.parse);
  const sound = Number.isSafeInteger(bundle.version) && !times.some(Number.isNaN);
  if (!sound || !Array.isArray(bundle.rules)) throw malformed("its content lacks fields");
  return bundle;
}

/** Whether a bundle came before the last one: of a lower version, or issued before. */
function isOlder(bundle, last) {
  if (!last || last.policy !== bundle.policy) return false;
  if (bundle.version !== last.version) return bundle.version < last.version;
  return Date.parse(bundle.issued_at) < Date.parse(last.issued_at);
}

async function checkSignature(key, signature, signed) {
  const subtle = globalThis.crypto?.subtle;
  require(
    subtle,
    "unsupported",
    "this page has no WebCrypto, so the bundle cannot be verified; serve it over https",
  );
  let imported;
  try {
    const raw = decode(key.x);
    imported = await subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    throw new BundleRefused(
      "unsupported",
      `the bundle cannot be verified (${error.name}): this browser has no Ed25519, or the key ` +
        "is none; update the browser, or correct the key",
    );
  }
  const data = new TextEncoder().encode(signed);
  const holds = await subtle.verify({ name: "Ed25519" }, imported, decode(signature), data);
  require(holds, "bad-signature", "the bundle's signature does not hold; it was changed on its way");
}

/** Read base64url (RFC 4648, 5). @param {string} text @returns {Uint8Array} */
function decode(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw malformed("a part of it is not base64url");
  let binary;
  try {
    binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw malformed("a part of it is not base64url");
  }
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
