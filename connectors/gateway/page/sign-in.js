// Asks for an API key when the gateway does.

import { byId, setText } from "./element.js";

export class SignIn {
  constructor() {
    this.dialog = byId("sign-in");
    this.field = byId("sign-in-key");
    this.problem = byId("sign-in-problem");
    byId("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.settle?.resolve(this.field.value.trim());
      this.finish();
    });
    byId("sign-in-cancel").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => {
      this.settle?.reject(this.why);
      this.finish();
    });
  }

  // Return a key; rejects with the problem when nobody gives one. hadKey: the last one was refused.
  ask(problem, hadKey) {
    this.why = problem;
    setText(this.problem, hadKey ? `That key was refused: ${problem.message}.` : "");
    this.field.value = "";
    this.dialog.showModal();
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  finish() {
    this.settle = null;
    this.field.value = "";
    if (this.dialog.open) this.dialog.close();
  }
}
