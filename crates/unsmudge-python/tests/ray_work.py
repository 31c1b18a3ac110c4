"""What `test_ray.py` runs in a process and a network of its own: Ray listens on all interfaces.

`python ray_work.py FOLDER`, with the command's path in UNSMUDGE_BIN.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import command
import numpy as np
import pandas as pd
import psutil
import ray
import ray.tune
import runnable

import unsmudge
import unsmudge.ray
from unsmudge import _workers

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tutorials" / "many-machines.md"
TRAINING = {"epochs": 2000, "batch": 5}
SPACE = {"hidden": ray.tune.grid_search([30, 40]), "seed": 3, "checkpoint_steps": 500, **TRAINING}


def table():
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.random((300, 4)).astype("float32"), columns=list("abcd"))
    return table.assign(b=table.a * table.c)


def children(*words):
    """Processes whose command lines have these words."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if all(word in line for word in words):
            found.append(process)
    return found


def kill_worker_of_a_trial(killed):
    """Kills the worker of the first trial that has a checkpoint."""
    while not killed:
        time.sleep(0.05)
        for process in children("unsmudge", " train "):
            words = process.cmdline()
            run = Path(words[words.index("--out") + 1])
            if (run / "checkpoint.safetensors").exists():
                os.kill(process.ppid(), signal.SIGKILL)
                killed.append(run)
                return


def search(folder):
    """A search, of which one worker is killed, and what each trial learned without any of it."""
    data = folder / "table.csv"
    table().to_csv(data, index=False)
    killed = []
    threading.Thread(target=kill_worker_of_a_trial, args=(killed,), daemon=True).start()
    found = unsmudge.ray.search(data, folder / "found", SPACE, n_trials=1, grace_epochs=0)
    assert not found.errors, found.errors
    assert killed, "no worker was killed"
    losses = {of.metrics["run"]: of.metrics["held_out"] for of in found}
    assert len(losses) == 2, losses
    best = found.get_best_result()
    assert best.metrics["held_out"] == min(losses.values())
    for run in losses:
        layer = unsmudge.load(Path(run) / "model.safetensors")
        alone = unsmudge.DenoisingAutoencoder(layer.n_hidden, random_state=3, n_jobs=1, **TRAINING)
        alone.fit(table())
        assert (alone.components_ == layer.components_).all(), run
    again = unsmudge.ray.search(data, folder / "found", SPACE, n_trials=1, grace_epochs=0)
    assert len(again) == 2 and not again.errors
    try:
        unsmudge.ray.search(data, folder / "found", {**SPACE, "seed": 4})
    except ValueError as error:
        assert "holds a search with space" in str(error) and "'seed': '3'" in str(error)
    else:
        raise AssertionError("another search went into the same folder")


def one_model(folder):
    """A model of two workers, of which one is killed: the bytes that one process comes to."""
    data = folder / "table.csv"
    settings = {"hidden": 30, "shards": 4, "seed": 3, "epochs": 3000, "batch": 60}
    killed = []

    def kill_a_rank():
        while not (folder / "one" / "run" / "checkpoint.safetensors").exists():
            time.sleep(0.05)
        for process in children("unsmudge", "--rank 1/2"):
            killed.append(process)
            os.kill(process.ppid(), signal.SIGKILL)

    threading.Thread(target=kill_a_rank, daemon=True).start()
    run = unsmudge.ray.train(data, folder / "one", settings, arguments=["--checkpoint-steps=500"])
    assert len(killed) == 1, killed
    line = ["train", data, "--out", folder / "alone", "-q", "--checkpoint-steps=500"]
    subprocess.run([command.PROGRAM, *line, *_workers.options(settings)], check=True)
    model = "model.safetensors"
    assert (run / model).read_bytes() == (folder / "alone" / model).read_bytes()


def use():
    """Codes of rows, while a worker that holds the model is killed."""
    rows = pd.concat([table()] * 40, ignore_index=True)
    model = unsmudge.DenoisingAutoencoder(3, epochs=2, random_state=0, n_jobs=1).fit(table())
    given = ray.data.from_pandas([part for _, part in rows.reset_index().groupby(rows.index // 100)])

    def kill_actor():
        while not (found := children("ray::MapWorker")):
            time.sleep(0.02)
        time.sleep(0.3)
        found[0].kill()

    threading.Thread(target=kill_actor, daemon=True).start()
    codes = unsmudge.ray.transform(model, given, keep=["index"], batch_size=100).to_pandas()
    codes = codes.sort_values("index")
    assert list(codes["index"]) == list(range(len(rows)))
    assert (codes.drop(columns="index").to_numpy() == model.transform(rows)).all()


def fill_and_score():
    rows = table()
    holes = rows.mask(np.random.default_rng(1).random(rows.shape) < 0.1)
    imputer = unsmudge.DenoisingImputer(steps=20, n_members=1, random_state=0).fit(holes)
    filled = unsmudge.ray.impute(imputer, ray.data.from_pandas(holes)).to_pandas()
    assert (filled.to_numpy() == imputer.transform(holes).to_numpy()).all()
    detector = unsmudge.DenoisingOutlierDetector(steps=20, random_state=0).fit(rows)
    given = ray.data.from_pandas(rows.assign(key=range(len(rows))))
    scores = unsmudge.ray.score(detector, given, keep=["key"]).to_pandas()
    assert list(scores.columns) == ["key", "score"]
    assert (scores.sort_values("key").score.to_numpy() == detector.score_samples(rows)).all()


def page(folder):
    """The lines of the page that need Ray."""
    (folder / "page").mkdir()
    os.chdir(folder / "page")
    names = {}
    for line, language, code in runnable.blocks(PAGE.read_text()):
        if language.endswith("needs-ray"):
            names = runnable.run_python(code, names, PAGE, line)


def main(folder):
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    search(folder)
    one_model(folder)
    use()
    fill_and_score()
    page(folder)
    print("done")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
