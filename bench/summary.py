"""Writes the results of a run as summary.md: ratios first."""

import os
import platform
import re
import statistics
import subprocess
from pathlib import Path

from prepare import BINARY, PYTHON, ROOT
from sides import NAMES

BUSY = 0.1  # cores' worth of other processes' work from which a run counts as disturbed
OURS = {"unsmudge-bf16": ", bf16", "unsmudge-1-thread": ", 1 thread",
        "unsmudge-python": ", from Python"}
ALIKE = 0.01  # how far the training losses of two f32 sides may be from each other


def speed(runs, case, who):
    """Examples per second; nothing for runs that are not a number of examples."""
    found = runs.median(case, who, "samples_per_second")
    return f"{found:,.0f}" if found else ""


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
    sets = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "AVX-512 BF16", "amx_bf16": "AMX"}
    found = " / ".join(name for flag, name in sets.items() if flag in flags) or "no AVX2"
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    lines = [f"{model} ({kind}), {cores} cores, {found}, "
             f"{int(memory[1]) / 2**20:.0f} GiB memory, caches "
             + ", ".join(f"{c} {fields[c + ' cache']}" for c in ("L1d", "L2", "L3")
                         if c + " cache" in fields),
             f"{platform.system()} {platform.release()}"]
    return f"{cores}-core-{kind}", lines


def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()


def commit():
    name = first_line("git", "rev-parse", "--short", "HEAD")
    dirty = first_line("git", "status", "--porcelain", "--untracked-files=no")
    return name + (" with changes" if dirty else "")


def versions():
    check = ("import importlib.metadata as m; "
             "print(', '.join(f'{n} {m.version(n)}' for n in ('torch', 'jax', 'numpy')))")
    lock = (ROOT / "bench" / "rivals" / "burn" / "Cargo.lock").read_text()
    burn = re.search(r'name = "burn"\nversion = "(.+)"', lock)[1]
    return [f"{first_line(BINARY, '--version')}, commit {commit()}, "
            f"{first_line('rustc', '--version')}",
            first_line(PYTHON, "-c", check) + f", burn {burn}, Python {platform.python_version()}"]


class Runs:
    """The rows of raw.csv, by case and system."""

    def __init__(self, rows):
        self.of = {}
        for row in rows:
            self.of.setdefault((row["case"], row["who"]), []).append(row)

    def column(self, case, who, key):
        rows = sorted(self.of.get((case["name"], who), []), key=lambda row: row["round"])
        return [row[key] for row in rows if row[key] is not None]

    def median(self, case, who, key):
        values = self.column(case, who, key)
        return statistics.median(values) if values else None

    def ratios(self, case, ours, theirs):
        """Their seconds divided by ours, round by round."""
        both = [self.column(case, who, "seconds") for who in (ours, theirs)]
        return [b / a for a, b in zip(*both, strict=True)]

    def fastest(self, case):
        """The other f32 system with the least median."""
        rivals = [who for who in case["who"] if not who.startswith("unsmudge") and "bf16" not in who]
        return min(rivals, key=lambda who: self.median(case, who, "seconds"), default=None)


def middle(values, form="{:.2f}".format):
    return f"{form(statistics.median(values))} ({form(min(values))} to {form(max(values))})"


def yes(is_kept):
    return "yes" if is_kept else "**no**"


def table(head, align, rows):
    lines = [head, align, *rows]
    return [*("| " + " | ".join(cells) + " |" for cells in lines), ""]


def ratio_tables(cases, runs):
    """Ratios to the fastest other f32 system, then to every system."""
    short, long = [], []
    for case in cases:
        rivals = [who for who in case["who"] if not who.startswith("unsmudge")]
        for ours in (who for who in case["who"] if who.startswith("unsmudge")):
            if not rivals:
                continue
            best = runs.fastest(case)
            load = max(max(runs.column(case, who, "other_load")) for who in case["who"])
            busy = "" if load < BUSY or "competitors" in case else f"; **busy: {load:.1f} cores at other work**"
            name = case["name"] + OURS.get(ours, "")
            short.append([name + busy, f"**{middle(runs.ratios(case, ours, best))}**", NAMES[best],
                          *(f"{runs.median(case, who, 'seconds'):.2f}" for who in (ours, best)),
                          *(speed(runs, case, who) for who in (ours, best))])
            long += [[name, NAMES[who], middle(runs.ratios(case, ours, who)),
                      middle(runs.column(case, who, "seconds"))] for who in rivals]
    return [*table(["case", "ratio", "fastest f32 rival", "ours, s", "its, s", "ours, examples/s",
                    "its, examples/s"], ["---", "--:", "---", *4 * ["--:"]], short),
            "Every rival:", "",
            *table(["case", "rival", "ratio", "its seconds"], ["---", "---", "--:", "--:"], long)]


def targets(cases, runs, peaks, limits):
    """Targets, and the distance from them."""
    rows = []

    def add(what, wanted, found, form="{:.2f}"):
        rows.append([what, form.format(wanted), form.format(found), yes(found >= wanted),
                     f"{100 * (found / wanted - 1):+.0f} %"])

    for case in cases:
        def against(ours, theirs, wanted, what, case=case):
            if wanted and runs.column(case, ours, "seconds") and theirs in case["who"]:
                ratio = statistics.median(runs.ratios(case, ours, theirs))
                add(f"{case['name']}: {what}", wanted, ratio)
        best = runs.fastest(case)
        against("unsmudge", best, case.get("target"), "times the fastest f32 rival")
        for who, wanted in case.get("against", {}).items():
            against("unsmudge", who, wanted, f"times {NAMES[who]}")
        against("unsmudge-bf16", best, case.get("bf16_target"), "bf16, times the fastest f32 rival")
        against("unsmudge-bf16", "pytorch-bf16", case.get("autocast_target"),
                "bf16, times PyTorch's autocast")
        if "peak_target" in case:
            share = runs.median(case, "unsmudge", "gflops") / peaks[case["threads"]]["f32"]
            add(f"{case['name']}: share of peak", case["peak_target"], share)
        if "pytorch" in case["who"]:
            ours, theirs = (runs.median(case, who, "peak_rss_mb") for who in ("unsmudge", "pytorch"))
            add(f"{case['name']}: PyTorch's memory over ours", 1 / limits["memory_of_pytorch"],
                theirs / ours)
    return table(["target", "wanted", "measured", "met", "beyond"],
                 ["---", "--:", "--:", "---", "--:"], rows) if rows else []


def side_table(cases, runs, peaks):
    """Each system: speed, fraction of the peak, memory, losses."""
    rows = []
    for case in cases:
        if "axis" in case:
            continue
        for who in case["who"]:
            precision = "bf16" if who.endswith("bf16") else "f32"
            peak = peaks[case["threads"]].get(precision)
            if precision == "bf16":
                peak = peaks[case["threads"]].get("amx", peak)
            gflops = runs.median(case, who, "gflops")
            cells = [speed(runs, case, who),
                     f"{100 * gflops / peak:.0f} %" if gflops and peak else "",
                     f"{runs.median(case, who, 'peak_rss_mb'):.0f}"]
            for key, form in (("train_loss", "{:.3f}"), ("valid_loss", "{:.3f}"),
                              ("valid_error", "{:.2%}")):
                value = runs.median(case, who, key)
                shown = value is not None and (key != "valid_error" or case["work"] != "train")
                cells.append(form.format(value) if shown else "")
            warm = runs.median(case, who, "warm_up")
            rows.append([case["name"], NAMES[who], *cells, f"{warm:.0f}" if warm else ""])
    return table(["case", "side", "examples/s", "of peak", "memory, MB", "train loss",
                  "held-out loss", "held-out error", "start to warm, s"],
                 ["---", "---", *7 * ["--:"]], rows)


def unlike(cases, runs):
    """Systems with other losses are not comparable."""
    lines = []
    for case in cases:
        for who in case["who"]:
            # A recipe ends by its error, and bf16 is rounded.
            if who == "unsmudge" or who.endswith("bf16") or case["work"] not in ("train", "tune"):
                continue
            ours, theirs = (runs.median(case, one, "train_loss") for one in ("unsmudge", who))
            percent = 100 * (theirs / ours - 1)
            limit = ALIKE if case["work"] == "train" else 3 * ALIKE
            if abs(percent) > 100 * limit:
                lines.append(f"* **{case['name']}: {NAMES[who]}'s training loss is {percent:+.1f} % "
                             "from ours.**")
    return [*lines, ""] if lines else ["Training losses of all f32 sides agree.", ""]


def growth_table(cases, runs):
    rows = []
    for case in cases:
        if "axis" in case:
            weights = 2 * case["columns"] * case["hidden"]
            seconds = runs.median(case, "unsmudge", "seconds")
            rows.append([case["axis"], f"{case[case['axis']]:,}", f"{seconds:.3f}",
                         f"{1e12 * seconds / case['rows'] / weights:.2f}",
                         f"{runs.median(case, 'unsmudge', 'peak_rss_mb'):.0f}"])
    return table(["axis", "value", "seconds", "picoseconds per example and weight", "memory, MB"],
                 ["---", *4 * ["--:"]], rows) if rows else []


def promises(runs, cases, first_updates, limits):
    rows = []
    peaks = [peak for case in cases if case["data"] == "mnist"
             for peak in runs.column(case, "unsmudge", "peak_rss_mb")]
    if peaks:
        rows.append(["peak memory, the most of all cases on MNIST, MB", f"{max(peaks):.0f}",
                     str(limits["peak_mb"]), yes(max(peaks) <= limits["peak_mb"]), ""])
    ready, updated = zip(*first_updates)
    theirs = [value for case in cases for value in runs.column(case, "pytorch", "first_update")[:1]]
    limit, form = limits["first_update_seconds"], "{:.3f}".format
    rows.append(["from start until training is announced, s", middle(ready, form), "", "", ""])
    rows.append(["from start until the first update is done and saved, s", middle(updated, form),
                 f"{limit:g}", yes(statistics.median(updated) < limit),
                 middle(theirs) + ", not saved" if theirs else ""])
    return table(["promise for `unsmudge train`", "measured", "limit", "kept", "PyTorch"],
                 ["---", "--:", "--:", "---", "--:"], rows)


def encode_notes(cases, runs):
    for case in cases:
        if case["work"] == "encode":
            inner = [f"{NAMES[who]} {seconds:.2f}" for who in case["who"]
                     if (seconds := runs.median(case, who, "work_seconds"))]
            return ["Of the seconds of encode, the encoding itself: " + ", ".join(inner)
                    + "; most of the rest is start and reading.", ""]
    return []


def summary(cases, rows, first_updates, limits, peaks, head, shown):
    runs = Runs(rows)
    measured = "; ".join(
        f"{n} thread{'s' if n > 1 else ''} " + ", ".join(f"{name} {value:.0f}"
                                                         for name, value in peak.items())
        for n, peak in peaks.items())
    return "\n".join([
        "# unsmudge and its rivals by turns", "", *head,
        f"* peak of multiply-adds on registers, GFLOP/s: {measured}", "",
        "Median (least to greatest). The ratio is that of the runs of a round, theirs over ours: 2 "
        "means ours took half the time. Seconds of training count the epochs with the held-out loss "
        "after each, on all sides; neither start, reading data, compilation nor warm-up.", "",
        *ratio_tables(cases, runs), "## Targets", "", *targets(cases, runs, peaks, limits),
        "## Every side", "",
        "The share of the peak is nominal: what the products would take if they were dense. Ours "
        "skips zeros of sparse inputs, so that on digits the share may pass what it computes.", "",
        *side_table(cases, runs, peaks), *unlike(cases, runs), *encode_notes(cases, runs),
        *growth_table(cases, runs), *promises(runs, cases, first_updates, limits),
        "The commands, from the repository's root; a rival does a run for each seed it reads:", "",
        "```", *shown, "```", ""])
