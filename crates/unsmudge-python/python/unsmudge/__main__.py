"""`python -m unsmudge`: the command, which the wheel installs beside the other scripts."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

NAME = "unsmudge" + (sysconfig.get_config_var("EXE") or "")


def command():
    """Path of the command; SystemExit with what to do where there is none."""
    schemes = [None, sysconfig.get_preferred_scheme("user")]
    folders = [sysconfig.get_path("scripts", *([scheme] if scheme else [])) for scheme in schemes]
    for folder in folders:
        if folder and (path := Path(folder) / NAME).is_file():
            return path
    raise SystemExit(
        f"python -m unsmudge: no {NAME} in {' or '.join(map(str, folders))}: this package was built "
        "from its sources; install a wheel, or the command with cargo install"
    )


def main():
    """Runs the command in place of this process."""
    line = [str(command()), *sys.argv[1:]]
    if sys.platform == "win32":  # there it would go on without the terminal
        raise SystemExit(subprocess.run(line, check=False).returncode)
    os.execv(line[0], line)


if __name__ == "__main__":
    main()
