"""Builds the documentation as a site: `make docs`.

The pages are the repository's Markdown, and two that are written here: the command's help and the
Python reference. Code of the start page and of the tutorials runs while the site is built, and the
pictures it makes are shown.
"""

import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["MPLBACKEND"] = "Agg"

import runnable  # noqa: E402
from sphinx.cmd.build import main as sphinx  # noqa: E402

import unsmudge.callbacks  # noqa: E402
import unsmudge.ray  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STAGE, SITE = ROOT / "target" / "docs-pages", ROOT / "target" / "docs"
SHOWN_AS_PICTURE = (".png", ".svg")

# Pages of the site by file; all other Markdown below docs/ and bench/ is a page by its own path.
PLACES = {
    "README.md": "index",
    "docs/README.md": "index",
    "docs/decisions/README.md": "decisions/index",
    "bench/README.md": "bench/index",
    "ARCHITECTURE.md": "architecture",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changes",
}
CONTENTS = {
    "Tutorials": ["missing-cells", "unusual-rows", "noisy-sensor", "few-labels", "pictures",
                  "deployment", "python", "many-machines"],
    "Reference": ["command", "python/index", "settings", "distributed", "model-file", "onnx",
                  "equations"],
    "Background": ["results", "bench/index", "architecture", "decisions/index", "contributing",
                   "changes"],
}  # fmt: skip


def place_of(file):
    """The page of the site that a file of the repository is, or None."""
    if file in PLACES:
        return PLACES[file]
    is_page = file.endswith(".md") and file.startswith(("docs/", "bench/"))
    return file.removeprefix("docs/").removesuffix(".md") if is_page else None


def linked(text, file, place):
    """The text with links between files as links between pages; files without a page are named."""

    def of(found):
        name, target, anchor = found.groups()
        if re.match(r"https?:|mailto:|#", target + anchor):
            return found[0]
        path = os.path.normpath(os.path.join(os.path.dirname(file), target))
        to = place_of(path)
        if to is None:
            return name if path in name else f"{name} (`{path}`)"
        return f"[{name}]({os.path.relpath(to, os.path.dirname(place))}.md{anchor})"

    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    link = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*|)\)")
    parts[::2] = [link.sub(of, part) for part in parts[::2]]
    return "".join(parts).replace("```rust,no_run", "```rust")


def shown(text, place, made):
    """The text with the files that its code has made where it says so."""

    def of(found):
        name, caption = found[1], " ".join(found[2].split())
        folder = "made" if name.endswith(SHOWN_AS_PICTURE) else "extra/made"
        to = STAGE / folder / place / name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made / name, to)
        if name.endswith(SHOWN_AS_PICTURE):
            return f"```{{figure}} /made/{place}/{name}\n:alt: {caption}\n\n{caption}\n```"
        up = "../" * place.count("/")
        return f'<a href="{up}made/{place}/{name}">{caption}</a>'

    return runnable.SHOWN.sub(of, text)


def contents(entries, caption=None):
    """A table of contents, in the sidebar only."""
    head = [f":caption: {caption}"] if caption else []
    options = [":hidden:", ":titlesonly:", *head]
    return "\n".join(["", "```{toctree}", *options, "", *entries, "```", ""])


def write(place, text):
    file = STAGE / f"{place}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def write_pages(command):
    """The repository's pages, their code run."""
    files = [*PLACES, *(str(file.relative_to(ROOT)) for of in ("docs", "bench")
                        for file in sorted((ROOT / of).rglob("*.md")))]  # fmt: skip
    for file in dict.fromkeys(files):
        place, text = place_of(file), (ROOT / file).read_text()
        if file == "README.md" or ".venv" in file:
            continue
        text = linked(text, file, place)
        if ROOT / file in runnable.pages(ROOT / "docs"):
            print(f"running {file}", flush=True)
            with tempfile.TemporaryDirectory() as folder:
                runnable.run(ROOT / file, folder, command)
                text = shown(text, place, Path(folder))
        if place == "index":
            tutorials = {"Tutorials": [f"tutorials/{name}" for name in CONTENTS["Tutorials"]]}
            text += "".join(contents(of, name) for name, of in (CONTENTS | tutorials).items())
        if place in ("decisions/index", "bench/index"):
            folder = os.path.dirname(file)
            others = [of for of in files if of.startswith(folder) and of != file]
            text += contents([f"/{place_of(of)}" for of in sorted(set(others))])
        write(place, text)
    for of in ("pictures", "results"):
        shutil.copytree(ROOT / "docs" / of, STAGE / of, dirs_exist_ok=True)


def write_command(command):
    """The help of the command and of each of its commands."""

    def told(*words):
        help = subprocess.check_output([command, *words, "--help"], text=True)
        return f"```text\n{help.rstrip()}\n```\n"

    names = re.findall(r"^  ([a-z]+) ", told().split("Options:")[0], flags=re.MULTILINE)
    parts = [f"## {name}\n\n{told(name)}" for name in names if name != "help"]
    intro = "What `unsmudge COMMAND --help` prints; `unsmudge manual FOLDER` writes manual pages."
    write("command", "\n".join(["# Command", "", intro, "", told(), *parts]))


def write_reference():
    """A page of the Python reference for each estimator, and one of what is left."""
    of_class, rest = [], []
    for name in unsmudge.__all__:
        of = getattr(unsmudge, name)
        if isinstance(of, type) and hasattr(of, "fit"):
            of_class.append(name)
            options = "   :members:\n   :inherited-members:\n"
            write(f"python/{name}", directive(name, f".. autoclass:: unsmudge.{name}\n{options}"))
        elif isinstance(of, type):
            rest.append(f".. autoexception:: unsmudge.{name}\n")
    write("python/errors", directive("Errors and warnings", "\n".join(rest)))
    write("python/load", directive("load", ".. autofunction:: unsmudge.load\n"))
    names = "".join(f".. autoclass:: {name}\n\n" for name in unsmudge.callbacks.__all__)
    text = f".. automodule:: unsmudge.callbacks\n\n{names}"
    write("python/callbacks", directive("Callbacks", text))
    names = "".join(f".. autofunction:: {name}\n\n" for name in unsmudge.ray.__all__)
    text = f".. automodule:: unsmudge.ray\n\n{names}"
    write("python/ray", directive("Ray", text))
    about = [f"| [{name}]({name}.md) | {line(getattr(unsmudge, name))} |" for name in of_class]
    about.append(f"| [load](load.md) | {line(unsmudge.load)} |")
    about.append(f"| [callbacks](callbacks.md) | {line(unsmudge.callbacks)} |")
    about.append(f"| [ray](ray.md) | {line(unsmudge.ray)} |")
    intro = (
        "Estimators of scikit-learn, generated from their docstrings. They have `get_params`, "
        "`set_params`, `set_output` and, where they transform, `fit_transform`, as all of "
        "scikit-learn's have. What they raise and warn of is in [Errors and warnings](errors.md)."
    )
    table = ["| | |", "|---|---|", *about]
    pages = [*of_class, "load", "callbacks", "ray", "errors"]
    write("python/index", "\n".join(["# Python", "", intro, "", *table]) + "\n" + contents(pages))


def line(of):
    return inspect.getdoc(of).split("\n")[0]


def directive(title, text):
    return f"# {title}\n\n```{{eval-rst}}\n.. currentmodule:: unsmudge\n\n{text}```\n"


def build(command):
    for folder in (STAGE, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    (STAGE / "extra").mkdir(parents=True)
    write_pages(command)
    write_command(command)
    write_reference()
    for name in ("conf.py", "style.css"):
        shutil.copy(HERE / name, STAGE)
    return sphinx(["-q", "-W", "--keep-going", "-b", "html", str(STAGE), str(SITE)])


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1]).absolute()))
