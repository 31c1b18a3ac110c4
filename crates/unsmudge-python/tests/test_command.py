"""The command that comes with the wheel."""

import subprocess
import sys
import sysconfig
from importlib.metadata import files
from pathlib import Path

import pytest
import unsmudge
from unsmudge import __main__ as command


def test_the_wheel_has_the_command_and_licences():
    path = Path(sysconfig.get_path("scripts")) / "unsmudge"
    for line in ([path], [sys.executable, "-m", "unsmudge"]):
        done = subprocess.run([*line, "--version"], check=True, capture_output=True, text=True)
        assert done.stdout == f"unsmudge {unsmudge.__version__}\n"
    refused = subprocess.run([sys.executable, "-m", "unsmudge", "trian"], capture_output=True)
    assert refused.returncode == 2 and b"train" in refused.stderr
    names = [str(path) for path in files("unsmudge")]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_all_that_is_linked_has_its_licence(tmp_path):
    texts = tmp_path / "licences.txt"
    writer = Path(__file__).parents[3] / "packaging" / "licences.py"
    subprocess.run([sys.executable, writer, texts], check=True)
    written = texts.read_text()
    # Of Zstandard in C, and of a crate whose archive has no text.
    assert "Meta Platforms, Inc." in written
    of_flatbuffers = written.split("\nflatbuffers ")[1]
    assert "Version 2.0, January 2004" in of_flatbuffers[:600]


def test_a_package_without_the_command_says_what_to_do(monkeypatch):
    monkeypatch.setattr(command, "NAME", "no-such-command")
    with pytest.raises(SystemExit, match="no no-such-command in .*cargo install"):
        command.command()
