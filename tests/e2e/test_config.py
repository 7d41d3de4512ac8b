# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The daemon's configuration: what is accepted, refused, and re-read."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import grpc
import pytest

from calls import await_log, call, eventually, refused, rolling, run_sluiced, violations
from conftest import SLUICED
from security import is_root, make_certificates
from tracing import strace

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


# --- What the configuration names on the machine.

SURROUNDED = """\
data_dir: {place}/tokens
listen:
  tls:
    certificate_file: {place}/certs/server.crt
    key_file: {place}/certs/client.key
    client_ca_file: {place}/certs/none.crt
access:
  token_file: {place}/tokens
  audit_file: {place}/none/logs/audit.jsonl
  grants:
    - {{unix_user: no-such-user, role: admin, services: ['*']}}
    - {{unix_group: no-such-group, role: admin, services: ['*']}}
limits:
  history_per_service: 0
"""
SURROUNDING_FAULTS = [
    "1:1: data_dir: {place}/tokens is not a directory",
    "5:5: listen.tls.key_file: {place}/certs/client.key: the key does not belong to the certificate",
    "6:5: listen.tls.client_ca_file: {place}/certs/none.crt: cannot be read: No such file or directory",
    "8:3: access.token_file: {place}/tokens:1: a line must be NAME SHA256 [EXPIRY]; "
    "`sluice token new NAME` prints one",
    "9:3: access.audit_file: cannot make files in {place}/none/logs: No such file or directory",
    '11:8: access.grants[0].unix_user: the system knows no user "no-such-user"',
    '12:8: access.grants[1].unix_group: the system knows no group "no-such-group"',
    "14:3: limits.history_per_service: must be from 1 to 10000, is 0",
]


def everything_in(place):
    return {path: (path.stat().st_mode, path.stat().st_mtime_ns) for path in place.rglob("*")}


@pytest.mark.parametrize("check", [(), ("--check",)], ids=["start", "check"])
def test_every_fault_of_what_is_named_is_listed_at_once(tmp_path, check):
    place = tmp_path / "place"
    place.mkdir()
    make_certificates(place / "certs")
    (place / "tokens").write_text("x\n")
    (place / "tokens").chmod(0o600)
    config = tmp_path / "sluice.yaml"
    config.write_text(SURROUNDED.format(place=place))
    before = everything_in(place)
    result = run_sluiced("--config", config, "--socket", tmp_path / "s.sock", *check)
    assert result.returncode == EXIT_CONFIG
    assert result.stderr.splitlines() == [f"{config}:" + line.format(place=place)
                                          for line in SURROUNDING_FAULTS]
    assert everything_in(place) == before


@pytest.mark.parametrize("flag", ["--check", "--check-text"])
def test_a_check_without_a_file_names_its_flag(flag):
    result = run_sluiced(flag)
    assert result.returncode == 2
    assert result.stderr.startswith(f"{flag}: needs --config FILE")


def test_a_configuration_for_another_machine_is_checked_by_its_text_alone(tmp_path):
    config = tmp_path / "other.yaml"
    config.write_text(SURROUNDED.format(place=tmp_path / "elsewhere"))
    fault = f"{config}:14:3: limits.history_per_service: "
    refused_text = run_sluiced("--check-text", "--config", config)
    assert refused_text.returncode == EXIT_CONFIG
    assert [line.startswith(fault) for line in refused_text.stderr.splitlines()] == [True]
    config.write_text(config.read_text().split("limits:")[0])
    good = run_sluiced("--check-text", "--config", config)
    assert (good.returncode, good.stderr) == (0, "") and good.stdout == f"{config}: good, 0 services\n"


def test_a_check_beside_the_running_daemon_is_good_and_touches_nothing(start_daemon, tmp_path):
    make_certificates(tmp_path / "certs")
    daemon = start_daemon(
        "allow_unconfigured_services: true\n"
        f"listen: {{tls: {{certificate_file: {tmp_path}/certs/server.crt, "
        f"key_file: {tmp_path}/certs/server.key, client_ca_file: {tmp_path}/certs/ca.crt}}}}\n"
        f"access: {{audit_file: {tmp_path}/audit.jsonl, grants: "
        "[{anybody: true, role: admin, services: ['*']}]}\n", durable=True)
    before = everything_in(tmp_path)
    result = run_sluiced("--check", "--config", daemon.config)
    assert (result.returncode, result.stderr) == (0, "")
    assert everything_in(tmp_path) == before
    # Whose data it is, is not the file's fault.
    second = run_sluiced("--config", daemon.config, "--socket", tmp_path / "other.sock")
    assert second.returncode == 1 and "is locked by process" in second.stderr


def test_a_check_by_who_may_not_look_says_so(tmp_path):
    if not is_root():
        pytest.skip("only root can be somebody else")
    nobody = pwd.getpwnam("nobody")
    as_nobody = {"user": "nobody", "group": nobody.pw_gid, "extra_groups": []}
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        place.chmod(0o755)
        program = shutil.copy(SLUICED, place)
        certificates = make_certificates(place / "certs")
        certificates.chmod(0o755)
        config = place / "sluice.yaml"
        config.write_text(f"data_dir: {place}/data\nlisten:\n  tls:\n"
                          f"    certificate_file: {certificates}/server.crt\n"
                          f"    key_file: {certificates}/server.key\n")
        line = (f"{config}:5:5: listen.tls.key_file: {certificates}/server.key: cannot be read: "
                "Permission denied")

        def run(*arguments, **how):
            return subprocess.run([program, "--config", config, "--socket", place / "s", *arguments],
                                  capture_output=True, text=True, timeout=10, check=False, **how)

        # It is the daemon's user who has to be able to make data_dir, or whoever makes it for him.
        checked = run("--check", **as_nobody)
        assert checked.returncode == 1
        assert checked.stderr.splitlines() == [
            line, f"sluiced: user {nobody.pw_uid} may not look at all that is needed; check as the "
            "user that sluiced runs as"]
        started = run(**as_nobody)
        assert started.returncode == EXIT_CONFIG
        assert started.stderr.splitlines() == [
            f"{config}:1:1: data_dir: cannot make files in {place}: Permission denied", line]
        # Where something is wrong whoever looks, that counts.
        config.write_text(config.read_text() + "drain_grace: 0s\n")
        checked = run("--check", **as_nobody)
        assert checked.returncode == EXIT_CONFIG and line in checked.stderr


def test_a_reload_tells_each_fault_by_its_line(start_daemon, tmp_path):
    good = "access: {grants: [{anybody: true, role: admin, services: ['*']}]}\n"
    daemon = start_daemon("allow_unconfigured_services: true\n" + good)
    daemon.config.write_text(SURROUNDED.format(place=tmp_path).split("limits:")[0])
    daemon.process.send_signal(signal.SIGHUP)
    for words in (f":8:3: access.token_file: {tmp_path}/tokens: cannot be read",
                  ":11:8: access.grants[0].unix_user: the system", ":12:8: access.grants[1].unix_g"):
        await_log(daemon, words)
    # The rest of the file is not taken before a restart.
    assert daemon.log().count("event=reload_problem") == 3


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


def test_a_reload_that_is_asked_for_while_the_configuration_is_read_comes_after_the_start(
        start_daemon, tmp_path):
    trace = tmp_path / "trace"
    daemon = start_daemon("allow_unconfigured_services: true\n")
    assert daemon.stop() == 0
    trace.touch()
    slow = strace(trace, "openat", "-P", str(daemon.config), "-e", "inject=openat:delay_exit=1s")
    daemon.spawn(slow)
    eventually(lambda: str(daemon.config) in trace.read_text())
    daemon.process.send_signal(signal.SIGHUP)
    daemon.await_start()
    await_log(daemon, "event=reloaded services=0")
