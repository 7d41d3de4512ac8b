# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The API as a caller sees it: refusals, control verbs, lists, plans, health and reflection."""
import math
import time

import grpc
import pytest

from calls import (call, eventually, listed, pb, refused, rolling, status_name, strategy,
                   violations)

MEGABYTE = 1 << 20
NAN, INFINITY = math.nan, math.inf


def target(target_id, address="127.0.0.1:1"):
    return pb()[0].Target(id=target_id, address=address)


def empty_strategy():
    return pb()[2].Strategy()


def seconds(count):
    from google.protobuf import duration_pb2
    return duration_pb2.Duration(seconds=count)


def on_failure(policy=0, tolerated=0):
    return pb()[2].OnFailure(policy=policy, max_failed_targets=tolerated)


# Each: what is wrong, as changes of a good request, and the fields that must be named.
# The changes are functions because the messages exist only once the stubs are made.
BAD_REQUESTS = {
    "a batch size of 0": (
        lambda: {"strategy": rolling(0)}, {"strategy.rolling_deployment.batch_size"}),
    "a negative batch size": (
        lambda: {"strategy": rolling(-3)}, {"strategy.rolling_deployment.batch_size"}),
    "a huge batch size": (
        lambda: {"strategy": rolling(2**31 - 1)}, {"strategy.rolling_deployment.batch_size"}),
    "delays that are no numbers": (
        lambda: {"strategy": rolling(0, NAN)},
        {"strategy.rolling_deployment.batch_size", "strategy.rolling_deployment.delay_seconds"}),
    "an infinite delay": (
        lambda: {"strategy": rolling(1, INFINITY)}, {"strategy.rolling_deployment.delay_seconds"}),
    "a negative delay": (
        lambda: {"strategy": rolling(1, -1)}, {"strategy.rolling_deployment.delay_seconds"}),
    "batch counts of 0 and huge": (
        lambda: {"strategy": strategy("RollingStrategy", batch_size=0, batch_count=2**31 - 1,
                                      pause_seconds=NAN)},
        {"strategy.rolling_strategy.batch_size", "strategy.rolling_strategy.batch_count",
         "strategy.rolling_strategy.pause_seconds"}),
    "percentages that are no numbers": (
        lambda: {"strategy": strategy("CanaryStrategy", initial_percentage=NAN, step=INFINITY,
                                      max_steps=0, step_duration_seconds=-1)},
        {"strategy.canary_strategy.initial_percentage", "strategy.canary_strategy.step",
         "strategy.canary_strategy.max_steps", "strategy.canary_strategy.step_duration_seconds"}),
    "an infinite share of the users": (
        lambda: {"strategy": strategy("FeatureFlagStrategy", initial_rollout=-INFINITY,
                                      flag_name="a\nb")},
        {"strategy.feature_flag_strategy.initial_rollout",
         "strategy.feature_flag_strategy.flag_name"}),
    "negative concurrency": (
        lambda: {"strategy": strategy("BlueGreenDeployment", max_concurrent=-1)},
        {"strategy.blue_green_deployment.max_concurrent"}),
    "stages out of order": (
        lambda: {"strategy": strategy("CanaryDeployment", stages=[10, 50, 25, 25, 100])},
        {"strategy.canary_deployment.stages[2]", "strategy.canary_deployment.stages[3]"}),
    "stages out of range": (
        lambda: {"strategy": strategy("CanaryDeployment", stages=[0, NAN, INFINITY, -5, 101],
                                      success_threshold=1.5, stage_duration_seconds=INFINITY)},
        {*(f"strategy.canary_deployment.stages[{i}]" for i in range(5)),
         "strategy.canary_deployment.success_threshold",
         "strategy.canary_deployment.stage_duration_seconds"}),
    "a thousand stages": (
        lambda: {"strategy": strategy("CanaryDeployment",
                                      stages=[i / 10 for i in range(1, 1001)])},
        {"strategy.canary_deployment.stages"}),
    "an unknown strategy": (lambda: {"strategy": empty_strategy()}, {"strategy"}),
    "no names": (lambda: {"service": "", "version": ""}, {"service", "version"}),
    "names with control characters": (
        lambda: {"service": "we\x00b", "version": "v\x1b[2J", "request_id": "r\n", "reason": "a\tb",
                 "metadata": {"k\x07": "v", "good": "v\x7f"}},
        {"service", "version", "request_id", "reason", 'metadata["k\\x07"]', 'metadata["good"]'}),
    "names that look like paths and options": (
        lambda: {"service": "../web", "version": "v 2"}, {"service", "version"}),
    "names too long": (
        lambda: {"service": "a" * 64, "version": "v" * 129, "request_id": "r" * 129,
                 "reason": "r" * 1025},
        {"service", "version", "request_id", "reason"}),
    "big names": (
        lambda: {"service": "a" * (MEGABYTE // 2), "version": "v" * (MEGABYTE // 4)},
        {"service", "version"}),
    "too much metadata": (
        lambda: {"metadata": {f"k{i}": "v" for i in range(65)}}, {"metadata"}),
    "duplicate target ids": (
        lambda: {"targets": [target("t1"), target("t2"), target("t1"), target("t1")]},
        {"targets[2].id", "targets[3].id"}),
    "targets without and with bad ids": (
        lambda: {"targets": [target(""), target("T 1"), target("t3", "a\x00b")]},
        {"targets[0].id", "targets[1].id", "targets[2].address"}),
    "too many targets": (
        lambda: {"targets": [target(f"t{i}") for i in range(10_001)]}, {"targets"}),
    "targets that the configuration does not have": (
        lambda: {"service": "web", "targets": [target("t1"), target("other")]}, {"targets[1].id"}),
    "an address that the configuration does not allow": (
        lambda: {"service": "web", "targets": [target("t1", "10.0.0.9:80")]},
        {"targets[0].address"}),
    "an unknown failure policy": (
        lambda: {"on_failure": on_failure(99, -1)},
        {"on_failure.policy", "on_failure.max_failed_targets"}),
    "a deadline of 0": (lambda: {"progress_deadline": seconds(0)}, {"progress_deadline"}),
    "a negative deadline": (lambda: {"progress_deadline": seconds(-1)}, {"progress_deadline"}),
    "an unknown service": (lambda: {"service": "nobody"}, {"service"}),
    "an unknown service with no targets": (
        lambda: {"service": "nobody", "strategy": rolling(0)},
        {"service", "strategy.rolling_deployment.batch_size"}),
    "everything at once": (
        lambda: {"version": "", "strategy": rolling(0, -1), "progress_deadline": seconds(-1),
                 "on_failure": on_failure(99), "targets": [target("x"), target("x")]},
        {"version", "strategy.rolling_deployment.batch_size",
         "strategy.rolling_deployment.delay_seconds", "progress_deadline", "on_failure.policy",
         "targets[1].id"}),
}

SERVICES = """services:
  - {name: open, allow_request_targets: true}
  - {name: web, targets: [{id: t1, address: '127.0.0.1:1'}]}
"""


@pytest.fixture(scope="module")
def strict_daemon(tmp_path_factory):
    """A daemon that refuses services it does not know; shared, for every call is refused."""
    from conftest import Daemon
    daemon = Daemon(tmp_path_factory.mktemp("strict"), SERVICES)
    yield daemon
    daemon.stop()


@pytest.mark.parametrize("verb", ["Deploy", "PlanDeployment"])
@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_bad_input_is_refused_with_every_violation(strict_daemon, case, verb):
    changes, fields = BAD_REQUESTS[case]
    good = {"service": "open", "version": "v2", "strategy": rolling(), "targets": [target("t1")]}
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(strict_daemon, verb, **{**good, **changes()})
    found = violations(error.value)
    assert set(found) == fields
    assert all(found.values())
    for field in list(fields)[:20]:
        assert field in error.value.details()
    assert not listed(strict_daemon)


@pytest.mark.parametrize("letter", ["x", "é"])
def test_more_violations_than_fit_are_cut_and_counted(strict_daemon, letter):
    targets = [target(letter * 60 + f"-{i}_") for i in range(500)]
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(strict_daemon, "Deploy", service="open", version="v2", strategy=rolling(),
             targets=targets)
    found = violations(error.value)
    assert "targets[0].id" in found
    assert "more" in found[""]


@pytest.mark.parametrize("field", ["service", "version", "request_id", "reason"])
def test_a_request_above_the_receive_limit_is_refused(strict_daemon, field):
    fields = {"service": "open", "version": "v2", "strategy": rolling(), field: "a" * MEGABYTE}
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED):
        call(strict_daemon, "Deploy", **fields)
    assert not listed(strict_daemon)


def test_more_violations_than_trailers_can_hold_are_still_a_readable_refusal(strict_daemon):
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(strict_daemon, "Deploy", service="open", version="v2", strategy=rolling(),
             targets=[target("") for _ in range(10_000)])
    assert "targets[0].id" in violations(error.value)
    assert "more" in error.value.details()
    assert not listed(strict_daemon)


@pytest.mark.parametrize("name", ["GetState", "Rollback", "Pause", "Resume", "Promote", "Abort"])
def test_a_subject_must_be_given_and_exist(strict_daemon, name):
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(strict_daemon, name)
    assert set(violations(error.value)) == {"deployment_id"}
    with refused(grpc.StatusCode.NOT_FOUND) as error:
        call(strict_daemon, name, deployment_id="0123")
    assert '"0123"' in error.value.details()


@pytest.mark.parametrize("name", ["Rollback", "Pause", "Resume", "Promote", "Abort"])
def test_the_words_of_a_verb_are_checked_too(strict_daemon, name):
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(strict_daemon, name, deployment_id="0123", reason="line one\nevent=forged")
    assert set(violations(error.value)) == {"reason"}


@pytest.mark.parametrize("fields, field", [({"page_size": -1}, "page_size"),
                                           ({"page_token": "x"}, "page_token")])
def test_a_list_refuses_bad_pages(strict_daemon, fields, field):
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(strict_daemon, "ListStates", **fields)
    assert set(violations(error.value)) == {field}


def test_a_watch_refuses_a_negative_revision_and_an_unknown_deployment(strict_daemon):
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        next(call(strict_daemon, "WatchStates", from_revision=-1))
    assert set(violations(error.value)) == {"from_revision"}
    with refused(grpc.StatusCode.NOT_FOUND):
        next(call(strict_daemon, "WatchStates", deployment_id="0123"))


# --- Every verb in every status.

LIMITS = "limits: {max_active_deployments: 1}\ndrain_grace: 2s\n"


class Stage:
    """A daemon with one worker, and a deployment of two targets brought to a status."""

    def __init__(self, start_daemon, make_fleet):
        self.fleet = make_fleet(2)
        self.other = make_fleet(1)
        self.daemon = start_daemon(LIMITS + "services:\n" + self.fleet.service("web") +
                                   self.other.service("other"))

    def deploy(self, delay=60.0, service="web"):
        return call(self.daemon, "Deploy", service=service, version="v2",
                    strategy=rolling(1, delay)).id

    def act(self, verb, deployment_id, **fields):
        return call(self.daemon, verb, deployment_id=deployment_id, **fields)

    def state(self, deployment_id):
        return call(self.daemon, "GetState", deployment_id=deployment_id)

    def reach_pending(self):
        self.other.slow(30)
        self.deploy(service="other")
        eventually(self.other.calls)
        return self.deploy()

    def reach_in_progress(self):
        deployment_id = self.deploy()
        eventually(lambda: self.state(deployment_id).plan.steps[1].HasField("wait_until"))
        return deployment_id

    def reach_paused(self):
        deployment_id = self.reach_in_progress()
        self.act("Pause", deployment_id)
        self.daemon.await_status(deployment_id, "PAUSED")
        return deployment_id

    def reach_completed(self):
        return self.reach("COMPLETED", self.deploy(0))

    def reach_failed(self):
        deployment_id = self.reach_in_progress()
        self.act("Abort", deployment_id)
        return self.reach("FAILED", deployment_id)

    def reach_rolled_back(self):
        self.fleet.fail("t2", "v2")
        return self.reach("ROLLED_BACK", self.deploy(0))

    def reach(self, status, deployment_id):
        self.daemon.await_status(deployment_id, status)
        return deployment_id


# What each verb does within a second in each status; the rest is refused.
ACTS = {
    ("PENDING", "Abort"): "FAILED",
    ("PENDING", "Rollback"): "ROLLED_BACK",
    ("IN_PROGRESS", "Pause"): "PAUSED",
    ("IN_PROGRESS", "Promote"): "COMPLETED",
    ("IN_PROGRESS", "Abort"): "FAILED",
    ("IN_PROGRESS", "Rollback"): "ROLLED_BACK",
    ("PAUSED", "Resume"): "IN_PROGRESS",
    ("PAUSED", "Promote"): "COMPLETED",
    ("PAUSED", "Abort"): "FAILED",
    ("PAUSED", "Rollback"): "ROLLED_BACK",
    ("COMPLETED", "Rollback"): "ROLLED_BACK",
    ("FAILED", "Rollback"): "ROLLED_BACK",
}
STATUSES = ["PENDING", "IN_PROGRESS", "PAUSED", "COMPLETED", "FAILED", "ROLLED_BACK"]
VERBS = ["Pause", "Resume", "Promote", "Abort", "Rollback"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_verb_acts_within_a_second_or_is_refused(start_daemon, make_fleet, status, verb):
    stage = Stage(start_daemon, make_fleet)
    deployment_id = getattr(stage, "reach_" + status.lower())()
    before = stage.state(deployment_id)
    assert status_name(before) == status
    begin = time.monotonic()
    if (status, verb) not in ACTS:
        with refused(grpc.StatusCode.FAILED_PRECONDITION) as error:
            stage.act(verb, deployment_id)
        assert f"it is {status.lower()}" in error.value.details()
        after = stage.state(deployment_id)
        assert (status_name(after), after.revision) == (status, before.revision)
    else:
        stage.act(verb, deployment_id)
        stage.daemon.await_status(deployment_id, ACTS[status, verb], seconds=10)
    assert time.monotonic() - begin < 1


@pytest.mark.parametrize("verb", ["Abort", "Rollback"])
def test_a_service_is_free_again_once_the_waiting_one_is_gone(start_daemon, make_fleet, verb):
    stage = Stage(start_daemon, make_fleet)
    first = stage.reach_pending()
    stage.act(verb, first)
    second = stage.deploy(0)
    assert second != first
    holder = call(stage.daemon, "GetState", service="other").id
    stage.act("Abort", holder)
    stage.daemon.await_status(second, "COMPLETED")
    assert len(stage.fleet.calls()) == 2


def test_rollback_cuts_a_way_forward_but_not_a_way_back(start_daemon, make_fleet):
    stage = Stage(start_daemon, make_fleet)
    deployment_id = stage.reach_in_progress()
    stage.fleet.slow(0.5)
    first = stage.act("Rollback", deployment_id)
    again = stage.act("Rollback", deployment_id)
    assert first.id == again.id
    stage.daemon.await_status(deployment_id, "ROLLED_BACK")
    assert [row[1:3] for row in stage.fleet.calls()] == [("t1", "v2"), ("t1", "v1")]


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
    assert call(daemon, "Rollback", deployment_id=ids[0][:12]).id == ids[0]


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

def check_health(daemon, service):
    import health_pb2
    import health_pb2_grpc
    response = health_pb2_grpc.HealthStub(daemon.channel).Check(
        health_pb2.HealthCheckRequest(service=service))
    return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)


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
    daemon = start_daemon("reflection: false\n" + SERVICES)
    with refused(grpc.StatusCode.UNIMPLEMENTED):
        reflect(daemon, list_services="")
    assert check_health(daemon, "") == "SERVING"
