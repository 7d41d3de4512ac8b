# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Tokens, certificates and audit trails for the tests of who may do what."""
import contextlib
import hashlib
import json
import os
import secrets
import subprocess

import grpc

from conftest import SLUICE, SLUICED

DENIED = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}


class Tokens:
    """A token file; tokens are made by their owner's name."""

    def __init__(self, path):
        self.path = path
        self.lines = {}
        self.write()

    def new(self, name, expiry=""):
        token = "sluice_" + secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).hexdigest()
        self.lines[token] = f"{name} {digest} {expiry}".strip()
        self.write()
        return token

    def revoke(self, token):
        del self.lines[token]
        self.write()

    def write(self, extra=""):
        temporary = self.path.with_suffix(".new")
        temporary.write_text("".join(line + "\n" for line in self.lines.values()) + extra)
        temporary.chmod(0o600)
        temporary.rename(self.path)


def make_certificates(directory, *options):
    """ca, server and client, as .crt and .key; returns the directory."""
    subprocess.run([str(SLUICE), "certs", "init", "--dir", str(directory), *options], check=True,
                   capture_output=True)
    return directory


def tls_credentials(certificates, client=True):
    """What a Python client needs to call over TLS, with the client's certificate or without."""
    def read(name):
        return (certificates / name).read_bytes()
    pair = (read("client.key"), read("client.crt")) if client else (None, None)
    return grpc.ssl_channel_credentials(read("ca.crt"), *pair)


@contextlib.contextmanager
def stub_at(address, credentials=None, token=None):
    """A stub on a connection of its own; every call carries the token, if there is one."""
    from sluice.v1 import deployment_service_pb2_grpc
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = (grpc.insecure_channel(address, options) if credentials is None else
               grpc.secure_channel(address, credentials, options))
    with channel:
        called = channel if token is None else grpc.intercept_channel(channel, _Bearer(token))
        yield deployment_service_pb2_grpc.DeploymentServiceStub(called)


class _Bearer(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    def __init__(self, token):
        self.header = ("authorization", f"Bearer {token}")

    def _with_header(self, details):
        return details._replace(metadata=[*(details.metadata or []), self.header])

    def intercept_unary_unary(self, continuation, details, request):
        return continuation(self._with_header(details), request)

    def intercept_unary_stream(self, continuation, details, request):
        return continuation(self._with_header(details), request)


def code_of(call):
    """The status of a call, or of the first answer of a stream."""
    try:
        result = call()
        if hasattr(result, "cancel"):
            next(result)
            result.cancel()
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def audit_lines(path):
    """All lines of the trail: a change has two, that it begins and what came of it."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def audit_records(path):
    """The lines that say what came of a call."""
    return [line for line in audit_lines(path) if line["outcome"] != "BEGUN"]


def verify(path):
    return subprocess.run([str(SLUICE), "audit", "verify", str(path)], capture_output=True,
                          text=True, timeout=20, check=False)


def is_sanitized():
    """Whether sluiced was built with AddressSanitizer, which keeps freed memory for a while."""
    return b"__asan_init" in SLUICED.read_bytes()


def is_root():
    return os.getuid() == 0
