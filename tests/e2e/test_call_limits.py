# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Calls at and beyond their limits: the size of the message, of the metadata, and the deadline."""
import contextlib
import gzip
import struct
import time

import grpc
import pytest

from calls import call, eventually, listed, refused, request, strategy
from raw_http2 import (DATA, END_STREAM, call_headers, field, frame, message, number, raw_connection)
from security import is_sanitized, stub_at

RECEIVE_LIMIT = 1 << 20
HUGE = 100 << 20
METADATA_LIMIT = 16 * 1024
# Of the buffers of all connections.
QUOTA_KB = 512 * 1024
A_YEAR = 366 * 24 * 3600
READS = {"GetState", "ListStates", "ListServices", "PlanDeployment", "WatchStates"}
CHANGES = {"Rollback", "Pause", "Resume", "Promote", "Abort"}


def memory_kb(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        return int(status.read().split("VmHWM:")[1].split()[0])


@contextlib.contextmanager
def bounded_memory(daemon, most_kb):
    """At its highest the daemon's memory grows by no more within the block."""
    before = memory_kb(daemon)
    yield
    grown = memory_kb(daemon) - before
    assert grown < most_kb * (8 if is_sanitized() else 1), f"{grown} kB"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """One for all: that it serves on after each of these calls is part of the test."""
    from conftest import Daemon
    started = Daemon(tmp_path_factory.mktemp("limits"), "allow_unconfigured_services: true\n",
                     durable=True).start()
    yield started
    started.disconnect()
    assert started.stop() == 0


@pytest.fixture(autouse=True)
def serves_others(daemon):
    yield
    with grpc.insecure_channel(daemon.tcp_address(),
                               [("grpc.use_local_subchannel_pool", 1)]) as channel:
        from sluice.v1 import deployment_service_pb2_grpc
        stub = deployment_service_pb2_grpc.DeploymentServiceStub(channel)
        stub.ListServices(request("ListServices"), timeout=20)


def flag(name, **fields):
    return request("Deploy", service=name, version="v1",
                   strategy=strategy("FeatureFlagStrategy", initial_rollout=5), **fields)


def of_size(size):
    """A Deploy of so many bytes, which is refused by what it says when somebody reads it."""
    wanted = flag("big", reason="")
    wanted.reason = "x" * (size - wanted.ByteSize() - 8)
    wanted.reason += "x" * (size - wanted.ByteSize())
    assert wanted.ByteSize() == size
    return wanted


# --- T35: messages.

@pytest.mark.parametrize("size", [RECEIVE_LIMIT - 1, RECEIVE_LIMIT])
def test_t35_a_message_up_to_the_limit_is_read(daemon, size):
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        daemon.stub.Deploy(of_size(size))
    assert "reason" in error.value.details()


@pytest.mark.parametrize("size", [RECEIVE_LIMIT + 1, HUGE])
def test_t35_a_message_above_the_limit_is_refused(daemon, size):
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED) as error:
        daemon.stub.Deploy(of_size(size))
    assert "larger than max" in error.value.details()


def test_t35_messages_above_the_limit_take_no_more_memory_than_there_is_for_all(daemon):
    """gRPC takes in a message whole before it looks at its size: 800 MB here, were it let."""
    body = bytes(HUGE)
    with bounded_memory(daemon, QUOTA_KB + 64 * 1024), grpc.insecure_channel(
            daemon.tcp_address(), [("grpc.max_send_message_length", -1)]) as channel:
        deploy = channel.unary_unary("/sluice.v1.DeploymentService/Deploy",
                                     request_serializer=lambda data: data)
        futures = [deploy.future(body, timeout=60) for _ in range(8)]
        codes = {future.code() for future in futures}
    assert codes == {grpc.StatusCode.RESOURCE_EXHAUSTED}


@pytest.mark.parametrize("how", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_t35_a_compressed_message_is_refused_packed(daemon, how):
    wanted = of_size(HUGE)
    with bounded_memory(daemon, 8 * 1024), refused(grpc.StatusCode.UNIMPLEMENTED):
        daemon.stub.Deploy(wanted, compression=how)


@pytest.mark.parametrize("encoding", [None, "identity", "gzip", "deflate", "snappy"])
def test_t35_a_bomb_is_not_unpacked_whatever_it_says_it_is(daemon, encoding):
    bomb = gzip.compress(bytes(HUGE))
    assert len(bomb) < RECEIVE_LIMIT
    fields = [field("grpc-encoding", encoding)] if encoding else []
    with bounded_memory(daemon, 8 * 1024), raw_connection(daemon.tcp_address()) as raw:
        stream = raw.begin(call_headers("Deploy", *fields))
        body = b"\x01" + struct.pack(">I", len(bomb)) + bomb
        for i in range(0, len(body), 16384):
            last = END_STREAM if i + 16384 >= len(body) else 0
            raw.send(frame(DATA, last, stream, body[i:i + 16384]))
        assert raw.outcome(stream) in ("ended", "reset", "closed")
    assert not listed(daemon, service="big")


# --- T36: metadata.

def metadata_of(size, keys=1):
    return [(f"k{i}", "v" * (size // keys)) for i in range(keys)]


@pytest.mark.parametrize("size", [7500, 8300])
def test_t36_metadata_within_the_limit_is_accepted(daemon, size):
    daemon.stub.ListServices(request("ListServices"), metadata=metadata_of(size))


@pytest.mark.parametrize("metadata", [metadata_of(100 * 1024), metadata_of(100 * 1024, 10),
                                      metadata_of(10_000, 10_000)],
                         ids=["one of 100 KB", "ten of 10 KB", "10,000 keys"])
def test_t36_a_client_is_told_that_its_metadata_is_too_much(daemon, metadata):
    with stub_at(f"unix:{daemon.socket}") as stub, pytest.raises(grpc.RpcError) as error:
        stub.Deploy(flag("metadata"), metadata=metadata)
    told = (error.value.code(), "metadata size exceeds" in error.value.details())
    # gRPC closes the connection when what it is to pass over does not come in one piece.
    assert told in ((grpc.StatusCode.RESOURCE_EXHAUSTED, True),
                    (grpc.StatusCode.UNAVAILABLE, False)), error.value
    assert not listed(daemon, service="metadata")


def named_once(name, value, times):
    """A field that enters HPACK's table and is then named by its number: a byte each time."""
    name, value = name.encode(), value.encode()
    entry = b"\x40" + number(len(name), 7) + name + number(len(value), 7) + value
    return entry + number(62, 7, 0x80) * times


# What no client library sends, because the server has told it the limit.
TOO_MUCH = {
    "just above the limit": lambda: field("k", "v" * METADATA_LIMIT),
    "one of 100 KB": lambda: field("k", "v" * 100 * 1024),
    "10,000 keys": lambda: b"".join(field(f"k{i}", "v") for i in range(10_000)),
    "a megabyte": lambda: b"".join(field(f"k{i}", "v" * 1000) for i in range(1000)),
    "40 MB in 14 KB": lambda: named_once("k", "v" * 4000, 10_000),
    "a path of 100 KB": lambda: field(":path", "/" + "p" * 100 * 1024),
}


@pytest.mark.parametrize("over", ["unix", "tcp"])
@pytest.mark.parametrize("what", TOO_MUCH)
def test_t36_metadata_above_the_limit_starts_nothing(daemon, what, over):
    address = daemon.tcp_address() if over == "tcp" else f"unix:{daemon.socket}"
    service = f"{over}-{list(TOO_MUCH).index(what)}"
    with bounded_memory(daemon, 16 * 1024):
        for _ in range(20):
            # Its settings are unread and unanswered: so gRPC does not keep to the limit yet.
            with raw_connection(address) as raw:
                raw.call("Deploy", flag(service), TOO_MUCH[what]())
                assert raw.outcome(1) in ("ended", "reset", "closed")
    assert not listed(daemon, service=service)


@pytest.mark.parametrize("name, value", [
    ("trace-bin", "not base64!"), ("trace-bin", "a"), ("trace-bin", b"\xff\x00\xfe"),
    ("k", b"\xff\x80"), ("k", b"line\nbreak"), ("k", b"nul\x00"), ("", "v"), ("UPPER", "v"),
    (":unknown", "v"), ("grpc-status", "0"), ("content-length", "-1")],
    ids=repr)
def test_t36_malformed_metadata_starts_nothing_or_is_passed_over(daemon, name, value):
    wanted = flag("malformed", request_id=repr((name, value)).encode().hex())
    with raw_connection(f"unix:{daemon.socket}") as raw:
        outcome = raw.outcome(raw.call("Deploy", wanted, field(name, value)))
    made = [state for state in listed(daemon, service="malformed", page_size=1000)
            if state.request_id == wanted.request_id]
    assert len(made) <= (1 if outcome == "ended" else 0), outcome


# --- T37: deadlines.

def deadline_outcome(method, wanted, seconds):
    """What a call with the deadline comes to, a stream's first answer for a stream."""
    try:
        answer = method(wanted, timeout=seconds)
        if hasattr(answer, "cancel"):
            next(answer)
            answer.cancel()
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("seconds", [0, 0.001, None, A_YEAR])
@pytest.mark.parametrize("name", sorted(READS | CHANGES))
def test_t37_every_call_ends_by_its_deadline(daemon, name, seconds):
    gate = strategy("CanaryStrategy", manual_promotion=True)
    there = call(daemon, "Deploy", service="deadlines", version="v1", strategy=gate)
    daemon.await_status(there.id, "PAUSED")
    fields = {"PlanDeployment": {"service": "other", "version": "v1", "strategy": gate},
              "ListStates": {}, "ListServices": {}, "WatchStates": {}}
    wanted = request(name, **fields.get(name, {"deployment_id": there.id}))
    outcome = deadline_outcome(getattr(daemon.stub, name), wanted, seconds)
    in_time = {grpc.StatusCode.OK, grpc.StatusCode.FAILED_PRECONDITION}
    late = {grpc.StatusCode.DEADLINE_EXCEEDED} if seconds in (0, 0.001) else set()
    assert outcome in in_time | late
    # Whether it was carried out or not: the deployment can be ended.
    with contextlib.suppress(grpc.RpcError):
        call(daemon, "Abort", deployment_id=there.id)
    daemon.await_status(there.id, "FAILED", "COMPLETED", "ROLLED_BACK")


@pytest.mark.parametrize("seconds", [0, 0.001, None, A_YEAR])
def test_t37_a_deploy_that_ran_out_of_time_is_not_begun_or_recorded_whole(daemon, seconds):
    wanted = [flag(f"d{i}", request_id=f"deadline-{seconds}-{i}", metadata={"note": "x" * i})
              for i in range(100)]
    outcomes = [deadline_outcome(daemon.stub.Deploy, one, seconds) for one in wanted]
    late = outcomes.count(grpc.StatusCode.DEADLINE_EXCEEDED)
    assert late + outcomes.count(grpc.StatusCode.OK) == len(wanted), outcomes
    assert late == 0 or seconds in (0, 0.001)
    check_whole_or_absent(daemon, wanted, outcomes)


# As a header: nothing at all, a nanosecond, more than fits, and what is no time.
@pytest.mark.parametrize("timeout", ["0n", "1n", "1m", "99999999H", "99999999999H", "-1S", "1", "x"])
def test_t37_whatever_deadline_a_deploy_names_it_is_whole_or_absent(daemon, timeout):
    wanted = [flag(f"h{i}", request_id=f"header-{timeout}-{i}", metadata={"note": "x" * i})
              for i in range(50)]
    outcomes = []
    with raw_connection(f"unix:{daemon.socket}") as raw:
        for one in wanted:
            stream = raw.call("Deploy", one, field("grpc-timeout", timeout))
            outcomes.append(raw.outcome(stream))
    assert set(outcomes) <= {"ended", "reset"}, outcomes
    check_whole_or_absent(daemon, wanted)


def check_whole_or_absent(daemon, wanted, outcomes=None):
    by_request = {}
    eventually(lambda: all(state.result.success for state in listed(daemon, page_size=1000)
                           if state.strategy == "feature_flag"))
    for state in listed(daemon, page_size=1000):
        assert state.request_id not in by_request or not state.request_id
        by_request[state.request_id] = state
    for i, one in enumerate(wanted):
        state = by_request.get(one.request_id)
        if outcomes is not None and outcomes[i] == grpc.StatusCode.OK:
            assert state is not None
        if state is not None:
            assert (state.service, state.version) == (one.service, one.version)
            assert state.metadata["note"] == one.metadata["note"]
        # Sent again it is the one that there is, or a new one.
        again = daemon.stub.Deploy(one)
        assert state is None or again.id == state.id
