"use strict";
// Comfort only: the page is complete without. Filters by words, sorts by columns.
{
  const body = document.querySelector("tbody");
  const words = document.getElementById("words");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const choices = [...document.querySelectorAll(".states input")];
  const order = choices.map((choice) => choice.id.slice("only-".length));
  const rows = [...body.rows].map((row) => {
    const cells = [...row.cells].map((cell) => cell.textContent.trim());
    return { row, cells, state: row.className, text: cells.join("\n").toLowerCase() };
  });

  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const states = new Set(choices.filter((one) => one.checked).map((one) => one.id.slice("only-".length)));
    let count = 0;
    for (const one of rows) {
      const fits = (!states.size || states.has(one.state)) && wanted.every((word) => one.text.includes(word));
      if (one.row.hidden === fits) one.row.hidden = !fits;
      count += fits;
    }
    shown.textContent = count === rows.length ? `${count} shown` : `${count} of ${rows.length} shown`;
    none.hidden = count > 0;
  };

  let waiting = 0;
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(filter);
  };
  words.addEventListener("input", soon);
  for (const choice of choices) choice.addEventListener("change", soon);
  document.addEventListener("keydown", (event) => {
    const typing = document.activeElement === words;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      words.focus();
    }
    if (event.key === "Escape" && typing) {
      words.value = "";
      filter();
    }
  });

  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const total = (text) => (text.match(/\d+(?= (missing|modified|outdated|unmanaged|orphan)\b)/g) || []).reduce((sum, n) => sum + Number(n), 0);
  const keys = {
    State: (one) => String(order.indexOf(one.state)),
    Drift: (one, column) => String(total(one.row.cells[column].querySelector("summary")?.textContent || "") || ""),
  };
  const heads = [...document.querySelectorAll("thead th")];
  const sort = (column) => {
    const head = heads[column];
    const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", turn > 0 ? "ascending" : "descending");
    const key = keys[head.textContent] || ((one) => one.cells[column]);
    const keyed = rows.map((one) => ({ one, key: key(one, column) }));
    // What has nothing to sort by stays at the end either way.
    keyed.sort((a, b) => !a.key - !b.key || turn * compare(a.key, b.key));
    body.replaceChildren(...keyed.map(({ one }) => one.row));
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(column));
    head.replaceChildren(button);
  });

  document.querySelector(".tools").hidden = false;
  document.body.classList.add("live");
  filter();
}
