# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The daemon as its operator sees it: configuration, signals, sockets, limits."""
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time

import grpc
import pytest

from calls import (call, eventually, listed, pb, refused, rolling, status_name, strategy,
                   violations)
from conftest import SLUICE, SLUICED

EXIT_CONFIG = 78
SECOND_SIGNAL_EXIT = 1


def run_sluiced(*arguments):
    """Runs sluiced, which is to end by itself."""
    return subprocess.run([str(SLUICED), *map(str, arguments)], capture_output=True, text=True,
                          timeout=10, check=False)


def await_log(daemon, words, seconds=20):
    eventually(lambda: words in daemon.log(), seconds)


def target(target_id, address=""):
    return pb()[0].Target(id=target_id, address=address)


# --- Configuration.

def test_check_accepts_a_good_configuration(tmp_path, make_fleet):
    config = tmp_path / "good.yaml"
    config.write_text("services:\n" + make_fleet(3).service())
    result = run_sluiced("--config", config, "--check")
    assert (result.returncode, result.stderr) == (0, "")
    assert "1 services" in result.stdout


BAD_CONFIG = """\
drain_grace: 5 parsecs
colour: blue
services:
  - name: web
    strategy: {rolling_deployment: {batch_size: 0}}
    targets:
      - {id: t1, address: '127.0.0.1:1'}
      - {id: t1, address: '127.0.0.1:2'}
      - {address: '127.0.0.1:3'}
    name: again
  - name: web
    targets: [{id: t1, address: '127.0.0.1:1'}]
    deployer:
      exec: {command: {argv: []}}
  - name: lonely
limits:
  max_active_deployments: many
  history_per_service: 0
"""
# Line and what the problem must name.
PROBLEMS = [(1, "drain_grace"), (2, "colour"), (5, "batch_size"), (8, "targets[1].id"),
            (9, "targets[2].id"), (10, "name"), (11, "services[1].name"), (14, "argv"),
            (15, "targets"), (17, "max_active_deployments"), (18, "history_per_service")]


def test_check_lists_every_problem_with_its_place(tmp_path):
    config = tmp_path / "bad.yaml"
    config.write_text(BAD_CONFIG)
    result = run_sluiced("--config", config, "--check")
    assert result.returncode == EXIT_CONFIG
    lines = result.stderr.splitlines()
    places = [re.fullmatch(re.escape(str(config)) + r":(\d+):(\d+): (\S+): .+", line)
              for line in lines]
    assert all(places), result.stderr
    for number, field in PROBLEMS:
        assert any(int(p[1]) == number and field in p[3] for p in places), (number, field, lines)
    assert len(lines) == len(PROBLEMS), result.stderr


def test_a_bad_configuration_starts_nothing(tmp_path):
    config = tmp_path / "bad.yaml"
    config.write_text(BAD_CONFIG)
    result = run_sluiced("--config", config, "--socket", tmp_path / "s.sock")
    assert result.returncode == EXIT_CONFIG
    assert not (tmp_path / "s.sock").exists()


def test_a_configuration_that_is_not_there_is_refused(tmp_path):
    result = run_sluiced("--config", tmp_path / "none.yaml", "--check")
    assert result.returncode == EXIT_CONFIG
    assert "none.yaml: cannot be read: No such file" in result.stderr


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:7400", "example.org:7400"])
def test_an_open_address_is_refused(tmp_path, address):
    result = run_sluiced("--socket", tmp_path / "s.sock", "--listen", address)
    assert result.returncode == EXIT_CONFIG
    assert result.stderr.startswith("--listen: must be a loopback address")
    assert "insecure_listen" in result.stderr


def test_an_open_address_is_warned_of_when_it_is_allowed(tmp_path):
    with subprocess.Popen(
            [str(SLUICED), "--socket", str(tmp_path / "s.sock"), "--listen", "0.0.0.0:0",
             "--insecure-listen"], stderr=subprocess.PIPE, text=True) as daemon:
        try:
            assert "event=insecure_listen" in daemon.stderr.readline()
            port = re.search(r" and 0\.0\.0\.0:(\d+)\"", daemon.stderr.readline())[1]
            with socket.create_connection(("127.0.0.1", int(port)), timeout=5):
                pass
        finally:
            daemon.terminate()


def test_a_reload_leaves_a_running_deployment_alone(start_daemon, make_fleet):
    fleet, added = make_fleet(2), make_fleet(1)
    daemon = start_daemon("services:\n" + fleet.service("web"))
    running = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 60))
    eventually(lambda: call(daemon, "GetState", deployment_id=running.id)
               .plan.steps[1].HasField("wait_until"))
    daemon.config.write_text("services:\n" + added.service("api"))
    daemon.process.send_signal(signal.SIGHUP)
    await_log(daemon, "event=reloaded services=1")
    call(daemon, "Promote", deployment_id=running.id)
    daemon.await_status(running.id, "COMPLETED")
    assert set(fleet.versions().values()) == {"v2"}
    state = call(daemon, "Deploy", service="api", version="v2")
    daemon.await_status(state.id, "COMPLETED")
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(daemon, "Deploy", service="web", version="v3")
    assert set(violations(error.value)) == {"service"}


@pytest.mark.parametrize("text", [BAD_CONFIG, "services: [", None],
                         ids=["problems", "not YAML", "no file"])
def test_a_bad_reload_keeps_the_services(start_daemon, make_fleet, text):
    fleet = make_fleet(1)
    daemon = start_daemon("services:\n" + fleet.service("web"))
    if text is None:
        daemon.config.unlink()
    else:
        daemon.config.write_text(text)
    daemon.process.send_signal(signal.SIGHUP)
    await_log(daemon, "event=reload_refused")
    state = call(daemon, "Deploy", service="web", version="v2")
    daemon.await_status(state.id, "COMPLETED")
    assert fleet.versions() == {"t1": "v2"}


# --- Shutting down.

def watch_to_end(stream):
    """The statuses that a watch saw, and how it ended."""
    seen = []
    try:
        for response in stream:
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


def processes_with(words):
    found = subprocess.run(["pgrep", "-f", words], capture_output=True, text=True, check=False)
    return found.stdout.split()


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


# --- Sockets.

@pytest.mark.parametrize("arguments", [("completion", "bash"), ("services", "-o", "json"), ("--version",)])
def test_lost_output_is_an_error(start_daemon, arguments):
    daemon = start_daemon()
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = subprocess.run([str(SLUICE), "--address", f"unix:{daemon.socket}", *arguments],
                               stdout=full, stderr=subprocess.PIPE, text=True, timeout=20,
                               check=False)
    assert ended.returncode == 1
    assert "cannot write the output" in ended.stderr


def test_a_watch_whose_reader_has_gone_ends(start_daemon):
    daemon = start_daemon()
    ended = subprocess.run(f"{SLUICE} --address unix:{daemon.socket} watch | true", shell=True,
                           timeout=20, check=False)
    assert ended.returncode == 0


def test_an_argument_that_is_not_utf8_is_named(start_daemon):
    ended = start_daemon().cli("deploy", "web", b"v\xff")
    assert ended.returncode == 2
    assert "argument 5 is not valid UTF-8" in ended.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")
def test_the_command_line_tells_who_may_use_a_socket_of_others(start_daemon):
    daemon = start_daemon()
    # A place that everybody reaches, unlike pytest's directories and perhaps the build's.
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        sluice, path = shutil.copy(SLUICE, place), pathlib.Path(place, "s.sock")
        os.link(daemon.socket, path)

        def as_nobody():
            return subprocess.run([sluice, "--address", f"unix:{path}", "services"], user="nobody",
                                  group="nogroup", extra_groups=[], capture_output=True, text=True,
                                  timeout=20, check=False)

        shut_out = as_nobody()
        os.chmod(path, 0o666)
        assert as_nobody().returncode == 0
    assert shut_out.returncode == 7
    assert "Permission denied" in shut_out.stderr
    assert "be in the group (`sudo usermod -aG sluice" in shut_out.stderr
    assert "Is sluiced running" not in shut_out.stderr


def test_the_socket_is_for_its_owner_and_group(start_daemon):
    daemon = start_daemon()
    mode = daemon.socket.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660


def test_a_second_daemon_on_the_socket_gives_up_and_harms_nothing(start_daemon):
    daemon = start_daemon()
    begin = time.monotonic()
    second = run_sluiced("--socket", daemon.socket)
    assert second.returncode == 1
    assert time.monotonic() - begin < 5
    assert f"another daemon (process {daemon.process.pid}) listens on" in second.stderr
    with grpc.insecure_channel(f"unix:{daemon.socket}") as fresh:
        from sluice.v1 import deployment_service_pb2_grpc
        stub = deployment_service_pb2_grpc.DeploymentServiceStub(fresh)
        stub.ListServices(pb()[1].ListServicesRequest(), timeout=5)


def test_a_second_daemon_on_the_port_gives_up(start_daemon, tmp_path):
    daemon = start_daemon()
    second = run_sluiced("--socket", tmp_path / "other.sock", "--listen", daemon.tcp_address())
    assert second.returncode == 1
    assert "is the address taken?" in second.stderr
    assert not listed(daemon)


def test_the_socket_of_a_killed_daemon_is_taken_over(start_daemon):
    killed = start_daemon()
    killed.process.kill()
    killed.process.wait()
    assert killed.socket.exists()
    with subprocess.Popen([str(SLUICED), "--socket", str(killed.socket)],
                          stderr=subprocess.PIPE, text=True) as heir:
        try:
            assert "event=started" in heir.stderr.readline()
            with grpc.insecure_channel(f"unix:{killed.socket}") as fresh:
                grpc.channel_ready_future(fresh).result(timeout=10)
        finally:
            heir.terminate()
    assert heir.returncode == 0


def test_a_watch_tells_that_the_daemon_forgot(start_daemon):
    killed = start_daemon()
    state = deploy_unknown(killed, strategy=strategy("CanaryStrategy", manual_promotion=True))
    command = [str(SLUICE), "--address", f"unix:{killed.socket}", "watch", state.id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as watch:
        watch.stdout.readline()
        killed.process.kill()
        killed.process.wait()
        with subprocess.Popen([str(SLUICED), "--socket", str(killed.socket)],
                              stderr=subprocess.DEVNULL) as heir:
            try:
                _, errors = watch.communicate(timeout=30)
            finally:
                heir.terminate()
                watch.terminate()
    assert watch.returncode == 6
    assert "sluice: refused: the daemon was restarted and does not know the deployment" in errors


def test_systemd_is_told(start_daemon, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        daemon = start_daemon(env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        ready = systemd.recv(4096).decode().splitlines()
        assert ready[0] == "READY=1"
        assert ready[1].startswith(f"STATUS=serving on unix:{daemon.socket}")
        assert daemon.stop() == 0
        stopping = systemd.recv(4096).decode().splitlines()
        assert stopping[0] == "STOPPING=1"
        assert stopping[1].startswith("STATUS=")


# --- Who may deploy what.

FLAG = ("FeatureFlagStrategy", {"initial_rollout": 5})


def deploy_unknown(daemon, **fields):
    kind, options = FLAG
    return call(daemon, "Deploy", **{"service": "unknown", "version": "v1",
                                     "strategy": strategy(kind, **options), **fields})


def test_without_a_configuration_any_service_is_accepted(start_daemon):
    daemon = start_daemon()
    daemon.await_status(deploy_unknown(daemon).id, "COMPLETED")
    targets = [target("a", "127.0.0.1:1"), target("b", "127.0.0.1:2")]
    state = deploy_unknown(daemon, service="fleet", strategy=rolling(2), targets=targets)
    end = daemon.await_status(state.id, "COMPLETED")
    assert end.result.targets_updated == 2


def test_without_a_configuration_a_strategy_and_targets_must_be_given(start_daemon):
    daemon = start_daemon()
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(daemon, "Deploy", service="unknown", version="v1")
    assert set(violations(error.value)) == {"strategy"}
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        deploy_unknown(daemon, strategy=rolling())
    assert set(violations(error.value)) == {"targets"}
    assert not listed(daemon)


@pytest.mark.parametrize("setting, accepted", [("", False), ("false", False), ("true", True)])
def test_a_configuration_says_whether_others_are_accepted(start_daemon, make_fleet, setting,
                                                          accepted):
    line = f"allow_unconfigured_services: {setting}\n" if setting else ""
    daemon = start_daemon(line + "services:\n" + make_fleet(1).service())
    if accepted:
        daemon.await_status(deploy_unknown(daemon).id, "COMPLETED")
        return
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        deploy_unknown(daemon)
    assert "allow_unconfigured_services" in violations(error.value)["service"]


def test_a_request_picks_among_configured_targets(start_daemon, make_fleet):
    fleet = make_fleet(4)
    daemon = start_daemon("services:\n" + fleet.service())
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(2),
                 targets=[target("t3"), target("t1", "127.0.0.1:1")])
    daemon.await_status(state.id, "COMPLETED")
    assert fleet.versions() == {"t1": "v2", "t2": "v1", "t3": "v2", "t4": "v1"}


def test_a_request_brings_targets_only_where_that_is_allowed(start_daemon, make_fleet):
    closed, opened = make_fleet(1), make_fleet(1)
    (opened.directory / "versions" / "new").write_text("v1\n")
    daemon = start_daemon("services:\n" + closed.service("closed") +
                          opened.service("opened", "    allow_request_targets: true\n"))
    brought = [target("t1"), target("new", "127.0.0.1:9")]
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(daemon, "Deploy", service="closed", version="v2", targets=brought)
    assert set(violations(error.value)) == {"targets[1].id"}
    state = call(daemon, "Deploy", service="opened", version="v2", strategy=rolling(2),
                 targets=brought)
    end = daemon.await_status(state.id, "COMPLETED")
    assert [t.target.address for t in end.targets] == ["127.0.0.1:1", "127.0.0.1:9"]
    assert {row[1] for row in opened.calls()} == {"t1", "new"}
    assert not closed.calls()


# --- Limits.

def test_deployments_wait_for_a_worker_up_to_a_bound(start_daemon, make_fleet):
    fleets = {name: make_fleet(1) for name in ("a", "b", "c")}
    fleets["a"].slow(1)
    daemon = start_daemon(
        "limits: {max_active_deployments: 1, max_pending_deployments: 1}\nservices:\n" +
        "".join(fleet.service(name) for name, fleet in fleets.items()))
    running = call(daemon, "Deploy", service="a", version="v2")
    daemon.await_status(running.id, "IN_PROGRESS")
    waiting = call(daemon, "Deploy", service="b", version="v2")
    assert status_name(call(daemon, "GetState", deployment_id=waiting.id)) == "PENDING"
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED) as error:
        call(daemon, "Deploy", service="c", version="v2", request_id="again")
    assert error.value.details()
    assert {s.id for s in listed(daemon)} == {running.id, waiting.id}
    daemon.await_status(waiting.id, "COMPLETED")
    # What was refused left nothing behind: the same request is accepted now.
    later = call(daemon, "Deploy", service="c", version="v2", request_id="again")
    daemon.await_status(later.id, "COMPLETED")
