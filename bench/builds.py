#!/usr/bin/env python3
"""Compares two builds of `unsmudge`: python3 bench/builds.py BEFORE AFTER [ROUNDS] [--digits FOLDER]

They run in turn, AB, BA, AB ..., so that other load affects both. For each case it prints the ratio
of the seconds of training, AFTER divided by BEFORE, as the median of the rounds with the quartiles,
the least seconds of either build and their ratio, and the median load of other processes, in cores.
The losses must be the same to the last digit. Standard library only.
"""

import argparse
import random
import shutil
import statistics
import tempfile
from pathlib import Path

import prepare
import sides

MACHINE = {"threads": 2}
DIGITS = ["--epochs", 1, "--valid", 1000, "--optimizer", "sgd", "--rate", 0.1]
CASES = {
    "784-1000, masking, batch 20": ["digits", "--hidden", 1000, "--untied", *DIGITS,
                                    "--batch", 20, "--corruption", "masking:0.25"],
    "784-1000, masking, batch 100": ["digits", "--hidden", 1000, "--untied", *DIGITS,
                                     "--batch", 100, "--corruption", "masking:0.25"],
    "784-1000, double emphasis": ["digits", "--hidden", 1000, "--untied", *DIGITS, "--batch", 100,
                                  "--corruption", "salt-and-pepper:0.25", "--emphasis", "double"],
    "784-1000, bf16": ["digits", "--hidden", 1000, "--untied", *DIGITS, "--batch", 100,
                       "--corruption", "masking:0.25", "--precision", "bf16"],
    "RBM 784-500": ["digits", "--hidden", 500, "--rbm", *DIGITS, "--batch", 100],
    "table 30-128, Adam, batch 64": ["table", "--hidden", 128, "--batch", 64, "--epochs", 4,
                                     "--corruption", "gaussian:0.3", "--optimizer", "adam",
                                     "--rate", 0.001],
}


def table(path, n_rows=16000, n_columns=30):
    """A table of numbers from six hidden causes, with its names."""
    draw = random.Random(0).gauss
    loads = [[draw(0, 1) for _ in range(n_columns)] for _ in range(6)]
    with open(path, "w") as file:
        print(",".join(f"x{i}" for i in range(n_columns)), file=file)
        for _ in range(n_rows):
            causes = [draw(0, 1) for _ in range(6)]
            row = (sum(c * load[i] for c, load in zip(causes, loads)) for i in range(n_columns))
            print(",".join(f"{cell + draw(0, 0.3):.4f}" for cell in row), file=file)


def seconds(binary, flags, scratch):
    """Seconds of training of one run, its loss, and the load of other processes."""
    out = scratch / "run"
    shutil.rmtree(out, ignore_errors=True)
    command = [binary, "train", *flags, "--threads", MACHINE["threads"], "-q", "--seed", 1,
               "--json", "--out", out]
    result = sides.whole(command, MACHINE, scratch)
    return result["seconds"], result["train_loss"], result["other_load"]


def compare(builds, flags, n_rounds, scratch):
    """The cells of a case's line."""
    runs = ([], [])
    for round_ in range(n_rounds + 1):
        for build in (0, 1) if round_ % 2 else (1, 0):
            runs[build].append(seconds(builds[build], flags, scratch))
    before, after = (list(zip(*one[1:])) for one in runs)  # the first round warms up
    ratios = [b / a for a, b in zip(before[0], after[0])]
    low, middle, high = statistics.quantiles(ratios, n=4)
    least = [min(one[0]) for one in (before, after)]
    return [f"**{middle:.3f}**", f"{low:.3f} to {high:.3f}", f"{least[0]:.3f}", f"{least[1]:.3f}",
            f"{least[1] / least[0]:.3f}", f"{statistics.median(before[2] + after[2]):.1f}",
            "same" if set(before[1]) == set(after[1]) else "**different**"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("rounds", type=int, nargs="?", default=11)
    parser.add_argument("--digits", type=Path, default=prepare.MNIST, help="folder of MNIST files")
    options = parser.parse_args()
    prepare.MNIST = options.digits
    prepare.CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unsmudge-builds-") as scratch:
        scratch = Path(scratch)
        data = {"digits": prepare.mnist_part(10000), "table": scratch / "table.csv"}
        table(data["table"])
        print("| case | ratio | quartiles | before, s | after, s | of the least | other load "
              "| losses |\n|---|--:|---|--:|--:|--:|--:|---|")
        for name, (kind, *flags) in CASES.items():
            cells = compare((options.before, options.after), [data[kind], *flags],
                            options.rounds, scratch)
            print("| " + " | ".join([name, *cells]) + " |", flush=True)


if __name__ == "__main__":
    main()
