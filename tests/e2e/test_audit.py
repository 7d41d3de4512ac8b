# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The audit trail: what it has, what fills it, and what it must never tell."""
import os
import resource
import shutil
import subprocess
import tempfile
import time

import grpc
import pytest

from access_world import ROLES, configuration, deploy, grant, make_world, refusal
from calls import await_log, check_health, eventually, refused, request, status_name, strategy
from conftest import SLUICE
from security import Tokens, audit_lines, audit_records, code_of, is_root, stub_at, verify


def test_who_may_not_read_the_trail_is_told_what_to_do():
    nobody = {"user": 65534, "extra_groups": []} if is_root() else {}
    with tempfile.TemporaryDirectory(prefix="sluice-audit-") as place:
        os.chmod(place, 0o755)
        program = shutil.copy(SLUICE, place)
        trail = os.path.join(place, "audit.jsonl")
        os.close(os.open(trail, os.O_CREAT, 0))
        for verb in (["audit"], ["audit", "verify"]):
            ended = subprocess.run([program, *verb, trail], capture_output=True, text=True,
                                   timeout=20, check=False, **nobody)
            assert ended.returncode == 1
            assert ended.stderr == (f"sluice: {trail}: cannot be read: Permission denied\n"
                                    "Run it as the daemon's user, or with sudo.\n")


def test_t46_every_change_is_recorded_and_the_trail_verifies(make_world):
    world = make_world(ROLES)
    with stub_at(world.address, token=world.token("admin")) as stub:
        state = deploy(stub, reason="the release", request_id="r-1")
        eventually(lambda: status_name(stub.GetState(
            request("GetState", deployment_id=state.id))) == "COMPLETED")
        # It is on the disk before it is answered.
        record = audit_records(world.audit)[-1]
        assert {k: record[k] for k in ("principal", "how", "method", "service", "deployment",
                                       "what", "request_id", "reason", "outcome")} == {
            "principal": "admin", "how": "token", "method": "Deploy", "service": "web",
            "deployment": state.id, "what": state.version, "request_id": "r-1",
            "reason": "the release", "outcome": "OK"}
        stub.Rollback(request("Rollback", deployment_id=state.id, to_version="v0"))
        assert audit_records(world.audit)[-1]["what"] == "v0"
        with refused(grpc.StatusCode.FAILED_PRECONDITION):
            stub.Pause(request("Pause", deployment_id=state.id[:12], reason="too late"))
        record = audit_records(world.audit)[-1]
        assert (record["method"], record["outcome"], record["deployment"]) == (
            "Pause", "FAILED_PRECONDITION", state.id)
        with refused(grpc.StatusCode.INVALID_ARGUMENT):
            stub.Deploy(request("Deploy", service="web"))
        assert audit_records(world.audit)[-1]["outcome"] == "INVALID_ARGUMENT"
    assert world.daemon.stop() == 0
    good = verify(world.audit)
    assert good.returncode == 0, good.stderr
    lines = world.audit.read_text().splitlines()
    world.audit.write_text("\n".join(
        line.replace('"principal":"admin"', '"principal":"adnim"') for line in lines) + "\n")
    bad = verify(world.audit)
    first = next(n for n, line in enumerate(lines, 1) if '"principal":"admin"' in line)
    assert bad.returncode == 1 and f"{world.audit}:{first}:" in bad.stderr


def test_the_trail_goes_on_after_a_kill(make_world, start_daemon, tmp_path):
    world = make_world(ROLES)
    with stub_at(world.address, token=world.token("admin")) as stub:
        deploy(stub)
    world.daemon.process.kill()
    world.daemon.process.wait()
    again = start_daemon(configuration(tmp_path, ROLES))
    before = len(audit_records(world.audit))
    with stub_at(f"unix:{again.socket}") as stub:
        assert refusal(stub)
    # A refused question is answered before its record is there.
    eventually(lambda: len(audit_records(world.audit)) > before)
    lines = audit_lines(world.audit)
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    assert verify(world.audit).returncode == 0


def test_a_rotated_trail_goes_on_in_a_new_file_and_the_log_says_where(make_world):
    world = make_world(ROLES)
    with stub_at(world.address, token=world.token("admin")) as stub:
        deploy(stub)
        rotated = world.audit.rename(world.audit.with_suffix(".jsonl.1"))
        deploy(stub, "other")
    last, first = audit_lines(rotated)[-1], audit_lines(world.audit)[0]
    assert (first["sequence"], first["previous_hash"]) == (last["sequence"] + 1, last["hash"])
    await_log(world.daemon, f"event=audit_reopened file={world.audit} records={last['sequence']} "
                            f"last_hash={last['hash']}")
    assert verify(rotated).returncode == verify(world.audit).returncode == 0


SERVED = ["", "sluice.v1.DeploymentService"]


def failing(world):
    """The daemon tells everybody that the trail cannot be written."""
    for service in SERVED:
        eventually(lambda: check_health(world.daemon, service) == "NOT_SERVING")
    token = world.token("viewer")
    with stub_at(world.address, token=token) as stub:
        info = stub.GetServerInfo(request("GetServerInfo"))
    assert info.audit_failure and info.failure == ""
    assert str(world.audit) not in info.audit_failure
    shown = world.daemon.cli("info", env={**os.environ, "SLUICE_TOKEN": token})
    assert f"audit       nothing is changed: {info.audit_failure}\n" in shown.stdout


def test_nothing_is_changed_while_the_trail_cannot_be_written(make_world):
    world = make_world(ROLES)
    with stub_at(world.address, token=world.token("admin")) as stub:
        deploy(stub)
        pid = world.daemon.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        # Only a write shows that it fails, which is that of the change's beginning.
        for _ in range(3):
            with refused(grpc.StatusCode.UNAVAILABLE) as error:
                deploy(stub, "other")
            assert "nothing is changed while the audit trail cannot be written" in \
                error.value.details()
            assert str(world.audit) not in error.value.details()
        failing(world)
        # Reads go on.
        assert {s.service for s in stub.ListStates(request("ListStates")).states} == {"web"}
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        # It is tried without a call: where nothing serves, nobody calls.
        for service in SERVED:
            eventually(lambda: check_health(world.daemon, service) == "SERVING")
        assert stub.GetServerInfo(request("GetServerInfo")).audit_failure == ""
        assert deploy(stub, "other").id
    assert verify(world.audit).returncode == 0


def break_trail(daemon, audit):
    """Rotated away, with something in its place that cannot be written."""
    audit.unlink()
    audit.mkdir()
    for _ in range(3):
        with refused(grpc.StatusCode.UNAVAILABLE):
            deploy(daemon.stub)
    eventually(lambda: check_health(daemon, "") == "NOT_SERVING")


def test_a_trail_that_fails_and_recovers_is_logged_once_and_takes_no_drain_back(start_daemon,
                                                                                tmp_path):
    Tokens(tmp_path / "tokens")
    audit = tmp_path / "audit.jsonl"
    daemon = start_daemon(configuration(tmp_path, [grant("anybody: true", "role: admin")],
                                        "drain_notice: 60s\n"))
    break_trail(daemon, audit)
    audit.rmdir()
    eventually(lambda: check_health(daemon, "") == "SERVING")
    eventually(lambda: "event=audit_recovered" in daemon.log())
    assert [daemon.log().count(f"event=audit_{what}") for what in ("failed", "recovered")] == [1, 1]
    break_trail(daemon, audit)
    daemon.process.terminate()
    await_log(daemon, "event=drain_began")
    audit.rmdir()
    eventually(lambda: daemon.log().count("event=audit_recovered") == 2)
    for service in SERVED:
        assert check_health(daemon, service) == "NOT_SERVING"


def test_a_flood_of_refusals_does_not_fill_the_trail(make_world):
    world = make_world([grant("token: admin", "role: admin")])
    begin = time.monotonic()
    with stub_at(world.daemon.tcp_address()) as stub:
        calls = [stub.ListServices.future(request("ListServices")) for _ in range(1500)]
        assert {c.code() for c in calls} == {grpc.StatusCode.UNAUTHENTICATED}
    seconds = time.monotonic() - begin
    # A hundred for each second that was begun.
    assert len(audit_records(world.audit)) <= 100 * (seconds + 2)
    assert "event=refusals_unrecorded" in world.daemon.log()
    # Nobody hides behind it.
    with stub_at(world.address) as stub:
        with refused(grpc.StatusCode.PERMISSION_DENIED):
            deploy(stub)
    eventually(lambda: audit_records(world.audit)[-1]["how"] == "unix")


def flood(stub, count, fields):
    """The codes of so many Deploys at once."""
    flag = strategy("FeatureFlagStrategy", initial_rollout=5)
    calls = [stub.Deploy.future(request("Deploy", strategy=flag, **fields)) for _ in range(count)]
    return {call.code() for call in calls}


def paused(stub, service="waits"):
    """A deployment that waits for a person; its id."""
    gate = strategy("CanaryStrategy", manual_promotion=True)
    return stub.Deploy(request("Deploy", service=service, version="v1", strategy=gate)).id


@pytest.mark.parametrize("fields, code", [({"service": "other"}, "PERMISSION_DENIED"),
                                          ({"service": "team-a", "version": ""}, "INVALID_ARGUMENT"),
                                          ({"service": "team-a"}, "FAILED_PRECONDITION")])
def test_a_flood_of_a_caller_with_some_right_does_not_fill_the_trail(make_world, fields, code):
    """What the caller may not do, what cannot be meant, and what cannot be done now."""
    world = make_world([grant("token: team", "role: deployer", "team-*"),
                        grant("token: bystander", "role: viewer")])
    with stub_at(world.address, token=world.token("bystander")) as bystander, \
            stub_at(world.address, token=world.token("team")) as team:
        paused(team, "team-a")
        before, begin = len(audit_lines(world.audit)), time.monotonic()
        codes = flood(team, 3000, {"version": "v1", **fields})
        seconds = time.monotonic() - begin
        assert grpc.StatusCode[code] in codes
        assert codes <= {grpc.StatusCode[code], grpc.StatusCode.RESOURCE_EXHAUSTED}
        written = audit_lines(world.audit)[before:]
        begun = sum(line["outcome"] == "BEGUN" for line in written)
        # A hundred for each second that was begun; of what was under way at once some more.
        most = 100 * (seconds + 2)
        assert len(written) - begun <= most + begun
        assert begun <= (most + 1000 * (seconds + 2) if code != "PERMISSION_DENIED" else 0)
        assert len(written) < 3000
        assert "event=refusals_unrecorded" in world.daemon.log()
        # Nobody hides behind it.
        with refused(grpc.StatusCode.PERMISSION_DENIED):
            deploy(bystander)
        eventually(lambda: ("bystander", "PERMISSION_DENIED") in world.outcomes("Deploy"))
        # And it is over with its second.
        eventually(lambda: code_of(lambda: deploy(team, "team-b")) == grpc.StatusCode.OK)


def test_secrets_are_told_to_nobody(make_world):
    world = make_world(ROLES)
    good, unknown = world.token("admin"), "sluice_" + "u" * 43
    errors = []
    with stub_at(world.address, token=good) as stub:
        state = deploy(stub, reason=f"with the token {good}",
                       metadata={"header": f"Bearer {good}", good: "pasted"})
        stub.Abort(request("Abort", deployment_id=paused(stub), reason=f"leaked {good}"))
        for shown in stub.ListStates(request("ListStates")).states:
            errors.append(str(stub.GetState(request("GetState", deployment_id=shown.id))))
        assert "with the token sluice_[redacted]" in errors[-1] + errors[-2]
        assert state.metadata["header"] == "Bearer sluice_[redacted]"
    with stub_at(world.address, token=unknown) as stub:
        errors.append(refusal(stub))
    # A token in the place of its hash.
    world.tokens.write(f"careless {good}\n")
    eventually(lambda: "event=tokens_refused" in world.daemon.log())
    told = "".join(errors) + world.daemon.log() + world.audit.read_text()
    assert good not in told and unknown not in told
