"""What all tests share. They write to temporary folders only."""

import os
import signal

# Before scipy is imported: scikit-learn then checks its array interface as well.
os.environ["SCIPY_ARRAY_API"] = "1"

import matplotlib  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

matplotlib.use("Agg")

# A program that `test_ray.py` starts where Ray is installed: it imports Ray at once.
collect_ignore = ["ray_work.py"]

# A shell ignores Ctrl-C in what it starts in the background, and what ignores it is never stopped.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def units():
    """60 rows of 5 columns in [0, 1], of float32."""
    return np.random.default_rng(0).random((60, 5), dtype=np.float32)
