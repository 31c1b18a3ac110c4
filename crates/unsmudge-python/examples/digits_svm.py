"""Codes into a support vector machine: 100 labels, many pictures without.

scikit-learn's digits, 8 x 8 pixels. In each of 20 splits 600 digits are held out as test; of the
others 100 have labels, and all 1,197 are seen without them by a denoising autoencoder. A support
vector machine on its codes is compared with one on the pixels, by the accuracy on the same test
digits. Both have the C and gamma, and the autoencoder the noise, size, rate and epochs, that were best on
the splits of seeds 100 to 104, none of which is among the 20.

Reached: 93.11 % on pixels, 94.15 % on codes: a gain of 1.04 +- 0.40 points (95 %), in the one run on
the splits of seeds 200 to 219.
"""

import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from unsmudge import StackedDenoisingAutoencoder
from unsmudge.errors import DataWarning

N_SPLITS = 20
# Pixels of the corners are the same in all digits.
warnings.simplefilter("ignore", DataWarning)

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)


def accuracies(seed):
    """Of the machine on pixels and of that on codes."""
    rest, test, y_rest, y_test = train_test_split(
        X, y, test_size=600, stratify=y, random_state=seed
    )
    few, _, y_few, _ = train_test_split(
        rest, y_rest, train_size=100, stratify=y_rest, random_state=seed
    )
    on_pixels = SVC(C=10, gamma=0.15).fit(few, y_few)
    stack = StackedDenoisingAutoencoder(
        (256,), corruption="gaussian:0.2", epochs=300, rate=0.5, random_state=seed
    ).fit(rest)
    on_codes = make_pipeline(FrozenEstimator(stack), SVC(C=10, gamma=0.1)).fit(few, y_few)
    return on_pixels.score(test, y_test), on_codes.score(test, y_test)


both = 100 * np.array([accuracies(seed) for seed in range(200, 200 + N_SPLITS)])
gains = both[:, 1] - both[:, 0]
half = 2.093 * gains.std(ddof=1) / np.sqrt(N_SPLITS)  # Student's t of 19 degrees of freedom
print(f"accuracy on pixels {both[:, 0].mean():.2f} %, on codes {both[:, 1].mean():.2f} %")
print(f"gain {gains.mean():.2f} +- {half:.2f} points over {N_SPLITS} splits (95 %)")
assert gains.mean() - half > 0, "codes do not beat pixels"
