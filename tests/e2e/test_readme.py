# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The README's configuration and commands, word for word, against a fresh daemon."""
import re
import shlex
import subprocess

import pytest

from calls import call, eventually, rolling, run_sluiced, status_name
from conftest import BUILD, ROOT

README = (ROOT / "README.md").read_text()


def section(title):
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def blocks(title):
    """The indented blocks of a section, without their indentation."""
    found = re.findall(r"(?:^    .*\n)+", section(title), re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in found]


def commands(block):
    """The single commands of a block, as lists of words."""
    lines = [line.split("#")[0] for line in block.splitlines()]
    return [shlex.split(part) for line in lines for part in line.split(";") if part.strip()]


EXAMPLE = re.search(r"```yaml\n(.*?)```", section("Configure"), re.DOTALL)[1]
STARTED_BY_HAND = next(b for b in blocks("Install") if "server/sluiced --socket" in b)
USES = commands(blocks("Use")[0])


def test_the_example_configuration_is_a_good_one(tmp_path):
    (tmp_path / "sluice.yaml").write_text(EXAMPLE)
    result = run_sluiced("--check", "--config", tmp_path / "sluice.yaml")
    assert (result.returncode, result.stderr) == (0, "")


def test_a_daemon_started_by_hand_is_found(tmp_path):
    (tmp_path / "sluice.yaml").write_text(EXAMPLE)
    here = STARTED_BY_HAND.replace("/tmp/", f"{tmp_path}/")
    here = here.replace("build/release", str(BUILD.resolve()))
    start, then = here.split(" &\n")
    with subprocess.Popen(shlex.split(start), cwd=tmp_path, stderr=subprocess.PIPE,
                          text=True) as daemon:
        try:
            assert "event=started" in daemon.stderr.readline()
            result = subprocess.run(["bash", "-ec", then], cwd=tmp_path, capture_output=True,
                                    text=True, timeout=20, check=False)
        finally:
            daemon.terminate()
    assert (result.returncode, result.stderr) == (0, "")
    assert "web" in result.stdout


def completed(daemon):
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(2))
    return daemon.await_status(state.id, "COMPLETED").id


def waiting(daemon):
    """A deployment between two batches."""
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 60))
    eventually(lambda: call(daemon, "GetState", deployment_id=state.id)
               .plan.steps[1].HasField("wait_until"))
    return state.id


def paused(daemon):
    deployment_id = waiting(daemon)
    return call(daemon, "Pause", deployment_id=deployment_id).id


# What there must be for a command to make sense, and how the service's deployment ends or goes on.
STAGES = {
    "deploy": (None, "COMPLETED"),
    "plan": (None, None),
    "list": (completed, "COMPLETED"),
    "watch": (completed, "COMPLETED"),
    "pause": (waiting, "PAUSED"),
    "resume": (paused, "IN_PROGRESS"),
    "promote": (waiting, "COMPLETED"),
    "rollback": (completed, "ROLLED_BACK"),
    "abort": (waiting, "FAILED"),
    "wait": (completed, "COMPLETED"),
}


@pytest.mark.parametrize("command", USES, ids=" ".join)
def test_a_command_does_what_it_says(start_daemon, make_fleet, command):
    before, after = STAGES[command[1]]
    daemon = start_daemon("services:\n" + make_fleet(2).service())
    deployment_id = before(daemon) if before else ""
    result = daemon.cli(*[deployment_id if word == "ID" else word for word in command[1:]])
    assert (result.returncode, result.stderr) == (0, "")
    if after:
        eventually(lambda: status_name(call(daemon, "GetState", service="web")) == after)


def test_every_command_is_tried():
    assert {command[0] for command in USES} == {"sluice"}
    assert {command[1] for command in USES} == set(STAGES)
