// The form: what the answer is, or who is asked for one, and how it is guarded.

import { AskedAnswer, titleOf } from "./asked-answer.js";
import { cut } from "./cutter.js";
import { DeviceView } from "./device-view.js";
import { byId, make, setText } from "./element.js";
import { WrittenAnswer } from "./written-answer.js";

// The slider's end: everything at once.
const AT_ONCE = 200;
const WRITTEN = {
  label: "The model’s answer",
  hint: "Write what a model might answer. Put in a card number, an e-mail address, a key.",
};
const ASKED = {
  label: "Your prompt",
  hint: "Ask for something that has to be guarded: an invented customer with address and card.",
};

export class ComposeForm {
  // speedChanged(perSecond)
  constructor(gateway, speedChanged) {
    this.gateway = gateway;
    this.samples = [];
    this.policies = [];
    this.providers = [];
    this.device = new DeviceView(
      gateway,
      () => byId("answer").value,
      () => byId("policy").value || this.policies[0],
    );
    byId("sample").addEventListener("change", () => this.choose());
    byId("answer").addEventListener("input", () => this.device.changed());
    byId("policy").addEventListener("change", () => this.device.changed());
    byId("speed").addEventListener("input", () => speedChanged(this.speed()));
    this.speed();
  }

  // Offer what the gateway has. Throws Problem, Away.
  async load() {
    Object.assign(this, await this.gateway.get("/v1/samples"));
    for (const name of this.policies) byId("policy").append(make("option", { value: name }, name));
    this.offer(
      "Ask a model",
      this.providers.map((one) => make("option", { value: `ask:${one.id}` }, titleOf(one))),
    );
    this.offer(
      "Samples",
      this.samples.map((one) => {
        const title = this.knows(one) ? one.title : `${one.title} (needs policy ${one.policy})`;
        return make("option", { value: one.id, disabled: !this.knows(one) }, title);
      }),
    );
    await this.device.offer();
    const isEmpty = this.samples.length === 0 && this.providers.length === 0;
    byId("sample").closest("label").hidden = isEmpty;
    this.chooseNamed();
  }

  offer(label, options) {
    if (options.length > 0) byId("sample").append(make("optgroup", { label }, ...options));
  }

  // An address may name a sample: /?sample=refund
  chooseNamed() {
    const named = new URLSearchParams(location.search).get("sample");
    if (named === null) return;
    const sample = this.samples.find(({ id }) => id === named);
    if (sample && this.knows(sample)) {
      byId("sample").value = named;
      this.choose();
    } else {
      const policy = sample?.policy;
      this.hint(
        policy
          ? `This sample needs the policy ${policy}, which is not loaded.`
          : "The address names a sample that is not there. Choose another.",
      );
    }
  }

  knows(sample) {
    return sample.policy === null || this.policies.includes(sample.policy);
  }

  get sample() {
    return this.samples.find(({ id }) => id === byId("sample").value);
  }

  get provider() {
    return this.providers.find(({ id }) => `ask:${id}` === byId("sample").value);
  }

  choose() {
    const { sample, provider } = this;
    const texts = provider ? ASKED : WRITTEN;
    const wasAsked = !byId("model-row").hidden;
    setText(byId("answer-label"), texts.label);
    byId("answer").placeholder = texts.hint;
    byId("model-row").hidden = !provider;
    byId("speed-row").hidden = Boolean(provider);
    this.device.offerFor(!provider);
    if (provider) byId("model").value = provider.model;
    if (sample) {
      byId("answer").value = sample.pieces.join("");
      byId("policy").value = sample.policy ?? "";
    } else if (provider || wasAsked) {
      // An answer is no prompt.
      byId("answer").value = "";
    }
    this.hint("");
    this.device.changed();
  }

  // The slider, in pieces a second.
  speed() {
    const value = Number(byId("speed").value);
    const words = value >= AT_ONCE ? "As fast as it goes" : `${value} tokens a second`;
    setText(byId("speed-value"), words);
    byId("speed").setAttribute("aria-valuetext", words);
    return value >= AT_ONCE ? 1e9 : value;
  }

  hint(words) {
    setText(byId("compose-hint"), words);
    byId("compose-hint").hidden = words === "";
  }

  // Return the answer to guard; null, with a hint, when something is missing.
  answer() {
    const { provider } = this;
    const text = byId("answer").value;
    const policy = byId("policy").value || null;
    if (provider) {
      const model = byId("model").value.trim();
      if (model === "") return this.miss("model", "Name the model to ask.");
      if (text.trim() === "") return this.miss("answer", "Write a prompt first.");
      return new AskedAnswer(this.gateway, { provider: provider.id, model, prompt: text, policy });
    }
    // The sample as its model cut it, as long as nobody changed it.
    const isSample = this.sample?.pieces.join("") === text;
    const pieces = isSample ? this.sample.pieces : cut(text);
    if (pieces.length === 0) {
      return this.miss("answer", "Write something first, or choose a sample.");
    }
    return new WrittenAnswer(this.gateway, { pieces, policy, perSecond: this.speed() });
  }

  miss(id, words) {
    this.hint(words);
    byId(id).focus();
    return null;
  }
}
