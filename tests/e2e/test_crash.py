# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments. SLUICE_KILLS is how many, SLUICE_SEED makes them the same again."""
import contextlib
import os
import random
import re
import threading
import time

import grpc
import pytest

from calls import call, eventually, everything, listed, refused, request, rolling, status_name, strategy
from conftest import CHANNEL_OPTIONS
from crashes import SEED, check_calls, read_calls

OPEN = "allow_unconfigured_services: true\n"
# Of the canary; the other tests take a share of it. 200 are what is promised.
KILLS = int(os.environ.get("SLUICE_KILLS", 200))
TARGETS = 50
STAGE_SECONDS = 1
MOST_LOG_BYTES = 6_000_000
# Longer than a start takes, so that some kills come before it serves and most while it works.
LONGEST_RUN_SECONDS = 0.6
# Of a client between two calls: some hundred deployments a test, each of which is looked at again.
CLIENT_PAUSE_SECONDS = 0.02


@pytest.fixture
def seeded():
    print(f"SLUICE_SEED={SEED}")
    return random.Random(SEED)


def deploy_canary(daemon, version):
    canary = strategy("CanaryDeployment", stages=[10, 25, 50, 100], max_concurrent=8,
                      stage_duration_seconds=STAGE_SECONDS)
    return call(daemon, "Deploy", service="web", version=version, strategy=canary).id


def essence(state, old, new):
    """The record without times, ids, revisions and attempts, and with names for the versions."""
    for field in ("id", "revision", "create_time", "start_time", "end_time"):
        state.ClearField(field)
    state.result.ClearField("duration_ms")
    for target in state.targets:
        for field in ("start_time", "end_time", "attempts"):
            target.ClearField(field)
    for step in (*state.plan.steps, *state.deploy_plan.steps):
        step.ClearField("start_time")
        step.ClearField("end_time")
    return str(state).replace(f'"{old}"', "OLD").replace(f'"{new}"', "NEW").splitlines()


def present_state(daemon, deployment, seconds):
    """None when the daemon does not answer in time."""
    try:
        return daemon.stub.GetState(request("GetState", deployment_id=deployment), timeout=seconds,
                                    wait_for_ready=True)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED or \
            error.code() == grpc.StatusCode.UNAVAILABLE, error
        return None


def run_killed(daemon, deployment, seeded, most, end="COMPLETED"):
    """Kills the daemon again and again until the deployment has ended; returns how often."""
    for kills in range(most):
        moment = time.monotonic() + seeded.uniform(0, LONGEST_RUN_SECONDS)
        state = present_state(daemon, deployment, max(moment - time.monotonic(), 0.001))
        if state is not None and status_name(state) == end:
            return kills
        time.sleep(max(moment - time.monotonic(), 0))
        daemon.kill()
        daemon.spawn()
        daemon.connect()
    daemon.await_start()
    return most


def check_waits(begins, ends):
    """No call of a stage within its wait after the last one of the stage before."""
    steps = sorted({c.step for c in begins})
    assert len(steps) == 4
    for before, after in zip(steps, steps[1:]):
        targets = {c.target for c in begins if c.step == before}
        last = max(ends[t].time for t in targets if t in ends)
        first = min(c.time for c in begins if c.step == after)
        assert first - last >= STAGE_SECONDS, (before, after)


def test_t11_a_killed_canary_ends_as_one_that_was_not(start_daemon, make_fleet, seeded):
    """Meanwhile others deploy: what they were told is not lost either."""
    fleet = make_fleet(TARGETS)
    fleet.slow(0.05)
    daemon = start_daemon(OPEN + "services:\n" + fleet.service(asked=True), durable=True)
    state = daemon.await_status(deploy_canary(daemon, "v2"), "COMPLETED")
    unkilled = essence(state, "v1", "v2")
    check_waits(*check_calls(read_calls(fleet), "v2"))
    number, kills = 2, 0
    with running_clients(daemon, 1, pause=0.05) as clients:
        while kills < KILLS:
            number += 1
            deployment = deploy_canary(daemon, f"v{number}")
            kills += run_killed(daemon, deployment, seeded, KILLS - kills)
            state = daemon.await_status(deployment, "COMPLETED", "FAILED", "ROLLED_BACK",
                                        seconds=60)
            assert essence(state, f"v{number - 1}", f"v{number}") == unkilled
            assert set(fleet.versions().values()) == {f"v{number}"}
            check_waits(*check_calls(read_calls(fleet), f"v{number}"))
    print(f"{kills} kills in {number - 2} deployments")
    check_clients(daemon, clients)


def test_t11_a_killed_rollback_brings_every_target_back(start_daemon, make_fleet, seeded):
    fleet = make_fleet(TARGETS)
    fleet.slow(0.05)
    daemon = start_daemon("services:\n" + fleet.service(asked=True), durable=True)
    deployment = deploy_canary(daemon, "v2")
    eventually(lambda: len(fleet.calls("end")) >= TARGETS / 4)
    call(daemon, "Rollback", deployment_id=deployment)
    kills = run_killed(daemon, deployment, seeded, KILLS // 20, "ROLLED_BACK")
    state = daemon.await_status(deployment, "COMPLETED", "FAILED", "ROLLED_BACK", seconds=60)
    assert status_name(state) == "ROLLED_BACK", state.message
    assert set(fleet.versions().values()) == {"v1"}
    calls = read_calls(fleet)
    check_calls(calls, "v2")
    check_calls(calls, "v1")
    print(f"{kills} kills in a rollback")


# --- What was acknowledged.

class Client(threading.Thread):
    """Deploys one service after the other, each until it is acknowledged, with a channel of its own."""

    def __init__(self, socket, number, stop, pause):
        super().__init__()
        self.socket, self.number, self.stop, self.pause = socket, number, stop, pause
        self.asked, self.acknowledged = {}, {}

    def run(self):
        from sluice.v1 import deployment_service_pb2_grpc
        with grpc.insecure_channel(f"unix:{self.socket}", options=CHANNEL_OPTIONS) as channel:
            stub = deployment_service_pb2_grpc.DeploymentServiceStub(channel)
            while not self.stop.is_set():
                self.deploy(stub, len(self.asked))
                self.stop.wait(self.pause)

    def deploy(self, stub, count):
        wanted = request("Deploy", service=f"s-{self.number}-{count}", version=f"v{count}",
                         request_id=f"r{self.number}-{count}", metadata={"note": "x" * (count % 500)},
                         strategy=strategy("FeatureFlagStrategy", initial_rollout=5))
        self.asked[wanted.request_id] = wanted
        while not self.stop.is_set():
            try:
                # A call that does not wait fails at once while there is no connection, and between
                # such calls nobody polls what would make one.
                state = stub.Deploy(wanted, timeout=5, wait_for_ready=True)
            except grpc.RpcError as error:
                assert error.code() in (grpc.StatusCode.UNAVAILABLE,
                                        grpc.StatusCode.DEADLINE_EXCEEDED), error
                continue
            self.acknowledged[wanted.request_id] = state.id
            return


def check_same(state, wanted):
    assert (state.service, state.version, state.request_id) == (
        wanted.service, wanted.version, wanted.request_id)
    assert state.metadata["note"] == wanted.metadata["note"]
    assert state.strategy_options.feature_flag_strategy.initial_rollout == 5


@contextlib.contextmanager
def running_clients(daemon, count, pause=0.0):
    """Clients that deploy while the block runs, each with a pause after what was acknowledged."""
    stop = threading.Event()
    clients = [Client(daemon.socket, number, stop, pause) for number in range(count)]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        stop.set()
        for client in clients:
            client.join()


def check_clients(daemon, clients):
    """What they were told is there, as they asked for it, and nothing that nobody asked for."""
    asked = {key: wanted for client in clients for key, wanted in client.asked.items()}
    acknowledged = {key: id for client in clients for key, id in client.acknowledged.items()}
    assert acknowledged
    found = {id: state for id, state in everything(daemon).items() if state.request_id}
    for key, deployment in acknowledged.items():
        check_same(found[deployment], asked[key])
        assert daemon.stub.Deploy(asked[key]).id == deployment
    for state in found.values():
        check_same(state, asked[state.request_id])
    assert len({state.request_id for state in found.values()}) == len(found)
    print(f"{len(acknowledged)} acknowledged, {len(found)} found")


def test_t01_nothing_acknowledged_is_lost_and_nothing_is_invented(start_daemon, seeded):
    daemon = start_daemon(OPEN, durable=True)
    kills, least = 0, KILLS // 5
    with running_clients(daemon, 4, pause=CLIENT_PAUSE_SECONDS) as clients:
        # A busy machine may have no time to acknowledge anything between two kills.
        while kills < least or sum(len(client.acknowledged) for client in clients) <= least:
            if kills % 2:
                daemon.await_start()
            time.sleep(seeded.uniform(0, LONGEST_RUN_SECONDS / 2))
            daemon.kill()
            daemon.spawn()
            kills += 1
        daemon.await_start()
    daemon.connect()
    check_clients(daemon, clients)


def test_t12_a_crash_loop_under_load_wedges_nothing(start_daemon, make_fleet, seeded):
    fleet = make_fleet(10)
    daemon = start_daemon(OPEN + "services:\n" + fleet.service(asked=True), durable=True)
    deployment = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(2)).id
    epochs = []
    log = daemon.data_dir / "sluice.db-wal"
    with running_clients(daemon, 4, pause=CLIENT_PAUSE_SECONDS) as clients:
        for _ in range(50):
            time.sleep(seeded.uniform(0, LONGEST_RUN_SECONDS / 2))
            daemon.kill()
            # What a start has to read, beside the records that are kept.
            assert log.stat().st_size < MOST_LOG_BYTES
            daemon.start()
            epochs.append(int(re.search(r"epoch=(\d+)", daemon.log())[1]))
    assert all(a < b for a, b in zip(epochs, epochs[1:]))
    check_clients(daemon, clients)
    eventually(lambda: not [state for state in everything(daemon).values()
                            if status_name(state) != "COMPLETED"])
    assert set(fleet.versions().values()) == {"v2"}
    check_calls(read_calls(fleet), "v2")
    assert status_name(call(daemon, "GetState", deployment_id=deployment)) == "COMPLETED"


def test_t14_a_request_id_is_one_deployment_before_and_after_a_kill(start_daemon):
    daemon = start_daemon(OPEN, durable=True)
    wanted = request("Deploy", service="web", version="v1", request_id="build-7",
                     strategy=strategy("CanaryStrategy", manual_promotion=True))
    before = [future.result().id for future in [daemon.stub.Deploy.future(wanted)
                                                for _ in range(100)]]
    daemon.kill()
    daemon.start()
    after = [future.result().id for future in [daemon.stub.Deploy.future(wanted)
                                               for _ in range(100)]]
    assert len(set(before + after)) == 1
    assert len(listed(daemon)) == 1


def test_t15_other_content_under_a_request_id_is_refused_after_a_kill(start_daemon):
    daemon = start_daemon(OPEN, durable=True)
    flag = strategy("FeatureFlagStrategy", initial_rollout=5)
    call(daemon, "Deploy", service="web", version="v1", request_id="build-7", strategy=flag)
    daemon.kill()
    daemon.start()
    with refused(grpc.StatusCode.ALREADY_EXISTS):
        call(daemon, "Deploy", service="web", version="v2", request_id="build-7", strategy=flag)
    assert len(listed(daemon)) == 1
