"""Search and batch work by Ray, where it is installed, in a network of its own."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import runnable

import unsmudge.ray
from unsmudge import _workers

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "tutorials" / "many-machines.md"


def test_without_ray_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"needs ray.*pip install 'unsmudge\[ray\]'"):
        unsmudge.ray.transform(None, None)


def test_settings_become_arguments():
    space = {"hidden": [64, 32], "tune_rate": 0.5, "labels": True, "untied": False, "clip": None}
    assert _workers.options(space) == ["--hidden=64,32", "--tune-rate=0.5", "--labels"]


@pytest.mark.skipif(
    importlib.util.find_spec("ray") is None or not shutil.which("unshare"),
    reason="needs Ray and unshare: pip install 'unsmudge[ray]' psutil",
)
def test_killed_workers_lose_no_trial_no_row_and_no_model(tmp_path):
    lines = f"ip link set lo up && exec {sys.executable} {HERE / 'ray_work.py'} {tmp_path}"
    own_network = ["unshare", "--net", "--map-root-user", "sh", "-c", lines]
    # This package and the runner of pages.
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        own_network, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths}
    )
    assert done.returncode == 0 and done.stdout.endswith("done\n"), done.stdout + done.stderr


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs Dask")
def test_dask_gives_the_same_scores():
    for line, language, code in runnable.blocks(PAGE.read_text()):
        if language.endswith("needs-dask"):
            runnable.run_python(code, {}, PAGE, line)
