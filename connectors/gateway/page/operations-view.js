// The second view: asks the gateway once a second how it is doing, while somebody looks.

import { byId, fillFigures, make, setText } from "./element.js";
import { bucketQuantile, bytes, count, duration, quantile, whole } from "./numbers.js";
import { fillTable } from "./table.js";

const EVERY_MS = 1_000;
// Rates and times are of the last so many answers: ten seconds.
const RECENT = 10;
const MAX_HISTORY = 120;
const SVG = "http://www.w3.org/2000/svg";

export class OperationsView {
  constructor(gateway) {
    this.gateway = gateway;
    this.history = [];
    this.rates = [];
  }

  show() {
    this.isShown = true;
    this.run ??= this.follow();
  }

  hide() {
    this.isShown = false;
    clearTimeout(this.timer);
    this.wake?.();
  }

  async follow() {
    while (this.isShown) {
      await this.ask();
      await new Promise((resolve) => {
        this.wake = resolve;
        this.timer = setTimeout(resolve, document.hidden ? 5 * EVERY_MS : EVERY_MS);
      });
    }
    this.run = null;
  }

  async ask() {
    try {
      const told = await this.gateway.get("/v1/operations");
      this.take(told);
      const [state, word] = told.trouble || !told.ready ? ["gap", "In trouble"] : ["live", "Well"];
      this.say(state, word, told.trouble ?? "");
    } catch (error) {
      // After a restart counters begin at zero.
      this.history = [];
      if (error.status === 401 || error.status === 403)
        this.say("lost", "Not allowed", error.message);
      else this.say("reconnecting", "The gateway cannot be reached", "Asking again each second.");
      if (error.status === 401) this.isShown = false;
    }
  }

  say(state, word, note) {
    byId("operations").classList.toggle("refused", state === "lost");
    byId("operations-state").dataset.state = state;
    setText(byId("operations-word"), word);
    setText(byId("operations-note"), note);
    byId("operations-note").hidden = note === "";
  }

  take(told) {
    const now = { at: performance.now(), told };
    const last = this.history.at(-1);
    if (last && last.told.counters.chunks > told.counters.chunks) this.history = [];
    this.history = [...this.history, now].slice(-RECENT - 1);
    const before = this.history[0];
    const seconds = (now.at - before.at) / 1000;
    const since = (pick) => (seconds > 0 ? (pick(told) - pick(before.told)) / seconds : 0);
    const step = this.history.at(-2);
    if (step) {
      const rate = (told.counters.chunks - step.told.counters.chunks) / ((now.at - step.at) / 1000);
      this.rates = [...this.rates, rate].slice(-MAX_HISTORY);
    }
    const cpu = since((one) => one.cpuSeconds);
    const sockets = told.connections;
    fillFigures(byId("operations-figures"), [
      ["live streams", whole(told.streams.live)],
      ["held", whole(told.streams.held), "Characters that wait, in all live streams"],
      ["chunks a second", since((one) => one.counters.chunks).toFixed(1)],
      [
        "verdict p50",
        this.recent(told.latency, before.told.latency, 0.5),
        "The last ten seconds; from chunk to verdict",
      ],
      ["verdict p99", this.recent(told.latency, before.told.latency, 0.99)],
      [
        "event streams",
        whole((sockets.sse ?? 0) + (sockets.websocket ?? 0)),
        `${whole(sockets.websocket ?? 0)} over WebSocket, ${whole(sockets.sse ?? 0)} over SSE`,
      ],
      [
        "memory",
        bytes(told.memory.residentBytes),
        `${bytes(told.memory.eventBytes)} of them events that clients may come back for`,
      ],
      ["processor", `${Math.round(100 * cpu)}%`, "Of one core, the last ten seconds"],
      ["remembered", count(told.streams.known, "stream")],
      ["version", told.version],
    ]);
    this.drawRate();
    this.drawStreams(told.streams);
    this.drawTimes(told);
    this.drawOutcomes(told.counters);
    this.drawChecks(told.checks);
  }

  recent(times, before, share) {
    const counts = new Map(before.buckets.map(([bound, number]) => [bound, number]));
    const fresh = times.buckets.map(([bound, number]) => [
      bound,
      number - (counts.get(bound) ?? 0),
    ]);
    return seconds(bucketQuantile(fresh, share));
  }

  drawRate() {
    const most = Math.max(1, ...this.rates);
    const points = this.rates.map(
      (rate, at) => `${MAX_HISTORY - this.rates.length + at},${40 - (38 * rate) / most}`,
    );
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${MAX_HISTORY - 1} 41`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    const now = this.rates.at(-1) ?? 0;
    const middle = quantile(this.rates, 0.5) ?? 0;
    svg.setAttribute(
      "aria-label",
      `${whole(now)} now, ${whole(middle)} in the middle, ${whole(Math.max(0, ...this.rates))} at most`,
    );
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", points.join(" "));
    svg.append(line);
    byId("rate").replaceChildren(
      svg,
      make("span", { class: "faint" }, `at most ${whole(Math.max(0, ...this.rates))}`),
    );
  }

  drawStreams({ live, list }) {
    setText(byId("live-count"), whole(live));
    const rows = list.map((one) => [
      make("code", {}, `${one.id}…`),
      one.state,
      word(one.action),
      whole(one.frontier),
      whole(one.held),
      whole(one.verdicts),
      whole(one.findings),
      duration(1000 * one.ageS),
      duration(1000 * one.quietS),
      whole(one.watchers),
    ]);
    const more = live - list.length;
    fillTable(
      "live",
      [
        "stream",
        "state",
        "action",
        "frontier",
        "held",
        "verdicts",
        "findings",
        "age",
        "quiet",
        "listening",
      ],
      rows,
      more > 0 ? `${count(more, "stream")} more` : "No stream is open.",
    );
  }

  drawTimes({ latency, hold }) {
    const rows = [
      ["from chunk to verdict", latency],
      ["text held back", hold],
    ].map(([name, times]) => [
      name,
      whole(times.count),
      seconds(bucketQuantile(times.buckets, 0.5)),
      seconds(bucketQuantile(times.buckets, 0.95)),
      seconds(bucketQuantile(times.buckets, 0.99)),
    ]);
    fillTable("times", ["since the start", "count", "p50", "p95", "p99"], rows);
  }

  drawOutcomes({ streams, verdicts, findings, deadLetters, evicted }) {
    const groups = [
      ["streams", streams],
      ["verdicts", verdicts],
      ["findings", findings],
      ["dead letters", deadLetters],
      ["clients let go", evicted],
    ];
    const rows = groups.flatMap(([name, counts]) =>
      Object.entries(counts)
        .filter(([, number]) => number > 0)
        .sort(([, a], [, b]) => b - a)
        .map(([kind, number]) => [name, kind, whole(number)]),
    );
    fillTable("outcomes", ["what", "kind", "count"], rows, "Nothing yet.");
  }

  drawChecks(checks) {
    const rows = checks.map((one) => {
      const { done = 0, failed = 0, timed_out: late = 0, skipped = 0 } = one.results;
      const answers = done + failed + late + skipped;
      return [
        one.guardrail,
        word(one.breaker.replace("_", " ")),
        whole(one.running),
        whole(one.waiting),
        whole(one.calls),
        whole(one.retries),
        whole(done),
        whole(failed),
        whole(late),
        whole(skipped),
        answers ? seconds(one.latencyS / answers) : "–",
      ];
    });
    fillTable(
      "checks",
      [
        "check",
        "breaker",
        "running",
        "waiting",
        "calls",
        "retried",
        "done",
        "failed",
        "late",
        "skipped",
        "mean",
      ],
      rows,
      "No loaded policy has checks that run in this process.",
    );
  }
}

function seconds(value) {
  return value === null ? "–" : duration(1000 * value);
}

function word(text) {
  return make("span", { class: "mark", data: { mark: text } }, text);
}
