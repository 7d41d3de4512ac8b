# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""What the daemon says of itself, and copies of its records that are taken while it works."""
import json
import re
import shutil
import subprocess
import threading

import grpc
import yaml

from calls import (call, eventually, listed, refused, rolling, start_again, status_name, strategy,
                   violations)
from conftest import ROOT

SERVICES = "allow_unconfigured_services: true\n"


def durable(directory, extra=""):
    return f"data_dir: {directory}\n{SERVICES}{extra}"


def flag(daemon, service):
    return call(daemon, "Deploy", service=service, version="v1",
                strategy=strategy("FeatureFlagStrategy", initial_rollout=5))


def test_in_memory_the_log_and_the_daemon_say_so(start_daemon):
    daemon = start_daemon()
    info = call(daemon, "GetServerInfo")
    assert (info.durability, info.data_dir, info.epoch) == (1, "", 0)
    assert " durability=memory" in daemon.log()
    assert info.watch_heartbeat.ToSeconds() == 30
    result = daemon.cli("info")
    assert result.returncode == 0 and result.stderr == ""
    assert "memory: records end with the daemon" in result.stdout
    assert f"address     unix:{daemon.socket}\n" in result.stdout


def test_on_the_disk_the_epoch_grows_with_every_start(start_daemon, tmp_path):
    daemon = start_daemon(durable(tmp_path / "data"))
    before = call(daemon, "GetServerInfo")
    state = daemon.await_status(flag(daemon, "billing").id, "COMPLETED")
    assert " durability=disk" in daemon.log()
    daemon.stop()
    again = start_again(start_daemon, daemon, durable(tmp_path / "data"))
    info = call(again, "GetServerInfo")
    assert (info.durability, info.data_dir, info.failure) == (2, str(tmp_path / "data"), "")
    assert info.epoch > before.epoch >= before.start_time.seconds - 60
    assert info.newest_revision >= state.revision
    version = next(line for line in (ROOT / "CMakeLists.txt").read_text().splitlines()
                   if "VERSION" in line and "project" in line).split("VERSION ")[1].split()[0]
    for form, read in (("json", json.loads), ("yaml", yaml.safe_load)):
        document = read(again.cli("info", "-o", form).stdout)
        assert document["durability"] == "disk" and document["epoch"] == info.epoch
        assert document["version"] == info.version == version
    text = again.cli("info").stdout
    assert f"data_dir    {tmp_path / 'data'}\n" in text and f"epoch       {info.epoch}\n" in text


class Deployers:
    """Deploys one service after the other until it is told to stop; keeps what was answered."""

    def __init__(self, daemon, count):
        self.daemon, self.answered, self.stopping = daemon, [], False
        self.threads = [threading.Thread(target=self._run, args=(i,)) for i in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def _run(self, number):
        count = 0
        while not self.stopping:
            self.answered.append(flag(self.daemon, f"s{number}-{count}").id)
            count += 1


def test_a_backup_has_all_that_was_answered_and_what_ran_goes_on(start_daemon, make_fleet, tmp_path):
    fleet = make_fleet(2)
    services = "services:\n" + fleet.service()
    daemon = start_daemon(durable(tmp_path / "data", services))
    web = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 3600))
    eventually(lambda: call(daemon, "GetState", deployment_id=web.id)
               .plan.steps[1].HasField("wait_until"))
    file = tmp_path / "copy.db"
    with Deployers(daemon, 4) as deployers:
        eventually(lambda: len(deployers.answered) > 20)
        answered = list(deployers.answered)
        revision = call(daemon, "GetServerInfo").newest_revision
        result = daemon.cli("backup", str(file))
        at_the_end = list(deployers.answered)
        # It works on meanwhile and afterwards.
        eventually(lambda: len(deployers.answered) > len(at_the_end) + 20)
    assert (result.returncode, result.stderr) == (0, "")
    assert int(result.stdout.split("revision ")[1].split()[0]) >= revision
    assert file.stat().st_mode & 0o777 == 0o600

    (tmp_path / "restored").mkdir(mode=0o700)
    shutil.copy(file, tmp_path / "restored" / "sluice.db")
    daemon.process.kill()
    daemon.process.wait()
    restored = start_daemon(durable(tmp_path / "restored", services))
    for deployment_id in answered:
        call(restored, "GetState", deployment_id=deployment_id)
    assert call(restored, "GetServerInfo").newest_revision >= revision
    call(restored, "Promote", deployment_id=web.id)
    assert status_name(restored.await_status(web.id, "COMPLETED")) == "COMPLETED"
    # The first target was done before the copy was made.
    assert sorted(target for _, target, *_ in fleet.calls()) == ["t1", "t2"]


def test_a_backup_that_cannot_be_made_says_why(start_daemon, tmp_path):
    daemon = start_daemon(durable(tmp_path / "data"))
    there = tmp_path / "there"
    there.write_text("mine")
    result = daemon.cli("backup", str(there))
    assert result.returncode == 6
    assert result.stderr == (f"sluice: no backup was made: {there} exists and is not overwritten; "
                             "choose another name\n")
    assert there.read_text() == "mine"
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(daemon, "Backup", file="copy.db")
    assert violations(error.value) == {
        "file": 'must be the absolute path of a file on the daemon\'s machine, is "copy.db"'}
    assert daemon.cli("backup", "copy.db").returncode == 6
    result = daemon.cli("backup", str(tmp_path / "no" / "copy"))
    assert result.returncode == 6 and "No such file or directory" in result.stderr
    assert "sluice list" not in result.stderr
    assert not list(tmp_path.glob("*copy*"))
    assert not listed(daemon)


def test_a_daemon_in_memory_has_nothing_to_back_up(start_daemon, tmp_path):
    daemon = start_daemon()
    result = daemon.cli("backup", str(tmp_path / "copy"))
    assert result.returncode == 6 and "set data_dir" in result.stderr
    assert not (tmp_path / "copy").exists()


def restoring(daemon, backup):
    """What the man page says between the daemon's end and its start, run as one here would."""
    page = (ROOT / "server/app/sluiced.8").read_text()
    block = re.search(r"systemctl stop sluiced\n(.*?) &&\nsystemctl start sluiced\n", page, re.DOTALL)[1]
    return (block.replace("\\-", "-").replace("\\e", "\\").replace("/var/lib/sluice", str(daemon.data_dir))
            .replace("-o sluice -g sluice ", "").replace("FILE", str(backup)))


def test_what_the_man_page_restores_is_the_backup_each_time(start_daemon):
    daemon = start_daemon(SERVICES, durable=True)
    flag(daemon, "kept")
    # Its name begins as those that go.
    backup = daemon.data_dir / "sluice.db.bak"
    call(daemon, "Backup", file=str(backup))
    for i in range(3):
        for n in range(20):
            flag(daemon, f"later-{i}-{n}")
        # Leaves its log beside its file.
        daemon.kill()
        done = subprocess.run(["bash", "-euc", restoring(daemon, backup)], capture_output=True,
                              text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        daemon.start()
        assert {state.service for state in listed(daemon)} == {"kept"}


def test_a_daemon_on_a_copy_leaves_the_commands_of_the_living_one_alone(start_daemon, make_fleet,
                                                                       tmp_path):
    fleet = make_fleet(1)
    fleet.slow(3)
    config = fleet.service()
    daemon = start_daemon(f"data_dir: {tmp_path / 'data'}\nservices:\n{config}")
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling())
    eventually(lambda: fleet.calls("begin"))
    copy = tmp_path / "copy"
    copy.mkdir(mode=0o700)
    call(daemon, "Backup", file=str(copy / "sluice.db"))
    other = start_daemon(f"data_dir: {copy}\nservices:\n{config}")
    daemon.await_status(state.id, "COMPLETED")
    assert "commands_killed" not in other.log()
