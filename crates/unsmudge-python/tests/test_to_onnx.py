"""An estimator as an ONNX file gives the numbers that the estimator gives."""

import numpy as np
import onnx
import onnxruntime
import pytest

from unsmudge import (
    DenoisingAutoencoder,
    MarginalizedDenoisingAutoencoder,
    RestrictedBoltzmannMachine,
    StackedDenoisingAutoencoder,
    StackedDenoisingClassifier,
    StackedDenoisingRegressor,
)


def outputs(estimator, X, folder):
    path = str(folder / "model.onnx")
    estimator.to_onnx(path)
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, {"input": X})))


@pytest.mark.parametrize("of", [
    DenoisingAutoencoder(n_hidden=7, epochs=3, random_state=0),
    StackedDenoisingAutoencoder(n_hidden=(7, 4), epochs=3, random_state=0),
    RestrictedBoltzmannMachine(n_hidden=7, epochs=3, random_state=0),
    MarginalizedDenoisingAutoencoder(2),
], ids=lambda of: type(of).__name__)  # fmt: skip
def test_codes_and_reconstructions_are_the_estimators(of, units, tmp_path):
    found = outputs(of.fit(units), units, tmp_path)
    np.testing.assert_allclose(found["code"], of.transform(units), atol=1e-5)
    np.testing.assert_allclose(found["reconstruction"], of.reconstruct(units), atol=1e-5)


def test_predictions_are_the_estimators(units, tmp_path):
    shared = {"n_hidden": (7,), "epochs": 3, "tune_epochs": 5, "random_state": 0}
    labels = np.where(units[:, 0] > 0.5, "high", "low")
    classifier = StackedDenoisingClassifier(**shared).fit(units, labels)
    found = outputs(classifier, units, tmp_path)
    np.testing.assert_allclose(found["probabilities"], classifier.predict_proba(units), atol=1e-5)
    regressor = StackedDenoisingRegressor(**shared).fit(units, units[:, 0] * 3.0 + 1.0)
    found = outputs(regressor, units, tmp_path)
    np.testing.assert_allclose(found["prediction"][:, 0], regressor.predict(units), atol=1e-5)


def test_a_name_that_is_no_onnx_file_is_refused(units, tmp_path):
    of = DenoisingAutoencoder(n_hidden=3, epochs=1, random_state=0).fit(units)
    with pytest.raises(ValueError, match="onnx"):
        of.to_onnx(tmp_path / "model.safetensors")
