"""Pages with a model in them, in a browser as a user has it: by mouse, by keys, from files."""

import base64
import contextlib
import csv
import gzip
import io

import numpy as np
import pandas as pd
import pytest
from browser import PROGRAM, Page
from command import run

import unsmudge

HOSTILE = '<img src=x onerror="document.body.remove()">'
STATUS = "document.querySelector('#status').textContent"

# Whether the stroke of a test has reached the smudged picture.
IS_SMUDGED = (
    "document.querySelector('#smudged').getContext('2d').getImageData(9, 5, 10, 1)"
    ".data.some((value, i) => i % 4 === 0 && value > 0)"
)

QUOTED = '"' + HOSTILE.replace('"', '""') + '"'


@contextlib.contextmanager
def opened(path):
    """A page that is read alone, and that complains of nothing."""
    if PROGRAM is None:
        pytest.skip("no Chromium is installed: pages are not opened")
    with Page(path) as page:
        yield page
        assert page.complaints == [] and set(page.asked) <= {"file"}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    run("problem", "basic", "--size", "400,1,30", "--out", folder / "data")
    hidden = ["--hidden", "40", "--epochs", "2", "--corruption", "masking:0.25", "--quiet"]
    run("train", folder / "data", "--out", folder / "run", *hidden)
    page = ["--page", folder / "page.html", "--examples", folder / "data", "--train", "200"]
    run("export", folder / "run", *page)
    return folder


def repaired_by_command(folder, picture, *more):
    np.save(folder / "one.npy", np.asarray(picture, dtype=np.float32).reshape(1, -1))
    run("denoise", folder / "run", folder / "one.npy", "-o", folder / "clean.npy", *more)
    return np.load(folder / "clean.npy")[0]


def test_a_digit_is_repaired_as_by_the_command(digits):
    smudge = ["--corruption", "masking:0.25", "--seed", "0"]
    with opened(digits / "page.html") as page:
        assert page.text("#status") == "Ready"
        first = page.greys("#clean")
        expected = repaired_by_command(digits, first, *smudge)
        np.testing.assert_allclose(page.greys("#repaired"), expected, atol=0.51)

        page.click("#clear")
        page.drag("#clean", [(0.3, 0.2), (0.7, 0.2), (0.45, 0.8)])
        page.wait(IS_SMUDGED)
        drawn = np.reshape(page.greys("#clean"), (28, 28))
        assert drawn[5, 9:19].min() > 100 and drawn[24:].max() == 0
        expected = repaired_by_command(digits, drawn, *smudge)
        # The pen draws fractions of greys, and the command is given whole ones.
        np.testing.assert_allclose(page.greys("#repaired"), expected, atol=3)

        page.click("#examples-shown button")
        for _ in range(3):
            page.click("#step")
        assert page.text("#steps") == "State after 3 steps"
        state = page.greys("#states li:last-child canvas")
        steps = ["--steps", "3", "--seed", "0", "--from", digits / "one.npy", "--quiet"]
        np.save(digits / "one.npy", np.asarray(first, dtype=np.float32).reshape(1, -1))
        run("sample", digits / "run", "-o", digits / "chain.npy", *steps)
        np.testing.assert_allclose(state, np.load(digits / "chain.npy")[0], atol=0.51)


def test_keys_draw_filters_are_browsed_and_no_picture_is_refused(digits, tmp_path):
    with opened(digits / "page.html") as page:
        page.click("#clear")
        page.value("document.querySelector('#clean').focus()")
        for key in ("ArrowUp", "ArrowLeft", " "):
            page.press(key)
        assert page.text("#status") == "Row 14, column 14"
        page.value("document.querySelector('#clean').blur()")
        drawn = np.reshape(page.greys("#clean"), (28, 28))
        assert drawn[13, 13] == 255 and drawn[:10].max() == 0

        page.wait("document.querySelectorAll('#units button').length === 24")
        page.click("#after")
        assert page.text("#place") == "25 to 40 of 40"
        page.value("document.querySelector('#units button').focus()")
        page.press("Enter")
        assert page.text("#unit-name").startswith("Filter ")
        assert page.value("document.querySelectorAll('#unit-examples button').length") == 3

        path = tmp_path / "words.png"
        path.write_text("no picture")
        page.choose_file("#file", path)
        page.wait("document.querySelector('#status').classList.contains('wrong')")
        assert "words.png: no picture" in page.text("#status")


def test_a_new_model_is_trained_in_the_page_as_by_the_library(digits):
    with opened(digits / "page.html") as page:
        data = page.value("document.querySelector('#training').textContent")
        rows = np.load(io.BytesIO(gzip.decompress(base64.b64decode(data))))
        assert rows.shape == (200, 784) and rows.dtype == np.uint8
        before = page.greys("#repaired")
        page.click("#train-run")
        page.wait("document.querySelector('#trained').textContent.startsWith('Epoch 3:')")
        page.click("#train-run")
        assert page.text("#train-run") == "Train"
        losses = page.value("document.querySelector('#loss-line').getAttribute('points')").split()
        assert len(losses) >= 3
        shown = float(page.text("#trained").split(" loss ")[1].split()[0])
        model = unsmudge.DenoisingAutoencoder(100, corruption="masking:0.25", random_state=0)
        for _ in losses:
            model.partial_fit(rows)
        assert shown == pytest.approx(model.history_[-1]["train_loss"], rel=2e-3)
        assert "784 – 100" in page.text("#facts") and "200 examples" in page.text("#facts")
        assert page.greys("#repaired") != before

        page.click("#saved-model")
        page.wait(f"{STATUS} === 'The saved model is open again'")
        assert "784 – 40" in page.text("#facts") and page.text("#trained") == ""
        page.wait("document.querySelectorAll('#units button').length === 24")
        np.testing.assert_allclose(page.greys("#repaired"), before, atol=0.51)

        page.value("document.querySelector('#hidden').value = 0")
        page.click("#train-run")
        page.wait("document.querySelector('#status').classList.contains('wrong')")
        assert "n_hidden" in page.text("#status") and page.text("#train-run") == "Train"
        page.value("document.querySelector('#hidden').value = 30")
        page.click("#train-run")
        page.wait("document.querySelector('#trained').textContent.startsWith('Epoch ')")
        assert "784 – 30" in page.text("#facts")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    generator = np.random.default_rng(0)
    age = generator.integers(5, 60, 150)
    frame = pd.DataFrame({"age": age, "is": np.where(age < 18, "child", "adult")})
    frame["half"] = (age / 2 + generator.normal(scale=0.5, size=150)).round(2)
    frame = frame.mask(generator.random(frame.shape) < 0.05)
    settings = {"steps": 60, "random_state": 0, "n_jobs": 1}
    unsmudge.DenoisingImputer(**settings, n_members=1).fit(frame).save(folder / "model")
    unsmudge.DenoisingOutlierDetector(**settings).fit(frame).save(folder / "detector")
    models = [folder / "model", "--detector", folder / "detector"]
    run("export", *models, "--page", folder / "page.html")
    return folder


def test_cells_are_filled_and_scored_as_by_the_command(people):
    path = people / "new.csv"
    path.write_text("is,age,half\nchild,7,\n,40,20.1\nadult,50,2.0\nadult,,17\n")
    with opened(people / "page.html") as page:
        assert page.text("#status") == "Ready: open a table"
        page.choose_file("#file", path)
        page.wait(f"{STATUS} === '4 rows, 3 cells filled'")
        out = ["-o", people / "filled.csv", "--intervals", "90", "--quiet"]
        run("impute", people / "model", path, *out)
        assert page.saved("#save-ranges") == (people / "filled.csv").read_text()
        filled = page.saved("#save-filled").split("\n")[1].split(",")[2]
        assert page.text("td.filled").startswith(filled)

        run("score", people / "detector", path, "-o", people / "scores.csv", "--cells", "--quiet")
        by_page = pd.read_csv(io.StringIO(page.saved("#save-scores")))
        pd.testing.assert_frame_equal(by_page, pd.read_csv(people / "scores.csv"), atol=1e-4)
        with open(people / "scores.cells.csv") as file:
            cells = {(row["row"], row["column"]): row for row in csv.DictReader(file)}
        page.value("document.querySelector('#cells [tabindex=\"0\"]').focus()")
        names = "[...document.querySelectorAll('thead th')].map((of) => of.textContent)"
        columns = page.value(names)
        assert columns[:2] == ["row", "p"] and sorted(columns[2:]) == ["age", "half", "is"]
        for key in ["ArrowDown"] * 2 + ["ArrowRight"] * columns[2:].index("half"):
            page.press(key)
        cell = cells["3", "half"]
        assert page.text("#cell").startswith(f"Row 3, half: 2.0. Expected {cell['expected']}, ")
        page.value("document.querySelector('#order').value = 'unusual'")
        page.value("document.querySelector('#order').dispatchEvent(new Event('change'))")
        scores = list(csv.DictReader(io.StringIO((people / "scores.csv").read_text())))
        most = max(scores, key=lambda row: float(row["score"]))["row"]
        assert page.text("#cells tbody th") == most


def test_hostile_tables_are_text_or_refused(people, tmp_path):
    cases = {
        "other.csv": ("a,b\n1,2\n3,4\n", 'expected a column "'),
        "empty.csv": ("", "found an empty file"),
        "open.csv": ('age,is,half\n1,"child,2\n', "line 2, row 1: expected 3 cells"),
        "nul.csv": ("age,is,half\n1,child,\0\n2,child,1\n", "found a NUL byte"),
        "more.csv": (f'age,is,half,"{QUOTED}"\n1,child,2,3\n', "found also"),
    }
    with opened(people / "page.html") as page:
        path = tmp_path / f"{HOSTILE.replace('/', '')}.csv"
        path.write_text(f"age,is,half\n7,{QUOTED},3.5\n=1+1,child,\n")
        page.choose_file("#file", path)
        page.wait("document.querySelector('#status').classList.contains('wrong')")
        assert "expected a number" in page.text("#status") and "=1+1" in page.text("#status")
        path.write_text(f"age,is,half\n7,{QUOTED},3.5\n8,child,\n")
        page.choose_file("#file", path)
        page.wait(f"{STATUS} === '2 rows, 1 cell filled'")
        assert page.text("#found") == path.name and HOSTILE in page.text("#cells")
        assert page.value("document.querySelectorAll('img, b').length") == 0
        for name, (text, words) in cases.items():
            path = tmp_path / name
            path.write_text(text)
            page.choose_file("#file", path)
            page.wait(f"{STATUS}.startsWith('{name}: ')")
            assert words in page.text("#status"), page.text("#status")
            assert page.value("document.querySelector('#result').hidden")
        path = tmp_path / "good.csv"
        path.write_text("age,is,half\n7,child,\n")
        page.choose_file("#file", path)
        page.wait(f"{STATUS} === '1 row, 1 cell filled'")
