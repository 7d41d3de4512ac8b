# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a daemon serves, and how much memory it takes, for the tests of what clients do to it."""
import contextlib

import grpc

from calls import request
from security import is_sanitized, stub_at


def assert_serves(address):
    with stub_at(address) as stub:
        # Until the connections that have gone are noticed there may be no descriptor yet.
        stub.ListServices(request("ListServices"), timeout=20, wait_for_ready=True)


def can_call(address):
    with stub_at(address) as stub:
        with contextlib.suppress(grpc.RpcError):
            stub.ListServices(request("ListServices"), timeout=5)
            return True
    return False


def memory_kb(daemon):
    status = open(f"/proc/{daemon.process.pid}/status", encoding="utf-8").read()
    return int(status.split("VmRSS:")[1].split()[0])


def most_growth_kb():
    return (1024 if is_sanitized() else 64) * 1024
