// Elements by id and new ones, without markup as text: nothing a model writes becomes markup.

export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found;
}

// make("p", {class: "note", data: {state: "gap"}}, "text", child, ...)
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

// Rows of a <dl>: [term, value, explanation?].
export function fillFigures(list, rows) {
  list.replaceChildren(
    ...rows.map(([term, value, title]) =>
      make("div", { title }, make("dt", {}, term), make("dd", {}, String(value))),
    ),
  );
}

// Changes the text only where it differs: screen readers and selections stay undisturbed.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
