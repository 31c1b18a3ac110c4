"""A trial of a search by Ray: a run of the command, in a run folder."""

import json
import shutil
import time
import tomllib
from pathlib import Path

import numpy as np

from ._workers import check, end, needed, options, start


def begin(folder, record):
    """Writes down what is searched, or checks that the folder holds the same search."""
    path = folder / "search.json"
    if path.exists():
        known = json.loads(path.read_text())
        other = [f"{key} {known[key]}" for key in record if known[key] != record[key]]
        if other:
            text = f"folder: {folder} holds a search with {', '.join(other)}"
            raise ValueError(f"{text}: repeat that one, or give another folder")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))


def trial(config, *, line, folder):
    """A trial: trains or resumes its run, and reports the epochs of its last stage."""
    tune = needed("ray.tune")
    run = Path(folder) / tune.get_context().get_trial_id()
    # What was killed while it made its folder has no settings yet, and nothing to lose.
    if run.exists() and not (run / "settings.toml").exists():
        shutil.rmtree(run)
    if run.exists():
        words = ["resume", str(run), "--quiet", *line[-2:]]
    else:
        words = ["train", *line, *options(config), "--out", str(run), "--quiet"]
    log = run.with_suffix(".log")
    child = start(words, log)
    n_reported, best = 0, np.inf
    try:
        while True:
            is_running = child.poll() is None
            epochs = epochs_of(run)
            for epoch in epochs[n_reported:]:
                error = epoch.get("valid_error")
                best = min(best, epoch["valid_loss"] if error is None else error)
                tune.report({**epoch, "held_out": best, "run": str(run)})
            n_reported = max(n_reported, len(epochs))
            if not is_running:
                break
            time.sleep(0.2)
    finally:
        end(child)
    check(child, f"{words[0]} of {run}", log)


def epochs_of(run):
    """The epochs of the last stage of a run so far. The last line may not be written to its end."""
    try:
        settings = tomllib.loads((run / "settings.toml").read_text())
        lines = (run / "metrics.jsonl").read_text().split("\n")[:-1]
    except FileNotFoundError:
        return []
    last = f"layer {len(settings['layer'])}"
    last = next((stage for stage in ("network", "joint") if stage in settings), last)
    epochs = [json.loads(line) for line in lines]
    epochs = [epoch for epoch in epochs if epoch["stage"] == last]
    if any(epoch.get("valid_loss") is None for epoch in epochs):
        raise ValueError(f"{run}: no rows are held out to choose on: leave out valid=0")
    return epochs
