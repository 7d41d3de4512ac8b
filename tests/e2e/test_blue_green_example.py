# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""examples/blue_green, as it stands, with programs that write down what they were called with."""
import os
import subprocess

import pytest

from conftest import ROOT
from test_readme import section

EXAMPLE = ROOT / "examples" / "blue_green"
INSTALL = 'echo "$1 $2 $3" >> "$SLOTS/installed"; test "$3" != bad'
POINT = 'echo "$1 $2" >> "$SLOTS/front"'


class Slots:
    def __init__(self, path, start_daemon):
        self.path = path
        programs = path / "bin"
        programs.mkdir(parents=True)
        for name, text in (("install-web", INSTALL), ("point-front-at", POINT)):
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        text = (EXAMPLE / "sluice.yaml").read_text()
        text = text.replace("/opt/deploy", str(EXAMPLE)).replace("/var/lib/sluice/web", str(path))
        first = text.split("#     mkdir")[1].splitlines()[0]
        subprocess.run(["sh", "-ec", "mkdir" + first], check=True)
        self.daemon = start_daemon(text.replace("data_dir: /var/lib/sluice\n", ""),
                                   env={"PATH": f"{programs}:{os.environ['PATH']}"})

    def deploy(self, version):
        return self.daemon.cli("deploy", "web", version, "--watch").returncode

    def roll_back(self):
        return self.daemon.cli("rollback", "web", "--watch").returncode

    def lines(self, name):
        file = self.path / name
        return file.read_text().splitlines() if file.exists() else []

    def served(self):
        live = (self.path / "live").read_text().strip()
        return live, (self.path / live).read_text().strip()


@pytest.fixture(name="slots")
def _slots(tmp_path, start_daemon):
    return Slots(tmp_path / "slots", start_daemon)


def test_each_version_goes_into_the_slot_without_traffic_and_then_gets_it(slots):
    assert slots.deploy("v2") == 0
    assert slots.served() == ("green", "v2")
    assert sorted(slots.lines("installed")) == ["10.0.0.11 green v2", "10.0.0.12 green v2"]
    assert slots.deploy("v3") == 0
    assert slots.served() == ("blue", "v3")
    assert slots.lines("front") == ["web green", "web blue"]
    assert slots.roll_back() == 0
    assert slots.served() == ("green", "v2")


def test_the_first_deployment_goes_back_to_what_the_slot_with_traffic_has(slots):
    assert slots.deploy("v2") == 0
    assert slots.roll_back() == 0
    assert slots.served() == ("blue", "v1")


def test_one_that_fails_moves_no_traffic(slots):
    assert slots.deploy("bad") == 3
    assert slots.served() == ("blue", "v1")
    assert slots.lines("front") == ["web blue"]


def test_a_way_back_to_what_no_slot_has_any_more_is_incomplete(slots):
    assert slots.deploy("v2") == 0
    (slots.path / "blue").write_text("v0")
    assert slots.roll_back() == 4
    assert slots.served() == ("green", "v2")


def test_the_readme_shows_the_deployer_of_the_example():
    shown = section("Blue-green").split("```sh\n")[1].split("```")[0]
    assert shown in (EXAMPLE / "deploy-idle").read_text()
