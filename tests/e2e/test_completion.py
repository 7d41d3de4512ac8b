# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The completion scripts, as the shells run them."""
import contextlib
import os
import subprocess

import pytest

from calls import eventually
from conftest import SLUICE
from terminal import Terminal

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
    (["deploy", "--on-uncertain", "pr"], ["probe_then_retry"]),
    (["audit", "ver"], ["compopt", "-o", "default", "verify"]),
    (["deploy", "web", ""], []),
])
def test_bash(words, completed):
    assert bash_completes(*words) == completed


def with_sluice(**env):
    """An environment in which `sluice` is ours, and finds no daemon."""
    return {"PATH": f"{SLUICE.parent}:{os.environ['PATH']}", "SLUICE_ADDRESS": "unix:/nowhere",
            "LANG": "C.UTF-8", **env}


@pytest.mark.parametrize("line, completed", [
    ("sluice dep", ["deploy"]),
    ("sluice deploy --strategy roll", ["rolling", "rolling_strategy"]),
    ("sluice deploy --strategy=roll", ["--strategy=rolling", "--strategy=rolling_strategy"]),
    ("sluice list --status failed,ro", ["failed,rolled_back"]),
    ("sluice deploy --on-uncertain ", ["pause", "probe_then_retry", "rollback"]),
    ("sluice deploy -f req", ["request.yaml"]),
    ("sluice --address unix:./req", ["unix:./request.yaml"]),
    ("sluice deploy --file=req", ["--file=request.yaml"]),
    ("sluice deploy web ", []),
])
def test_fish(line, completed, tmp_path):
    (tmp_path / "request.yaml").touch()
    ask = 'sluice completion fish | source; complete --do-complete "$argv[1]"'
    result = subprocess.run(["fish", "--no-config", "-c", ask, line], capture_output=True,
                            text=True, timeout=20, check=True, cwd=tmp_path,
                            env=with_sluice(HOME=str(tmp_path)))
    assert result.stderr == ""
    # Behind the candidate fish may say what kind of thing it is.
    assert sorted(c.split("\t")[0] for c in result.stdout.splitlines()) == completed


# What stands in the line when Enter is typed goes to a file instead of being run.
KEEP = """
PROMPT='ready> '
zle-line-finish() { print -r -- "$BUFFER" >line; BUFFER=; }
zle -N zle-line-finish
"""
ZSHRC = {
    "sourced": "autoload -U compinit; compinit -u -D; source functions/_sluice" + KEEP,
    "in fpath": "fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D" + KEEP,
}


# Each: what is typed, with a tab, and how the line is then. (Enter takes away the blank behind a word.)
@pytest.mark.parametrize("typed, line", [
    ("sluice dep\t", "sluice deploy"),
    ("sluice deploy --strategy feat\t", "sluice deploy --strategy feature_flag"),
    ("sluice list --status=failed,ro\t", "sluice list --status=failed,rolled_back"),
    ("sluice deploy -f req\t", "sluice deploy -f request.yaml"),
    ("sluice deploy --file=req\t", "sluice deploy --file=request.yaml"),
    ("sluice --address unix:./req\t", "sluice --address unix:./request.yaml"),
])
@pytest.mark.parametrize("how", ZSHRC)
def test_zsh(typed, line, how, tmp_path):
    (tmp_path / "request.yaml").touch()
    script = subprocess.run([str(SLUICE), "completion", "zsh"], capture_output=True, timeout=20,
                            check=True).stdout
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "_sluice").write_bytes(script)
    (tmp_path / ".zshrc").write_text(ZSHRC[how])
    shell = Terminal("env", "-C", tmp_path, "zsh", "-i", "--no-global-rcs", TERM="dumb",
                     **with_sluice(HOME=str(tmp_path), ZDOTDIR=str(tmp_path)))
    with contextlib.closing(shell):
        shell.await_text("ready> ")
        shell.type(typed + "\n")
        left = eventually(lambda: shell.read(0.05) and (tmp_path / "line").exists() and
                          (tmp_path / "line").read_text())
        assert left == line + "\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_can_read(shell, tmp_path):
    script = tmp_path / "script"
    script.write_bytes(subprocess.run([str(SLUICE), "completion", shell], capture_output=True,
                                      timeout=20, check=True).stdout)
    checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, timeout=20,
                             check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
