"use strict";
{
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];
  const text = (row, column) => row.cells[column].textContent.trim();
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const compare = (a, b) => (a && b && a - b === a - b ? a - b : collator.compare(a, b));

  // The index of each row breaks ties, so that equal rows keep the order they came in.
  function sort(head) {
    const column = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = rows.map((row, index) => [text(row, column), index, row]);
    const sign = down ? -1 : 1;
    keyed.sort((a, b) => sign * compare(a[0], b[0]) || a[1] - b[1]);
    body.append(...keyed.map((each) => each[2]));
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head));
    head.append(button);
  }

  const find = document.getElementById("find");
  const status = document.getElementById("status");
  const shown = document.getElementById("shown");
  const plain = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const searched = rows.map((row) => plain(row.textContent));

  function filter() {
    const wanted = plain(find.value).split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, index) => {
      const fits =
        (!status.value || text(row, 1) === status.value) &&
        wanted.every((word) => searched[index].includes(word));
      row.hidden = !fits;
      count += fits;
    });
    shown.value = `${count} of ${rows.length}`;
  }

  const form = find.form;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
}
