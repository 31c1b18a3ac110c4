"""What noise does to filters: MNIST at three noise levels, from the same initial weights.

    python mnist_filters.py [folder with MNIST's files]

100 hidden units learn 10,000 digits with none, a quarter and half of the pixels destroyed; their filters
go to filters-0.00.png and so on, in the folder that this is run in. Then half of the pixels of 2,000 other
digits are destroyed, and each network fills them in.

Reached: squared errors of 35.9, 22.7 and 13.3.
"""

import gzip
import sys
from pathlib import Path

import numpy as np

from unsmudge import DenoisingAutoencoder

usual = Path(__file__).resolve().parents[4] / "shared" / "data" / "mnist"
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else usual
with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
    digits = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)[:12_000]

errors = {}
for fraction in (0.0, 0.25, 0.5):
    model = DenoisingAutoencoder(
        n_hidden=100, corruption=f"masking:{fraction}", epochs=15, image_shape=(28, 28),
        random_state=0,
    ).fit(digits[:10_000])  # fmt: skip
    model.plot_filters().figure.savefig(f"filters-{fraction:.2f}.png")
    filled = model.reconstruct(digits[10_000:], corruption="masking:0.5")
    errors[fraction] = np.mean(np.sum(((filled - digits[10_000:]) / 255.0) ** 2, axis=1))
    print(f"trained with {fraction:.0%} destroyed: squared error {errors[fraction]:.2f}", flush=True)
assert errors[0.5] < errors[0.25] < errors[0.0], "noise in training does not help to fill in"
