// What was found, in the order of the text; choosing one lights up its place.

import { byId, make, setText } from "./element.js";
import { whole } from "./numbers.js";

const DOES = { allow: "noted", warn: "warned", redact: "replaced", block: "blocked" };
const WOULD = { allow: "noted", warn: "would warn", redact: "would replace", block: "would block" };

export class FindingView {
  // choose(finding): whether there is anything to see in the text.
  constructor(choose) {
    this.choose = choose;
    this.list = byId("findings");
    this.none = byId("findings-none");
    this.total = byId("findings-count");
    this.reset();
  }

  reset() {
    this.known = new Map();
    this.list.replaceChildren();
    this.none.hidden = false;
    setText(this.total, "0");
  }

  // Return whether it is new.
  add(finding) {
    const key = [finding.rule, finding.type, finding.start, finding.end, finding.mode].join("/");
    if (this.known.has(key)) return false;
    const row = make("li", {}, this.button(finding));
    const later = [...this.known.values()].find(({ start }) => start > finding.start);
    this.known.set(key, { start: finding.start, row });
    this.known = new Map([...this.known].sort(([, a], [, b]) => a.start - b.start));
    this.list.insertBefore(row, later?.row ?? null);
    this.none.hidden = true;
    setText(this.total, whole(this.known.size));
    return true;
  }

  button(finding) {
    const does = (finding.mode === "monitor" ? WOULD : DOES)[finding.action];
    const button = make(
      "button",
      {
        type: "button",
        class: "finding",
        data: { action: finding.action },
        "aria-pressed": "false",
      },
      make("span", { class: "type" }, finding.type),
      make("span", { class: "does" }, does),
      make(
        "span",
        { class: "facts" },
        `${finding.rule} · ${whole(finding.start)}–${whole(finding.end)} · ${Math.round(100 * finding.confidence)}% sure`,
      ),
    );
    button.addEventListener("click", () => {
      for (const other of this.list.querySelectorAll("button"))
        other.setAttribute("aria-pressed", String(other === button));
      this.choose(finding);
    });
    return button;
  }
}
