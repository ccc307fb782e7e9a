/**
 * What a match must be beside its expression: the same arithmetic as on the server, for the checks
 * that are small. The names are those of `connectors/gateway/rules/condition.py`.
 *
 * Every function gets the folded text of a match.
 */

/** What Python's `str.strip` takes away. */
const WHITE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const MARGIN = new RegExp(`^${WHITE}+|${WHITE}+$`, "gu");

const digitsOf = (text) => text.replace(/[^0-9]/g, "");

function luhn(text) {
  const digits = digitsOf(text);
  let total = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    total += place % 2 ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit;
  }
  return total % 10 === 0;
}

function mod97(text) {
  const characters = text.toUpperCase().replace(/[^0-9A-Z]/g, "");
  let rest = 0;
  for (const character of characters.slice(4) + characters.slice(0, 4)) {
    const value = parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** Shannon's entropy in bits per character. */
function entropy(text) {
  const counts = new Map();
  let size = 0;
  for (const character of text) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
    size += 1;
  }
  let total = 0;
  for (const count of counts.values()) total += (-count / size) * Math.log2(count / size);
  return total;
}

const BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

function bech32(text) {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return false;
  const split = lower.lastIndexOf("1");
  const data = [...lower.slice(split + 1)].map((character) => BECH32.indexOf(character));
  if (split < 1 || data.includes(-1)) return false;
  const prefix = [...lower.slice(0, split)].map((character) => character.codePointAt(0));
  const values = [...prefix.map((one) => one >> 5), 0, ...prefix.map((one) => one & 31), ...data];
  let rest = 1;
  for (const value of values) {
    const top = rest >>> 25;
    rest = ((rest & 0x1ffffff) << 5) ^ value;
    GENERATORS.forEach((generator, bit) => {
      if ((top >>> bit) & 1) rest ^= generator;
    });
  }
  return rest === 1 || rest === 0x2bc830a3;
}

function startsWithDate(text) {
  const digits = digitsOf(text);
  const [year, month, day] = [0, 2, 4].map((at) => Number(digits.slice(at, at + 2)));
  if (digits.length < 5 || month < 1 || month > 12 || day < 1) return false;
  const days = [31, year % 4 ? 28 : 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= days[month - 1];
}

function travelDocument(text) {
  const weights = [7, 3, 1];
  const values = [...text].map((character) => parseInt(character, 36));
  const check = values.pop();
  return values.reduce((sum, value, at) => sum + value * weights[at % 3], 0) % 10 === check;
}

/** What leads to nobody from outside (IANA, RFC 6890): the first address, and the bits that count. */
const PRIVATE_V4 = [
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"],
  ...["192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"],
  "224.0.0.0/3",
].map((network) => {
  const [address, bits] = network.split("/");
  return [numberOf(address), Number(bits)];
});

function numberOf(address) {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

/** @param {string} text @returns {"nobody" | "private" | "public" | "version"} */
function kindOfV4(text) {
  const address = text.split("/")[0];
  const parts = address.split(".");
  if (["0", "127", "255"].includes(parts[0]) || address.includes("255.255")) return "nobody";
  const number = numberOf(address);
  const inside = ([first, bits]) => number >>> (32 - bits) === first >>> (32 - bits);
  if (PRIVATE_V4.some(inside)) return "private";
  return parts.some((part) => part.length === 3) ? "public" : "version";
}

const hexadecimalsOf = (text) => text.toLowerCase().replace(/[^0-9a-z]/g, "");
const isDecimal = (text) => /^[0-9]+$/.test(hexadecimalsOf(text));
const isVaried = (text) => new Set(hexadecimalsOf(text)).size > 1;

/** The codes of ITU-T E.164 beside 1. */
const COUNTRY_CODE = new RegExp(
  "^(?:7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]" +
    "|(?:2[1-69]|3[578]|42|50|59|6[7-9]|8[0578]|9[679])[0-9])",
);

function isInternational(text) {
  const digits = digitsOf(text.toLowerCase().split("x")[0]);
  if (digits[0] === "1") return digits.length === 11 && digits[1] > "1" && digits[4] > "1";
  return digits.length >= 8 && digits.length <= 15 && COUNTRY_CODE.test(digits);
}

function isNotCounted(text) {
  const digits = digitsOf(text);
  const pair = (at) => Number(digits.slice(at, at + 2));
  return new Set([0, 2, 4, 6].map((at) => pair(at + 2) - pair(at))).size > 1;
}

/** Whether a value counts up or down, or is a short part of it over and over. */
function isRegular(value) {
  for (let size = 1; size < 5; size += 1) {
    if (value === value.slice(0, size).repeat(value.length).slice(0, value.length)) return true;
  }
  let [steps, previous] = [0, 0];
  for (let at = 1; at < value.length; at += 1) {
    const step = value.charCodeAt(at) - value.charCodeAt(at - 1);
    const small = step >= -1 && step <= 1;
    steps = small && step === previous ? steps + 1 : Number(small);
    if (steps >= 5) return true;
    previous = step;
  }
  return false;
}

const PLACEHOLDER = new RegExp(
  "^(?:(?:your|my|db|user)?[_-]?(?:password|passwd|pass|pwd|secret|token|key)" +
    "|[<\\[{$%(][^\\n]*[>\\]})%])$",
  "i",
);
const ONE_CHARACTER = /^([^\n])\1*$/u;

function isPlaceholder(text) {
  const address = text.slice(text.lastIndexOf("//") + 2, -1);
  const colon = address.indexOf(":");
  const password = colon < 0 ? "" : address.slice(colon + 1);
  return PLACEHOLDER.test(password) || ONE_CHARACTER.test(password);
}

function hasABody(text) {
  return (text.match(/[A-Za-z0-9+/=]{24,}/g) ?? []).some((run) => entropy(run) >= 3);
}

/** @type {Record<string, (text: string) => boolean>} */
const SIMPLE = {
  luhn,
  mod97,
  bech32,
  "starts-with-date": startsWithDate,
  "travel-document": travelDocument,
  "ipv4-is-public": (text) => kindOfV4(text) === "public",
  "ipv4-is-private": (text) => kindOfV4(text) === "private",
  "ipv4-may-be-a-version": (text) => kindOfV4(text) === "version",
  "ipv4-names-nobody": (text) => kindOfV4(text) === "nobody",
  "mac-has-letters": (text) => isVaried(text) && !isDecimal(text),
  "mac-is-decimal": (text) => isVaried(text) && isDecimal(text),
  "phone-is-not-counted": isNotCounted,
  "phone-is-international": isInternational,
  "ssn-has-few-dashes": (text) => text.split("-").length < 3,
  "aws-secret-key": (text) => entropy(text.slice(-40)) > 4 && /[A-Z]/.test(text.slice(-40)),
  "aws-access-key-id": (text) => entropy(text) >= 3 && !text.endsWith("EXAMPLE"),
  "google-is-drawn": (text) => entropy(text) >= 4 && !isRegular(text),
  "private-key-has-a-body": hasABody,
  "url-password-is-no-placeholder": (text) => !isPlaceholder(text),
  "url-password-is-a-placeholder": isPlaceholder,
};

/** @param {string} source @returns {RegExp} */
const compile = (source) => new RegExp(source, "u");

/** Checks that a rule sets values for. @type {Record<string, (given: any) => (text: string) => boolean>} */
const SET = {
  random: ({ bits }) => (text) => entropy(text) >= bits,
  drawn: ({ shape, bits, digits }) => {
    const ending = compile(shape);
    return (text) => {
      const value = ending.exec(text)?.[0];
      return value !== undefined && (!digits || /[0-9]/.test(value)) && entropy(value) >= bits;
    };
  },
  "with-word": ({ words, wanted }) => (text) => {
    const lower = text.toLowerCase();
    return words.some((word) => lower.includes(word)) === wanted;
  },
  "not-allowed": (given) => {
    const allows = allowList(given);
    return (text) => !allows(text);
  },
  "part-counts": (given) => {
    const allows = allowList(given);
    const inMatch = given.in_match.map(compile);
    const expression = given.part && compile(given.part);
    return (text) => {
      const part = expression ? partOf(text, expression) : text;
      if (given.entropy_above !== null && entropy(part) <= given.entropy_above) return false;
      return !allows(part) && !inMatch.some((one) => one.test(text));
    };
  },
};

function partOf(text, expression) {
  const groups = Object.entries(expression.exec(text)?.groups ?? {});
  return groups.find(([name, held]) => name.startsWith("secret") && held)?.[1] ?? text;
}

function allowList({ texts, words, expressions }) {
  const whole = new Set(texts);
  const compiled = expressions.map(compile);
  return (text) => {
    const lower = text.toLowerCase();
    return (
      whole.has(lower.replace(MARGIN, "")) ||
      words.some((word) => lower.includes(word)) ||
      compiled.some((one) => one.test(text))
    );
  };
}

/**
 * Make one question of the conditions of a rule.
 * @param {Array<{is: string}>} conditions
 * @returns {(text: string) => boolean}
 * @throws {Error} for a condition of a later server
 */
export function compileChecks(conditions) {
  const checks = conditions.map((condition) => {
    const check = SIMPLE[condition.is] ?? SET[condition.is]?.(condition);
    if (!check) throw new Error(`the check ${condition.is} is not known; update the page`);
    return check;
  });
  return (text) => checks.every((check) => check(text));
}
