# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The daemon's configuration: what is accepted, refused, and re-read."""
import os
import re
import signal
import socket
import subprocess

import grpc
import pytest

from calls import await_log, call, eventually, refused, rolling, run_sluiced, violations
from conftest import SLUICED

EXIT_CONFIG = 78


def test_check_accepts_a_good_configuration(tmp_path, make_fleet):
    config = tmp_path / "good.yaml"
    config.write_text("services:\n" + make_fleet(3).service())
    result = run_sluiced("--config", config, "--check")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{config}: good, 1 service\n"


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


@pytest.mark.parametrize("check", [(), ("--check",)], ids=["start", "check"])
def test_a_named_pipe_is_refused_instead_of_waited_for(tmp_path, check):
    os.mkfifo(tmp_path / "pipe")
    result = run_sluiced("--config", tmp_path / "pipe", "--socket", tmp_path / "s.sock", *check)
    assert result.returncode == EXIT_CONFIG
    assert "pipe: must be a regular file" in result.stderr


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


def test_a_reload_from_a_named_pipe_is_refused_and_the_daemon_goes_on(start_daemon, make_fleet):
    fleet = make_fleet(1)
    daemon = start_daemon("services:\n" + fleet.service("web"))
    daemon.config.unlink()
    os.mkfifo(daemon.config)
    daemon.process.send_signal(signal.SIGHUP)
    await_log(daemon, "event=reload_refused")
    assert daemon.stop() == 0
