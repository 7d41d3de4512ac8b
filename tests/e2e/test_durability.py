# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Records and disks: what is refused, what survives, and what a restart goes on with."""
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import grpc
import pytest

from calls import (await_log, call, check_health, eventually, listed, request, rolling, run_sluiced,
                   strategy)
from conftest import SLUICED
from security import is_root
from tracing import strace

EXIT_CONFIG = 78
OPEN = "allow_unconfigured_services: true\n"
BULK = {f"k{i}": "x" * 1000 for i in range(20)}
SMALL_FILE_BYTES = 256 * 1024


def flag(daemon, number, **fields):
    return call(daemon, "Deploy", service=f"s{number}", version="v1", request_id=f"r{number}",
                strategy=strategy("FeatureFlagStrategy", initial_rollout=5), **fields)


def deploy_until_refused(daemon):
    """The ids that were acknowledged, and the refusal."""
    acknowledged = []
    with pytest.raises(grpc.RpcError) as error:
        while len(acknowledged) < 1000:
            acknowledged.append(flag(daemon, len(acknowledged), metadata=BULK).id)
    return acknowledged, error.value


def check_reads_go_on(daemon, acknowledged):
    assert call(daemon, "GetState", deployment_id=acknowledged[0]).id == acknowledged[0]
    assert next(call(daemon, "WatchStates", deployment_id=acknowledged[-1])).state.id
    assert {state.id for state in listed(daemon, page_size=1000)} <= set(acknowledged)
    eventually(lambda: check_health(daemon, "") == "NOT_SERVING")


def check_nothing_is_lost(daemon, acknowledged):
    """After a restart; the request that was refused is taken now, and so are new ones."""
    assert set(acknowledged) <= {state.id for state in listed(daemon, page_size=1000)}
    for number, deployment in enumerate(acknowledged):
        assert flag(daemon, number, metadata=BULK).id == deployment
    assert flag(daemon, len(acknowledged), metadata=BULK).id not in acknowledged
    assert check_health(daemon, "") == "SERVING"


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILE_BYTES, resource.RLIM_INFINITY))


def test_t05_a_full_disk_refuses_changes_and_loses_nothing(start_daemon):
    daemon = start_daemon(OPEN, durable=True, preexec=small_files)
    acknowledged, error = deploy_until_refused(daemon)
    assert acknowledged
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
    assert "nothing is accepted until sluiced is restarted: its disk is full" in error.details()
    failure = call(daemon, "GetServerInfo").failure
    assert failure == error.details()
    # Where it lies is for the log alone.
    assert str(daemon.data_dir) not in failure
    await_log(daemon, f"{daemon.data_dir}/sluice.db")
    check_reads_go_on(daemon, acknowledged)
    daemon.kill()
    daemon.start()
    check_nothing_is_lost(daemon, acknowledged)


def test_t03_what_was_torn_is_dropped_with_one_line(start_daemon):
    daemon = start_daemon(OPEN, durable=True)
    acknowledged = [flag(daemon, number).id for number in range(5)]
    for deployment in acknowledged:
        daemon.await_status(deployment, "COMPLETED")
    daemon.kill()
    log = daemon.data_dir / "sluice.db-wal"
    # What follows the last frame is allocated alone. A frame is 4,120 bytes long, the header 32.
    written = len(log.read_bytes().rstrip(b"\0")) - 32
    size = 32 + -(-written // 4120) * 4120
    os.truncate(log, size - 100)
    daemon.start()
    [line] = re.findall("event=log_torn .*", daemon.log())
    assert f'file="{log}"' in line
    # The frame that was cut may not be the first one of its commit.
    assert 32 <= int(re.search(r"offset=(\d+)", line)[1]) <= size - 4120
    # The last commit was one of an end, which is come to once more.
    for deployment in acknowledged:
        daemon.await_status(deployment, "COMPLETED")
    daemon.kill()
    daemon.start()
    assert "event=log_torn" not in daemon.log()


SYNC = "fsync,fdatasync"


@pytest.mark.parametrize("sync", [8, 20])
def test_t06_a_failed_sync_is_never_acknowledged_nor_tried_again(start_daemon, tmp_path, sync):
    daemon = start_daemon(OPEN, durable=True)
    assert daemon.stop() == 0
    trace = tmp_path / "trace"
    daemon.start(prefix=strace(trace, SYNC, "-e", f"inject={SYNC}:error=EIO:when={sync}"))
    acknowledged, error = deploy_until_refused(daemon)
    assert acknowledged
    assert error.code() == grpc.StatusCode.INTERNAL, error
    check_reads_go_on(daemon, acknowledged)
    with pytest.raises(grpc.RpcError):
        flag(daemon, 2000)
    assert daemon.stop() == 0
    after = trace.read_text().split("(INJECTED)", 1)[1]
    assert not re.findall(r"f(?:data)?sync\(", after), after
    daemon.start()
    check_nothing_is_lost(daemon, acknowledged)


# --- What is no data directory.

def make_file(place):
    (place / "data").write_text("x")


def make_link(place):
    (place / "other").mkdir(mode=0o700)
    (place / "data").symlink_to(place / "other")


def make_foreign(place):
    if not is_root():
        pytest.skip("only root can give a directory away")
    (place / "data").mkdir(mode=0o700)
    os.chown(place / "data", 12345, 12345)


def refuses(config, place, code=1, **how):
    """The one line with which sluiced gives up."""
    begin = time.monotonic()
    ended = subprocess.run([str(how.pop("program", SLUICED)), "--socket", f"{place}/s.sock",
                            "--config", str(config)], capture_output=True, text=True, timeout=10,
                           check=False, **how)
    assert ended.returncode == code
    assert time.monotonic() - begin < 5
    lines = ended.stderr.splitlines()
    begins_with = "sluiced: " if code == 1 else f"{config}:1:1: data_dir: "
    assert len(lines) == 1 and lines[0].startswith(begins_with), ended.stderr
    return lines[0]


@pytest.mark.parametrize("make, words", [
    (make_file, "is not a directory"),
    (make_link, "is a symbolic link; name the directory itself"),
    (make_foreign, "belongs to user 12345"),
    (lambda place: None, "No such file or directory; create"),
], ids=["file", "link", "foreign", "no parent"])
def test_t07_what_is_no_data_directory_is_refused(tmp_path, make, words):
    make(tmp_path)
    path = tmp_path / "data" if list(tmp_path.iterdir()) else tmp_path / "missing" / "data"
    config = tmp_path / "sluice.yaml"
    config.write_text(f"data_dir: {path}\n")
    line = refuses(config, tmp_path, EXIT_CONFIG)
    assert f"data_dir: {path} " in line or f"cannot make {path}:" in line
    assert words in line
    # Whose it has to be depends on who starts the daemon.
    checked = run_sluiced("--check", "--config", config)
    if make is make_foreign:
        assert checked.returncode == 0
    else:
        assert (checked.returncode, checked.stderr) == (EXIT_CONFIG, line + "\n")


def test_t07_a_read_only_data_directory_is_refused():
    # A place that everybody reaches: root may write wherever it likes, so nobody has to try.
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        os.chmod(place, 0o755)
        program = shutil.copy(SLUICED, place)
        (place / "data").mkdir(mode=0o500)
        config = place / "sluice.yaml"
        config.write_text(f"data_dir: {place}/data\n")
        how = {}
        if is_root():
            nobody = pwd.getpwnam("nobody")
            os.chown(place / "data", nobody.pw_uid, nobody.pw_gid)
            how = {"user": "nobody", "group": nobody.pw_gid, "extra_groups": []}
        line = refuses(config, place, EXIT_CONFIG, program=program, **how)
        assert f"cannot make files in {place}/data: Permission denied" in line
        checked = subprocess.run([program, "--check", "--config", config], capture_output=True,
                                 text=True, timeout=10, check=False, **how)
        assert checked.returncode == 1
        first, second = checked.stderr.splitlines()
        assert first == line and "check as the user that sluiced runs as" in second


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 512 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(place)],
                      capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing may be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place, left):
    """Writes until there are no more than so many bytes left; returns the file."""
    with open(place / "filler", "wb", buffering=0) as filler:
        with pytest.raises(OSError):
            while True:
                filler.write(bytes(4096))
        filler.truncate(filler.tell() - left)
    return place / "filler"


# As much as lets SQLite open its file, and not write to its log.
@pytest.mark.parametrize("is_new, left", [(True, 0), (False, 0), (False, 32 * 1024)])
def test_t07_a_full_disk_is_refused_at_the_start(small_disk, tmp_path, start_daemon, is_new, left):
    config = f"{OPEN}data_dir: {small_disk}/data\n"
    acknowledged = []
    if not is_new:
        daemon = start_daemon(config, directory=tmp_path)
        acknowledged = [flag(daemon, number).id for number in range(3)]
        assert daemon.stop() == 0
    filler = fill(small_disk, left)
    path = tmp_path / "sluice.yaml"
    path.write_text(config)
    line = refuses(path, tmp_path)
    assert str(small_disk / "data") in line and ("is full" in line or "No space" in line)
    filler.unlink()
    daemon = start_daemon(config, directory=tmp_path)
    assert [flag(daemon, number).id for number in range(len(acknowledged))] == acknowledged


@pytest.mark.parametrize("most", [0, 4096, 20_000])
def test_t07_files_that_may_not_grow_are_refused_at_the_start(tmp_path, most):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    config = tmp_path / "sluice.yaml"
    config.write_text(f"data_dir: {tmp_path}/data\n")
    line = refuses(config, tmp_path, preexec_fn=limit)
    assert f"{tmp_path}/data/" in line and "File too large" in line


def test_t08_a_second_daemon_on_the_data_is_told_who_has_it(start_daemon, tmp_path):
    daemon = start_daemon(OPEN, durable=True)
    line = refuses(daemon.config, tmp_path)
    assert f"is locked by process {daemon.process.pid};" in line
    assert flag(daemon, 1).id == flag(daemon, 1).id


def test_t10_the_data_of_a_newer_program_is_not_touched(start_daemon):
    daemon = start_daemon(OPEN, durable=True)
    flag(daemon, 1)
    assert daemon.stop() == 0
    [path] = daemon.data_dir.glob("*.db")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns)
              for file in daemon.data_dir.iterdir() if "lock" not in file.name}
    line = refuses(daemon.config, daemon.directory)
    assert "was written by a newer sluiced (schema 99" in line
    assert before == {file.name: (file.read_bytes(), file.stat().st_mtime_ns)
                      for file in daemon.data_dir.iterdir() if "lock" not in file.name}


# --- What a restart goes on with.

def test_t45_a_drained_rollout_goes_on_at_the_next_start(start_daemon, make_fleet):
    fleet = make_fleet(4)
    fleet.slow(1, ["t2"])
    daemon = start_daemon("services:\n" + fleet.service(asked=True), durable=True)
    deployment = call(daemon, "Deploy", service="web", version="v2", strategy=rolling()).id
    watch = call(daemon, "WatchStates", deployment_id=deployment)
    next(watch)
    eventually(lambda: [row for row in fleet.calls() if row[1] == "t2"])
    daemon.process.terminate()
    await_log(daemon, "event=drain_began")
    with pytest.raises(grpc.RpcError) as error:
        for _ in watch:
            pass
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    assert daemon.process.wait(timeout=30) == 0
    events = re.findall(r"event=(drain_began|deployment_suspended|drain_ended)", daemon.log())
    assert events == ["drain_began", "deployment_suspended", "drain_ended"]
    assert fleet.versions() == {"t1": "v2", "t2": "v2", "t3": "v1", "t4": "v1"}
    daemon.start()
    daemon.await_status(deployment, "COMPLETED")
    assert [row[1] for row in fleet.calls()] == ["t1", "t2", "t3", "t4"]


def test_t45_a_command_that_outlasts_the_grace_is_cut_and_tried_again(start_daemon, make_fleet):
    fleet = make_fleet(2)
    fleet.slow(60, ["t1"])
    daemon = start_daemon("drain_grace: 2s\nservices:\n" + fleet.service(asked=True), durable=True)
    deployment = call(daemon, "Deploy", service="web", version="v2", strategy=rolling()).id
    eventually(fleet.calls)
    assert daemon.stop() == 0
    (fleet.directory / "slow.d" / "t1").unlink()
    daemon.start()
    state = daemon.await_status(deployment, "COMPLETED")
    assert [target.attempts for target in state.targets] == [2, 1]
    assert [target.error for target in state.targets] == ["", ""]


class Stage:
    """A rollout in its wait after the first of two targets, and a daemon that can be killed."""

    def __init__(self, start_daemon, make_fleet, wanted):
        self.fleet = make_fleet(2)
        self.daemon = start_daemon("services:\n" + self.fleet.service(asked=True), durable=True)
        self.id = call(self.daemon, "Deploy", service="web", version="v2", strategy=wanted).id

    def do(self, verb, **fields):
        call(self.daemon, verb, deployment_id=self.id, **fields)

    def restart(self):
        self.daemon.kill()
        self.daemon.start()

    def in_wait(self):
        eventually(lambda: any(step.HasField("wait_until") for step in self.state().plan.steps))
        return self

    def state(self):
        return call(self.daemon, "GetState", deployment_id=self.id)


def test_t01_a_pause_holds_across_a_kill(start_daemon, make_fleet):
    stage = Stage(start_daemon, make_fleet, rolling(1, 60)).in_wait()
    stage.do("Pause", reason="lunch")
    stage.restart()
    state = stage.daemon.await_status(stage.id, "PAUSED")
    assert state.message == "paused: lunch"
    assert len(stage.fleet.calls()) == 1
    stage.do("Promote", full=True)
    stage.daemon.await_status(stage.id, "COMPLETED")


def test_t01_a_gate_holds_across_a_kill_and_opens_once(start_daemon, make_fleet):
    stage = Stage(start_daemon, make_fleet, strategy("BlueGreenDeployment", manual_promotion=True))
    stage.daemon.await_status(stage.id, "PAUSED")
    stage.restart()
    stage.daemon.await_status(stage.id, "PAUSED")
    assert not stage.fleet.router_calls()
    stage.do("Promote")
    stage.restart()
    stage.daemon.await_status(stage.id, "COMPLETED")
    assert set(stage.fleet.router_calls()) == {"switch v2 green"}


def test_t01_an_abort_holds_across_a_kill(start_daemon, make_fleet):
    stage = Stage(start_daemon, make_fleet, rolling(1, 60)).in_wait()
    stage.do("Abort")
    stage.restart()
    state = stage.daemon.await_status(stage.id, "FAILED")
    assert "aborted" in state.message
    assert stage.fleet.versions() == {"t1": "v2", "t2": "v1"}


def test_t01_a_rollback_holds_across_a_kill(start_daemon, make_fleet):
    stage = Stage(start_daemon, make_fleet, rolling(1, 60)).in_wait()
    stage.do("Rollback")
    stage.restart()
    stage.daemon.await_status(stage.id, "ROLLED_BACK")
    assert stage.fleet.versions() == {"t1": "v1", "t2": "v1"}


def test_t44_what_is_refused_for_want_of_room_leaves_nothing(start_daemon):
    limits = "limits: {max_active_deployments: 2, max_pending_deployments: 3}\n"
    daemon = start_daemon(OPEN + limits, durable=True)
    gate = strategy("CanaryStrategy", manual_promotion=True)
    futures = [daemon.stub.Deploy.future(request("Deploy", service=f"s{i}", version="v1",
                                                 strategy=gate)) for i in range(200)]
    accepted = []
    for future in futures:
        if future.exception() is None:
            accepted.append(future.result().id)
        else:
            assert future.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, future.details()
    assert 0 < len(accepted) <= 5
    daemon.kill()
    daemon.start()
    assert {state.id for state in listed(daemon)} == set(accepted)


def test_nothing_is_acknowledged_once_the_data_is_gone(start_daemon, tmp_path):
    data = tmp_path / "data"
    daemon = start_daemon(f"data_dir: {data}\n{OPEN}")
    kept = flag(daemon, 1)
    daemon.await_status(kept.id, "COMPLETED")
    shutil.rmtree(data)
    with pytest.raises(grpc.RpcError) as error:
        flag(daemon, 2)
    assert "nothing is accepted until sluiced is restarted" in error.value.details()
    check_reads_go_on(daemon, [kept.id])
