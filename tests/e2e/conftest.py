# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""End-to-end tests: the real daemon and command line, driven by Debian's own gRPC for Python."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import grpc
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SLUICE_BUILD", ROOT / "build" / "debug"))
SLUICED = BUILD / "server" / "sluiced"
SLUICE = BUILD / "client" / "sluice"
START_SECONDS = 20
# The daemon may be started again: a channel that found nobody tries again soon. (The minimum is what
# one attempt may take.)
CHANNEL_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1),
                   ("grpc.initial_reconnect_backoff_ms", 20),
                   ("grpc.max_reconnect_backoff_ms", 100),
                   ("grpc.min_reconnect_backoff_ms", 20_000)]

# Shells and nohup start what runs in the background with some signals ignored, and whatever the tests
# start would inherit that.
for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)


def _generate_stubs(directory):
    """Compiles the protos for Python; grpc.health goes into a package that does not hide grpcio."""
    plugin = shutil.which("grpc_python_plugin")
    subprocess.run(
        ["protoc", f"--proto_path={ROOT / 'proto'}", f"--python_out={directory}",
         f"--grpc_out={directory}", f"--plugin=protoc-gen-grpc={plugin}",
         *[str(p) for p in (ROOT / "proto").rglob("*.proto")]], check=True)
    health = directory / "health"
    health.mkdir()
    shutil.copy("/usr/share/grpc-proto/grpc/health/v1/health.proto", health / "health.proto")
    shutil.copy("/usr/share/grpc-proto/grpc/reflection/v1alpha/reflection.proto",
                health / "reflection.proto")
    subprocess.run(
        ["protoc", f"--proto_path={health}", f"--python_out={directory}",
         f"--grpc_out={directory}", f"--plugin=protoc-gen-grpc={plugin}",
         str(health / "health.proto"), str(health / "reflection.proto")], check=True)


@pytest.fixture(scope="session", autouse=True)
def stubs(tmp_path_factory):
    directory = tmp_path_factory.mktemp("stubs")
    _generate_stubs(directory)
    sys.path.insert(0, str(directory))
    yield directory


class Daemon:
    """One sluiced with its own socket, log and, when durable, records. It may be started again."""

    def __init__(self, directory, config_text=None, extra=(), env=None, durable=False):
        self.directory = directory
        self.socket = directory / "s.sock"
        self.log_path = directory / "sluiced.log"
        self.config = directory / "sluice.yaml"
        self.data_dir = directory / "data"
        self.command = [str(SLUICED), "--socket", str(self.socket), "--listen", "127.0.0.1:0", *extra]
        self.env = {**os.environ, **(env or {})}
        self.channel = None
        if durable:
            config_text = f"data_dir: {self.data_dir}\n{config_text or ''}"
        if config_text is not None:
            self.config.write_text(config_text)
            self.command += ["--config", str(self.config)]

    def start(self, prefix=(), preexec=None):
        """Starts it, perhaps again, and returns when it serves. The log begins anew."""
        self.spawn(prefix, preexec)
        self.await_start()
        self.connect()
        return self

    def spawn(self, prefix=(), preexec=None):
        """As start, without waiting; a program before the command, or a function in its process."""
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([*prefix, *self.command], stderr=log, stdout=log,
                                            env=self.env, preexec_fn=preexec)

    def connect(self):
        from sluice.v1 import deployment_service_pb2_grpc
        self.disconnect()
        self.channel = grpc.insecure_channel(f"unix:{self.socket}", options=CHANNEL_OPTIONS)
        self.stub = deployment_service_pb2_grpc.DeploymentServiceStub(self.channel)

    def disconnect(self):
        if self.channel is not None:
            self.channel.close()

    def kill(self):
        """kill -9: nothing is ended, nothing is written."""
        self.process.kill()
        self.process.wait()

    def await_start(self):
        deadline = time.monotonic() + START_SECONDS
        while "event=started" not in self.log():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError("sluiced did not start:\n" + self.log())
            time.sleep(0.02)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def tcp_address(self):
        listen = self.log().split('listen="')[1].split('"')[0]
        return listen.split(" and ")[1]

    def cli(self, *arguments, **options):
        """Runs the command line against this daemon; returns the finished process."""
        return subprocess.run([str(SLUICE), "--address", f"unix:{self.socket}", *arguments],
                              capture_output=True, text=True, timeout=60, check=False, **options)

    def await_status(self, deployment_id, *names, seconds=30, stub=None):
        """Polls until the deployment has one of the statuses; returns its state."""
        from sluice.v1 import deployment_pb2, deployment_service_pb2
        wanted = [deployment_pb2.Status.Value("STATUS_" + name) for name in names]
        deadline = time.monotonic() + seconds
        while True:
            state = (stub or self.stub).GetState(
                deployment_service_pb2.GetStateRequest(deployment_id=deployment_id))
            if state.status in wanted:
                return state
            assert time.monotonic() < deadline, f"not {names} in time: {state}"
            time.sleep(0.02)

    def stop(self, signal_number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@pytest.fixture
def start_daemon(tmp_path):
    """A function that starts daemons, all of which are stopped at the end of the test."""
    with contextlib.ExitStack() as stack:
        count = iter(range(1000))

        def start(config_text=None, extra=(), env=None, directory=None, durable=False, **how):
            directory = directory or tmp_path / f"d{next(count)}"
            directory.mkdir(exist_ok=True)
            daemon = Daemon(directory, config_text, extra, env, durable)
            stack.callback(daemon.stop)
            daemon.start(**how)
            # First: an idle channel does not answer GOAWAY, and the daemon would wait for it.
            stack.callback(daemon.disconnect)
            return daemon

        yield start


@pytest.fixture(name="terminal")
def make_terminal():
    """A function that runs a verb on a terminal of its own; all are closed at the end of the test."""
    # Not above: it has what needs this file.
    from terminal import Terminal
    with contextlib.ExitStack() as stack:
        def make(daemon, *words, **how):
            terminal = Terminal(SLUICE, "--address", f"unix:{daemon.socket}", *words, **how)
            stack.callback(terminal.close)
            return terminal

        yield make


STRICT_SERVICES = """services:
  - {name: open, allow_request_targets: true}
  - {name: web, targets: [{id: t1, address: '127.0.0.1:1'}]}
"""


@pytest.fixture(scope="module")
def strict_daemon(tmp_path_factory):
    """A daemon that refuses services it does not know; shared, for every call is refused."""
    daemon = Daemon(tmp_path_factory.mktemp("strict"), STRICT_SERVICES).start()
    yield daemon
    daemon.stop()


TARGET_SCRIPT = """#!/bin/sh
# A target in a directory: deploying writes its version; fail.d, slow.d, hold.d, hang.d say how it goes.
set -u
now() { date +%s.%N; }
dir=$FLEET_DIR
echo "$(now) begin $SLUICE_TARGET_ID $SLUICE_VERSION $SLUICE_STEP $SLUICE_ATTEMPT $SLUICE_EPOCH" >>"$dir/calls"
[ -e "$dir/slow.d/$SLUICE_TARGET_ID" ] && sleep "$(cat "$dir/slow.d/$SLUICE_TARGET_ID")"
while [ -e "$dir/hold.d/$SLUICE_TARGET_ID" ]; do sleep 0.1; done
[ -e "$dir/hang.d/$SLUICE_TARGET_ID" ] && {
  trap '' TERM
  echo "$(now) hang $SLUICE_TARGET_ID $SLUICE_VERSION" >>"$dir/calls"
  while :; do sleep 0.2; done
}
if [ -e "$dir/fail.d/$SLUICE_TARGET_ID.$SLUICE_VERSION" ]; then
  cat "$dir/fail.d/$SLUICE_TARGET_ID.$SLUICE_VERSION"
  echo "$(now) end $SLUICE_TARGET_ID $SLUICE_VERSION failed" >>"$dir/calls"
  exit 1
fi
echo "$SLUICE_VERSION" >"$dir/versions/$SLUICE_TARGET_ID"
echo "$(now) end $SLUICE_TARGET_ID $SLUICE_VERSION ok" >>"$dir/calls"
"""


class Fleet:
    """Targets as files, deployed by a real command through the exec deployer."""

    def __init__(self, directory, count, initial="v1"):
        self.directory = directory
        self.ids = [f"t{i}" for i in range(1, count + 1)]
        for sub in ("versions", "fail.d", "slow.d", "hold.d", "hang.d", "sick.d"):
            (directory / sub).mkdir(parents=True)
        for target in self.ids:
            (directory / "versions" / target).write_text(initial + "\n")
        (directory / "calls").touch()
        self.script = directory / "deploy.sh"
        self.script.write_text(TARGET_SCRIPT)
        self.script.chmod(0o755)
        self.router = directory / "router.sh"
        self.router.write_text('#!/bin/sh\necho "$SLUICE_ACTION $SLUICE_VERSION $SLUICE_SLOT" '
                               '>>"$FLEET_DIR/router"\necho "$(date +%s.%N) router $SLUICE_ACTION '
                               '$SLUICE_VERSION $SLUICE_SLOT" >>"$FLEET_DIR/calls"\n')
        self.router.chmod(0o755)
        self.check = directory / "check.sh"
        self.check.write_text('#!/bin/sh\n[ -e "$FLEET_DIR/sick.d/$SLUICE_TARGET_ID.$SLUICE_VERSION" ]'
                              ' || { echo "feeling fine"; exit 0; }\necho "feeling sick"; exit 1\n')
        self.check.chmod(0o755)

    def _version_command(self):
        return (f"        version_command:\n          argv: [sh, -c, 'cat "
                f"{self.directory}/versions/$SLUICE_TARGET_ID']\n")

    def fail(self, target, version, words="it broke"):
        (self.directory / "fail.d" / f"{target}.{version}").write_text(words + "\n")

    def slow(self, seconds, targets=None):
        for target in targets or self.ids:
            (self.directory / "slow.d" / target).write_text(str(seconds))

    def hold(self):
        """Every deploy call waits until release()."""
        for target in self.ids:
            (self.directory / "hold.d" / target).touch()

    def release(self):
        for target in self.ids:
            (self.directory / "hold.d" / target).unlink()

    def hang(self, target):
        (self.directory / "hang.d" / target).touch()

    def sicken(self, target, version):
        (self.directory / "sick.d" / f"{target}.{version}").touch()

    def versions(self):
        return {t: (self.directory / "versions" / t).read_text().strip() for t in self.ids}

    def calls(self, kind="begin"):
        """[(time, target, version, ...)] in the order in which they happened."""
        rows = [line.split() for line in (self.directory / "calls").read_text().splitlines()]
        return [(float(row[0]), *row[2:]) for row in rows if row[1] == kind]

    def call_kinds(self):
        """begin, end, hang or router, in the order in which the calls did it."""
        return [line.split()[1] for line in (self.directory / "calls").read_text().splitlines()]

    def router_calls(self):
        path = self.directory / "router"
        return path.read_text().splitlines() if path.exists() else []

    def service(self, name="web", extra="", asked=False):
        """The service's part of a configuration file; when `asked`, targets tell their version."""
        targets = "".join(f"      - {{id: {t}, address: '127.0.0.1:1'}}\n" for t in self.ids)
        return (f"  - name: {name}\n    initial_version: v1\n    targets:\n{targets}"
                f"    deployer:\n      exec:\n        command:\n"
                f"          argv: ['{self.script}']\n          env: {{FLEET_DIR: '{self.directory}'}}\n"
                f"          kill_grace: 1s\n{self._version_command() if asked else ''}"
                f"    health_check:\n      exec:\n        command:\n          argv: ['{self.check}']\n"
                f"          env: {{FLEET_DIR: '{self.directory}'}}\n      interval: 100ms\n"
                f"      deadline: 2s\n"
                f"    router:\n      exec:\n        command:\n          argv: ['{self.router}']\n"
                f"          env: {{FLEET_DIR: '{self.directory}'}}\n{extra}")


@pytest.fixture
def make_fleet(tmp_path):
    count = iter(range(1000))
    return lambda size: Fleet(tmp_path / f"fleet{next(count)}", size)
