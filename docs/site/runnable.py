"""Runs the code of a page in order, and compares what comes out with what the page shows.

Blocks of Python are doctests; they share their names. Blocks called `console` have commands after
`$`, each followed by what it prints, where `...` stands for anything. Rust is run by the library's
documentation tests, Python that `needs-` another package by a test of its own.
"""

import doctest
import os
import re
import subprocess
import textwrap
from pathlib import Path

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
NEEDS = tuple(f"python needs-{package}" for package in ("anndata", "dask", "ray"))
NOT_RUN = (*NEEDS, "rust,no_run", "sh", "text", "toml", "yaml")

# <!-- shows: FILE | text --> stands where a file that the page's code writes is to be seen.
SHOWN = re.compile(r"<!-- shows: (\S+) \| (.*?) -->", flags=re.DOTALL)


def pages(docs):
    """The pages of the folder of documents whose code runs."""
    return [docs / "README.md", docs / "onnx.md", *sorted((docs / "tutorials").glob("*.md"))]


def blocks(text):
    """The blocks of code of a page: number of the line above, language and what follows it, code."""
    for found in re.finditer(r"^```(.*)\n((?:.*\n)*?)```$", text, flags=re.MULTILINE):
        yield text.count("\n", 0, found.start()) + 1, found[1], found[2]


def run(page, folder, command):
    """Runs the code of a page in a folder, where it leaves its files; ``command`` is unsmudge.

    Raises
    ------
    AssertionError
        What comes out is not what the page shows.
    """
    text = page.read_text()
    names = {"__name__": "__main__"}
    before = Path.cwd()
    os.chdir(folder)
    try:
        for line, language, code in blocks(text):
            if language == "python":
                names = run_python(code, names, page, line)
            elif language == "console":
                run_console(code, command, page, line)
            else:
                assert language in NOT_RUN, f"{page}, line {line}: a block of {language or 'what'}?"
        for name, _ in SHOWN.findall(text):
            assert Path(name).exists(), f"{page} shows {name}, which its code does not write"
    finally:
        os.chdir(before)


def run_python(code, names, page, line):
    test = doctest.DocTestParser().get_doctest(code, names, page.stem, str(page), line)
    assert test.examples, f"{page}, line {line}: Python without >>> is not run"
    told = []
    doctest.DocTestRunner(verbose=False, optionflags=FLAGS).run(
        test, out=told.append, clear_globs=False
    )
    assert not told, "".join(told)
    return test.globs


def run_console(code, command, page, line):
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        words, expected = re.fullmatch(r"((?:.*\\\n)*.*\n)((?s:.*))", part).groups()
        script = f'set -e\nunsmudge() {{ "{command}" "$@"; }}\n{words}'
        done = subprocess.run(
            ["sh", "-c", script],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        place = f"{page}, line {line}: $ {words}"
        assert done.returncode == 0, place + done.stdout
        if not doctest.OutputChecker().check_output(expected, done.stdout, FLAGS):
            shown, came = textwrap.indent(expected, "    "), textwrap.indent(done.stdout, "    ")
            raise AssertionError(f"{place}the page shows:\n{shown}\nit prints:\n{came}")
