// The program: a request in, an answer out.

class Program {
  static async start(bytes) {
    const program = new Program();
    program.files = new Files();
    program.module = await WebAssembly.compile(bytes);
    await program.begin();
    return program;
  }

  async begin() {
    this.files.open.clear();
    const instance = await WebAssembly.instantiate(this.module, this.files.imports(this.module));
    this.files.attach(instance.exports.memory);
    this.exports = instance.exports;
  }

  // Opens models, and keeps the request for the next beginning.
  openModels(request) {
    this.opened = request;
    return this.ask(request);
  }

  // Throws what the program refuses, with what to do about it as `hint`. One that stopped, for want
  // of memory, has to begin again before it is asked.
  ask(request) {
    this.files.input = new TextEncoder().encode(JSON.stringify(request) + "\n");
    try {
      this.exports.answer();
    } catch (error) {
      const hint = "it may be more than the memory of a page: the command has all of yours";
      const stopped = new Error(`the program stopped: ${error.message}`);
      throw Object.assign(stopped, { hint, stopped: true });
    }
    const answer = JSON.parse(this.files.printed());
    if (answer.error !== undefined) {
      throw Object.assign(new Error(answer.error), { hint: answer.hint });
    }
    return answer;
  }

  async again() {
    this.files.printed();
    await this.begin();
    this.ask(this.opened);
  }
}

const byId = (id) => document.getElementById(id);

// An element with text, attributes and children; text is never markup.
function element(name, { text, ...attributes } = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

// Says how it goes, to those who read and to those who listen.
function say(text, hint) {
  byId("status").textContent = hint ? `${text} (${hint})` : text;
  byId("status").classList.remove("wrong");
}

function complain(error) {
  say(error.message, error.hint);
  byId("status").classList.add("wrong");
}

// Gives a file to the user.
function save(name, bytes, type) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function facts(pairs) {
  const pair = ([name, value]) =>
    element("div", {}, [element("dt", { text: name }), element("dd", { text: value })]);
  byId("facts").replaceChildren(...pairs.map(pair));
}

// The bytes of an element of data.
function embedded(id) {
  const text = atob(byId(id).textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Opens what is in the page.
async function begin(show) {
  try {
    if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly");
    const program = await Program.start(await inflated(embedded("program")));
    const path = (id) => {
      if (!byId(id)) return null;
      program.files.put(id, embedded(id));
      return `/${id}`;
    };
    const of = byId("examples");
    const examples = of?.type === "application/json" ? JSON.parse(of.textContent) : [];
    const models = ["pictures", "table", "detector"].map((id) => [id, path(id)]);
    const request = { ask: "open", ...Object.fromEntries(models), examples };
    const trains = byId("training") !== null;
    if (trains) program.files.put("training", await inflated(embedded("training")));
    const found = { ...program.openModels(request), examples, trains };
    await show(program, found);
    document.documentElement.dataset.ready = performance.now().toFixed(0);
  } catch (error) {
    complain(error);
    throw error;
  }
}
