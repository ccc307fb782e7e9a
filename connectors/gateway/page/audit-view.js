// The one record that is left of a stream.

import { byId, fillFigures, setText } from "./element.js";
import { duration, whole } from "./numbers.js";

const COPIED_MS = 2_000;
const ENDINGS = {
  final: "the model",
  aborted: "the model gave up",
  blocked: "a block",
  idle: "nobody wrote any more",
  age: "its age",
  evicted: "too many streams",
};

export class AuditView {
  constructor() {
    this.section = byId("audit");
    this.record = byId("audit-record");
    this.button = byId("audit-copy");
    this.button.addEventListener("click", () => this.copy());
  }

  reset() {
    this.section.hidden = true;
    setText(this.record, "");
  }

  show(audit) {
    const { content, transport } = audit;
    fillFigures(byId("audit-summary"), [
      ["outcome", content.outcome],
      ["ended by", ENDINGS[transport.ended_by] ?? transport.ended_by],
      ["characters", whole(content.chars)],
      ["released", whole(content.released)],
      ["replaced", whole(content.redacted)],
      ["findings", whole(content.findings.length + content.omitted)],
      ["not scanned", whole(content.unscanned.length)],
      ["most held", whole(transport.max_held_chars)],
      ["chunks", whole(transport.chunks)],
      ["sent twice", whole(transport.duplicates)],
      ["slowest verdict", duration(transport.slowest_verdict_ms)],
      ["took", duration(transport.ended_at_ms - transport.started_at_ms)],
      ["policy", audit.policy],
      ["version", audit.policy_version.slice(0, 8), audit.policy_version],
    ]);
    setText(this.record, JSON.stringify(audit, null, 2));
    this.section.hidden = false;
  }

  async copy() {
    let word = "Copied";
    try {
      await navigator.clipboard.writeText(this.record.textContent);
    } catch {
      // Without https, or not allowed: the record is selected, for the keyboard.
      this.record.closest("details").open = true;
      getSelection().selectAllChildren(this.record);
      word = "Selected: copy it yourself";
    }
    setText(this.button, word);
    setTimeout(() => setText(this.button, "Copy"), COPIED_MS);
  }
}
