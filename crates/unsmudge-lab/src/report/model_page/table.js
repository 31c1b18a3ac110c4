// Models of a table: open one, see its missing cells filled and its unusual cells, save the result.

const ROWS_SHOWN = 25, MOST_BYTES = 200e6, MOST_SCORED = 20_000, FOLDER_OF_TABLES = "table/";

// The p-values from which on cells are shaded, lightly to strongly, as in reports.
const SHADES = [0.1, 0.05, 0.01, 0.001];

function showTable(program, found) {
  const { columns, fills, scores } = found;
  const state = {
    number: 0, name: "", n_rows: 0, first: 0, order: null, p: null, n_filled: null,
  };

  facts([
    ["Columns", columns.length.toLocaleString("en")],
    ["Trained on", `${found.n_train.toLocaleString("en")} rows`],
    ["Missing cells", fills ? "filled, with ranges" : "left as they are"],
    ["Unusual cells", scores ? "shaded" : "not looked for"],
  ]);
  const parts = [
    fills && "Filled cells are in italics, with the range that holds 90 % of such cells.",
    scores && "Cells are shaded by how surprising they are, given the others of their row.",
  ];
  byId("legend").textContent = parts.filter(Boolean).join(" ");
  byId("order-of").hidden = !scores;
  byId("save-filled").hidden = byId("save-ranges").hidden = !fills;
  byId("save-scores").hidden = !scores;

  // Lets the browser show what has changed.
  const pause = () => new Promise((done) => setTimeout(done, 0));

  async function open(name, bytes) {
    const number = ++state.number;
    const isLast = () => number === state.number;
    try {
      if (bytes.length > MOST_BYTES) {
        const most = `${MOST_BYTES / 1e6} MB, the most that a page takes`;
        throw new Error(`${name}: more than ${most}`);
      }
      say(`Reading ${name}…`);
      byId("result").hidden = true;
      byId("notes").replaceChildren();
      await pause();
      for (const file of [...program.files.names.keys()]) {
        if (file.startsWith(FOLDER_OF_TABLES)) program.files.remove(file);
      }
      program.files.put(FOLDER_OF_TABLES + name, bytes);
      const { n_rows, notes } = program.ask({ ask: "table", path: `/${FOLDER_OF_TABLES}${name}` });
      Object.assign(state, { name, n_rows, first: 0, order: null, p: null, n_filled: null });
      byId("notes").replaceChildren(...notes.map((text) => element("li", { text })));
      byId("order").value = "file";
      byId("order").disabled = true;
      for (const id of ["save-filled", "save-ranges", "save-scores"]) byId(id).disabled = true;
      byId("found").textContent = name;
      byId("result").hidden = false;
      if (fills) await fill(isLast);
      if (isLast()) showRows();
      if (scores && n_rows <= MOST_SCORED) await score(isLast);
      if (isLast()) say(done());
    } catch (error) {
      if (error.stopped) await program.again();
      // Its folder is this page's own.
      error.message = error.message.replaceAll(`/${FOLDER_OF_TABLES}`, "");
      if (isLast()) complain(error);
    }
  }

  const counted = (n, what) =>
    `${n === 0 ? "no" : n.toLocaleString("en")} ${what}${n > 1 ? "s" : ""}`;
  const done = () =>
    counted(state.n_rows, "row") + (fills ? `, ${counted(state.n_filled, "cell")} filled` : "");

  async function fill(isLast) {
    for (;;) {
      const { n_done, n_rows, n_filled } = program.ask({ ask: "fill" });
      if (n_done <= ROWS_SHOWN || n_done === Math.min(n_rows, 256)) showRows();
      say(`Filling: ${n_done} of ${n_rows} rows`);
      await pause();
      if (!isLast()) return;
      if (n_done === n_rows) {
        state.n_filled = n_filled;
        byId("save-filled").disabled = byId("save-ranges").disabled = false;
        return;
      }
    }
  }

  async function score(isLast) {
    say("Scoring rows…");
    await pause();
    if (!isLast()) return;
    Object.assign(state, program.ask({ ask: "scores" }));
    byId("order").disabled = byId("save-scores").disabled = false;
    showRows();
  }

  function showRows() {
    const byScore = byId("order").value === "unusual" && state.order;
    const last = Math.min(state.n_rows, state.first + ROWS_SHOWN);
    const places = Array.from({ length: last - state.first }, (_, i) => state.first + i);
    const rows = byScore ? places.map((place) => state.order[place]) : places;
    const found = new Map(program.ask({ ask: "rows", rows }).map((row) => [row.row, row]));
    const names = ["row", ...(state.p ? ["p"] : []), ...columns];
    const heads = names.map((text) => element("th", { text, scope: "col" }));
    const body = rows.map((row, y) => rowOf(found.get(row), y));
    const head = element("thead", {}, [element("tr", {}, heads)]);
    byId("cells").replaceChildren(head, element("tbody", {}, body));
    const all = state.n_rows.toLocaleString("en");
    byId("place").textContent = `${state.first + 1} to ${last} of ${all}`;
    byId("before").disabled = state.first === 0;
    byId("after").disabled = last === state.n_rows;
    at(0, 0)?.setAttribute("tabindex", "0");
  }

  function rowOf({ number, p, cells }, y) {
    const head = [element("th", { text: number, scope: "row", class: "n" })];
    if (state.p) head.push(element("td", { text: shortP(p), class: "n" }));
    return element("tr", {}, [...head, ...cells.map((cell, x) => cellOf(cell, x, y, number))]);
  }

  const shortP = (p) => (p === undefined ? "" : p < 0.001 ? p.toExponential(1) : p.toFixed(3));

  function cellOf(cell, x, y, number) {
    const shade = cell.p === undefined ? 0 : SHADES.filter((p) => cell.p <= p).length;
    const text = cell.filled ?? cell.text;
    const made = element("td", { text, tabindex: "-1", "data-x": x, "data-y": y });
    if (shade) made.classList.add(`s${shade}`);
    if (cell.filled !== undefined) {
      made.classList.add("filled");
      if (cell.range) made.append(element("small", { text: cell.range.join(" to ") }));
    }
    const show = () => (byId("cell").textContent = `Row ${number}, ${columns[x]}: ${story(cell)}`);
    made.addEventListener("pointerenter", show);
    made.addEventListener("focus", show);
    return made;
  }

  // What is known of a cell, in words.
  function story({ text, filled, range, expected, p }) {
    const isWide = range && range[0] !== range[1];
    const within = isWide ? `, 90 % of such cells are from ${range.join(" to ")}` : "";
    if (filled !== undefined) return `missing, filled with ${filled}${within}`;
    if (expected === undefined) return text === "" ? "missing" : text;
    return `${text}. Expected ${expected}${within}; p-value ${shortP(p)}`;
  }

  // The grid is one stop for the tabulator; arrow keys move in it.
  const at = (x, y) => byId("cells").querySelector(`[data-x="${x}"][data-y="${y}"]`);

  function move(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    const { x, y } = event.target.dataset;
    const next = way && at(Number(x) + way[0], Number(y) + way[1]);
    if (!next) return;
    event.preventDefault();
    for (const cell of byId("cells").querySelectorAll('[tabindex="0"]')) {
      cell.setAttribute("tabindex", "-1");
    }
    next.setAttribute("tabindex", "0");
    next.focus();
  }

  function turn(by) {
    state.first += by;
    again();
  }

  function again() {
    try {
      showRows();
    } catch (error) {
      complain(error);
    }
  }

  const stem = () => state.name.replace(/\.[^.]*$/, "");
  const saving = (id, file, ending) =>
    byId(id).addEventListener("click", () =>
      save(`${stem()}.${ending}.csv`, program.files.get(file), "text/csv"));
  saving("save-filled", "filled.csv", "filled");
  saving("save-ranges", "ranges.csv", "ranges");
  saving("save-scores", "scores.csv", "scores");

  const openFile = async (file) =>
    file && open(file.name, new Uint8Array(await file.arrayBuffer()));
  byId("file").addEventListener("change", ({ target }) => {
    openFile(target.files[0]);
    target.value = "";
  });
  const drop = byId("drop");
  for (const [name, isOver] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", isOver);
      if (name === "drop") openFile(event.dataTransfer.files[0]);
    });
  }
  byId("cells").addEventListener("keydown", move);
  byId("before").addEventListener("click", () => turn(-ROWS_SHOWN));
  byId("after").addEventListener("click", () => turn(ROWS_SHOWN));
  byId("order").addEventListener("change", () => {
    state.first = 0;
    again();
  });
  const example = byId("examples");
  if (example) {
    const { name } = example.dataset;
    byId("example").hidden = false;
    byId("example").textContent = `Open ${name}, which is in this page`;
    byId("example").addEventListener("click", () => open(name, embedded("examples")));
  }
  say("Ready: open a table");
  if (example) open(example.dataset.name, embedded("examples"));
}

begin(showTable);
