"""The two kinds of systems: our command, and a warm process that waits for its turn."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

from prepare import BINARY, BURN, CACHE, PYTHON, BENCH, ROOT

PYTORCH, JAX = BENCH / "rivals" / "pytorch.py", BENCH / "rivals" / "jax_scan.py"
SMALL = BENCH / "rivals" / "small_table.py"
BURNING = BURN / "target" / "release" / "rival-burn"
RIVALS = {"pytorch": [PYTHON, PYTORCH], "pytorch-compiled": [PYTHON, PYTORCH, "--compile"],
          "pytorch-bf16": [PYTHON, PYTORCH, "--compile", "--bf16"], "jax": [PYTHON, JAX],
          "burn": [BURNING], "burn-flex": [BURNING, "--flex"],
          "unsmudge-python": [PYTHON, SMALL], "mlp": [PYTHON, SMALL, "--mlp"]}
NAMES = {"unsmudge": "ours", "unsmudge-bf16": "ours, bf16",
         "unsmudge-1-thread": "ours, 1 thread", "unsmudge-python": "ours, from Python",
         "mlp": "scikit-learn's MLPRegressor", "pytorch": "PyTorch",
         "pytorch-compiled": "PyTorch compiled", "pytorch-bf16": "PyTorch compiled, autocast bf16",
         "jax": "JAX", "burn": "burn (ndarray)", "burn-flex": "burn (flex)"}
SHARED = ["hidden", "batch", "rate", "epochs", "loss", "corruption", "tune_batch", "tune_rate",
          "tune_epochs", "valid"]


def flags(case, names):
    return [part for name in names if name in case
            for part in ("--" + name.replace("_", "-"), case[name])]


def our_command(case, who, data, scratch, seed):
    """Writes its run into `scratch`/run, or codes into `scratch`/codes.npy."""
    threads = ["--threads", 1 if who == "unsmudge-1-thread" else case["threads"], "-q"]
    if case["work"] == "encode":
        return [BINARY, "encode", scratch / "model", data, "--split", "test", *threads,
                "--out", scratch / "codes.npy"]
    command = [BINARY, "train", data, *flags(case, [*SHARED, "scaling"]), *threads,
               "--seed", seed, "--json", "--out", scratch / "run"]
    if case["work"] in ("train", "small"):
        command += ["--optimizer", case["optimizer"], "--tied" if case.get("tied") else "--untied"]
    else:
        command += ["--optimizer", "sgd", "--labels", "--tune-optimizer", "sgd"]
    return command + (["--precision", "bf16"] if who == "unsmudge-bf16" else [])


def rival_command(case, who, data, scratch):
    program, *options = [part for part in RIVALS[who] if not str(part).startswith("--")]
    work = "train" if case["work"] == "small" else case["work"]
    command = [program, *options, work, "--data", data, "--threads", case["threads"],
               *[part for part in RIVALS[who] if str(part).startswith("--")]]
    if case["work"] == "encode":
        return [*command, "--model", scratch / "model" / "model.safetensors",
                "--out", scratch / f"{who}.npy"]
    command += flags(case, [*SHARED, "optimizer", "error"])
    return command + (["--tied"] if case.get("tied", case["work"] == "recipe") else [])


def start(command, case, scratch, **pipes):
    """A process on the cores of the case, which gets its start time."""
    cores = sorted(os.sched_getaffinity(0))[: case["threads"]]
    environment = {**os.environ, "BENCH_STARTED": repr(time.monotonic()),
                   "TORCHINDUCTOR_CACHE_DIR": str(CACHE / "inductor")}
    return subprocess.Popen([str(part) for part in command], env=environment, text=True,
                            preexec_fn=lambda: os.sched_setaffinity(0, cores),
                            stderr=open(scratch / "stderr", "ab"), **pipes)


def fail(command, scratch):
    sys.exit(f"{show(command)}\nfailed:\n{(scratch / 'stderr').read_text()[-3000:]}")


def whole(command, case, scratch):
    """Runs a command; returns the JSON of its last line with wall seconds, peak memory, and the
    load of other processes in cores."""
    busy, first = busy_seconds(), time.monotonic()
    process = start(command, case, scratch, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    lines = process.stdout.read().strip().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - first
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        fail(command, scratch)
    others = busy_seconds() - busy - usage.ru_utime - usage.ru_stime
    result = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    # The maximum resident size of a child starts from ours, which is small.
    return {"peak_rss_mb": usage.ru_maxrss / 1024} | result | {
        "wall": wall, "other_load": max(0.0, others) / wall}


class Rival:
    """A warm process that does a run on request."""

    def __init__(self, command, case, scratch):
        self.command, self.scratch = command, scratch
        self.process = start(command, case, scratch, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ready = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            fail(self.command, self.scratch)
        return json.loads(line)

    def run(self, seed):
        busy, own, first = busy_seconds(), cpu_seconds(self.process.pid), time.monotonic()
        print(seed, file=self.process.stdin, flush=True)
        result = self.answer()
        wall = time.monotonic() - first
        others = busy_seconds() - busy - (cpu_seconds(self.process.pid) - own)
        return result | {"other_load": max(0.0, others) / wall}

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def our_run(case, who, data, scratch, seed):
    """A run of ours, in the format of the other systems."""
    shutil.rmtree(scratch / "run", ignore_errors=True)
    result = whole(our_command(case, who, data, scratch, seed), case, scratch)
    stages = result.pop("stages", [result])
    if case["work"] == "tune":
        result["seconds"] = stages[-1]["seconds"]
    if case["work"] in ("tune", "recipe"):
        epochs = [json.loads(line) for line in open(scratch / "run" / "metrics.jsonl")]
        tuned = [epoch for epoch in epochs if epoch["stage"] == "network"]
        last = next((one for one in tuned if one["valid_error"] <= case.get("error", 0)), tuned[-1])
        result |= {key: last[key] for key in ("train_loss", "valid_loss", "valid_error")}
        if case["work"] == "recipe":
            # Until the error was reached: a line has the seconds of its epoch only.
            reached = tuned[: tuned.index(last) + 1]
            result["seconds"] = sum(one["seconds"] for one in [*stages[:-1], *reached])
    return result


class Competitors:
    """Processes that only compute, beside the runs of a case."""

    def __init__(self, n):
        self.processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                          for _ in range(n)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


def busy_seconds():
    """CPU seconds used by all processes since the machine started, and stolen seconds."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal, *_ = map(int, file.readline().split()[1:])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show(command):
    """A command as a reader would type it, from the repository's root."""
    text = shlex.join(str(part) for part in command)
    return text.replace(f"{ROOT}/", "").replace(f"{ROOT.parent}/", "../")


def time_to_first_update(command, scratch):
    """Seconds until training is announced and until a checkpoint of the first update exists: the
    first update is in between."""
    shutil.rmtree(scratch / "run", ignore_errors=True)
    command = [str(part) for part in command if part != "-q"] + ["--checkpoint-steps", "1"]
    checkpoint = scratch / "run" / "checkpoint.safetensors"
    ready = None
    with open(scratch / "first", "wb") as to:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=to)
        while not checkpoint.exists():
            if ready is None and (scratch / "first").stat().st_size > 0:
                ready = time.monotonic() - started
            if process.poll() is not None:
                sys.exit(f"{show(command)}\nended before its first checkpoint")
            time.sleep(0.001)
        updated = time.monotonic() - started
        process.send_signal(signal.SIGINT)
        process.wait()
    return ready or updated, updated
