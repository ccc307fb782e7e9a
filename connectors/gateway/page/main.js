// Wires the page: the address chooses the view, the form starts streams.

import { Announcer } from "./announcer.js";
import { AuditView } from "./audit-view.js";
import { cut } from "./cutter.js";
import { ConnectionView } from "./connection-view.js";
import { DeviceView } from "./device-view.js";
import { byId, make, setText } from "./element.js";
import { FindingView } from "./finding-view.js";
import { Gateway } from "./gateway.js";
import { GuardrailView } from "./guardrail-view.js";
import { OperationsView } from "./operations-view.js";
import { Run } from "./run.js";
import { SignIn } from "./sign-in.js";
import { TextView } from "./text-view.js";
import { followTheme } from "./theme.js";

// The slider's end: everything at once.
const AT_ONCE = 200;
// As in the style sheet: the views stand below each other.
const NARROW = matchMedia("(max-width: 60rem)");

const signIn = new SignIn();
const gateway = new Gateway((problem) =>
  signIn.ask(problem, gateway.isSignedIn).finally(showSignOut),
);
const operations = new OperationsView(gateway);
const announcer = new Announcer();
const text = new TextView(byId("text"), byId("sheet"), byId("gauge"));
const views = {
  text,
  announcer,
  guardrails: new GuardrailView(),
  findings: new FindingView((finding) => choose(finding)),
  connection: new ConnectionView((words) => announcer.say(words)),
  audit: new AuditView(),
};
const device = new DeviceView(
  gateway,
  () => byId("answer").value,
  () => byId("policy").value || policies[0],
);
let run = null;
let policies = [];
let isAtButtons = false;
let samples = [];

// -- views by address ------------------------------------------------------------------------------

function navigate() {
  const name = location.pathname === "/operations" ? "operations" : "guard";
  for (const view of ["guard", "operations"]) byId(view).hidden = view !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = name === "operations" ? "Operations – Tidegate" : "Tidegate";
  if (name === "operations") operations.show();
  else operations.hide();
}

function followLinks() {
  addEventListener("popstate", navigate);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("nav a, .wordmark");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    // A stream goes on while somebody looks at the other view.
    if (link.pathname !== location.pathname) history.pushState(null, "", link.pathname);
    navigate();
    byId("main").focus({ preventScroll: true });
  });
}

// -- signing in ------------------------------------------------------------------------------------

function showSignOut() {
  byId("sign-out").hidden = !gateway.isSignedIn;
}

function followSignOut() {
  showSignOut();
  byId("sign-out").addEventListener("click", () => {
    gateway.signOut();
    location.reload();
  });
}

// -- the form --------------------------------------------------------------------------------------

async function loadSamples() {
  const told = await gateway.get("/v1/samples");
  showSignOut();
  ({ samples, policies } = told);
  for (const name of policies) byId("policy").append(make("option", { value: name }, name));
  const known = (sample) => sample.policy === null || policies.includes(sample.policy);
  for (const sample of samples) {
    const title = known(sample) ? sample.title : `${sample.title} (needs policy ${sample.policy})`;
    byId("sample").append(make("option", { value: sample.id, disabled: !known(sample) }, title));
  }
  await device.offer();
  if (samples.length === 0) byId("sample").closest("label").hidden = true;
  // An address may name a sample: /?sample=refund
  const named = new URLSearchParams(location.search).get("sample");
  if (samples.some((sample) => sample.id === named && known(sample))) {
    byId("sample").value = named;
    chooseSample();
  }
}

function chooseSample() {
  const sample = samples.find(({ id }) => id === byId("sample").value);
  if (!sample) return;
  byId("answer").value = sample.pieces.join("");
  byId("policy").value = sample.policy ?? "";
  hint("");
  device.changed();
}

// The sample as its model cut it, as long as nobody changed it.
function pieces() {
  const written = byId("answer").value;
  const sample = samples.find(({ id }) => id === byId("sample").value);
  return sample?.pieces.join("") === written ? sample.pieces : cut(written);
}

function speed() {
  const value = Number(byId("speed").value);
  const words = value >= AT_ONCE ? "As fast as it goes" : `${value} tokens a second`;
  setText(byId("speed-value"), words);
  byId("speed").setAttribute("aria-valuetext", words);
  return value >= AT_ONCE ? 1e9 : value;
}

function hint(words) {
  setText(byId("compose-hint"), words);
  byId("compose-hint").hidden = words === "";
}

function drawButtons() {
  const buttons = ["start", "finish", "abort"].map(byId);
  const [startButton, finish, abort] = buttons;
  // Who works with the keyboard stays with the buttons, whichever can be pressed.
  isAtButtons =
    buttons.includes(document.activeElement) ||
    (isAtButtons && document.activeElement === document.body);
  startButton.disabled = run?.isRunning ?? false;
  finish.disabled = abort.disabled = run?.phase !== "writing";
  const has = buttons.includes(document.activeElement) && !document.activeElement.disabled;
  if (isAtButtons && !has) buttons.find((button) => !button.disabled)?.focus({ preventScroll: true });
}

function start(event) {
  event.preventDefault();
  if (run?.isRunning) return;
  const parts = pieces();
  if (parts.length === 0) {
    hint("Write something first, or choose a sample.");
    byId("answer").focus();
    return;
  }
  hint("");
  run?.drop();
  run = new Run(
    gateway,
    views,
    {
      pieces: parts,
      policy: byId("policy").value || null,
      transport: byId("transport").value,
      perSecond: speed(),
    },
    drawButtons,
  );
  run.begin();
  // On a phone the form fills the screen.
  if (NARROW.matches) byId("stage").scrollIntoView();
}

function choose(finding) {
  const isThere = text.choose(finding);
  announcer.say(
    isThere
      ? `${finding.type} shown in the text`
      : `${finding.type} is not in the text that readers see`,
  );
}

function followForm() {
  byId("compose").addEventListener("submit", start);
  byId("sample").addEventListener("change", chooseSample);
  byId("answer").addEventListener("input", () => device.changed());
  byId("policy").addEventListener("change", () => device.changed());
  byId("finish").addEventListener("click", () => run.finish());
  byId("abort").addEventListener("click", () => run.finish({ aborted: true }));
  byId("speed").addEventListener("input", () => run?.setSpeed(speed()) ?? speed());
  byId("only").addEventListener("change", ({ target }) => {
    byId("text").classList.toggle("readers-only", target.checked);
  });
  speed();
  drawButtons();
}

followTheme();
followLinks();
followSignOut();
followForm();
navigate();
loadSamples().catch((error) => {
  showSignOut();
  hint(`The samples cannot be had: ${error.message}. You can still write a text.`);
});
