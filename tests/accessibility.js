// What a machine can check of accessibility: names, structure, contrast. Returns what is wrong.
() => {
  const wrong = [];
  const visible = (one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.closest(".unseen, .skip");
  const name = (one) =>
    (one.getAttribute("aria-label") ?? "").trim() ||
    (one.getAttribute("aria-labelledby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent ?? "")
      .join(" ")
      .trim() ||
    [...(one.labels ?? [])]
      .map((label) => label.textContent.trim())
      .join(" ")
      .trim() ||
    (["BUTTON", "A", "SUMMARY"].includes(one.tagName) ? one.textContent.trim() : "");

  // -- names and structure
  for (const one of document.querySelectorAll(
    "a, button, input, select, textarea, summary, dialog, [role=region], [role=img], nav, section",
  )) {
    if (visible(one) && name(one) === "") wrong.push(`no name: ${one.outerHTML.slice(0, 80)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of new Set(ids))
    if (ids.filter((one) => one === id).length > 1) wrong.push(`id twice: ${id}`);
  for (const [landmark, count] of [
    ["main", 1],
    ["header", 1],
    ["nav", 1],
  ]) {
    if (document.querySelectorAll(landmark).length !== count)
      wrong.push(`${landmark}: expected ${count}`);
  }
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")]
    .filter(visible)
    .map(({ tagName }) => Number(tagName[1]));
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1)
    wrong.push(`headings: ${levels}`);
  levels.forEach(
    (level, at) => at && level > levels[at - 1] + 1 && wrong.push(`headings leap: ${levels}`),
  );
  if (!document.documentElement.lang || !document.title) wrong.push("no language or title");
  for (const one of document.querySelectorAll("[tabindex]"))
    if (one.tabIndex > 0) wrong.push(`tabindex ${one.tabIndex}`);
  for (const one of document.querySelectorAll("table")) {
    if (visible(one) && ![...one.querySelectorAll("th")].every((head) => head.scope))
      wrong.push("a table head without scope");
  }
  // What scrolls can be scrolled with the keyboard.
  for (const one of document.querySelectorAll("main *")) {
    const style = getComputedStyle(one);
    const scrolls =
      ["auto", "scroll"].includes(style.overflowY) && one.scrollHeight > one.clientHeight + 1;
    const reachable = one.tabIndex >= 0 || one.querySelector("button, a, input, summary");
    if (scrolls && visible(one) && !reachable)
      wrong.push(`cannot be scrolled by keyboard: ${one.id || one.className}`);
  }

  // -- contrast, as WCAG 2 counts it
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], ground) =>
    [r, g, b].map((value, at) => (value * a + ground[at] * (255 - a)) / 255);
  const luminance = (color) => {
    const [r, g, b] = color.map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    const behind = one.parentElement
      ? ground(one.parentElement)
      : rgba(getComputedStyle(document.documentElement).backgroundColor);
    // The water is drawn by the frontier, behind the text.
    const own = one.matches("#sheet .water")
      ? getComputedStyle(document.querySelector(".frontier"), "::before").backgroundColor
      : getComputedStyle(one).backgroundColor;
    return over(rgba(own), behind);
  };
  const contrast = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (
      seen.has(one) ||
      !walker.currentNode.data.trim() ||
      !visible(one) ||
      one.closest("option, noscript, :disabled")
    )
      continue;
    seen.add(one);
    const style = getComputedStyle(one);
    const behind = ground(one);
    const ratio = contrast(over(rgba(style.color), behind), behind);
    const isLarge = parseFloat(style.fontSize) >= 24;
    if (ratio < (isLarge ? 3 : 4.5))
      wrong.push(
        `contrast ${ratio.toFixed(2)}: ${one.className || one.tagName} "${one.textContent.trim().slice(0, 30)}"`,
      );
  }
  // Fields and lamps: what one has to see stands out from its ground.
  for (const one of document.querySelectorAll(
    "select, textarea, input:not([type=range], [type=checkbox]), button:not(:disabled, .quiet, .finding), .lamp, .dot",
  )) {
    if (!visible(one)) continue;
    const style = getComputedStyle(one);
    const behind = one.parentElement ? ground(one.parentElement) : [255, 255, 255];
    const edge = contrast(over(rgba(style.borderTopColor), behind), behind);
    if (edge < 3) wrong.push(`edge ${edge.toFixed(2)}: ${one.id || one.className}`);
  }
  return [wrong, seen.size];
};
