"""What the documents show runs, and what is public is documented as scikit-learn's is."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import unsmudge

HERE = Path(__file__).parents[1]
ESTIMATORS = [of for name, of in vars(unsmudge).items() if isinstance(of, type) and hasattr(of, "fit")]


@pytest.mark.parametrize("readme", [HERE / "README.md", HERE.parents[1] / "README.md"], ids=str)
def test_the_lines_of_the_readme_run(readme, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(), flags=re.DOTALL)
    assert blocks
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda of: of.__name__)
def test_every_parameter_and_method_is_documented(estimator):
    text = inspect.getdoc(estimator)
    order = ["Parameters", "Attributes", "See Also", "Examples"]
    places = [text.index(f"\n{title}\n---") for title in order]
    assert places == sorted(places) and "{" + "parameters}" not in text
    parameters = text[places[0] : places[1]]
    documented = re.findall(r"^(\w[\w, ]*) : ", parameters, flags=re.MULTILINE)
    documented = [name for names in documented for name in names.split(", ")]
    assert documented == list(inspect.signature(estimator).parameters)
    for name, method in inspect.getmembers(estimator, inspect.isfunction):
        if name.startswith("_") or not method.__module__.startswith("unsmudge"):
            continue
        told = inspect.getdoc(method)
        for parameter in list(inspect.signature(method).parameters)[1:]:
            assert re.search(rf"^{parameter} : ", told, flags=re.MULTILINE), (name, parameter)


def test_defaults_are_those_that_are_documented():
    for estimator in ESTIMATORS:
        text = inspect.getdoc(estimator)
        for name, parameter in inspect.signature(estimator).parameters.items():
            found = re.search(rf"^[\w, ]*\b{name}\b[\w, ]* : .*default=(.*)$", text, re.MULTILINE)
            assert eval(found[1]) == parameter.default, (estimator, name)


def test_all_that_is_public_is_documented():
    for name in unsmudge.__all__:
        assert name == "__version__" or inspect.getdoc(getattr(unsmudge, name)), name


def test_the_type_stubs_are_current(tmp_path):
    """`make stubs` writes them anew."""
    maturin = Path(sys.executable).with_name("maturin")
    arguments = ["--quiet", "--profile", "ci", "-m", HERE / "Cargo.toml", "--out", tmp_path]
    subprocess.run([maturin, "generate-stubs", *arguments], check=True, capture_output=True)
    stubs = (tmp_path / "unsmudge" / "_native.pyi").read_text()
    assert stubs == (HERE / "python" / "unsmudge" / "_native.pyi").read_text()
    assert (Path(unsmudge.__file__).parent / "py.typed").exists()


def test_the_version_is_that_of_the_package():
    project = (HERE / "pyproject.toml").read_text()
    assert f'\nversion = "{unsmudge.__version__}"\n' in project


def test_importing_brings_nothing_that_is_optional():
    # What scikit-learn itself imports where it is installed is not ours.
    code = "import sys, sklearn.base; s = set(sys.modules); import unsmudge; print(*set(sys.modules) - s)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {name.split(".")[0] for name in done.stdout.split()}
    assert "unsmudge" in ours
    assert not ours & {"matplotlib", "tqdm", "pandas", "polars", "pyarrow"}
