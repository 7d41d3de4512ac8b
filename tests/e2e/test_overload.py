# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""More at once than there is room for: deployments, and watchers."""
import collections
import contextlib
import pathlib
import subprocess
import sys

import grpc
import pytest

from calls import call, eventually, everything, listed, request, rolling, strategy
from conftest import CHANNEL_OPTIONS
from security import is_sanitized

MAX_ACTIVE, MAX_PENDING = 100, 100
DEPLOYS, CHANNELS = 10_000, 4


def gated(number):
    return request("Deploy", service=f"s{number}", version="v1", request_id=f"r{number}",
                   strategy=strategy("CanaryStrategy", manual_promotion=True))


def deploy_all(daemon, numbers):
    """Sends them as fast as it goes, over several connections: {number: id or status code}."""
    from sluice.v1 import deployment_service_pb2_grpc
    outcomes = {}
    with contextlib.ExitStack() as stack:
        stubs = [deployment_service_pb2_grpc.DeploymentServiceStub(stack.enter_context(
            grpc.insecure_channel(f"unix:{daemon.socket}", CHANNEL_OPTIONS)))
            for _ in range(CHANNELS)]
        futures = {number: stubs[number % CHANNELS].Deploy.future(gated(number), timeout=60)
                   for number in numbers}
        for number, future in futures.items():
            outcomes[number] = future.code() if future.exception() else future.result().id
    return outcomes


def test_t44_ten_thousand_deploys_at_once_are_taken_up_to_the_bound_and_none_is_lost(start_daemon):
    daemon = start_daemon("allow_unconfigured_services: true\n"
                          f"limits: {{max_active_deployments: {MAX_ACTIVE}, "
                          f"max_pending_deployments: {MAX_PENDING}}}\n", durable=True)
    outcomes = deploy_all(daemon, range(DEPLOYS))
    accepted = {n: id for n, id in outcomes.items() if isinstance(id, str)}
    codes = collections.Counter(code for code in outcomes.values() if not isinstance(code, str))
    assert set(codes) == {grpc.StatusCode.RESOURCE_EXHAUSTED}, codes
    assert 0 < len(accepted) <= MAX_ACTIVE + MAX_PENDING
    # All that there is was acknowledged, and is there after a crash.
    assert set(everything(daemon)) == set(accepted.values())
    daemon.kill()
    daemon.start()
    assert set(everything(daemon)) == set(accepted.values())
    # An end makes room, and what was refused left nothing behind.
    first, refused = min(accepted), min(set(outcomes) - set(accepted))
    eventually(lambda: promote(daemon, accepted[first]))
    daemon.await_status(accepted[first], "COMPLETED")
    state = eventually(lambda: deploy_again(daemon, refused))
    assert state.id not in accepted.values()


def promote(daemon, deployment):
    with contextlib.suppress(grpc.RpcError):
        return call(daemon, "Promote", deployment_id=deployment, full=True)
    return None


def deploy_again(daemon, number):
    with contextlib.suppress(grpc.RpcError):
        return daemon.stub.Deploy(gated(number))
    return None


# --- T38: watchers.

WATCH_CHANNELS, STREAMS_EACH = 10, 1000
WATCHED_DEPLOYMENTS = 3
# Two such states are more than an HTTP/2 window holds, so that an unread stream is really stuck.
METADATA = {f"k{i}": "x" * 1000 for i in range(40)}
MAX_MEMORY_KB = 250 * 1024


def memory_kb(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        return int(status.read().split("VmRSS:")[1].split()[0])


@contextlib.contextmanager
def many_watchers(daemon, stubs):
    """Yields a process with all the streams open, every second of which is never read."""
    command = [sys.executable, pathlib.Path(__file__).parent / "many_watchers.py", stubs,
               f"unix:{daemon.socket}", *map(str, (WATCH_CHANNELS, STREAMS_EACH,
                                                   WATCHED_DEPLOYMENTS))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watchers:
        try:
            assert watchers.stdout.readline() == "connected\n"
            yield watchers
        finally:
            watchers.kill()


@pytest.mark.skipif(is_sanitized(), reason="its memory says nothing, and it takes minutes")
def test_t38_ten_thousand_watchers_of_which_half_never_read_harm_nobody(start_daemon, stubs):
    daemon = start_daemon("allow_unconfigured_services: true\n"
                          "limits: {max_watches_per_principal: 10000}\n")
    with many_watchers(daemon, stubs) as watchers:
        for number in range(WATCHED_DEPLOYMENTS):
            state = call(daemon, "Deploy", service=f"s{number}", version="v1", metadata=METADATA,
                         strategy=strategy("FeatureFlagStrategy", initial_rollout=5))
            daemon.await_status(state.id, "COMPLETED")
        # No reader has missed an end, and half of the streams are stuck.
        assert watchers.stdout.readline() == "done\n"
        # Who comes now is told that there are enough, and a rollout goes on.
        with pytest.raises(grpc.RpcError) as error:
            next(call(daemon, "WatchStates"))
        assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        state = call(daemon, "Deploy", service="last", version="v1", metadata=METADATA,
                     strategy=rolling(1), targets=[{"id": "t1"}])
        daemon.await_status(state.id, "COMPLETED")
        memory = memory_kb(daemon)
    assert memory <= MAX_MEMORY_KB, f"{memory} kB"
    eventually(lambda: next(call(daemon, "WatchStates")))
