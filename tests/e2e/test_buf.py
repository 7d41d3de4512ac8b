# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""An independent client: buf curl, which is written in Go, against the running daemon over TCP."""
import json
import pathlib
import subprocess

import pytest

from calls import call, listed, rolling
from test_readme import blocks

BUF = pathlib.Path(__file__).parent / "node_modules" / ".bin" / "buf"
DEPLOYMENTS = "sluice.v1.DeploymentService"
# buf exits with eight times the gRPC code.
INVALID_ARGUMENT, NOT_FOUND = 8 * 3, 8 * 5


@pytest.fixture(scope="session", autouse=True)
def installed_buf():
    assert BUF.exists(), f"{BUF} is missing: run `npm ci` in {BUF.parents[2]}"


def buf_command(daemon, path, data=None):
    """The command line; the schema comes from the daemon's own reflection."""
    command = [str(BUF), "curl", "--http2-prior-knowledge", "--protocol", "grpc"]
    if data is not None:
        command += ["-d", json.dumps(data)]
    return [*command, *([path] if path.startswith("--") else []),
            f"http://{daemon.tcp_address()}" + ("" if path.startswith("--") else f"/{path}")]


def buf(daemon, path, data=None):
    return subprocess.run(buf_command(daemon, path, data), capture_output=True, text=True,
                          timeout=60, check=False)


def answer(daemon, path, data):
    result = buf(daemon, path, data)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def messages(text):
    """JSON documents, one after the other."""
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        message, position = decoder.raw_decode(text, position)
        yield message
        while position < len(text) and text[position].isspace():
            position += 1


def test_the_call_of_the_readme_works_word_for_word(start_daemon):
    daemon = start_daemon()
    [start, command] = blocks("Call it")
    assert "--config" not in start and "127.0.0.1:7400" in start
    command = command.replace("127.0.0.1:7400", daemon.tcp_address())
    result = subprocess.run(["bash", "-c", command], cwd=BUF.parents[2], capture_output=True, text=True,
                            timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    daemon.await_status(json.loads(result.stdout)["id"], "COMPLETED")


def test_deploy_state_and_rollback(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start_daemon("services:\n" + fleet.service())
    state = answer(daemon, f"{DEPLOYMENTS}/Deploy", {
        "service": "web", "version": "v2",
        "strategy": {"rollingDeployment": {"batchSize": 2}}})
    assert state["status"] == "STATUS_PENDING"
    daemon.await_status(state["id"], "COMPLETED")
    seen = answer(daemon, f"{DEPLOYMENTS}/GetState", {"deploymentId": state["id"]})
    assert seen["status"] == "STATUS_COMPLETED"
    assert [t["phase"] for t in seen["targets"]] == ["TARGET_PHASE_SUCCEEDED"] * 2
    back = answer(daemon, f"{DEPLOYMENTS}/Rollback", {"service": "web", "reason": "doubts"})
    assert back["id"] == state["id"]
    daemon.await_status(state["id"], "ROLLED_BACK")
    assert set(fleet.versions().values()) == {"v1"}


def test_watch_follows_to_the_end(start_daemon, make_fleet):
    fleet = make_fleet(2)
    daemon = start_daemon("drain_grace: 5s\nservices:\n" + fleet.service())
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 60))
    with subprocess.Popen(
            buf_command(daemon, f"{DEPLOYMENTS}/WatchStates", {"deploymentId": state.id}),
            stdout=subprocess.PIPE, text=True) as watcher:
        first_line = watcher.stdout.readline()
        call(daemon, "Promote", deployment_id=state.id, full=True)
        daemon.await_status(state.id, "COMPLETED")
        daemon.process.terminate()  # which ends the watch, after what is new
        rest = watcher.stdout.read()
    # Heartbeats and the daemon's last message have a revision alone.
    statuses = [m["state"]["status"] for m in messages(first_line + rest) if "state" in m]
    assert statuses[0] in ("STATUS_PENDING", "STATUS_IN_PROGRESS")
    assert statuses[-1] == "STATUS_COMPLETED"


def test_refusals_carry_every_violation(start_daemon, make_fleet):
    daemon = start_daemon("services:\n" + make_fleet(1).service())
    result = buf(daemon, f"{DEPLOYMENTS}/Deploy", {
        "service": "web", "strategy": {"canaryDeployment": {"stages": ["NaN", 200]}}})
    assert result.returncode == INVALID_ARGUMENT
    for field in ("version", "strategy.canary_deployment.stages[0]",
                  "strategy.canary_deployment.stages[1]"):
        assert field in result.stderr
    missing = buf(daemon, f"{DEPLOYMENTS}/GetState", {"deploymentId": "0123"})
    assert missing.returncode == NOT_FOUND
    assert not listed(daemon)


@pytest.mark.parametrize("service", ["", DEPLOYMENTS])
def test_health_is_described_and_serving(start_daemon, service):
    daemon = start_daemon()
    assert answer(daemon, "grpc.health.v1.Health/Check", {"service": service}) == {
        "status": "SERVING"}


def test_reflection_lists_services_and_methods(start_daemon):
    daemon = start_daemon()
    services = buf(daemon, "--list-services")
    assert services.returncode == 0, services.stderr
    assert {DEPLOYMENTS, "grpc.health.v1.Health"} <= set(services.stdout.split())
    methods = buf(daemon, "--list-methods")
    assert methods.returncode == 0, methods.stderr
    assert {f"{DEPLOYMENTS}/Deploy", f"{DEPLOYMENTS}/WatchStates",
            "grpc.health.v1.Health/Check"} <= set(methods.stdout.split())
