"""The start page, the tutorials and the page on ONNX print what they show."""

from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import runnable

from command import PROGRAM

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("page", runnable.pages(DOCS), ids=lambda page: page.stem)
def test_the_code_of_a_page_prints_what_the_page_shows(page, tmp_path):
    runnable.run(page, tmp_path, PROGRAM)
    plt.close("all")


def test_a_page_that_shows_something_else_is_found(tmp_path):
    page = tmp_path / "page.md"
    for block in ("python\n>>> 1 + 1\n3\n", "console\n$ echo two\nthree\n", "python\n1 + 1\n"):
        page.write_text(f"```{block}```\n")
        with pytest.raises(AssertionError, match=r"page\.md"):
            runnable.run(page, tmp_path, PROGRAM)
