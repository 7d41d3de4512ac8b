# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The README's configuration and commands, word for word, against a fresh daemon."""
import json
import os
import re
import shlex
import signal
import subprocess

import pytest

from calls import call, eventually, rolling, run_sluiced, status_name
from conftest import BUILD, ROOT

README = (ROOT / "README.md").read_text()


# What a reader meets in a section, in its order: indented blocks, which are commands, and files in YAML.
PIECE = re.compile(r"```yaml\n(?P<file>[^`]*)```|(?P<block>(?:^    .*\n)+)", re.MULTILINE)


def section(title):
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def pieces(title):
    """[("file" or "block", its text without indentation)]"""
    return [(found.lastgroup, re.sub(r"^    ", "", found[0], flags=re.MULTILINE)
             if found.lastgroup == "block" else found["file"])
            for found in PIECE.finditer(section(title))]


def blocks(title):
    return [text for kind, text in pieces(title) if kind == "block"]


def commands(block):
    """The single commands of a block, as lists of words."""
    lines = [line.split("#")[0] for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(part) for line in lines for part in line.split(";") if part.strip()]


EXAMPLE = next(text for kind, text in pieces("Configure") if kind == "file")
USES = commands(blocks("Use")[0])
# What takes root, systemd or docker, and what is done with it.
NOT_BY_HAND = ("./dev", "sudo", "docker")


def is_by_hand(block):
    return not any(command[0] in NOT_BY_HAND for command in commands(block))


class Reader:
    """Does what the README says, in its order, as it stands; a block that starts a daemon has a
    terminal of its own, and Ctrl-C ends the daemon before."""

    def __init__(self, directory):
        self.directory = directory
        self.daemon = None
        self.exports = ""
        self.printed = ""

    def meet(self, kind, text):
        if kind == "file":
            (self.directory / "sluice.yaml").write_text(text)
            return
        text = text.replace("/tmp/", f"{self.directory}/")
        *before, last = text.replace("build/release", str(BUILD.resolve())).splitlines()
        if "--socket" not in last:
            before.append(last)
        self.run("\n".join(before))
        if "--socket" in last:
            self.start(last)

    def run(self, script):
        result = subprocess.run(["bash", "-ec", self.exports + script], cwd=self.directory,
                                capture_output=True, text=True, timeout=60, check=False,
                                env=self.environment())
        assert (result.returncode, result.stderr) == (0, ""), script
        self.printed = result.stdout
        self.exports += "".join(line + "\n" for line in script.splitlines()
                                if line.startswith("export "))

    def start(self, command):
        self.end()
        self.daemon = subprocess.Popen(shlex.split(command), cwd=self.directory, text=True,
                                       stderr=subprocess.PIPE, env=self.environment())
        assert "event=started" in self.daemon.stderr.readline()

    def environment(self):
        return {name: value for name, value in os.environ.items() if "SLUICE" not in name}

    def end(self):
        if self.daemon is None:
            return
        self.daemon.send_signal(signal.SIGINT)
        self.daemon.communicate(timeout=30)
        assert self.daemon.returncode == 0


def test_the_example_configuration_is_a_good_one(tmp_path):
    (tmp_path / "sluice.yaml").write_text(EXAMPLE)
    result = run_sluiced("--check", "--config", tmp_path / "sluice.yaml")
    assert (result.returncode, result.stderr) == (0, "")


def test_what_is_done_by_hand_works_in_the_order_in_which_it_is_read(tmp_path):
    reader = Reader(tmp_path)
    printed = []
    try:
        for title in ("Install", "Configure"):
            for kind, text in pieces(title):
                if kind == "file" or is_by_hand(text):
                    reader.meet(kind, text)
                    printed.append(reader.printed)
    finally:
        reader.end()
    everything = "".join(printed)
    assert "web: ✔ completed" in everything
    assert "sluice.yaml: good, 1 service" in everything
    assert "web-1" in printed[-1] and "batch 1" in printed[-1]


def test_no_command_names_a_file_that_is_not_there_yet():
    for kind, text in pieces("Install"):
        assert kind == "block"
        assert "sluice.yaml" not in text.replace("/etc/sluice/sluice.yaml", "").replace(
            "share/doc/sluice/examples/sluice.yaml", "")


def test_the_exit_codes_are_those_of_the_manual():
    manual = (ROOT / "client" / "sluice.1").read_text().split(".SH EXIT STATUS")[1]
    manual = manual.split("\n.SH ")[0]
    assert re.findall(r"^\| (\d\S*) \|", section("Use"), re.MULTILINE) == re.findall(
        r"^\.B (\d\S*)$", manual, re.MULTILINE)


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
    "deploy -f": (None, "PAUSED"),
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


def stage_of(command):
    return "deploy -f" if "-f" in command else command[1]


@pytest.mark.parametrize("command", USES, ids=" ".join)
def test_a_command_does_what_it_says(start_daemon, make_fleet, command):
    before, after = STAGES[stage_of(command)]
    service = "shop" if "-f" in command else "web"
    daemon = start_daemon("services:\n" + make_fleet(2).service(service))
    deployment_id = before(daemon) if before else ""
    result = daemon.cli(*[deployment_id if word == "ID" else word for word in command[1:]],
                        cwd=ROOT / "examples")
    assert (result.returncode, result.stderr) == (0, "")
    if after:
        eventually(lambda: status_name(call(daemon, "GetState", service=service)) == after)


def test_the_example_request_is_for_the_example_configuration(start_daemon, tmp_path):
    config = (ROOT / "examples" / "sluice.yaml").read_text()
    config = config.replace("/run/sluice/", f"{tmp_path}/").replace("/var/lib/sluice",
                                                                    f"{tmp_path}/data")
    daemon = start_daemon(config)
    request = ROOT / "examples" / "request.yaml"
    plan = daemon.cli("plan", "-f", str(request))
    assert (plan.returncode, plan.stderr) == (0, "")
    assert "shop-3" in plan.stdout
    # The command in its first lines.
    over = re.search(r"(sluice deploy -f request.yaml .*)", request.read_text())[1].split()
    over[1:4] = ["plan", "-f", str(request)]
    changed = daemon.cli(*over[1:], "-o", "json")
    assert (changed.returncode, changed.stderr) == (0, "")
    assert json.loads(changed.stdout)["plan"]["version"] == over[5]


def test_every_command_is_tried():
    assert {command[0] for command in USES} == {"sluice"}
    assert {stage_of(command) for command in USES} == set(STAGES)
