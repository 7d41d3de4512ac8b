# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Who may do what, and see what: roles and grants. Rows of the fault list are named."""
import os
import re
import subprocess

import grpc
import pytest

from access_world import ROLES, deploy, grant, make_world, refusal
from calls import eventually, refused, request, rolling, status_name, strategy
from conftest import SLUICE
from security import DENIED, audit_lines, audit_records, code_of, stub_at

READS = ["GetState", "ListStates", "WatchStates", "PlanDeployment", "ListServices",
         "GetServerInfo"]
CONTROLS = ["Rollback", "Pause", "Resume", "Promote", "Abort"]
MAY = {"viewer": READS, "deployer": [*READS, "Deploy"], "operator": [*READS, *CONTROLS],
       "admin": [*READS, *CONTROLS, "Backup", "Deploy"], "oncall": ["Rollback"], "nobody": []}
def attempt(stub, method, deployment_id):
    """The code of a call of the method that is good but for the deployment's status."""
    if method == "Deploy":
        return code_of(lambda: deploy(stub))
    if method == "PlanDeployment":
        return code_of(lambda: stub.PlanDeployment(request(
            "Deploy", service="web", version="v1",
            strategy=strategy("FeatureFlagStrategy", initial_rollout=5))))
    fields = {"deployment_id": deployment_id}
    if method in ("ListStates", "ListServices", "GetServerInfo", "Backup"):
        fields = {}
    if method == "Rollback":
        fields = {"service": "web"}
    return code_of(lambda: getattr(stub, method)(request(method, **fields)))


@pytest.mark.parametrize("name", MAY)
def test_t46_a_caller_may_call_what_is_granted_and_nothing_else(make_world, name):
    world = make_world(ROLES)
    with stub_at(world.address, token=world.token("admin")) as admin:
        state = deploy(admin)
    allowed = []
    with stub_at(world.address, token=world.token(name)) as stub:
        # The last one is Deploy: it makes a new latest deployment.
        for method in [*READS, *CONTROLS, "Backup", "Deploy"]:
            code = attempt(stub, method, state.id)
            assert code != grpc.StatusCode.UNAUTHENTICATED, method
            if code not in DENIED | {grpc.StatusCode.NOT_FOUND}:
                allowed.append(method)
    assert sorted(allowed) == sorted(MAY[name])


def test_t46_a_refusal_says_what_is_missing_and_changes_nothing(make_world):
    world = make_world(ROLES)
    with stub_at(world.address, token=world.token("viewer")) as stub:
        with refused(grpc.StatusCode.PERMISSION_DENIED) as error:
            deploy(stub)
        assert not stub.ListStates(request("ListStates")).states
    words = error.value.details()
    for part in ('the token "viewer"', "Deploy", "role deployer or admin", "viewer on *"):
        assert part in words
    refusals = eventually(lambda: [r for r in audit_records(world.audit)
                                   if r["method"] == "Deploy"])
    # Also what it was to be: who looks for an attack asks that first.
    assert [(r["principal"], r["how"], r["service"], r["what"], r["outcome"]) for r in refusals] == [
        ("viewer", "token", "web", "v1", "PERMISSION_DENIED")]


def test_t46_a_backup_takes_a_grant_for_all_services(make_world):
    world = make_world([grant("token: all", "role: admin"), grant("token: team", "role: admin", "t*")])
    expected = {"team": grpc.StatusCode.PERMISSION_DENIED, "all": grpc.StatusCode.FAILED_PRECONDITION}
    for name, code in expected.items():
        with stub_at(world.address, token=world.token(name)) as stub:
            assert code_of(lambda stub=stub: stub.Backup(request("Backup", file="/x"))) == code
    eventually(lambda: world.outcomes("Backup") == [(n, c.name) for n, c in expected.items()])


def test_t46_a_grant_for_another_service_is_none_for_this(make_world):
    world = make_world([grant("token: team", "role: deployer", "team-*")])
    with stub_at(world.address, token=world.token("team")) as stub:
        with refused(grpc.StatusCode.PERMISSION_DENIED) as error:
            deploy(stub, "web")
        assert deploy(stub, "team-web").id
    for part in ('Deploy for the service "web"', "deployer on team-*"):
        assert part in error.value.details()
    # A change is answered when its record is on the disk, also when it is refused.
    assert [r["outcome"] for r in audit_lines(world.audit) if r["method"] == "Deploy"] == [
        "PERMISSION_DENIED", "BEGUN", "OK"]
    assert [(r["service"], r["outcome"]) for r in audit_records(world.audit)
            if r["method"] == "Deploy"] == [("web", "PERMISSION_DENIED"), ("team-web", "OK")]


@pytest.mark.parametrize("token, words", [
    (None, "needs a grant"), ("sluice_unknown", "not known"), ("", "no token of ours"),
    ("x" * 5000, "no token of ours")], ids=["none", "unknown", "empty", "long"])
def test_t46_without_a_good_token_nothing_is_done(make_world, token, words):
    world = make_world([grant("token: admin", "role: admin")])
    with stub_at(world.address, token=token) as stub:
        for method in [*READS, *CONTROLS, "Deploy"]:
            code = attempt(stub, method, "0123")
            # Over the Unix socket a caller without a token is still a known user, without a grant.
            expected = "PERMISSION_DENIED" if token is None else "UNAUTHENTICATED"
            assert code == grpc.StatusCode[expected], method
        if token is not None:
            assert words in refusal(stub)
    eventually(lambda: len(audit_records(world.audit)) >= 11)
    assert {r["outcome"] for r in audit_records(world.audit)} == {expected}


@pytest.mark.parametrize("services, allowed", [("*", True), ("?", False), ("team-*", False)])
def test_a_backup_takes_a_grant_for_every_service(make_world, services, allowed):
    world = make_world([grant("token: it", "role: admin", services)])
    with stub_at(world.address, token=world.token("it")) as stub:
        # Without data_dir there is nothing to back up; who may not is told so first.
        code = grpc.StatusCode.FAILED_PRECONDITION if allowed else grpc.StatusCode.PERMISSION_DENIED
        with refused(code) as error:
            stub.Backup(request("Backup", file="/nowhere/copy"))
    assert allowed or 'a backup takes services: ["*"]' in error.value.details()


def test_who_may_roll_back_and_not_deploy_deploys_nothing_by_it(make_world):
    world = make_world(ROLES)
    with stub_at(world.address, token=world.token("admin")) as admin, \
            stub_at(world.address, token=world.token("oncall")) as oncall:
        for version in ("v1", "v2", "v3"):
            state = admin.Deploy(request("Deploy", service="web", version=version,
                                         targets=[{"id": "t1", "version": "v0"}], strategy=rolling()))
            world.daemon.await_status(state.id, "COMPLETED", stub=admin)
        for fields in ({"service": "web"}, {"deployment_id": state.id}):
            with refused(grpc.StatusCode.PERMISSION_DENIED) as error:
                oncall.Rollback(request("Rollback", to_version="evil", **fields))
            assert "takes a grant for Deploy too" in error.value.details()
        # It ran once.
        oncall.Rollback(request("Rollback", service="web", to_version="v1"))
        ended = world.daemon.await_status(state.id, "ROLLED_BACK", stub=admin)
        assert ended.targets[0].target.version == "v1"
    assert world.outcomes("Rollback") == [("oncall", "PERMISSION_DENIED")] * 2 + [("oncall", "OK")]


@pytest.mark.parametrize("called", ["service", "short id"])
def test_the_command_line_rolls_back_for_who_may_only_do_that(make_world, called):
    world = make_world([grant("token: admin", "role: admin"),
                        grant("token: oncall", "methods: [Rollback]", "web")])
    admin = {**os.environ, "SLUICE_TOKEN": world.token("admin")}
    oncall = {**os.environ, "SLUICE_TOKEN": world.token("oncall")}
    printed = world.daemon.cli("deploy", "web", "v1", "--strategy", "canary_strategy",
                               "--step-duration", "60s", env=admin)
    short_id = re.match(r"deployment ([0-9a-f]{8}):", printed.stdout)[1]
    subject = "web" if called == "service" else short_id
    result = world.daemon.cli("rollback", subject, env=oncall)
    assert (result.returncode, result.stderr) == (0, "")
    assert re.match(f"deployment {short_id}: web is (being )?taken back", result.stdout)
    assert world.daemon.cli("wait", "web", env=admin).returncode == 3
    assert world.outcomes("Rollback") == [("oncall", "OK")]
    assert world.outcomes("GetState") == []
    # It is no way around the grant.
    assert world.daemon.cli("deploy", "other", "v1", "--strategy", "feature_flag",
                            env=admin).returncode == 0
    result = world.daemon.cli("rollback", "other", env=oncall)
    assert result.returncode == 6 and "may not call Rollback" in result.stderr


def test_t46_an_anonymous_caller_is_told_how_to_be_known(make_world):
    world = make_world([grant("token: admin", "role: admin")])
    with stub_at(world.daemon.tcp_address()) as stub:
        with refused(grpc.StatusCode.UNAUTHENTICATED) as error:
            deploy(stub)
    assert "send a token" in error.value.details()
    record = eventually(lambda: audit_records(world.audit))[-1]
    assert (record["principal"], record["how"]) == ("anonymous", "anonymous")
    assert record["peer"].startswith("127.0.0.1:")


def test_t46_an_expired_token_is_refused(make_world):
    world = make_world([grant("token: old", "role: admin")])
    with stub_at(world.address, token=world.token("old", expiry="2020-01-01")) as stub:
        assert "expired" in refusal(stub)


def test_health_needs_no_credentials(make_world):
    world = make_world([])
    for address in (world.address, world.daemon.tcp_address()):
        health = subprocess.run([str(SLUICE), "--address", address, "health"], timeout=20,
                                capture_output=True, text=True, check=False)
        assert (health.returncode, health.stdout) == (0, "serving\n")


def test_lists_and_watches_show_what_the_caller_may_see(make_world):
    world = make_world([grant("token: admin", "role: admin"),
                        grant("token: team", "role: deployer", "team-*")])
    with stub_at(world.address, token=world.token("admin")) as admin, \
            stub_at(world.address, token=world.token("team")) as team:
        hidden = deploy(admin, "other")
        watch = team.WatchStates(request("WatchStates"))
        watch.initial_metadata()
        shown = deploy(team, "team-a")
        deploy(admin, "other-too")
        last = deploy(team, "team-b")
        listed = team.ListStates(request("ListStates"))
        assert {s.id for s in listed.states} == {shown.id, last.id}
        names = {s.name for s in team.ListServices(request("ListServices")).services}
        assert names == {"team-a", "team-b"}
        seen = set()
        for response in watch:
            seen.add(response.state.service)
            if response.state.id == last.id and status_name(response.state) == "COMPLETED":
                break
        watch.cancel()
        assert seen == {"team-a", "team-b"}
        assert hidden.id not in {s.id for s in listed.states}


@pytest.mark.parametrize("method", ["GetState", "WatchStates", "Abort", "Rollback"])
def test_a_deployment_that_the_caller_may_not_see_is_not_there(make_world, method):
    world = make_world([grant("token: admin", "role: admin"),
                        grant("token: team", "role: admin", "team-*")])
    with stub_at(world.address, token=world.token("admin")) as admin:
        hidden = deploy(admin, "other")
    with stub_at(world.address, token=world.token("team")) as team:
        for known in (hidden.id, "ffff"):
            with refused(grpc.StatusCode.NOT_FOUND) as error:
                result = getattr(team, method)(request(method, deployment_id=known))
                next(iter(result))
            assert error.value.details() == (f'there is no deployment "{known}"; `sluice list` '
                                             "shows what there is")
    # The trail says what really was.
    eventually(lambda: ("team", "PERMISSION_DENIED") in world.outcomes(method))


@pytest.mark.parametrize("services", ["web", "w*"])
def test_the_command_line_finds_by_id_what_a_grant_for_its_service_allows(make_world, services):
    world = make_world([grant("token: all", "role: admin"),
                        grant("token: team", "role: admin", services)])
    everybody = {**os.environ, "SLUICE_TOKEN": world.token("all")}
    team = {**os.environ, "SLUICE_TOKEN": world.token("team")}
    printed = world.daemon.cli("deploy", "web", "v1", "--strategy", "canary_strategy",
                               "--step-duration", "60s", env=team)
    short_id = re.match(r"deployment ([0-9a-f]{8}):", printed.stdout)[1]
    before = len(audit_records(world.audit))
    for verb in (["state"], ["pause"], ["wait", "--for=paused"], ["resume"], ["promote", "--full"],
                 ["wait"], ["watch"], ["rollback", "--watch"]):
        result = world.daemon.cli(*verb, short_id, env=team)
        assert (result.returncode, result.stderr) == (0, ""), verb
    # Nor does the trail tell of refusals that were none.
    assert {r["outcome"] for r in audit_records(world.audit)[before:]} == {"OK"}
    # A shorter one may be a service's name, and that one is asked first.
    assert world.daemon.cli("state", short_id[:7], env=team).returncode == 0

    other = world.daemon.cli("deploy", "other", "v1", "--strategy", "feature_flag", env=everybody)
    hidden = re.match(r"deployment ([0-9a-f]{8}):", other.stdout)[1]
    for subject in ("other", hidden):
        result = world.daemon.cli("state", subject, env=team)
        assert result.returncode == 6
        assert f'GetState for the service "{subject}"' in result.stderr
    missing = world.daemon.cli("state", "00000000", env=everybody)
    assert missing.returncode == 6 and "neither a service" in missing.stderr


def test_the_beginning_of_an_id_tells_nothing_of_hidden_deployments(make_world):
    world = make_world([grant("token: admin", "role: admin"),
                        grant("token: team", "role: viewer", "team-*")])
    with stub_at(world.address, token=world.token("admin")) as admin, \
            stub_at(world.address, token=world.token("team")) as team:
        shown = deploy(admin, "team-a")
        # Until two hidden ones begin with the same digit, and one with that of the shown one.
        hidden = [deploy(admin, f"other{number}").id for number in range(40)]
        twice = next(digit for digit in "0123456789abcdef" if digit != shown.id[0] and
                     sum(other[0] == digit for other in hidden) > 1)
        with refused(grpc.StatusCode.NOT_FOUND):
            team.GetState(request("GetState", deployment_id=twice))
        with refused(grpc.StatusCode.INVALID_ARGUMENT):
            admin.GetState(request("GetState", deployment_id=twice))
        assert team.GetState(request("GetState", deployment_id=shown.id[0])).id == shown.id
        page = team.ListStates(request("ListStates", page_size=1))
        assert [s.id for s in page.states] == [shown.id] and page.next_page_token == ""


def test_a_request_that_is_no_message_is_refused_after_the_caller(make_world):
    world = make_world(ROLES)
    def raw(token):
        with grpc.insecure_channel(world.address) as channel:
            channel.unary_unary("/sluice.v1.DeploymentService/Deploy")(
                b"\xff\xff", timeout=10, metadata=[("authorization", f"Bearer {token}")])
    with refused(grpc.StatusCode.PERMISSION_DENIED):
        raw(world.token("viewer"))
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        raw(world.token("admin"))
    assert "not a valid protobuf message" in error.value.details()
