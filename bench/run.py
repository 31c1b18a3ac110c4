#!/usr/bin/env python3
"""Runs the cases of cases.toml, unsmudge and PyTorch by turns, and writes what came of it.

    python3 bench/run.py               every case, five pairs, and the reference: ten minutes
    python3 bench/run.py --quick       three pairs on a part of the data: under three minutes
    python3 bench/run.py --reference   only the losses beside those on record

Python 3.11 or newer, standard library only; PyTorch gets an environment of its own.
"""

import argparse
import array
import csv
import datetime
import gzip
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
CACHE = BENCH / ".cache"
MNIST = ROOT.parent / "shared" / "data" / "mnist"
BINARY = ROOT / "target" / "release" / "unsmudge"
PYTHON = BENCH / ".venv" / "bin" / "python"
RIVAL = BENCH / "rivals" / "pytorch.py"
COLUMNS = ["case", "who", "pair", "threads", "batch", "seconds", "samples_per_second",
           "peak_rss_mb", "train_loss", "valid_loss", "other_load"]
BUSY = 0.1  # cores' worth of other processes' work from which a run counts as disturbed


def say(text):
    print(text, file=sys.stderr, flush=True)


# Preparations

def build():
    say("building unsmudge")
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "unsmudge-cli"],
                   cwd=ROOT, check=True)


def prepare_environment():
    """bench/.venv with what requirements.txt pins."""
    wanted = (BENCH / "requirements.txt").read_text()
    if not PYTHON.exists():
        say("making bench/.venv")
        subprocess.run([sys.executable, "-m", "venv", BENCH / ".venv"], check=True)
    check = "import importlib.metadata as m; print(m.version('torch'), m.version('numpy'))"
    found = subprocess.run([PYTHON, "-c", check], capture_output=True, text=True)
    pins = dict(line.split("==") for line in wanted.split())
    if found.stdout.split() != [pins["torch"], pins["numpy"]]:
        say("installing PyTorch into bench/.venv: some gigabytes")
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "-r",
                        BENCH / "requirements.txt"], check=True)


def prepare_data(is_quick, rows):
    """The folder both sides read, and what to call it."""
    if MNIST.is_dir():
        folder, name = MNIST, "MNIST"
    else:
        folder, name = CACHE / "drawn", "drawn digits (problem:basic), as there is no MNIST here"
        if not folder.is_dir():
            say("drawing digits")
            subprocess.run([BINARY, "problem", "basic", "--out", folder, "--size",
                            "60000,1,10000", "-q"], check=True)
            for path in folder.glob("valid-*"):
                path.unlink()
    if is_quick:
        folder, name = write_part(folder, rows), f"the first {rows:,} training rows of {name}"
    return folder, name


def write_part(source, rows):
    """The first rows of every IDX file of `source`, in a folder of the cache."""
    part = CACHE / f"{source.name}-{rows}"
    part.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*-ubyte*"):
        data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
        n_dimensions = data[3]
        sizes = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(n_dimensions)]
        n_rows, row = min(rows, sizes[0]), 1
        for size in sizes[1:]:
            row *= size
        first = 4 + 4 * n_dimensions
        head = data[:4] + n_rows.to_bytes(4, "big") + data[8:first]
        (part / path.name.removesuffix(".gz")).write_bytes(head + data[first:first + n_rows * row])
    return part


# Runs

def measure(command, scratch):
    """Runs a command; gives its output's last line as JSON, wall seconds, peak memory, and how
    many cores other processes kept busy meanwhile."""
    out, err = scratch / "stdout", scratch / "stderr"
    busy = busy_seconds()
    with open(out, "wb") as to, open(err, "wb") as errors:
        started = time.monotonic()
        environment = {**os.environ, "BENCH_STARTED": repr(started)}
        process = subprocess.Popen([str(part) for part in command], stdout=to, stderr=errors,
                                   env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{show(command)}\nfailed with {process.returncode}:\n{err.read_text()}")
    others = busy_seconds() - busy - usage.ru_utime - usage.ru_stime
    lines = out.read_text().strip().splitlines()
    result = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return result, wall, usage.ru_maxrss / 1024, max(0.0, others) / wall


def busy_seconds():
    """CPU seconds all processes have used since the machine started, and those stolen from it."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal, *_ = map(int, file.readline().split()[1:])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def show(command):
    """A command as a reader would type it, from the repository's root."""
    text = " ".join(str(part) for part in command)
    return text.replace(f"{ROOT}/", "").replace(f"{ROOT.parent}/", "../")


def commands(case, settings, data, scratch):
    """The command of each side. Ours writes its run or codes into `scratch`."""
    threads = case["threads"]
    rival = [PYTHON, RIVAL, case["work"], "--data", data, "--threads", threads]
    if case["work"] == "encode":
        model = scratch / "model" / "model.safetensors"
        ours = [BINARY, "encode", model, data, "--split", "test", "--threads", threads, "-q",
                "--out", scratch / "ours.npy"]
        return ours, rival + ["--model", model, "--out", scratch / "theirs.npy"]
    nu, rate = settings["corruption"], settings["rate"]
    shared = ["--valid", settings["valid"], "--hidden", case["hidden"], "--batch", case["batch"],
              "--rate", rate, "--epochs", settings["epochs"]]
    tied = case.get("tied", False)
    ours = [BINARY, "train", data, "--corruption", f"bernoulli:{nu}", "--optimizer", "sgd",
            *shared, "--tied" if tied else "--untied", "--threads", threads, "--json", "-q",
            "--out", scratch / "run"]
    return ours, rival + ["--nu", nu, *shared] + (["--tied"] if tied else [])


def run_case(case, settings, data, scratch):
    """All pairs of a case, ours and theirs by turns. Gives rows of raw.csv and remarks."""
    rows, notes = [], []
    ours, theirs = commands(case, settings, data, scratch)
    for pair in range(1, settings["pairs"] + 1):
        for who, command in (("unsmudge", ours), ("pytorch", theirs)):
            shutil.rmtree(scratch / "run", ignore_errors=True)
            result, wall, peak, others = measure(command, scratch)
            is_encode = case["work"] == "encode"
            seconds = wall if is_encode else result["seconds"]
            speed = result.get("samples_per_second") or result.get("examples_per_second")
            if is_encode:
                speed = n_codes(scratch / "ours.npy") / wall
            rows.append({"case": case["name"], "who": who, "pair": pair,
                         "threads": case["threads"], "batch": case.get("batch", ""),
                         "seconds": round(seconds, 4), "samples_per_second": round(speed, 1),
                         "peak_rss_mb": round(peak, 1),
                         "train_loss": rounded(result.get("train_loss")),
                         "valid_loss": rounded(result.get("valid_loss")),
                         "other_load": round(others, 2),
                         "work_seconds": result.get("work_seconds"),
                         "first_update": result.get("first_update_seconds")})
        say(f"  pair {pair}: {rows[-2]['seconds']:.2f} s and {rows[-1]['seconds']:.2f} s")
    if case["work"] == "encode":
        inner = statistics.median(row["work_seconds"] for row in rows if row["work_seconds"])
        notes.append(f"Encode: the largest difference between two codes is "
                     f"{largest_difference(scratch):.1e}. Of PyTorch's seconds, {inner:.2f} are "
                     f"the encoding itself; most of the rest is its import.")
    return rows, notes


def rounded(value):
    return "" if value is None else round(value, 4)


def npy(path):
    """Header and f32 values of an NPY file."""
    data = Path(path).read_bytes()
    size = int.from_bytes(data[8:10], "little")
    values = array.array("f")
    values.frombytes(data[10 + size:])
    return data[10:10 + size].decode(), values


def n_codes(path):
    with open(path, "rb") as file:
        return int(re.search(rb"'shape': \((\d+)", file.read(128))[1])


def largest_difference(scratch):
    (_, ours), (_, theirs) = npy(scratch / "ours.npy"), npy(scratch / "theirs.npy")
    return max(abs(a - b) for a, b in zip(ours, theirs, strict=True))


def time_to_first_update(command, scratch):
    """Seconds until training is announced, and until a checkpoint of the first update is there:
    the first update itself lies in between."""
    shutil.rmtree(scratch / "run", ignore_errors=True)
    command = [str(part) for part in command if part != "-q"] + ["--checkpoint-steps", "1"]
    checkpoint = scratch / "run" / "checkpoint.safetensors"
    ready = None
    with open(scratch / "stderr", "wb") as to:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=to)
        while not checkpoint.exists():
            if ready is None and (scratch / "stderr").stat().st_size > 0:
                ready = time.monotonic() - started
            if process.poll() is not None:
                sys.exit(f"{show(command)}\nended before its first checkpoint")
            time.sleep(0.001)
        updated = time.monotonic() - started
        process.send_signal(signal.SIGINT)
        process.wait()
    return ready or updated, updated


# The reference

def reference(settings, data, threads, scratch):
    """Rows of reference.md: ours beside the losses on record."""
    rows, is_within, shown = [], True, []
    for one in settings["run"]:
        shutil.rmtree(scratch / "run", ignore_errors=True)
        held_out = ["--valid", "10000"]
        command = [BINARY, "train", data, *held_out, *settings["train"], "--corruption",
                   one["corruption"], "--threads", threads, "--json", "-q", "--out",
                   scratch / "run"]
        shown.append(command)
        say(f"reference: corruption {one['corruption']}")
        result, *_ = measure(command, scratch)
        found = [("train", one["train_loss"], result["train_loss"]),
                 ("held out, corrupted as in training", one["valid_loss"], result["valid_loss"])]
        if "clean_loss" in one:
            command = [BINARY, "evaluate", scratch / "run", data, *held_out, "--split", "valid",
                       "--corruption", "none", "--json"]
            shown.append(command)
            evaluation, *_ = measure(command, scratch)
            found.append(("held out, clean", one["clean_loss"], evaluation["loss"]))
        for what, theirs, ours in found:
            percent = 100 * (ours / theirs - 1)
            is_good = abs(percent) <= settings["percent"]
            is_within &= is_good
            rows.append(f"| {one['corruption']} | {what} | {ours:.2f} | {theirs:.2f} "
                        f"| {percent:+.2f} % | {'yes' if is_good else '**no**'} "
                        f"| {result['seconds']:.1f} |")
    text = "\n".join([
        "# Losses beside those on record", "",
        f"MNIST, 50,000 to train, 10,000 held out; 784-500 tied, 15 epochs, {threads} threads. "
        "Theirs: PyTorch on another machine, from the record of the papers' cases. Nats per "
        "example; noise and seeds differ.", "",
        f"| corruption | loss | ours | theirs | difference | within {settings['percent']:g} % "
        "| seconds of training |",
        "|---|---|--:|--:|--:|---|--:|", *rows, "", *code(shown, scratch)])
    return text, is_within


def code(shown, scratch):
    names = {str(scratch): "TMP"}
    lines = [show(command) for command in shown]
    for long, short in names.items():
        lines = [line.replace(long, short) for line in lines]
    return ["```", *lines, "```", ""]


# What came of it

def machine():
    """CPU model, a short name for its kind, cores and instruction set; no host name."""
    text = subprocess.run(["lscpu"], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout
    fields = dict(re.findall(r"^(.+?):\s+(.+)$", text, re.M))
    model = fields.get("Model name", platform.machine())
    flags = set(fields.get("Flags", "").split())
    family, number = (int(fields.get(name, "0") or 0) for name in ("CPU family", "Model"))
    if fields.get("Vendor ID") == "AuthenticAMD":
        zen3 = number < 0x10 or 0x20 <= number < 0x60
        kind = {23: "zen2" if number >= 0x30 else "zen", 25: "zen3" if zen3 else "zen4",
                26: "zen5"}.get(family, "amd")
    else:
        kind = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*?\)|CPU|@.*", "", model).lower()).strip("-")
    cores = len(os.sched_getaffinity(0))
    set_ = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    lines = [f"{model} ({kind}), {cores} cores, {set_}, "
             f"{int(memory[1]) / 2**20:.0f} GiB memory, caches "
             + ", ".join(f"{c} {fields[c + ' cache']}" for c in ("L1d", "L2", "L3")
                         if c + " cache" in fields),
             f"{platform.system()} {platform.release()}"]
    return f"{cores}-core-{kind}", lines


def versions():
    def first_line(*command):
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()
    check = "import torch, numpy; print(f'PyTorch {torch.__version__}, NumPy {numpy.__version__}')"
    commit = first_line("git", "rev-parse", "--short", "HEAD")
    if first_line("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " with changes"
    return [f"{first_line(BINARY, '--version')}, commit {commit}, {first_line('rustc', '--version')}",
            first_line(PYTHON, "-c", check) + f", Python {platform.python_version()}"]


def middle(values, form):
    return f"{form(statistics.median(values))} ({form(min(values))} to {form(max(values))})"


def summary(rows, notes, first_updates, limits, head, shown, scratch):
    """summary.md: ratios first."""
    names = list(dict.fromkeys(row["case"] for row in rows))
    lines = ["# unsmudge and PyTorch by turns", "", *head, "",
             "Median (least to greatest). The ratio is that of the two runs of a pair, theirs "
             "over ours: 2 means ours took half the time. Training seconds count the epochs with "
             "the held-out loss after each, on both sides; neither start nor reading data.", "",
             "| case | ratio | ours, s | PyTorch, s | ours, examples/s | PyTorch, examples/s |",
             "|---|--:|--:|--:|--:|--:|"]
    of = {(row["case"], row["who"]): [] for row in rows}
    for row in rows:
        of[row["case"], row["who"]].append(row)

    def column(name, who, key):
        return [row[key] for row in of[name, who]]

    for name in names:
        ours, theirs = column(name, "unsmudge", "seconds"), column(name, "pytorch", "seconds")
        ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
        speed = [statistics.median(column(name, who, "samples_per_second"))
                 for who in ("unsmudge", "pytorch")]
        others = max(row["other_load"] for row in of[name, "unsmudge"] + of[name, "pytorch"])
        busy = "" if others < BUSY else f"; **busy: {others:.1f} cores at other work**"
        lines.append(f"| {name}{busy} | **{middle(ratios, '{:.2f}'.format)}** "
                     f"| {middle(ours, '{:.2f}'.format)} | {middle(theirs, '{:.2f}'.format)} "
                     f"| {speed[0]:,.0f} | {speed[1]:,.0f} |")
    lines += ["", "| case | peak memory ours, MB | PyTorch, MB | train loss ours | PyTorch "
              "| held-out loss ours | PyTorch |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name in names:
        cells = [f"{statistics.median(column(name, who, 'peak_rss_mb')):.0f}"
                 for who in ("unsmudge", "pytorch")]
        for key in ("train_loss", "valid_loss"):
            for who in ("unsmudge", "pytorch"):
                values = [value for value in column(name, who, key) if value != ""]
                cells.append(f"{statistics.median(values):.2f}" if values else "")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", *notes, ""]

    peaks = [row["peak_rss_mb"] for row in rows
             if row["who"] == "unsmudge" and row["train_loss"] != ""]
    ready, updated = zip(*first_updates)
    theirs = [row["first_update"] for row in rows if row["first_update"]]
    lines += ["| promise for `unsmudge train` | measured | limit | kept | PyTorch |",
              "|---|--:|--:|---|--:|"]
    their_peak = max(row["peak_rss_mb"] for row in rows if row["who"] == "pytorch")
    lines.append(f"| peak memory, the most of all cases, MB | {max(peaks):.0f} "
                 f"| {limits['peak_mb']} | {yes(max(peaks) <= limits['peak_mb'])} "
                 f"| {their_peak:.0f} |")
    limit = limits["first_update_seconds"]
    lines.append(f"| from start until training is announced, s | {middle(ready, '{:.3f}'.format)} "
                 f"| | | |")
    lines.append(f"| from start until the first update is done and saved, s "
                 f"| {middle(updated, '{:.3f}'.format)} | {limit:g} "
                 f"| {yes(statistics.median(updated) < limit)} "
                 f"| {middle(theirs, '{:.2f}'.format)}, not saved |")
    lines += ["", "The commands, from the repository's root:", "", *code(shown, scratch)]
    return "\n".join(lines)


def yes(is_kept):
    return "yes" if is_kept else "**no**"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under three minutes")
    parser.add_argument("--reference", action="store_true", help="only the losses on record")
    parser.add_argument("--pairs", type=int, help="pairs of runs for each case")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose name has TEXT")
    parser.add_argument("--machine", help="name of this machine, as in 2-core-zen5")
    parser.add_argument("--out", type=Path, help="folder for the results")
    options = parser.parse_args()
    declared = tomllib.loads((BENCH / "cases.toml").read_text())
    settings = declared["usual"] | (declared["quick"] if options.quick else {})
    settings["pairs"] = options.pairs or settings["pairs"]
    cases = [case for case in declared["case"] if (options.only or "") in case["name"]]
    kind, described = machine()
    today = datetime.date.today().isoformat()
    # A quick run is to look at, not to keep.
    parent = CACHE / "runs" if options.quick else BENCH / "runs"
    folder = options.out or parent / f"{today}-{options.machine or kind}"

    CACHE.mkdir(exist_ok=True)
    build()
    prepare_environment()
    data, data_name = prepare_data(options.quick, settings.get("rows", 0))
    folder.mkdir(parents=True, exist_ok=True)
    all_threads = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="unsmudge-bench-") as scratch:
        scratch = Path(scratch)
        if not options.reference:
            run_cases(cases, settings, data, data_name, declared["limits"], scratch, folder,
                      [today, *described, *versions()])
        if options.reference or not (options.quick or options.only):
            run_reference(declared["reference"], data, all_threads, scratch, folder)
    say(f"see {os.path.relpath(folder)}")


def run_cases(cases, settings, data, data_name, limits, scratch, folder, head):
    rows, notes, shown, first_updates = [], [], [], []
    load = os.getloadavg()[0]
    # What the encode case encodes with; it also brings data and binary into the page cache.
    widest = {"work": "train", "hidden": 1000, "batch": 100, "threads": cases[0]["threads"]}
    ours, _ = commands(widest, settings, data, scratch)
    measure(ours, scratch)
    (scratch / "run").rename(scratch / "model")
    for case in cases:
        say(case["name"])
        more, remarks = run_case(case, settings, data, scratch)
        rows += more
        notes += remarks
        shown += commands(case, settings, data, scratch)
    for _ in range(settings["pairs"]):
        first_updates.append(time_to_first_update(ours, scratch))
    head = [f"* {line}" for line in head]
    head.append(f"* {data_name}; {settings['pairs']} pairs; load average when it began "
                f"{load:.1f}, when it ended {os.getloadavg()[0]:.1f} (its own work included)")
    with open(folder / "raw.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = summary(rows, notes, first_updates, limits, head, shown, scratch)
    (folder / "summary.md").write_text(text)
    print(text)


def run_reference(settings, data, threads, scratch, folder):
    if data != MNIST:
        say("no reference: it is of MNIST, which is not here")
        return
    text, is_within = reference(settings, data, threads, scratch)
    (folder / "reference.md").write_text(text)
    print(text)
    if not is_within:
        sys.exit("a loss is too far from the one on record")


if __name__ == "__main__":
    main()
