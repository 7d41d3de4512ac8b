# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Rollouts over real commands: batches, failures, rollbacks, control."""
import threading
import time

import grpc
import pytest

from calls import eventually


def pb():
    from sluice.v1 import deployment_pb2, deployment_service_pb2, strategy_pb2
    return deployment_pb2, deployment_service_pb2, strategy_pb2


def rolling(batch_size=1, delay=0.0):
    _, _, strategy = pb()
    return strategy.Strategy(rolling_deployment=strategy.RollingDeployment(
        batch_size=batch_size, delay_seconds=delay))


def canary(stages=(10, 25, 50, 100), seconds=0.0, threshold=0.95):
    _, _, strategy = pb()
    return strategy.Strategy(canary_deployment=strategy.CanaryDeployment(
        stages=stages, stage_duration_seconds=seconds, success_threshold=threshold))


def deploy(daemon, version, strategy=None, service="web", **fields):
    _, service_pb, _ = pb()
    return daemon.stub.Deploy(service_pb.DeployRequest(
        service=service, version=version, strategy=strategy, **fields))


def start(start_daemon, fleet, extra=""):
    return start_daemon("services:\n" + fleet.service(extra=extra))


def await_wait(daemon, deployment_id, step):
    """Returns when the deployment waits in this step of its plan."""
    _, service_pb, _ = pb()
    request = service_pb.GetStateRequest(deployment_id=deployment_id)
    while not daemon.stub.GetState(request).plan.steps[step].HasField("wait_until"):
        time.sleep(0.02)


def overlaps(fleet):
    """The largest number of deploy calls that ran at the same time."""
    events = [(row[0], 1) for row in fleet.calls("begin")] + [(row[0], -1) for row in fleet.calls("end")]
    running = most = 0
    for _, change in sorted(events):
        running += change
        most = max(most, running)
    return most


def test_deploy_answers_before_any_target_and_lists_them_all(start_daemon, make_fleet):
    fleet = make_fleet(20)
    fleet.hold()
    daemon = start(start_daemon, fleet)
    deployment_pb, service_pb, _ = pb()
    # Answered while no target can be done.
    state = deploy(daemon, "v2", rolling(20))
    assert [t.target.id for t in state.targets] == fleet.ids

    def phases():
        now = daemon.stub.GetState(service_pb.GetStateRequest(deployment_id=state.id))
        assert [t.target.id for t in now.targets] == fleet.ids
        return [t.phase for t in now.targets]

    eventually(lambda: phases() == [deployment_pb.TARGET_PHASE_DEPLOYING] * 20)
    eventually(lambda: len(fleet.calls("begin")) == 20)
    assert not fleet.calls("end")
    fleet.release()
    end = daemon.await_status(state.id, "COMPLETED")
    assert set(fleet.versions().values()) == {"v2"}
    assert [t.phase for t in end.targets] == [deployment_pb.TARGET_PHASE_SUCCEEDED] * 20


def test_batches_never_overlap_and_keep_their_delay(start_daemon, make_fleet):
    fleet = make_fleet(10)
    fleet.slow(0.2)
    daemon = start(start_daemon, fleet)
    daemon.await_status(deploy(daemon, "v2", rolling(3, 0.5)).id, "COMPLETED")
    assert overlaps(fleet) == 3
    begins, ends = fleet.calls("begin"), fleet.calls("end")
    for batch in range(1, 4):
        first_begin = min(row[0] for row in begins[batch * 3:batch * 3 + 3])
        last_end = max(row[0] for row in ends[batch * 3 - 3:batch * 3])
        assert first_begin - last_end >= 0.5


def test_a_failing_target_brings_back_exactly_what_was_touched(start_daemon, make_fleet):
    fleet = make_fleet(10)
    fleet.fail("t4", "v2", "disk is full")
    daemon = start(start_daemon, fleet)
    end = daemon.await_status(deploy(daemon, "v2", rolling()).id, "ROLLED_BACK")
    touched = {row[1] for row in fleet.calls()}
    assert touched == {"t1", "t2", "t3", "t4"}
    assert set(fleet.versions().values()) == {"v1"}
    assert "t4" in end.message
    assert end.reason == pb()[0].REASON_DEPLOY_FAILED
    assert end.fleet.consistency == pb()[0].FLEET_CONSISTENCY_CONSISTENT
    assert end.fleet.version == "v1"
    assert "disk is full" in end.targets[3].output


def test_a_rollback_that_fails_is_never_reported_as_one_that_happened(start_daemon, make_fleet):
    fleet = make_fleet(4)
    fleet.fail("t4", "v2")
    fleet.fail("t2", "v1")
    daemon = start(start_daemon, fleet)
    end = daemon.await_status(deploy(daemon, "v2", rolling()).id, "FAILED")
    assert end.fleet.consistency == pb()[0].FLEET_CONSISTENCY_MIXED
    assert end.reason == pb()[0].REASON_ROLLBACK_FAILED
    assert fleet.versions() == {"t1": "v1", "t2": "v2", "t3": "v1", "t4": "v1"}
    assert daemon.cli("watch", end.id).returncode == 4


def test_canary_stages_touch_exact_counts(start_daemon, make_fleet):
    fleet = make_fleet(20)
    daemon = start(start_daemon, fleet)
    end = daemon.await_status(deploy(daemon, "v2", canary()).id, "COMPLETED")
    by_step = {}
    for row in fleet.calls():
        by_step[int(row[3])] = by_step.get(int(row[3]), 0) + 1
    counts = [by_step[step] for step in sorted(by_step)]
    assert [sum(counts[:i + 1]) for i in range(4)] == [2, 5, 10, 20]
    assert end.result.targets_updated == 20


def test_canary_below_the_threshold_stops_and_comes_back(start_daemon, make_fleet):
    fleet = make_fleet(20)
    fleet.sicken("t3", "v2")
    daemon = start(start_daemon, fleet)
    end = daemon.await_status(deploy(daemon, "v2", canary()).id, "ROLLED_BACK")
    assert len({row[1] for row in fleet.calls()}) == 5
    assert end.metadata["stopped_at_stage"] == "25"
    assert set(fleet.versions().values()) == {"v1"}


def test_blue_green_switches_once_and_its_rollback_deploys_nothing(start_daemon, make_fleet):
    fleet = make_fleet(3)
    daemon = start(start_daemon, fleet)
    deployment_pb, service_pb, strategy_pb = pb()
    blue_green = strategy_pb.Strategy(blue_green_deployment=strategy_pb.BlueGreenDeployment())
    state = deploy(daemon, "v2", blue_green)
    daemon.await_status(state.id, "COMPLETED")
    assert fleet.router_calls() == ["switch v2 green"]
    # The switch begins when the last target is done.
    assert fleet.call_kinds().count("end") == 3
    assert fleet.call_kinds()[-1] == "router"
    calls = len(fleet.calls())
    daemon.stub.Rollback(service_pb.RollbackRequest(deployment_id=state.id))
    end = daemon.await_status(state.id, "ROLLED_BACK")
    assert fleet.router_calls() == ["switch v2 green", "switch v1 blue"]
    assert len(fleet.calls()) == calls
    assert end.metadata["active_slot"] == "blue"


def test_blue_green_does_not_switch_when_a_target_failed(start_daemon, make_fleet):
    fleet = make_fleet(3)
    fleet.fail("t2", "v2")
    daemon = start(start_daemon, fleet)
    _, _, strategy_pb = pb()
    blue_green = strategy_pb.Strategy(blue_green_deployment=strategy_pb.BlueGreenDeployment())
    daemon.await_status(deploy(daemon, "v2", blue_green).id, "ROLLED_BACK")
    # Only the slot that is live anyway is set again.
    assert fleet.router_calls() == ["switch v1 blue"]


def test_a_feature_flag_is_named_and_goes_back_to_zero(start_daemon):
    daemon = start_daemon()
    deployment_pb, service_pb, strategy_pb = pb()
    flag = strategy_pb.Strategy(
        feature_flag_strategy=strategy_pb.FeatureFlagStrategy(initial_rollout=12.5))
    state = deploy(daemon, "v2", flag, service="billing")
    end = daemon.await_status(state.id, "COMPLETED")
    assert end.metadata["flag_name"] == "ff_billing_v2"
    assert end.traffic_percentage == 12.5
    daemon.stub.Rollback(service_pb.RollbackRequest(service="billing"))
    assert daemon.await_status(state.id, "ROLLED_BACK").traffic_percentage == 0


def test_abort_ends_a_long_wait_at_once(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start(start_daemon, fleet)
    _, service_pb, _ = pb()
    state = deploy(daemon, "v2", rolling(1, 60))
    while len(fleet.calls("end")) < 1:
        time.sleep(0.02)
    time.sleep(0.2)
    begin = time.monotonic()
    daemon.stub.Abort(service_pb.AbortRequest(deployment_id=state.id, reason="enough"))
    end = daemon.await_status(state.id, "FAILED", seconds=5)
    assert time.monotonic() - begin < 1
    assert end.fleet.consistency == pb()[0].FLEET_CONSISTENCY_MIXED
    assert fleet.versions() == {"t1": "v2", "t2": "v1"}


@pytest.mark.parametrize("verb", ["Abort", "Rollback"])
def test_a_command_that_ignores_sigterm_is_cut_off_at_once(start_daemon, make_fleet, verb):
    fleet = make_fleet(1)
    fleet.hang("t1")
    daemon = start(start_daemon, fleet)
    _, service_pb, _ = pb()
    state = deploy(daemon, "v2", rolling())
    eventually(lambda: fleet.calls("hang"))
    (fleet.directory / "hang.d" / "t1").unlink()
    begin = time.monotonic()
    request = getattr(service_pb, verb + "Request")(deployment_id=state.id)
    getattr(daemon.stub, verb)(request)
    daemon.await_status(state.id, "FAILED" if verb == "Abort" else "ROLLED_BACK", seconds=5)
    # 0.2 s of it are for SIGTERM; the way back runs two real commands.
    assert time.monotonic() - begin < 1


def test_pause_freezes_and_resume_goes_on(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start(start_daemon, fleet)
    _, service_pb, _ = pb()
    state = deploy(daemon, "v2", rolling(1, 0.5))
    while len(fleet.calls("end")) < 1:
        time.sleep(0.01)
    paused = daemon.stub.Pause(service_pb.PauseRequest(deployment_id=state.id))
    assert paused.status == pb()[0].STATUS_PAUSED
    time.sleep(1)
    assert len(fleet.calls()) == 1
    assert daemon.cli("wait", state.id, "--for", "paused").returncode == 0
    daemon.stub.Resume(service_pb.ResumeRequest(deployment_id=state.id))
    daemon.await_status(state.id, "COMPLETED")


def test_a_promote_ends_a_wait_and_full_all_of_them(start_daemon, make_fleet):
    fleet = make_fleet(4)
    daemon = start(start_daemon, fleet)
    _, service_pb, _ = pb()
    state = deploy(daemon, "v2", rolling(1, 60))
    await_wait(daemon, state.id, step=1)
    daemon.stub.Promote(service_pb.PromoteRequest(deployment_id=state.id))
    await_wait(daemon, state.id, step=3)
    daemon.stub.Promote(service_pb.PromoteRequest(deployment_id=state.id, full=True))
    daemon.await_status(state.id, "COMPLETED", seconds=10)


def test_a_gate_waits_for_a_person(start_daemon, make_fleet):
    fleet = make_fleet(4)
    daemon = start(start_daemon, fleet)
    _, service_pb, strategy_pb = pb()
    manual = strategy_pb.Strategy(canary_deployment=strategy_pb.CanaryDeployment(
        stages=[50, 100], manual_promotion=True))
    state = deploy(daemon, "v2", manual)
    daemon.await_status(state.id, "PAUSED")
    assert len(fleet.calls()) == 2
    daemon.stub.Promote(service_pb.PromoteRequest(deployment_id=state.id))
    daemon.await_status(state.id, "COMPLETED")


def test_one_request_id_makes_one_deployment(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start(start_daemon, fleet)
    ids = []

    def send():
        ids.append(deploy(daemon, "v2", rolling(), request_id="r-1").id)

    threads = [threading.Thread(target=send) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 100 and len(set(ids)) == 1
    with pytest.raises(grpc.RpcError) as error:
        deploy(daemon, "v3", rolling(), request_id="r-1")
    assert error.value.code() == grpc.StatusCode.ALREADY_EXISTS
    daemon.await_status(ids[0], "COMPLETED")
    assert len(fleet.calls()) == 2


def test_a_request_id_outlives_its_record_and_deploys_nothing_twice(start_daemon):
    daemon = start_daemon("limits: {history_per_service: 1}\nallow_unconfigured_services: true\n")
    _, _, strategy = pb()
    flag = strategy.Strategy(feature_flag_strategy=strategy.FeatureFlagStrategy())
    for number in range(3):
        state = deploy(daemon, "v2", flag, service="flags", request_id=f"r{number}")
        daemon.await_status(state.id, "COMPLETED")
    with pytest.raises(grpc.RpcError) as error:
        deploy(daemon, "v2", flag, service="flags", request_id="r0")
    assert error.value.code() == grpc.StatusCode.NOT_FOUND
    assert "use another request_id" in error.value.details()


def test_services_run_side_by_side_but_one_deployment_each(start_daemon, make_fleet):
    web, api = make_fleet(1), make_fleet(1)
    web.slow(1)
    api.slow(1)
    daemon = start_daemon("services:\n" + web.service("web") + api.service("api"))
    first = deploy(daemon, "v2", rolling(), service="web")
    second = deploy(daemon, "v2", rolling(), service="api")
    with pytest.raises(grpc.RpcError) as error:
        deploy(daemon, "v3", rolling(), service="web")
    assert error.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert first.id in error.value.details()
    daemon.await_status(first.id, "COMPLETED")
    daemon.await_status(second.id, "COMPLETED")
    assert abs(web.calls()[0][0] - api.calls()[0][0]) < 0.9


def test_a_target_that_sickens_within_min_healthy_time_stops_the_rollout(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start_daemon("services:\n" + fleet.service().replace(
        "deadline: 2s", "deadline: 20s\n      min_healthy_time: 5s"))
    state = deploy(daemon, "v2", rolling())
    deployment_pb, service_pb, _ = pb()
    request = service_pb.GetStateRequest(deployment_id=state.id)
    eventually(lambda: daemon.stub.GetState(request).targets[0].last_check == "feeling fine")
    fleet.sicken("t1", "v2")
    end = daemon.await_status(state.id, "ROLLED_BACK")
    assert {row[1] for row in fleet.calls()} == {"t1"}
    assert end.reason == deployment_pb.REASON_UNHEALTHY_TARGET
    assert "became unhealthy" in end.message
    assert "feeling sick" in end.message


def test_rollback_goes_to_a_named_version(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start(start_daemon, fleet)
    _, service_pb, _ = pb()
    for version in ("v2", "v3"):
        daemon.await_status(deploy(daemon, version, rolling(2)).id, "COMPLETED")
    state = daemon.stub.Rollback(service_pb.RollbackRequest(service="web", to_version="v1"))
    daemon.await_status(state.id, "ROLLED_BACK")
    assert set(fleet.versions().values()) == {"v1"}


def test_the_first_version_ever_has_no_way_back_and_says_so(start_daemon, make_fleet):
    fleet = make_fleet(2)
    fleet.fail("t2", "v2")
    daemon = start_daemon("services:\n" + fleet.service().replace("    initial_version: v1\n", ""))
    end = daemon.await_status(deploy(daemon, "v2", rolling()).id, "FAILED")
    assert end.reason == pb()[0].REASON_NO_PREVIOUS_VERSION


def test_a_hung_target_runs_into_the_progress_deadline(start_daemon, make_fleet):
    fleet = make_fleet(1)
    fleet.hang("t1")
    daemon = start(start_daemon, fleet, extra="    progress_deadline: 2s\n")
    state = deploy(daemon, "v2", rolling())
    while not fleet.calls():
        time.sleep(0.02)
    (fleet.directory / "hang.d" / "t1").rename(fleet.directory / "was-hung")
    end = daemon.await_status(state.id, "ROLLED_BACK", seconds=10)
    assert end.reason == pb()[0].REASON_PROGRESS_DEADLINE
