"""The examples that are quick run, and reach what they say; the others say so themselves when run."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_a_sensors_series_is_denoised_better_than_by_moving_averages(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "sensor.py"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    average, denoised = map(float, re.findall(r"(?:average|denoised) ([\d.]+)", done.stdout))
    assert denoised < 0.9 * average
