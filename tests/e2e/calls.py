# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Short ways to make requests and to read refusals, for the tests of the API and of the daemon."""
import contextlib
import subprocess
import time

import grpc
import pytest

from conftest import SLUICED


def pb():
    """The generated modules, which exist only once the session's stubs are made."""
    from sluice.v1 import deployment_pb2, deployment_service_pb2, strategy_pb2
    return deployment_pb2, deployment_service_pb2, strategy_pb2


def strategy(kind, **options):
    """Strategy{kind: {options}}, the kind by its message's name: "RollingDeployment"."""
    _, _, strategies = pb()
    message = getattr(strategies, kind)(**options)
    field = next(f.name for f in strategies.Strategy.DESCRIPTOR.fields
                 if f.message_type is message.DESCRIPTOR)
    return strategies.Strategy(**{field: message})


def rolling(batch_size=1, delay=0.0):
    return strategy("RollingDeployment", batch_size=batch_size, delay_seconds=delay)


def request(name, **fields):
    """A request message by the name of its RPC: request("Deploy", service="web")."""
    _, service, _ = pb()
    messages = {"PlanDeployment": "DeployRequest"}
    return getattr(service, messages.get(name, name + "Request"))(**fields)


def call(daemon, name, **fields):
    return getattr(daemon.stub, name)(request(name, **fields))


def flag(daemon, number, **fields):
    """Deploys what calls no target: the service s<number>, under the request id r<number>."""
    return call(daemon, "Deploy", service=f"s{number}", version="v1", request_id=f"r{number}",
                strategy=strategy("FeatureFlagStrategy", initial_rollout=5), **fields)


def status_name(state):
    return pb()[0].Status.Name(state.status)[len("STATUS_"):]


def listed(daemon, **fields):
    return list(call(daemon, "ListStates", **fields).states)


def everything(daemon):
    """{id: state} of all there is."""
    found, token = {}, ""
    while True:
        page = call(daemon, "ListStates", page_size=1000, page_token=token)
        found.update((state.id, state) for state in page.states)
        token = page.next_page_token
        if not token:
            return found


@contextlib.contextmanager
def refused(code):
    """The block's call must fail with the code; yields what pytest knows of the error."""
    with pytest.raises(grpc.RpcError) as error:
        yield error
    assert error.value.code() == code, error.value.details()


def violations(error):
    """{field: description} from the google.rpc.Status in the error's trailing metadata."""
    from google.rpc import error_details_pb2
    trailers = {key: value for key, value in error.trailing_metadata()}
    status = error_details_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    assert status.code == error.code().value[0]
    assert len(status.details) == 1
    bad_request = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(bad_request)
    fields = [(v.field, v.description) for v in bad_request.field_violations]
    assert len(dict(fields)) == len(fields), fields
    return dict(fields)


def eventually(condition, seconds=20):
    """Polls until the condition holds; returns what it returned."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)
    return value


def check_health(daemon, service):
    import health_pb2
    import health_pb2_grpc
    response = health_pb2_grpc.HealthStub(daemon.channel).Check(
        health_pb2.HealthCheckRequest(service=service))
    return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)


def await_log(daemon, words, seconds=20):
    eventually(lambda: words in daemon.log(), seconds)


def start_again(start_daemon, daemon, config_text=None):
    """A new daemon in the place of one that has ended."""
    # A new channel would share the connection, which is dead.
    daemon.channel.close()
    return start_daemon(config_text, directory=daemon.directory)


def run_sluiced(*arguments):
    """Runs sluiced, which is to end by itself."""
    return subprocess.run([str(SLUICED), *map(str, arguments)], capture_output=True, text=True,
                          timeout=10, check=False)
