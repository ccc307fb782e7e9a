// Wires the page: the address chooses the view, the form starts streams.

import { Announcer } from "./announcer.js";
import { AuditView } from "./audit-view.js";
import { ComposeForm } from "./compose-form.js";
import { ConnectionView } from "./connection-view.js";
import { byId } from "./element.js";
import { FindingView } from "./finding-view.js";
import { Gateway } from "./gateway.js";
import { GuardrailView } from "./guardrail-view.js";
import { OperationsView } from "./operations-view.js";
import { Run } from "./run.js";
import { SignIn } from "./sign-in.js";
import { TextView } from "./text-view.js";
import { followTheme } from "./theme.js";

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
const form = new ComposeForm(gateway, (perSecond) => run?.setSpeed(perSecond));
let run = null;
let isAtButtons = false;

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

function drawButtons() {
  const buttons = ["start", "finish", "abort"].map(byId);
  const [startButton, finish, abort] = buttons;
  // Who works with the keyboard stays with the buttons, whichever can be pressed.
  isAtButtons =
    buttons.includes(document.activeElement) ||
    (isAtButtons && document.activeElement === document.body);
  startButton.disabled = run?.isRunning ?? false;
  abort.disabled = run?.phase !== "writing";
  finish.disabled = abort.disabled || !run.answer.isOurs;
  const has = buttons.includes(document.activeElement) && !document.activeElement.disabled;
  if (isAtButtons && !has) buttons.find((button) => !button.disabled)?.focus({ preventScroll: true });
}

function start(event) {
  event.preventDefault();
  if (run?.isRunning) return;
  const answer = form.answer();
  if (answer === null) return;
  form.hint("");
  run?.drop();
  run = new Run(gateway, views, answer, { transport: byId("transport").value }, drawButtons);
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
  byId("finish").addEventListener("click", () => run.finish());
  byId("abort").addEventListener("click", () => run.finish({ aborted: true }));
  byId("only").addEventListener("change", ({ target }) => {
    byId("text").classList.toggle("readers-only", target.checked);
  });
  drawButtons();
}

followTheme();
followLinks();
followSignOut();
followForm();
navigate();
form
  .load()
  .catch((error) => {
    form.hint(`The samples cannot be had: ${error.message}. You can still write a text.`);
  })
  .finally(showSignOut);
