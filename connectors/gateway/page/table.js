// Tables that change each second.

import { byId, make } from "./element.js";

// Rows of texts and elements; numbers stand right. Rewritten only where something changed, so that
// a selection or a screen reader is not thrown out each second.
export function fillTable(id, heads, rows, empty = "") {
  const table = byId(id);
  if (!table.tHead) {
    table.append(
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
      make("tbody"),
    );
  }
  const body = table.tBodies[0];
  const wanted = rows.length ? rows : [[empty]];
  while (body.rows.length > wanted.length) body.rows[body.rows.length - 1].remove();
  wanted.forEach((cells, at) => {
    const row = body.rows[at] ?? body.appendChild(make("tr"));
    while (row.cells.length > cells.length) row.cells[row.cells.length - 1].remove();
    cells.forEach((cell, place) => {
      const known = row.cells[place] ?? row.appendChild(make("td"));
      known.colSpan = rows.length ? 1 : heads.length;
      const text = typeof cell === "string" ? cell : cell.textContent;
      if (known.textContent !== text) known.replaceChildren(cell);
      known.classList.toggle("number", /^[\d,.–]+( (ms|s|min|h))?$/.test(text));
    });
  });
}
