# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""How the daemon ends when it is told to: what is waited for, and what is not."""
import re
import signal
import subprocess
import time

import grpc
import pytest

from calls import await_log, call, eventually, refused, request, rolling, status_name, strategy
from conftest import SLUICED
from failpoints import VARIABLE, need_failpoints

SECOND_SIGNAL_EXIT = 1


def processes_with(words):
    found = subprocess.run(["pgrep", "-f", words], capture_output=True, text=True, check=False)
    return found.stdout.split()


def watch_to_end(stream):
    """The statuses that a watch saw, and how it ended."""
    seen = []
    try:
        for response in stream:
            if response.HasField("state"):
                seen.append(status_name(response.state))
    except grpc.RpcError as error:
        return seen, error.code()
    return seen, grpc.StatusCode.OK


def test_sigterm_drains_in_order(start_daemon, make_fleet):
    fleet = make_fleet(3)
    fleet.slow(1)
    daemon = start_daemon("services:\n" + fleet.service())
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling())
    watches = [call(daemon, "WatchStates", deployment_id=state.id) for _ in range(20)]
    eventually(fleet.calls)
    daemon.process.terminate()
    await_log(daemon, "event=drain_began")
    with refused(grpc.StatusCode.UNAVAILABLE):
        call(daemon, "Deploy", service="web", version="v3")
    for watch in watches:
        seen, code = watch_to_end(watch)
        assert (seen[-1], code) == ("FAILED", grpc.StatusCode.UNAVAILABLE)
    assert daemon.process.wait(timeout=20) == 0
    # The call that ran came to its end, the next ones never began.
    assert fleet.versions() == {"t1": "v2", "t2": "v1", "t3": "v1"}
    log = daemon.log()
    events = re.findall(r"event=(drain_began|deployment_ended|drain_ended)", log)
    assert events == ["drain_began", "deployment_ended", "drain_ended"]
    assert "reason=REASON_SHUTDOWN" in log


def test_a_drain_ends_within_its_grace_whatever_a_command_does(start_daemon, make_fleet):
    fleet = make_fleet(1)
    fleet.hang("t1")
    daemon = start_daemon("drain_grace: 4s\nservices:\n" + fleet.service())
    call(daemon, "Deploy", service="web", version="v2")
    unread = [call(daemon, "WatchStates") for _ in range(20)]
    eventually(fleet.calls)
    begin = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - begin < 6
    assert len(unread) == 20
    assert not processes_with(str(fleet.script))


def test_a_second_signal_exits_at_once(start_daemon, make_fleet):
    fleet = make_fleet(1)
    fleet.slow(5)
    daemon = start_daemon("drain_grace: 60s\nservices:\n" + fleet.service())
    call(daemon, "Deploy", service="web", version="v2")
    eventually(fleet.calls)
    daemon.process.terminate()
    await_log(daemon, "event=drain_began")
    begin = time.monotonic()
    daemon.process.send_signal(signal.SIGINT)
    assert daemon.process.wait(timeout=5) == SECOND_SIGNAL_EXIT
    assert time.monotonic() - begin < 2


def test_the_command_line_tells_a_draining_daemon_from_one_that_is_away(start_daemon, make_fleet):
    fleet = make_fleet(1)
    fleet.slow(10)
    daemon = start_daemon("drain_grace: 60s\nservices:\n" + fleet.service())
    call(daemon, "Deploy", service="web", version="v2")
    eventually(fleet.calls)
    daemon.process.terminate()
    await_log(daemon, "event=drain_began")
    turned_away = daemon.cli("deploy", "web", "v3")
    daemon.process.send_signal(signal.SIGINT)
    assert turned_away.returncode == 7
    assert turned_away.stderr == (f"sluice: the daemon at unix:{daemon.socket} is shutting down; "
                                  "try again when it is back\n")


def test_an_idle_daemon_ends_at_once(start_daemon):
    daemon = start_daemon()
    begin = time.monotonic()
    assert daemon.stop(signal.SIGINT) == 0
    assert time.monotonic() - begin < 2


def test_a_second_signal_leaves_no_command_behind(start_daemon, make_fleet):
    fleet = make_fleet(1)
    fleet.hang("t1")
    daemon = start_daemon("drain_grace: 60s\nservices:\n" + fleet.service())
    call(daemon, "Deploy", service="web", version="v2")
    eventually(fleet.calls)
    assert processes_with(str(fleet.script))
    daemon.process.terminate()
    await_log(daemon, "event=drain_began")
    daemon.process.send_signal(signal.SIGINT)
    assert daemon.process.wait(timeout=5) == SECOND_SIGNAL_EXIT
    assert not processes_with(str(fleet.script))


def test_a_signal_during_the_notice_ends_it(start_daemon):
    daemon = start_daemon("drain_notice: 60s\nallow_unconfigured_services: true\n")
    daemon.process.terminate()
    await_log(daemon, "event=drain_began")
    begin = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(timeout=5) == SECOND_SIGNAL_EXIT
    assert time.monotonic() - begin < 3


def test_during_the_notice_reads_go_on_and_new_work_is_refused(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start_daemon("drain_notice: 3s\nservices:\n" + fleet.service())
    state = call(daemon, "Deploy", service="web", version="v2")
    daemon.await_status(state.id, "COMPLETED")
    daemon.process.terminate()
    await_log(daemon, "event=drain_began")
    with refused(grpc.StatusCode.UNAVAILABLE):
        call(daemon, "Deploy", service="web", version="v3")
    assert call(daemon, "GetState", deployment_id=state.id).version == "v2"
    assert daemon.process.wait(timeout=20) == 0


@pytest.mark.parametrize("value", ["-1s", "2h", "soon"])
def test_a_bad_notice_is_refused(start_daemon, tmp_path, value):
    config = tmp_path / "bad.yaml"
    config.write_text(f"drain_notice: {value}\n")
    result = subprocess.run([str(SLUICED), "--config", str(config), "--check"],
                            capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 78
    assert f"{config}:1:" in result.stderr and "drain_notice" in result.stderr


def test_t45_a_drain_that_hangs_is_ended_by_the_daemon_itself(start_daemon):
    """The disk does not answer. Takes as long as a drain may: its grace and 10 s."""
    need_failpoints()
    daemon = start_daemon("drain_grace: 1s\nallow_unconfigured_services: true\n", durable=True,
                          env={VARIABLE: "journal.before_commit=sleep(10m)@2+"})
    hanging = daemon.stub.Deploy.future(request("Deploy", service="web", version="v1",
                                                strategy=strategy("FeatureFlagStrategy")))
    await_log(daemon, "event=deployment_accepted")
    begin = time.monotonic()
    daemon.process.terminate()
    assert daemon.process.wait(timeout=60) == SECOND_SIGNAL_EXIT
    # By its own limit, and no sooner.
    assert time.monotonic() - begin > 10
    assert "event=cut_off" in daemon.log() and "event=drain_ended" not in daemon.log()
    assert hanging.code() != grpc.StatusCode.OK
