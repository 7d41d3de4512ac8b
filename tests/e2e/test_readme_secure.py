# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""README's "Secure it", word for word: what it makes, what it configures, and what it then allows."""
import grp
import os
import pwd
import re
import subprocess

import pytest

from calls import run_sluiced
from conftest import ROOT, SLUICE
from test_readme import blocks, section

TITLE = "Secure it"
CONFIGURATION = re.search(r"```yaml\n(.*?)```", section(TITLE), re.DOTALL)[1]


def find(words):
    [block] = [block for block in blocks(TITLE) if words in block]
    return block


class Place:
    """A directory in the place of /etc and /var, and programs in the place of those of root."""

    def __init__(self, path):
        self.path = path
        self.etc, self.var, self.bin = path / "etc", path / "var", path / "bin"
        self.home = path / "home"
        for directory in (self.etc, self.var, self.bin, self.home):
            directory.mkdir()
        os.symlink(SLUICE.resolve(), self.bin / "sluice")
        self.program("sudo", 'exec "$@"')
        # There may be no such user here.
        self.program("groupadd", f'test "$1" = -f && echo "$2" >> {path}/groups')
        self.program("chown", 'for last in "$@"; do :; done; test -e "$last"')

    def program(self, name, text):
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def here(self, text):
        return text.replace("/etc/sluice", str(self.etc)).replace("/var/lib/sluice", str(self.var))

    def run(self, text, **variables):
        return subprocess.run(
            ["bash", "-euc", self.here(text)], cwd=self.home if variables else self.path,
            env={**os.environ, "USER": pwd.getpwuid(os.getuid()).pw_name, "HOME": str(self.home),
                 **variables, "PATH": f"{self.bin}:{os.environ['PATH']}"},
            capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(name="place")
def _place(tmp_path):
    (tmp_path / "place").mkdir()
    return Place(tmp_path / "place")


def test_what_is_secured_goes_into_the_installed_example(tmp_path):
    config = tmp_path / "sluice.yaml"
    config.write_text((ROOT / "examples" / "sluice.yaml").read_text() + CONFIGURATION)
    result = run_sluiced("--check-text", "--config", config)
    assert (result.returncode, result.stderr) == (0, "")


def test_what_the_readme_secures_is_secure_and_works(place, start_daemon):
    made = place.run(find("certs init"))
    assert made.returncode == 0, made.stderr
    [token] = re.findall(r"sluice_[\w-]{43}", made.stdout)
    # Every group is made by the installation or by these commands; here they become one that is.
    groups = set(re.findall(r"unix_group: (\w+)", CONFIGURATION))
    assert groups == {"sluice", *(place.path / "groups").read_text().split()}
    ours = grp.getgrgid(os.getgid()).gr_name
    text = re.sub(r"unix_group: \w+", f"unix_group: {ours}", place.here(CONFIGURATION))
    text = text.replace("0.0.0.0:7400", "0.0.0.0:0")
    daemon = start_daemon("allow_unconfigured_services: true\n" + text)
    port = daemon.tcp_address().rsplit(":", 1)[1]
    # Grants of a reader and of who may roll back come to one user here; nobody else gets in.
    assert daemon.cli("list").returncode == 0
    assert daemon.cli("deploy", "web", "v1", "--strategy", "feature_flag").returncode == 6

    copied = place.run(find("sudo install"))
    assert copied.returncode == 0, copied.stderr
    assert oct((place.home / "client.key").stat().st_mode)[-3:] == "600"
    use = find("SLUICE_ADDRESS=deploy.example.org")
    use = use.replace("deploy.example.org:7400", f"127.0.0.1:{port}").replace("sluice_...", token)
    used = place.run(use.replace("deploy web v2", "deploy web v2 --strategy feature_flag"), A="")
    assert used.returncode == 0, used.stderr
    address = f"127.0.0.1:{port}"
    with_token = {"SLUICE_ADDRESS": address, "SLUICE_CA": "ca.crt", "SLUICE_TOKEN": token}
    refused = place.run("sluice deploy other v1 --strategy feature_flag", **with_token)
    assert refused.returncode == 6 and 'the service "other"' in refused.stderr
    shop = place.run("sluice deploy shop-a v1 --strategy feature_flag", **with_token)
    assert shop.returncode == 0, shop.stderr
    bare = place.run("sluice list", SLUICE_ADDRESS=address, SLUICE_CA="ca.crt")
    assert bare.returncode == 6
    plain = place.run("sluice list", SLUICE_ADDRESS=address)
    assert plain.returncode == 7

    trail = f"{place.var}/audit.jsonl"
    shown = place.run(f"sluice audit {trail}").stdout
    assert re.search(r" ci +Deploy +web .* OK", shown)
    assert re.search(r" ci +Deploy +other .* PERMISSION_DENIED", shown)
    assert place.run(f"sluice audit verify {trail}").returncode == 0
    assert token not in daemon.log() + (place.var / "audit.jsonl").read_text()
    assert oct((place.etc / "certs" / "ca.key").stat().st_mode)[-2:] == "00"
