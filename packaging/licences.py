"""Licence texts of all crates that are linked into the command and the Python module.

    python3 packaging/licences.py FILE

Texts come from the crates' own archives, which cargo has downloaded; the same text is written once,
under the names of all crates that have it. A crate whose archive has none gets the words of its
licence, MIT or Apache-2.0; under any other that is an error.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOTS = ("unsmudge-cli", "unsmudge-python")
NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT")
# The same words in every copy: crates under this licence need not bring a text of their own.
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this
software and associated documentation files (the "Software"), to deal in the Software without
restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT.
IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def linked():
    """Packages of crates.io that are linked on any system, by name and version."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    metadata = json.loads(found.stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    waiting = [id for id, package in packages.items() if package["name"] in ROOTS]
    seen = set()
    while waiting:
        if (id := waiting.pop()) in seen:
            continue
        seen.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    mine = [packages[id] for id in seen if packages[id]["source"]]
    return sorted(mine, key=lambda package: (package["name"], package["version"]))


def text(package, apache):
    """The licence texts of a package; `apache` are the words of Apache-2.0."""
    folder = Path(package["manifest_path"]).parent
    files = [path for path in sorted(folder.iterdir())
             if path.is_file() and path.name.upper().startswith(NAMES)]
    # Of licences to choose from the shortest will do.
    of_mit = [path for path in files if "MIT" in path.name.upper()]
    if of_mit and " AND " not in (package["license"] or ""):
        files = of_mit
    if files:
        return "\n".join(path.read_text(errors="replace").strip() + "\n" for path in files)
    licences = (package["license"] or "").replace("/", " ").split()
    authors = ", ".join(package["authors"]) or f"the authors of {package['name']}"
    if "MIT" in licences:
        return f"Copyright (c) {authors}\n\n{MIT}"
    if "Apache-2.0" in licences:
        return f"Copyright {authors}\n\n{apache}"
    raise SystemExit(f"licences.py: {package['name']} {package['version']}: no licence text in its "
                     f"archive, and {package['license']} is neither MIT nor Apache-2.0")


def words_of_apache(packages):
    """The words of Apache-2.0, from the first archive that has them without a name before."""
    for package in packages:
        path = Path(package["manifest_path"]).parent / "LICENSE-APACHE"
        if path.exists() and (words := path.read_text()).lstrip().startswith("Apache License"):
            return words.strip("\n") + "\n"
    raise SystemExit("licences.py: no crate has LICENSE-APACHE")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    of_rust = f"Copyright (c) The Rust Project Contributors\n\n{MIT}"
    of_text = {of_rust: ["the Rust standard library (MIT OR Apache-2.0)"]}
    packages = linked()
    apache = words_of_apache(packages)
    for package in packages:
        name = f"{package['name']} {package['version']} ({package['license']})"
        of_text.setdefault(text(package, apache), []).append(name)
    parts = ["What the command and the Python module of unsmudge are linked with, on any system.\n"]
    for words, names in of_text.items():
        rule = "-" * 80
        parts.append(f"{rule}\n" + "\n".join(names) + f"\n{rule}\n\n{words}")
    Path(sys.argv[1]).write_text("\n".join(parts))


if __name__ == "__main__":
    main()
