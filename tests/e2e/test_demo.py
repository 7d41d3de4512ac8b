# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""`./dev demo --keep` on a terminal, what it prints to go on, and how it is stopped."""
import contextlib
import os
import re
import signal
import subprocess

import pytest

from calls import eventually
from conftest import ROOT, SLUICE, SLUICED
from terminal import HIDE_CURSOR, OURS, UP, Terminal

DEMO_SECONDS = 180
# Each rollout by the command that the demo says it runs, and what is to be seen of it at its end.
ROLLOUTS = {
    "$ sluice deploy shop v2 --watch": "✔ completed",
    "$ sluice deploy shop v3-bad --strategy canary": "↩ rolled_back",
    "$ sluice deploy web v2 --watch": "✔ completed",
    "$ sluice rollback web --watch": "↩ rolled_back",
}


def members(groups):
    """Processes of the groups that have not ended."""
    rows = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True)
    found = [row.split() for row in rows.stdout.splitlines()]
    return [pgid for pgid, stat in found if int(pgid) in groups and not stat.startswith("Z")]


@pytest.fixture(name="demo")
def run_demo(tmp_path):
    """The demo that was kept running, after all that it shows; stopped at the end of the test."""
    binaries = tmp_path / "binaries"
    binaries.mkdir()
    for program in (SLUICED, SLUICE):
        (binaries / program.name).symlink_to(program.resolve())
    terminal = Terminal("/usr/bin/python3", ROOT / "examples" / "demo" / "run.py", binaries,
                        "--keep", TMPDIR=str(tmp_path))
    with contextlib.closing(terminal):
        try:
            assert terminal.await_exit(DEMO_SECONDS) == 0, terminal.text
            yield terminal
        finally:
            # One that fails stops by itself, when it is asked to.
            if terminal.process.poll() is None:
                terminal.process.terminate()
                terminal.await_exit()
            for group in groups_of(terminal):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)


def to_go_on(terminal):
    """The lines below "try" and "stop it", as they stand on the terminal."""
    text = terminal.text.replace("\r", "").split("it goes on running; try")[-1]
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if re.match(r"(export|sluice|kill) ", line)]


def groups_of(terminal):
    kill = [line for line in to_go_on(terminal) if line.startswith("kill")]
    return [int(group) for line in kill for group in re.findall(r" -(\d+)\b", line)]


def view_of(terminal, command):
    """What was printed from a rollout's command to the next one."""
    begin = terminal.text.index(command)
    return terminal.text[begin:].split("\r\n$ ")[0]


def test_the_demo_shows_the_live_view_and_leaves_running_what_it_says(demo):
    for command, end in ROLLOUTS.items():
        view = view_of(demo, command)
        assert HIDE_CURSOR in view, command
        # The switch back may be over before there is anything to redraw.
        assert UP.search(view) or "rollback" in command
        last = OURS.sub("", view[view.rindex("Deployment:"):])
        assert end in last, command
        assert max(len(line) for line in last.replace("\r", "").splitlines()) <= 80
    assert demo.is_usable()

    *commands, stop = to_go_on(demo)
    groups = set(groups_of(demo))
    assert len(groups) == 11  # nine targets, a front and the daemon
    assert {int(group) for group in members(groups)} == groups
    # Pasted as they are.
    whole = subprocess.run(["bash", "-n", "-c", "\n".join([*commands, stop])], capture_output=True,
                           text=True, timeout=20, check=False)
    assert (whole.returncode, whole.stderr) == (0, "")
    export = commands[0]
    plan = next(line for line in commands if line.startswith("sluice plan"))
    bad = next(line for line in commands if "v5-bad" in line)

    def run(line):
        return subprocess.run(["bash", "-c", f"{export}\n{line}"], capture_output=True, text=True,
                              timeout=60, check=False)
    assert "v4" in run(plan).stdout
    rolled_back = run(bad)
    assert (rolled_back.returncode, rolled_back.stderr) == (3, "")
    assert "rolled_back" in rolled_back.stdout

    directory = re.search(r"rm -rf (\S+)", stop)[1]
    assert os.path.isdir(directory)
    stopped = run(stop)
    assert (stopped.returncode, stopped.stderr) == (0, "")
    eventually(lambda: not members(groups))
    assert not os.path.exists(directory)
