"""scikit-learn's own checks of every estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import unsmudge

TRAINING = {"epochs": 2, "batch": 10, "n_jobs": 1}
TUNING = {"tune_epochs": 40, "tune_rate": 0.1, **TRAINING}


def expected_to_fail(estimator):
    """Two rows are not one of weight two: batches and the held-out part are drawn by row."""
    reason = "a fit in batches, with a part held out"
    checks = ["check_sample_weight_equivalence_on_dense_data"]
    checks.append("check_sample_weight_equivalence_on_sparse_data")
    return dict.fromkeys(checks, reason) if hasattr(estimator, "valid") else {}


# The checks' rows are noise, also at inference, which is worth a warning to anybody else.
@pytest.mark.filterwarnings("ignore::unsmudge.DataWarning")
@parametrize_with_checks(
    [
        unsmudge.DenoisingAutoencoder(n_hidden=4, **TRAINING),
        unsmudge.StackedDenoisingAutoencoder((4, 3), **TRAINING),
        unsmudge.StackedDenoisingClassifier((8,), **TUNING),
        unsmudge.StackedDenoisingRegressor((8,), **TUNING),
        unsmudge.RestrictedBoltzmannMachine(n_hidden=4, **TRAINING),
        unsmudge.MarginalizedDenoisingAutoencoder(2, n_jobs=1),
        unsmudge.DenoisingDiffusion(n_hidden=4, steps=10, n_jobs=1),
        unsmudge.DenoisingImputer(steps=20, n_members=1, n_jobs=1),
        unsmudge.DenoisingOutlierDetector(steps=20, n_jobs=1),
    ],
    expected_failed_checks=expected_to_fail,
)
def test_scikit_learns_checks_hold(estimator, check):
    check(estimator)
