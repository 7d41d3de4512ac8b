# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""What the API refuses: bad fields, unknown subjects, too much."""
import math

import grpc
import pytest

from calls import call, listed, pb, refused, rolling, strategy, violations

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
    # As large as the receive limit of 1 MiB lets through: it answers what is above it, see
    # test_a_request_above_the_receive_limit_is_refused.
    "a name of a million bytes": (lambda: {"service": "a" * 1_000_000}, {"service"}),
    "a reason of a million bytes": (lambda: {"reason": "é" * 500_000}, {"reason"}),
    "control characters above ASCII": (
        lambda: {"request_id": "r\u0080", "reason": "a\u009b2Jb",
                 "metadata": {"k\u0085": "v", "good": "v\u009f"},
                 "targets": [target("t1", "a\u0090b")]},
        {"request_id", "reason", 'metadata["k\\xc2\\x85"]', 'metadata["good"]',
         "targets[0].address"}),
    "what Unicode has for line breaks": (
        lambda: {"request_id": "r\u2028", "reason": "a\u2029event=forged",
                 "metadata": {"good": "v\u2028"},
                 "strategy": strategy("FeatureFlagStrategy", flag_name="new\u2028flag")},
        {"request_id", "reason", 'metadata["good"]', "strategy.feature_flag_strategy.flag_name"}),
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
        lambda: {"service": "nobody", "strategy": rolling(0), "targets": []},
        {"service", "strategy.rolling_deployment.batch_size"}),
    "everything at once": (
        lambda: {"version": "", "strategy": rolling(0, -1), "progress_deadline": seconds(-1),
                 "on_failure": on_failure(99), "targets": [target("x"), target("x")]},
        {"version", "strategy.rolling_deployment.batch_size",
         "strategy.rolling_deployment.delay_seconds", "progress_deadline", "on_failure.policy",
         "targets[1].id"}),
}


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


@pytest.mark.parametrize("line_break", ["\n", "\u0085", "\u2028"])
@pytest.mark.parametrize("name", ["Rollback", "Pause", "Resume", "Promote", "Abort"])
def test_the_words_of_a_verb_are_checked_too(strict_daemon, name, line_break):
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(strict_daemon, name, deployment_id="0123", reason=f"line one{line_break}event=forged")
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
