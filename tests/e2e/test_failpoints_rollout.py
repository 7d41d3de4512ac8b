# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""T11: a kill before, between and after the effect on a target and its record."""
import time

import grpc
import pytest

from calls import call, eventually, pb, request, rolling, status_name, strategy
from crashes import check_calls, read_calls
from failpoints import ALLOCATION, GONE, VARIABLE, arm, await_crash, need_failpoints, restart


@pytest.fixture(autouse=True)
def with_failpoints():
    need_failpoints()


class Rollout:
    """Three targets, one after the other, by a real command; the daemon is armed."""

    def __init__(self, start_daemon, make_fleet, point, **fields):
        self.fleet = make_fleet(3)
        config = "services:\n" + self.fleet.service(asked=True)
        self.daemon = start_daemon(config, durable=True, env={VARIABLE: point})
        fields = {"strategy": rolling(), **fields}
        self.id = call(self.daemon, "Deploy", service="web", version="v2", **fields).id
        await_crash(self.daemon)

    def ends(self, *names):
        state = self.daemon.await_status(self.id, *names)
        check_calls(read_calls(self.fleet), "v2")
        return state

    def begins(self, version="v2"):
        """["t1.1", ...]: the calls that targets saw, each with its attempt."""
        return [f"{c.target}.{c.attempt}" for c in read_calls(self.fleet)
                if c.kind == "begin" and c.version == version]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_t11_killed_before_a_target_is_called_it_is_called_once(start_daemon, make_fleet, number):
    rollout = Rollout(start_daemon, make_fleet, f"deployer.before_call=crash@{number}")
    assert rollout.begins() == ["t1.1", "t2.1"][:number - 1]
    restart(rollout.daemon)
    state = rollout.ends("COMPLETED")
    # Of the attempt that was cut off the target knows nothing, so its number is not used again.
    assert rollout.begins() == [f"t{i}.{2 if i == number else 1}" for i in (1, 2, 3)]
    assert [target.attempts for target in state.targets] == [2 if i == number else 1
                                                             for i in (1, 2, 3)]
    assert set(rollout.fleet.versions().values()) == {"v2"}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_t11_killed_after_a_target_was_called_it_is_not_called_again(start_daemon, make_fleet,
                                                                    number):
    rollout = Rollout(start_daemon, make_fleet, f"deployer.after_call=crash@{number}")
    assert rollout.begins() == ["t1.1", "t2.1", "t3.1"][:number]
    restart(rollout.daemon)
    state = rollout.ends("COMPLETED")
    assert rollout.begins() == ["t1.1", "t2.1", "t3.1"]
    assert [target.attempts for target in state.targets] == [1, 1, 1]


@pytest.mark.parametrize("point", ["deployer.before_call=crash@2", "deployer.after_call=crash@2"])
def test_t11_killed_again_while_an_uncertain_target_is_asked(start_daemon, make_fleet, point):
    rollout = Rollout(start_daemon, make_fleet, point)
    arm(rollout.daemon, "deployer.before_probe=crash@1")
    rollout.daemon.spawn()
    await_crash(rollout.daemon)
    restart(rollout.daemon)
    rollout.ends("COMPLETED")
    assert rollout.begins() == ["t1.1", "t2.1" if "after" in point else "t2.2", "t3.1"]


def on_uncertain(policy):
    from sluice.v1 import strategy_pb2
    value = strategy_pb2.UncertainPolicy.Value(f"UNCERTAIN_POLICY_{policy}")
    return strategy_pb2.OnFailure(on_uncertain=value)


@pytest.mark.parametrize("point", ["deployer.before_call=crash@2", "deployer.after_call=crash@2"])
def test_t11_an_uncertain_target_pauses_the_rollout_where_that_is_wanted(start_daemon, make_fleet,
                                                                        point):
    rollout = Rollout(start_daemon, make_fleet, point, on_failure=on_uncertain("PAUSE"))
    before = rollout.begins()
    restart(rollout.daemon)
    state = rollout.ends("PAUSED")
    assert "what they run is not known: t2;" in state.message
    assert rollout.begins() == before
    call(rollout.daemon, "Resume", deployment_id=rollout.id)
    rollout.ends("COMPLETED")
    assert rollout.begins() == ["t1.1", "t2.1" if "after" in point else "t2.2", "t3.1"]


@pytest.mark.parametrize("point", ["deployer.before_call=crash@2", "deployer.after_call=crash@2"])
def test_t11_an_uncertain_target_rolls_back_where_that_is_wanted(start_daemon, make_fleet, point):
    rollout = Rollout(start_daemon, make_fleet, point, on_failure=on_uncertain("ROLLBACK"))
    before = rollout.begins()
    restart(rollout.daemon)
    state = rollout.ends("ROLLED_BACK")
    assert state.reason == pb()[0].REASON_UNCERTAIN
    assert rollout.begins() == before
    assert set(rollout.fleet.versions().values()) == {"v1"}
    assert all(c.target != "t3" for c in read_calls(rollout.fleet))


@pytest.mark.parametrize("point", ["journal.after_sync", "journal.mid_write"])
def test_t11_a_rollout_killed_at_every_commit_calls_each_target_as_often_as_it_must(
        start_daemon, make_fleet, point):
    fleet = make_fleet(3)
    daemon = start_daemon("services:\n" + fleet.service(asked=True), durable=True)
    deployment = call(daemon, "Deploy", service="web", version="v2", strategy=rolling()).id
    daemon.kill()
    # Each start gets a little further than it must to be counted as one.
    for starts in range(200):
        arm(daemon, f"{point}=crash@{4 if point.endswith('sync') else ALLOCATION + 24}")
        daemon.spawn()
        eventually(lambda: "event=started" in daemon.log() or daemon.process.poll() is not None)
        daemon.connect()
        if has_ended(daemon, deployment):
            break
        await_crash(daemon)
    daemon.kill()
    restart(daemon)
    state = daemon.await_status(deployment, "COMPLETED")
    begins, _ = check_calls(read_calls(fleet), "v2")
    assert {c.target for c in begins} == {"t1", "t2", "t3"}
    assert [target.attempts for target in state.targets] == [
        max(c.attempt for c in begins if c.target == f"t{i}") for i in (1, 2, 3)]
    assert starts > 1


def has_ended(daemon, deployment):
    """Whether the daemon lives to tell that the deployment has."""
    while daemon.process.poll() is None:
        try:
            state = daemon.stub.GetState(request("GetState", deployment_id=deployment), timeout=10)
        except grpc.RpcError as error:
            assert error.code() in GONE, error
            continue
        if status_name(state) == "COMPLETED":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("point", ["router.before_call=crash@1", "router.after_call=crash@1"])
def test_t11_killed_at_the_switch_it_is_switched_by_the_next_start(start_daemon, make_fleet, point):
    rollout = Rollout(start_daemon, make_fleet, point, strategy=strategy("BlueGreenDeployment"))
    assert len(rollout.fleet.router_calls()) == (1 if "after" in point else 0)
    restart(rollout.daemon)
    rollout.ends("COMPLETED")
    # It is absolute: again is no harm.
    assert rollout.fleet.router_calls() == ["switch v2 green"] * (2 if "after" in point else 1)
    assert sorted(rollout.begins()) == ["t1.1", "t2.1", "t3.1"]
