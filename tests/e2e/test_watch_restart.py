# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Watches that outlive their daemon: heartbeats, last words, and going on where one was."""
import contextlib
import itertools
import os
import random
import signal
import subprocess
import threading
import time

import grpc
import pytest

from calls import call, eventually, request, rolling, start_again, status_name, strategy
from conftest import CHANNEL_OPTIONS, SLUICE

TERMINAL = {"COMPLETED", "FAILED", "ROLLED_BACK"}
SEED = int(os.environ.get("SLUICE_SEED", time.time_ns() % 1_000_000))
WATCHERS, DEPLOYERS, RESTARTS = 40, 4, 8


def durable(tmp_path, extra="allow_unconfigured_services: true\n"):
    return f"data_dir: {tmp_path / 'data'}\n{extra}"


def flag(daemon, service):
    return call(daemon, "Deploy", service=service, version="v1",
                strategy=strategy("FeatureFlagStrategy", initial_rollout=5))


def end(daemon, signal_number=signal.SIGKILL):
    daemon.process.send_signal(signal_number)
    daemon.process.wait()


def test_an_idle_watch_is_told_that_the_daemon_is_alive_and_where_to_go_on(start_daemon):
    daemon = start_daemon("allow_unconfigured_services: true\nwatch_heartbeat: 100ms\n")
    stream = call(daemon, "WatchStates", service="quiet")
    assert next(stream).revision == call(daemon, "GetServerInfo").newest_revision
    loud = daemon.await_status(flag(daemon, "loud").id, "COMPLETED")
    beat = next(b for b in itertools.islice(stream, 100) if b.revision >= loud.revision)
    assert not beat.HasField("state")
    quiet = flag(daemon, "quiet")
    first = next(r for r in call(daemon, "WatchStates", service="quiet",
                                 from_revision=beat.revision) if r.HasField("state"))
    assert first.state.id == quiet.id
    assert first.revision == first.state.revision > beat.revision


def test_who_goes_on_from_a_revision_is_told_when_they_have_caught_up(start_daemon):
    daemon = start_daemon()
    first = daemon.await_status(flag(daemon, "first").id, "COMPLETED")
    second = daemon.await_status(flag(daemon, "second").id, "COMPLETED")
    stream = call(daemon, "WatchStates", from_revision=first.revision)
    assert next(stream).state.id == second.id
    caught_up = next(stream)
    assert (caught_up.HasField("state"), caught_up.revision) == (False, second.revision)


def test_a_drain_ends_a_watch_with_the_revision_from_which_to_go_on(start_daemon, tmp_path):
    daemon = start_daemon(durable(tmp_path))
    old = daemon.await_status(flag(daemon, "old").id, "COMPLETED")
    stream = call(daemon, "WatchStates", service="later")
    assert stream.initial_metadata() is not None
    daemon.process.send_signal(signal.SIGTERM)
    last = next(stream)
    assert (last.HasField("state"), last.revision >= old.revision) == (False, True)
    with pytest.raises(grpc.RpcError) as error:
        next(stream)
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    daemon.process.wait()
    again = start_again(start_daemon, daemon, durable(tmp_path))
    new = flag(again, "later")
    resumed = call(again, "WatchStates", from_revision=last.revision)
    assert next(resumed).state.id == new.id


@contextlib.contextmanager
def watching(daemon, *words):
    """`sluice watch` as a process whose output is read line by line."""
    command = [str(SLUICE), "--address", f"unix:{daemon.socket}", "watch", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(pipe, words):
    lines = []
    for line in pipe:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"{words!r} never came: {lines}")


@pytest.mark.parametrize("fails, code, outcome", [(False, 0, "completed"), (True, 3, "rolled_back")])
def test_a_watch_outlives_a_daemon_that_is_killed(start_daemon, make_fleet, tmp_path, fails, code,
                                                  outcome):
    fleet = make_fleet(4)
    fleet.hold()
    if fails:
        fleet.fail("t4", "v2")
    config = durable(tmp_path, "services:\n" + fleet.service())
    daemon = start_daemon(config)
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1))
    with watching(daemon, state.id) as watch:
        # What happens before the watch has begun is no news to it.
        lines = read_until(watch.stdout, "in_progress")
        fleet.slow(0.3)
        fleet.release()
        lines += read_until(watch.stdout, "target t2: succeeded")
        end(daemon)
        assert "lost the daemon" in watch.stderr.readline()
        start_again(start_daemon, daemon, config)
        rest, errors = watch.communicate(timeout=60)
    assert (watch.returncode, errors) == (code, "")
    shown = "".join(lines) + rest
    assert shown.count("target t1: succeeded") == 1
    assert shown.count("version v2") == 1
    assert outcome in shown.splitlines()[-1]


def test_a_watch_of_everything_tells_the_past_in_a_line_and_the_present_in_whole(start_daemon,
                                                                                make_fleet):
    fleet = make_fleet(2)
    fleet.fail("t2", "v2")
    daemon = start_daemon("services:\n" + fleet.service())
    old = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 0))
    ended = daemon.await_status(old.id, "ROLLED_BACK")
    with watching(daemon) as watch:
        past = watch.stdout.readline()
        new = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 0))
        lines = read_until(watch.stdout, "rolled_back")
    assert past.startswith(ended.end_time.ToJsonString()[:19]) and old.id[:8] in past
    assert "↩ rolled_back" in past and "t2: " in past
    assert all(new.id[:8] in line for line in lines)
    shown = "".join(lines)
    assert "target t2: failed" in shown and "target t2 said: it broke" in shown


def test_a_watch_of_a_daemon_that_forgot_goes_on_from_the_present(start_daemon):
    daemon = start_daemon()
    old = flag(daemon, "old")
    with watching(daemon) as watch:
        read_until(watch.stdout, "old: ✔ completed")
        end(daemon)
        assert "lost the daemon" in watch.stderr.readline()
        again = start_again(start_daemon, daemon)
        assert "going on from now" in watch.stderr.readline()
        new = flag(again, "new")
        lines = read_until(watch.stdout, "new: ✔ completed")
    assert not any(old.id[:8] in line for line in lines)
    assert all(new.id[:8] in line for line in lines)


def test_a_watch_finds_out_that_its_daemon_hangs(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start_daemon("services:\n" + fleet.service())
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 3600))
    with watching(daemon, state.id) as watch:
        # At the wait, which the promotion below ends.
        read_until(watch.stdout, " left)")
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            assert "lost the daemon" in watch.stderr.readline()
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        call(daemon, "Promote", deployment_id=state.id)
        watch.communicate(timeout=60)
    assert watch.returncode == 0


# What a daemon that comes and goes answers; gRPC's server cancels calls that come in while it ends.
AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED}


class Client:
    """A client on a channel of its own, which bears with a daemon that comes and goes."""

    def __init__(self, socket):
        from sluice.v1 import deployment_service_pb2_grpc
        self.channel = grpc.insecure_channel(f"unix:{socket}", options=CHANNEL_OPTIONS)
        self.stub = deployment_service_pb2_grpc.DeploymentServiceStub(self.channel)

    def call(self, name, **fields):
        while True:
            try:
                return getattr(self.stub, name)(request(name, **fields), timeout=5)
            except grpc.RpcError as error:
                if error.code() not in AWAY:
                    raise
                time.sleep(0.02)

    def await_end(self, deployment_id, name):
        eventually(lambda: status_name(self.call("GetState", deployment_id=deployment_id)) == name,
                   60)


class Watcher(threading.Thread):
    """Keeps every state that it is sent, and goes on from the last revision after each cut."""

    def __init__(self, socket):
        super().__init__()
        self.client, self.states, self.revision = Client(socket), [], 0
        self.cuts, self.failure, self.last = 0, None, None

    def run(self):
        while self.last is None and self.failure is None:
            try:
                self._read(self.client.stub.WatchStates(
                    request("WatchStates", from_revision=self.revision)))
                # A daemon that drains ends a stream with OK, which is a cut all the same.
                self.cuts += self.last is None
            except grpc.RpcError as error:
                if error.code() not in AWAY:
                    self.failure = error
                self.cuts += 1
                time.sleep(0.02)

    def _read(self, stream):
        for response in stream:
            assert response.revision >= self.revision
            self.revision = response.revision
            if not response.HasField("state"):
                continue
            self.states.append(response.state)
            if response.state.service == "last" and status_name(response.state) in TERMINAL:
                self.last = response.state
                return


class Deployer(threading.Thread):
    """Deploys, and takes every other one back; keeps each end that was reached."""

    def __init__(self, socket, number):
        super().__init__()
        self.client, self.number, self.ends = Client(socket), number, []
        self.stopping, self.done = False, False

    def run(self):
        count = 0
        while not self.stopping:
            count += 1
            name = f"s{self.number}-{count}"
            state = self.client.call("Deploy", request_id=name, service=name, version="v1",
                                     strategy=strategy("FeatureFlagStrategy", initial_rollout=5))
            self.client.await_end(state.id, "COMPLETED")
            self.ends.append((state.id, "COMPLETED"))
            if count % 2:
                continue
            self.client.call("Rollback", request_id=name + "-back", deployment_id=state.id)
            self.client.await_end(state.id, "ROLLED_BACK")
            self.ends.append((state.id, "ROLLED_BACK"))
        self.done = True


def test_t40_reconnect_storm(start_daemon, tmp_path):
    print(f"SLUICE_SEED={SEED}")
    seeded = random.Random(SEED)
    daemon = start_daemon(durable(tmp_path))
    watchers = [Watcher(daemon.socket) for _ in range(WATCHERS)]
    deployers = [Deployer(daemon.socket, i) for i in range(DEPLOYERS)]
    for thread in watchers + deployers:
        thread.start()
    try:
        for restart in range(RESTARTS):
            time.sleep(seeded.uniform(0.2, 1.2))
            cuts = [watcher.cuts for watcher in watchers]
            end(daemon, seeded.choice([signal.SIGKILL, signal.SIGTERM]))
            # Every other time whoever is slow may find the next daemon there already.
            if restart % 2:
                eventually(lambda cuts=cuts: all(watcher.cuts > before for watcher, before
                                                 in zip(watchers, cuts, strict=True)), 60)
            daemon = start_again(start_daemon, daemon, durable(tmp_path))
    finally:
        for deployer in deployers:
            deployer.stopping = True
    for deployer in deployers:
        deployer.join()
        assert deployer.done
    Client(daemon.socket).call("Deploy", request_id="last", service="last", version="v1",
                               strategy=strategy("FeatureFlagStrategy", initial_rollout=5))
    for watcher in watchers:
        watcher.join(timeout=60)
    ends = [reached for deployer in deployers for reached in deployer.ends]
    assert len(ends) > 10
    for watcher in watchers:
        assert watcher.failure is None and watcher.last is not None
        assert watcher.cuts >= RESTARTS / 2
        revisions = [state.revision for state in watcher.states]
        assert revisions == sorted(set(revisions))
        seen = [(s.id, status_name(s)) for s in watcher.states if status_name(s) in TERMINAL]
        assert len(seen) == len(set(seen))
        assert set(ends) | {(watcher.last.id, "COMPLETED")} == set(seen)
        watcher.client.channel.close()
