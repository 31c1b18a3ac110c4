#!/usr/bin/env python3
"""Runs the cases of cases.toml, unsmudge and the other systems interleaved, and writes reports.

    python3 bench/run.py               every case, five rounds, and the reference: some 25 minutes
    python3 bench/run.py --only TEXT   the cases with TEXT in their name, anew; added to today's run of
                                       this commit where there is one
    python3 bench/run.py --quick       some cases, three rounds, less data: under three minutes
    python3 bench/run.py --reference   only the reference losses
    python3 bench/run.py --precision   only the losses of bf16 against f32: some 20 minutes

Every run is appended to raw.csv when it is done; the same command resumes from there after an
interruption. Python 3.11 or newer, standard library only; the other systems get an environment
and a build of their own.
"""

import argparse
import csv
import datetime
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import prepare
import sides
import summary
from precision import precision
from prepare import BENCH, BINARY, CACHE, say
from reference import reference

COLUMNS = ["case", "who", "round", "threads", "batch", "seconds", "samples_per_second", "gflops",
           "peak_rss_mb", "train_loss", "valid_loss", "valid_error", "other_load", "work_seconds",
           "first_update", "warm_up", "commit"]


class Journal:
    """raw.csv: runs that it contains are not repeated, but for those of the cases named `anew`."""

    def __init__(self, path, commit, goes_on, anew):
        self.path, self.commit, self.rows = path, commit, []
        if goes_on and path.exists():
            with open(path, newline="") as file:
                self.rows = [row for row in csv.DictReader(file)
                             if row["commit"] == commit and row["case"] not in anew]
        for row in self.rows:
            row.update({key: number(value) for key, value in row.items()
                        if key not in ("case", "who", "commit")})
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)

    def has(self, case, who, round_):
        return any((row["case"], row["who"], row["round"]) == (case["name"], who, round_)
                   for row in self.rows)

    def has_all(self, case):
        return all(self.has(case, who, n) for who in case["who"] for n in rounds(case))

    def add(self, row):
        row = {key: row.get(key) for key in COLUMNS} | {"commit": self.commit}
        self.rows.append(row)
        with open(self.path, "a", newline="") as file:
            csv.DictWriter(file, COLUMNS, lineterminator="\n").writerow(row)


def number(text):
    return None if text == "" else float(text) if "." in text or "e" in text else int(text)


def flop(case):
    """Operations of the products of a run, as if dense, held-out ones included."""
    sizes = [case["columns"], *(int(n) for n in str(case["hidden"]).split(","))]
    if case["work"] == "train":
        # Encode, decode, one product back, two gradients.
        weights = sizes[0] * sizes[1]
        return case["epochs"] * (10 * weights * case["rows"] + 4 * weights * case["valid"])
    if case["work"] == "tune":
        # Forward, back except for the lowest layer, gradients.
        weights = [low * high for low, high in zip(sizes, [*sizes[1:], 10])]
        step = 6 * sum(weights) - 2 * weights[0]
        return case["tune_epochs"] * (step * case["rows"] + 2 * sum(weights) * case["valid"])
    return None


def record(case, who, round_, result, ready):
    """A row of raw.csv."""
    # Of our command on a small table all counts; of the others, and from Python, the training.
    whole = case["work"] == "encode" or (case["work"], who) == ("small", "unsmudge")
    seconds = result["wall"] if whole else result["seconds"]
    samples = {"train": case["rows"] * case["epochs"], "encode": 10000,
               "small": case["rows"] * case["epochs"],
               "tune": case["rows"] * case.get("tune_epochs", 0)}.get(case["work"])
    flops = flop(case)
    row = {"case": case["name"], "who": who, "round": round_, "threads": case["threads"],
           "batch": case.get("tune_batch", case["batch"]), "seconds": round(seconds, 4),
           "samples_per_second": samples and round(samples / seconds, 1),
           "gflops": flops and round(flops / seconds / 1e9, 1),
           "peak_rss_mb": round(result["peak_rss_mb"], 1),
           "other_load": round(result["other_load"], 2),
           "work_seconds": result.get("work_seconds"),
           "first_update": ready.get("first_update_seconds"),
           "warm_up": ready.get("warm_up_seconds")}
    for key in ("train_loss", "valid_loss", "valid_error"):
        value = result.get(key)
        row[key] = value if value is None else round(value, 5)
    return row


def run_case(case, journal, scratch):
    """All rounds of a case, with one run of every system in each."""
    if journal.has_all(case):
        return
    data = prepare.data(case["data"], case["rows"] + case["valid"])
    is_encode = case["work"] == "encode"
    if is_encode and not (scratch / "model").exists():
        sides.our_run(case | {"work": "train"}, "unsmudge", data, scratch, 0)
        (scratch / "run").rename(scratch / "model")
    rivals = {}
    for who in case["who"]:
        if who in sides.RIVALS and not is_encode:
            say(f"  {sides.NAMES[who]} warms up")
            command = sides.rival_command(case, who, data, scratch)
            rivals[who] = sides.Rival(command, case, scratch)
    with sides.Competitors(case.get("competitors", 0)):
        run_rounds(case, journal, scratch, data, rivals)
    for rival in rivals.values():
        rival.end()


def run_rounds(case, journal, scratch, data, rivals):
    for round_ in rounds(case):
        told = []
        for who in case["who"]:
            if journal.has(case, who, round_):
                continue
            ready = {}
            if who in rivals:
                result, ready = rivals[who].run(round_), rivals[who].ready
            elif who in sides.RIVALS:
                result = sides.whole(sides.rival_command(case, who, data, scratch), case, scratch)
            else:
                result = sides.our_run(case, who, data, scratch, round_)
            row = record(case, who, round_, result, ready)
            journal.add(row)
            told.append(f"{who} {row['seconds']:.2f}")
        say(f"  round {round_}: {', '.join(told)}")


def rounds(case):
    return range(1, case["rounds"] + 1)


def complete(declared, options):
    """The declared cases of this kind of run, complete."""
    cases = []
    for case in declared["case"]:
        case = declared["usual"] | case
        if options.quick:
            if "quick" not in case:
                continue
            case |= declared["quick"] | case["quick"]
        cases.append(case)
    if not options.quick:
        growth = declared["usual"] | declared["growth"]
        for axis, values in growth["axes"].items():
            for value in values:
                case = growth | {"axis": axis, "name": f"growth, {value:,} {axis}"}
                case |= {"data": f"dense-{value}"} if axis == "columns" else {axis: value}
                cases.append(case)
    for case in cases:
        kind, _, columns = case["data"].partition("-")
        case["columns"] = 784 if kind == "mnist" else int(columns)
        case["rounds"] = options.rounds or case["rounds"]
    return cases


def only_known(cases):
    """Leaves out what this binary cannot do or was not requested."""
    text = subprocess.run([BINARY, "train", "--help"], capture_output=True, text=True).stdout
    if "--precision" not in text:
        say("no bf16 of ours: `unsmudge train` has no --precision")
        for case in cases:
            case["who"] = [who for who in case["who"] if who != "unsmudge-bf16"]
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under three minutes")
    parser.add_argument("--reference", action="store_true", help="only the losses on record")
    parser.add_argument("--precision", action="store_true",
                        help="only what is learned in bf16 beside f32")
    parser.add_argument("--rounds", type=int, help="rounds of each case")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose name has TEXT")
    parser.add_argument("--machine", help="name of this machine, as in 2-core-zen5")
    parser.add_argument("--out", type=Path, help="folder for the results")
    parser.add_argument("--no-build", action="store_true", help="take target/release as it is")
    options = parser.parse_args()
    declared = tomllib.loads((BENCH / "cases.toml").read_text())
    everything = complete(declared, options)
    cases = [case for case in everything if (options.only or "") in case["name"]]
    kind, described = summary.machine()
    today = datetime.date.today().isoformat()
    # Quick runs are not kept. Some cases of a run, of the same commit, are added to it.
    whole = BENCH / "runs" / f"{today}-{options.machine or kind}"
    is_partial = options.quick or (options.only and not (whole / "raw.csv").exists())
    parent = CACHE / "runs" if is_partial else BENCH / "runs"
    folder = options.out or parent / f"{today}-{options.machine or kind}"
    folder.mkdir(parents=True, exist_ok=True)
    CACHE.mkdir(exist_ok=True)

    if not options.no_build:
        prepare.build()
    with tempfile.TemporaryDirectory(prefix="unsmudge-bench-") as scratch:
        scratch = Path(scratch)
        if not (options.reference or options.precision):
            prepare.environment()
            if any("burn" in who for case in cases for who in case["who"]):
                prepare.build_burn()
            if any("unsmudge-python" in case["who"] for case in cases):
                prepare.install_package()
            run_cases(only_known(cases), everything, declared, folder, scratch, options,
                      [today, *described, *summary.versions()])
        if options.reference or not (options.quick or options.only or options.precision):
            on_mnist(reference, declared["reference"], scratch, folder / "reference.md")
        if options.precision:
            on_mnist(precision, declared["precision"], scratch, folder / "precision.md")
    say(f"see {os.path.relpath(folder)}")


def run_cases(cases, everything, declared, folder, scratch, options, head):
    commit = summary.commit()
    # Uncommitted code cannot be told from an earlier state: such a run starts anew.
    goes_on = not options.quick and "changes" not in commit
    anew = {case["name"] for case in cases} if options.only else set()
    journal = Journal(folder / "raw.csv", commit, goes_on, anew)
    peaks = prepare.peaks(sorted({case["threads"] for case in everything}))
    if not any("bf16" in peak for peak in peaks.values()):
        say("no bf16: this processor has no products of it, and all sides would only imitate them")
        head = [*head, "no bf16: this processor has no products of it"]
        for case in everything:
            case["who"] = [who for who in case["who"] if not who.endswith("bf16")]
    load = os.getloadavg()[0]
    for case in cases:
        say(case["name"])
        run_case(case, journal, scratch)
    first_updates = []
    data = prepare.data("mnist", 60000)
    case = declared["usual"]
    for _ in range(3 if options.quick else 5):
        command = sides.our_command(case, "unsmudge", data, scratch, 0)
        first_updates.append(sides.time_to_first_update(command, scratch))
    head = [f"* {line}" for line in head]
    head.append(f"* {'MNIST' if prepare.MNIST.is_dir() else 'digits drawn by the program'}; load "
                f"average when it began {load:.1f}, when it ended {os.getloadavg()[0]:.1f} (its own "
                "work included)")
    # Those of an earlier command that this one added to are shown too.
    cases = [case for case in everything if journal.has_all(case)]
    shown = []
    for case in cases:
        data = prepare.data(case["data"], case["rows"] + case["valid"])
        for who in case["who"]:
            command = (sides.rival_command(case, who, data, scratch) if who in sides.RIVALS
                       else sides.our_command(case, who, data, scratch, 1))
            shown.append(sides.show(command).replace(str(scratch), "TMP"))
    text = summary.summary(cases, journal.rows, first_updates, declared["limits"], peaks, head,
                           shown)
    (folder / "summary.md").write_text(text)
    print(text)


def on_mnist(compare, settings, scratch, file):
    if not prepare.MNIST.is_dir():
        say(f"no {file.name}: it is of MNIST, which is not here")
        return
    threads = len(os.sched_getaffinity(0))
    text, is_within = compare(settings, prepare.MNIST, threads, scratch)
    file.write_text(text)
    print(text)
    if not is_within:
        sys.exit(f"{file.name}: something is too far from what it is compared with")


if __name__ == "__main__":
    main()
