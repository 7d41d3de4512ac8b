# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The API as a caller sees it: lists, ids, plans, health and reflection."""
import grpc
import pytest

from calls import call, check_health, eventually, listed, pb, refused, rolling, strategy, violations
from conftest import STRICT_SERVICES

# --- Lists, ids, plans.

def flag_deployments(daemon, count, service="billing"):
    ids = []
    for i in range(count):
        ids.append(call(daemon, "Deploy", service=service, version=f"v{i}",
                        strategy=strategy("FeatureFlagStrategy", initial_rollout=5)).id)
        daemon.await_status(ids[-1], "COMPLETED")
    return ids


def pages(daemon, **fields):
    token, found = "", []
    while True:
        page = call(daemon, "ListStates", page_token=token, **fields)
        found.append([state.id for state in page.states])
        token = page.next_page_token
        if not token:
            return found


def test_a_list_comes_in_pages_newest_first(start_daemon):
    daemon = start_daemon()
    ids = flag_deployments(daemon, 7)
    newest_first = ids[::-1]
    assert pages(daemon, page_size=3) == [newest_first[:3], newest_first[3:6], newest_first[6:]]
    assert pages(daemon, page_size=7) == [newest_first]
    assert pages(daemon) == [newest_first]


def test_a_list_in_pages_survives_what_comes_in_between(start_daemon):
    daemon = start_daemon()
    ids = flag_deployments(daemon, 4)
    first = call(daemon, "ListStates", page_size=2)
    flag_deployments(daemon, 1, service="other")
    second = call(daemon, "ListStates", page_size=2, page_token=first.next_page_token)
    assert [s.id for s in [*first.states, *second.states]] == ids[::-1]


def test_a_list_is_filtered_by_service_and_status(start_daemon):
    daemon = start_daemon()
    first = flag_deployments(daemon, 2, service="first")
    second = flag_deployments(daemon, 2, service="second")
    call(daemon, "Rollback", deployment_id=second[-1])
    daemon.await_status(second[-1], "ROLLED_BACK")
    status = pb()[0].Status.Value
    assert [s.id for s in listed(daemon, service="first")] == first[::-1]
    rolled_back = listed(daemon, statuses=[status("STATUS_ROLLED_BACK")])
    assert [s.id for s in rolled_back] == [second[-1]]
    assert len(listed(daemon, statuses=[status("STATUS_ROLLED_BACK"),
                                        status("STATUS_COMPLETED")])) == 4
    assert not listed(daemon, service="third")


def test_history_is_bounded(start_daemon):
    daemon = start_daemon("limits: {history_per_service: 3}\nallow_unconfigured_services: true\n")
    ids = flag_deployments(daemon, 5)
    assert [s.id for s in listed(daemon)] == ids[:1:-1]
    with refused(grpc.StatusCode.NOT_FOUND):
        call(daemon, "GetState", deployment_id=ids[0])


def test_short_ids_are_accepted_where_they_are_unique(start_daemon):
    daemon = start_daemon()
    # More ids than there are hexadecimal digits: at least two share their first one.
    ids = [call(daemon, "Deploy", service=f"s{i}", version="v1",
                strategy=strategy("BlueGreenStrategy")).id for i in range(17)]
    firsts = [i[0] for i in ids]
    ambiguous = next(digit for digit in firsts if firsts.count(digit) > 1)
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(daemon, "GetState", deployment_id=ambiguous)
    assert set(violations(error.value)) == {"deployment_id"}
    candidates = [i for i in ids if i.startswith(ambiguous)]
    assert all(i in error.value.details() for i in candidates[:5])
    for full in ids:
        short = next(full[:n] for n in range(1, 17)
                     if sum(i.startswith(full[:n]) for i in ids) == 1)
        assert call(daemon, "GetState", deployment_id=short).id == full
    daemon.await_status(ids[0], "COMPLETED")
    assert call(daemon, "Rollback", deployment_id=ids[0][:12], to_version="v0").id == ids[0]


def test_a_plan_shows_everything_and_does_nothing(start_daemon, make_fleet):
    fleet = make_fleet(5)
    daemon = start_daemon("services:\n" + fleet.service())
    plan = call(daemon, "PlanDeployment", service="web", version="v2", strategy=rolling(2, 10),
                request_id="r-1")
    batches = [list(s.deploy_targets.target_ids) for s in plan.plan.steps
               if s.WhichOneof("action") == "deploy_targets"]
    assert batches == [["t1", "t2"], ["t3", "t4"], ["t5"]]
    assert plan.plan.version == "v2"
    assert plan.min_duration.seconds == 20
    assert plan.rollback_plan.version == "v1"
    assert not listed(daemon)
    assert not fleet.calls()
    # The request id is not used up, and what then runs is what was shown.
    state = call(daemon, "Deploy", service="web", version="v3", strategy=rolling(2, 10),
                 request_id="r-1")
    assert [s.name for s in state.plan.steps] == [s.name for s in plan.plan.steps]


def test_services_are_listed_with_what_runs(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start_daemon("services:\n" + fleet.service("web") + make_fleet(1).service("api"))
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 60))
    services = {s.name: s for s in call(daemon, "ListServices").services}
    assert set(services) == {"web", "api"}
    assert services["web"].active_deployment_id == state.id
    assert (services["web"].active_version, services["web"].target_count) == ("v1", 2)
    daemon.await_status(state.id, "IN_PROGRESS")
    call(daemon, "Promote", deployment_id=state.id, full=True)
    daemon.await_status(state.id, "COMPLETED")
    after = eventually(lambda: next(s for s in call(daemon, "ListServices").services
                                    if s.name == "web" and not s.active_deployment_id))
    assert (after.active_version, after.latest_deployment_id) == ("v2", state.id)


# --- Health and reflection.

@pytest.mark.parametrize("service", ["", "sluice.v1.DeploymentService"])
def test_health_is_serving_and_not_while_draining(start_daemon, make_fleet, service):
    fleet = make_fleet(1)
    fleet.slow(3)
    daemon = start_daemon("services:\n" + fleet.service())
    assert check_health(daemon, service) == "SERVING"
    state = call(daemon, "Deploy", service="web", version="v2")
    eventually(fleet.calls)
    daemon.process.terminate()
    eventually(lambda: check_health(daemon, service) == "NOT_SERVING", seconds=2)
    with refused(grpc.StatusCode.UNAVAILABLE):
        call(daemon, "Deploy", service="web", version="v3")
    assert call(daemon, "GetState", deployment_id=state.id).id == state.id
    assert daemon.process.wait(timeout=20) == 0


def test_health_of_something_unknown_is_not_found(strict_daemon):
    with refused(grpc.StatusCode.NOT_FOUND):
        check_health(strict_daemon, "nothing")


def reflect(daemon, **fields):
    import reflection_pb2
    import reflection_pb2_grpc
    stub = reflection_pb2_grpc.ServerReflectionStub(daemon.channel)
    requests = [reflection_pb2.ServerReflectionRequest(**fields)]
    return next(stub.ServerReflectionInfo(iter(requests)))


def methods(daemon, service):
    """The methods of a service, as reflection's file descriptors describe them."""
    from google.protobuf import descriptor_pb2
    response = reflect(daemon, file_containing_symbol=service).file_descriptor_response
    files = [descriptor_pb2.FileDescriptorProto.FromString(f)
             for f in response.file_descriptor_proto]
    return {m.name for f in files for s in f.service if f"{f.package}.{s.name}" == service
            for m in s.method}


def test_reflection_lists_and_describes_every_service(strict_daemon):
    response = reflect(strict_daemon, list_services="")
    services = {s.name for s in response.list_services_response.service}
    assert services == {"sluice.v1.DeploymentService", "grpc.health.v1.Health",
                        "grpc.reflection.v1alpha.ServerReflection"}
    assert methods(strict_daemon, "grpc.health.v1.Health") == {"Check", "Watch"}
    described = methods(strict_daemon, "sluice.v1.DeploymentService")
    assert described == {m.name for m in
                         pb()[1].DESCRIPTOR.services_by_name["DeploymentService"].methods}


def test_reflection_can_be_turned_off(start_daemon):
    daemon = start_daemon("reflection: false\n" + STRICT_SERVICES)
    with refused(grpc.StatusCode.UNIMPLEMENTED):
        reflect(daemon, list_services="")
    assert check_health(daemon, "") == "SERVING"
