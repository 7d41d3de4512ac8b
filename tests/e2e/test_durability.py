# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Records and disks: what is refused, what survives, and what a restart goes on with."""
import os
import re
import resource
import shutil
import signal

import grpc
import pytest

from calls import await_log, call, check_health, eventually, flag, listed, request, rolling, strategy
from tracing import strace

OPEN = "allow_unconfigured_services: true\n"
BULK = {f"k{i}": "x" * 1000 for i in range(20)}
SMALL_FILE_BYTES = 256 * 1024


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
