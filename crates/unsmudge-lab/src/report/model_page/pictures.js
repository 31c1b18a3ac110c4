// A model of pictures: draw, smudge, repair; the chain; the filters.

const MOST_STEPS = 100, FILTERS_SHOWN = 24, MOST_SIDE = 4096;

function showPictures(program, found) {
  const { height, width, range: [least, greatest], noises } = found;
  const span = Math.max(Math.fround(greatest - least), 1e-38);
  const state = {
    picture: new Float32Array(height * width).fill(least),
    seed: 0,
    smudged: null,
    steps: 0,
    first: 0,
    waits: false,
  };
  const examples = found.examples.map((row) => Float32Array.from(row));
  const grey = (value) =>
    255 * Math.min(1, Math.max(0, Math.fround(Math.fround(value - least) / span)));

  const showFacts = ({ hidden, n_train, corruption }) =>
    facts([
      ["Pictures", `${height} × ${width}`],
      ["Network", [height * width, ...hidden].join(" – ")],
      ["Trained on", `${n_train.toLocaleString("en")} examples`],
      ["Noise in training", corruption],
    ]);

  // Draws one grey for each value.
  function paint(canvas, values, greyOf = grey) {
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const image = context.createImageData(width, height);
    for (let i = 0; i < values.length; i++) {
      image.data.fill(Math.round(greyOf(values[i])), 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  function tile(values, label, greyOf) {
    const canvas = element("canvas", { role: "img", "aria-label": label });
    paint(canvas, values, greyOf);
    return canvas;
  }

  function paintClean() {
    const canvas = byId("clean");
    paint(canvas, state.picture);
    canvas.setAttribute("aria-label", `Your picture, ${height} by ${width} pixels`);
    pen.paintCursor();
  }

  const corruption = () => {
    const name = byId("noise").value, level = Number(byId("level").value);
    return name === "none" || level === 0 ? "none" : `${name}:${level}`;
  };

  function repair() {
    state.waits = false;
    try {
      const asked = { picture: [...state.picture], corruption: corruption(), seed: state.seed };
      const answer = program.ask({ ask: "repair", ...asked });
      state.smudged = answer.corrupted;
      paint(byId("smudged"), answer.corrupted);
      paint(byId("repaired"), answer.repaired);
      byId("loss").textContent = `, loss ${answer.loss.toFixed(1)} ${found.unit.split(" per ")[0]}`;
      clearTimeout(state.later);
      state.later = setTimeout(showFilters, 150);
    } catch (error) {
      complain(error);
    }
  }

  // Repairs once before the next frame, however often something changes until then.
  function changed() {
    paintClean();
    if (!state.waits) requestAnimationFrame(repair);
    state.waits = true;
  }

  function newPicture(picture) {
    state.picture = Float32Array.from(picture);
    restart();
    changed();
  }

  async function load(file) {
    try {
      const picture = await createImageBitmap(file);
      if (Math.max(picture.width, picture.height) > MOST_SIDE) {
        const size = `${picture.width} × ${picture.height} pixels`;
        throw new Error(`${file.name}: ${size}, at most ${MOST_SIDE} each way`);
      }
      const scale = Math.min(width / picture.width, height / picture.height);
      const [w, h] = [picture.width * scale, picture.height * scale];
      const context = new OffscreenCanvas(width, height).getContext("2d");
      context.imageSmoothingQuality = "high";
      context.fillRect(0, 0, width, height);
      context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
      const { data } = context.getImageData(0, 0, width, height);
      const [red, green, blue] = [0.299, 0.587, 0.114];
      const value = (_, i) =>
        least +
        (span * (red * data[4 * i] + green * data[4 * i + 1] + blue * data[4 * i + 2])) / 255;
      newPicture(Array.from({ length: height * width }, value));
      say(`${file.name}: scaled to ${height} × ${width} greys`);
    } catch (error) {
      const isUnreadable = error instanceof DOMException;
      const unreadable = `${file.name}: no picture that this browser can read`;
      complain(isUnreadable ? new Error(unreadable) : error);
    }
  }

  function choices() {
    const option = (value) => element("option", { value, text: value.replaceAll("-", " ") });
    byId("noise").replaceChildren(...["none", ...noises.map(({ name }) => name)].map(option));
    const single = /^([a-z-]+):([0-9.]+)$/.exec(found.corruption);
    const [, name, level] = single ?? [null, "masking", "0.25"];
    byId("noise").value = name;
    Object.assign(byId("level"), { min: 0, max: 1, step: 0.01, value: level });
    const show = () => {
      const noise = noises.find((noise) => noise.name === byId("noise").value);
      const level = Number(byId("level").value);
      byId("level").disabled = !noise;
      byId("level-name").textContent = noise && !noise.is_fraction ? "Deviation" : "Share";
      const shown = noise?.is_fraction ? `${Math.round(100 * level)} %` : level.toFixed(2);
      byId("level-shown").textContent = noise ? shown : "";
      restart();
      changed();
    };
    byId("noise").addEventListener("change", show);
    byId("level").addEventListener("input", show);
    return show;
  }

  // The chain.
  function step() {
    if (state.steps >= MOST_STEPS) {
      stop();
      say(`The chain has ${MOST_STEPS} steps, the most that a page takes: start again`);
      return;
    }
    try {
      const asked = { picture: [...state.picture], corruption: corruption(), seed: state.seed };
      const answer = program.ask({ ask: "chain", ...asked, steps: state.steps + 1 });
      state.steps += 1;
      const label = `State after ${state.steps} step${state.steps === 1 ? "" : "s"}`;
      byId("states").append(element("li", {}, [tile(answer.state, label)]));
      byId("steps").textContent = label;
    } catch (error) {
      stop();
      complain(error);
    }
  }

  function run() {
    if (byId("run").getAttribute("aria-pressed") !== "true") return;
    step();
    setTimeout(run, 60);
  }

  function stop() {
    byId("run").setAttribute("aria-pressed", "false");
    byId("run").textContent = "Run";
  }

  function restart() {
    stop();
    state.steps = 0;
    byId("states").replaceChildren();
    byId("steps").textContent = "";
  }

  // The filters.
  function showFilters() {
    if (!state.smudged) return;
    try {
      const { first, smudged: picture } = state;
      const answer = program.ask({ ask: "filters", picture, first, count: FILTERS_SHOWN });
      byId("units").replaceChildren(...answer.filters.map(filterTile));
      const last = first + answer.filters.length;
      byId("place").textContent = `${first + 1} to ${last} of ${answer.n_filters}`;
      byId("before").disabled = first === 0;
      byId("after").disabled = first + FILTERS_SHOWN >= answer.n_filters;
    } catch (error) {
      complain(error);
    }
  }

  const signed = (weights) => {
    const most = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-30);
    return (weight) => 128 + (127 * weight) / most;
  };

  function filterTile(filter) {
    const { unit, code, weights } = filter;
    const label = `Filter ${unit}, excited to ${code.toFixed(2)}`;
    const button = element("button", { type: "button", "aria-label": label }, [
      tile(weights, "", signed(weights)),
      element("small", { text: code.toFixed(2) }),
    ]);
    button.addEventListener("click", () => showFilter(filter));
    return button;
  }

  function showFilter({ unit, code, weights, examples: places }) {
    byId("unit").hidden = false;
    paint(byId("unit-filter"), weights, signed(weights));
    byId("unit-filter").setAttribute("aria-label", `Filter ${unit}`);
    byId("unit-name").textContent = `Filter ${unit}`;
    const of = places.length ? " The examples that excite it the most:" : "";
    byId("unit-text").textContent = `The smudged picture excites it to ${code.toFixed(3)}.${of}`;
    byId("unit-examples").replaceChildren(...places.map(exampleTile));
  }

  function exampleTile(place) {
    const label = `Example ${place + 1}`;
    const picture = tile(examples[place], "");
    const button = element("button", { type: "button", "aria-label": label }, [picture]);
    button.addEventListener("click", () => newPicture(examples[place]));
    return button;
  }

  function turn(by) {
    state.first += by;
    showFilters();
  }

  const pen = new Pen(byId("clean"), found, () => state.picture, (isNew) => {
    if (isNew) restart();
    changed();
  });
  const show = choices();
  byId("again").addEventListener("click", () => {
    state.seed += 1;
    restart();
    changed();
  });
  byId("clear").addEventListener("click", () => newPicture(state.picture.fill(least)));
  byId("invert").addEventListener("click", () =>
    newPicture(state.picture.map((value) => greatest - (value - least))));
  byId("file").addEventListener("change", ({ target }) => {
    if (target.files[0]) load(target.files[0]);
    target.value = "";
  });
  byId("save").addEventListener("click", () =>
    byId("repaired").toBlob((picture) => save("repaired.png", picture, "image/png")));
  byId("step").addEventListener("click", step);
  byId("restart").addEventListener("click", restart);
  byId("run").addEventListener("click", () => {
    const runs = byId("run").getAttribute("aria-pressed") !== "true";
    byId("run").setAttribute("aria-pressed", runs);
    byId("run").textContent = runs ? "Pause" : "Run";
    run();
  });
  byId("before").addEventListener("click", () => turn(-FILTERS_SHOWN));
  byId("after").addEventListener("click", () => turn(FILTERS_SHOWN));
  setTimeout(() => {
    // Outputs without a distribution have no chain.
    try {
      const asked = { picture: [...state.picture], corruption: "none", seed: 0, steps: 1 };
      program.ask({ ask: "chain", ...asked });
    } catch {
      byId("chain-section").hidden = true;
    }
  }, 500);
  if (found.trains) {
    trainHere(program, found, corruption, (facts) => {
      state.first = 0;
      showFacts(facts);
      restart();
      changed();
    });
  }
  showFacts(found);
  byId("examples-shown").replaceChildren(...examples.map((_, place) => exampleTile(place)));
  if (examples.length) state.picture = Float32Array.from(examples[0]);
  paintClean();
  show();
  repair();
  say(examples.length ? "Ready" : "Ready: draw a picture");
}

begin(showPictures);
