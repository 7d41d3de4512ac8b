# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The completion scripts, as the shells run them."""
import os
import shutil
import subprocess

import pytest

from conftest import SLUICE

# What readline would do: the words of the line, broken at = and :, then the function.
ASK_BASH = """
source <(sluice completion bash) || exit
compopt() { echo "compopt $*"; }
COMP_WORDS=(sluice "$@")
COMP_CWORD=$#
_sluice
printf '%s\\n' "${COMPREPLY[@]}"
"""


def bash_completes(*words):
    path = f"{SLUICE.parent}:{os.environ['PATH']}"
    result = subprocess.run(["bash", "--norc", "-c", ASK_BASH, "bash", *words], text=True,
                            capture_output=True, timeout=20, check=True,
                            env={"PATH": path, "SLUICE_ADDRESS": "unix:/nowhere"})
    assert result.stderr == ""
    return result.stdout.split()


@pytest.mark.parametrize("words, completed", [
    (["dep"], ["deploy"]),
    (["deploy", "--strategy", "roll"], ["rolling", "rolling_strategy"]),
    (["deploy", "--strategy", "=", "roll"], ["rolling", "rolling_strategy"]),
    (["wait", "web", "--for", "="], ["completed", "paused", "terminal"]),
    (["list", "--status", "=", "failed,ro"], ["failed,rolled_back"]),
    (["--address", "unix", ":", "/x", "plan", "--on-f"], ["--on-failure"]),
    (["deploy", "-f", ""], ["compopt", "-o", "default"]),
    (["audit", "ver"], ["compopt", "-o", "default", "verify"]),
    (["deploy", "web", ""], []),
])
def test_bash(words, completed):
    assert bash_completes(*words) == completed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_can_read(shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_bytes(subprocess.run([str(SLUICE), "completion", shell], capture_output=True,
                                      timeout=20, check=True).stdout)
    checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, timeout=20,
                             check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
