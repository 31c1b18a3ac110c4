"""The command as a child of a worker of Ray."""

import ctypes
import importlib
import signal
import subprocess
import sys

from . import __main__ as program

PR_SET_PDEATHSIG = 1  # of Linux's prctl


def start(words, log):
    """Starts the command, which appends what it prints to a file."""
    with open(log, "ab") as output:
        return subprocess.Popen(
            [str(program.command()), *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=end_with_parent if sys.platform == "linux" else None,
        )


def end(child):
    """Stops the command where it has not ended by itself: it saves what there is."""
    child.terminate()
    child.wait()


def check(child, what, log):
    """RuntimeError with the last lines of a command that failed."""
    if child.returncode != 0:
        told = log.read_text(errors="replace").strip().splitlines()[-3:]
        raise RuntimeError(f"unsmudge {what}: " + "\n".join(told))


def end_with_parent():
    """Has the kernel end this process together with the worker: it would hold the run's lock."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def options(settings):
    """The arguments of the command for settings by name."""
    words = []
    for name, value in settings.items():
        if value is None or value is False:
            continue
        if isinstance(value, (list, tuple)):
            value = ",".join(map(str, value))
        words.append("--" + name.replace("_", "-") + ("" if value is True else f"={value}"))
    return words


def needed(name):
    """A module of Ray."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        text = f"unsmudge.ray needs {name}: pip install 'unsmudge[ray]'"
        raise ImportError(text) from error
