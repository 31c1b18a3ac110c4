// A new model of the pictures in the page, trained in the tab: one epoch at a time, so that the page
// goes on answering.

const MOST_EPOCHS = 500;

// `changed` is called whenever another model is open, with what it tells of itself.
function trainHere(program, saved, noise, changed) {
  const line = byId("loss-line"), button = byId("train-run");
  let asked = null, losses = [], later;

  const runs = () => button.getAttribute("aria-pressed") === "true";

  function press(isOn) {
    button.setAttribute("aria-pressed", isOn);
    button.textContent = isOn ? "Pause" : "Train";
  }

  // Something that can fail; after a failure nothing goes on.
  function attempt(work) {
    try {
      work();
    } catch (error) {
      press(false);
      complain(error);
      if (error.stopped) restore();
    }
  }

  function tell() {
    const loss = losses.at(-1)?.toFixed(1);
    const unit = saved.unit.split(" per ")[0];
    byId("trained").textContent = loss ? `Epoch ${losses.length}: loss ${loss} ${unit}` : "";
    const [least, most] = [Math.min(...losses), Math.max(...losses)];
    const { width, height } = line.ownerSVGElement.viewBox.baseVal;
    const x = (i) => (width * i) / Math.max(1, losses.length - 1);
    const y = (loss) => height - (height * (loss - least)) / Math.max(most - least, 1e-30);
    const points = losses.map((loss, i) => `${x(i).toFixed(1)},${y(loss).toFixed(1)}`);
    line.setAttribute("points", points.join(" "));
    const spoken = loss ? `The loss, from ${losses[0].toFixed(1)} to ${loss}` : "The loss";
    line.ownerSVGElement.setAttribute("aria-label", spoken);
  }

  function begin() {
    const hidden = Number(byId("hidden").value);
    const settings = { pictures: "/training", hidden, corruption: noise(), seed: 0 };
    changed(program.ask({ ask: "train", ...settings }));
    [asked, losses] = [settings, []];
    byId("saved-model").disabled = false;
    say(`A new model of ${hidden} units, noise ${asked.corruption}`);
    tell();
  }

  function learn() {
    if (!runs()) return;
    attempt(() => {
      const { loss, facts } = program.ask({ ask: "learn" });
      losses.push(loss);
      changed(facts);
      tell();
      if (losses.length >= MOST_EPOCHS) {
        press(false);
        say(`${MOST_EPOCHS} epochs, the most that a page takes: \`unsmudge train\` goes on`);
      }
    });
    later = setTimeout(learn, 30);
  }

  function forget() {
    press(false);
    clearTimeout(later);
    [asked, losses] = [null, []];
    tell();
  }

  async function restore() {
    forget();
    try {
      await program.again();
      byId("saved-model").disabled = true;
      changed(saved);
    } catch (error) {
      complain(error);
    }
  }

  button.addEventListener("click", () => {
    press(!runs());
    if (runs() && !asked) attempt(begin);
    clearTimeout(later);
    learn();
  });
  byId("train-restart").addEventListener("click", () => {
    const ran = runs();
    forget();
    attempt(begin);
    if (!ran) return;
    press(true);
    learn();
  });
  byId("saved-model").addEventListener("click", async () => {
    await restore();
    say("The saved model is open again");
  });
  byId("train-section").hidden = false;
}
