// Light or dark: as the system has it, or as somebody chose on this device.

import { byId } from "./element.js";

const STORED = "tidegate.theme";

export function followTheme() {
  const select = byId("theme");
  const set = (theme) => {
    document.documentElement.dataset.theme = theme;
    select.value = theme;
  };
  set(localStorage.getItem(STORED) ?? "auto");
  select.addEventListener("change", () => {
    localStorage.setItem(STORED, select.value);
    set(select.value);
  });
}
