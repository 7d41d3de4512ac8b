#!/usr/bin/python3
# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""include_rules.py can go red: a tree with one fault of each kind, and one without any."""
import pathlib
import subprocess
import sys
import tempfile

RULES = pathlib.Path(__file__).with_name("include_rules.py")

# File, its include, and what the rule has to say of it; "" where the include is allowed.
CASES = [
    ("server/engine/upward.cc", '"rpc/server.h"', "server/engine may not include rpc/server.h"),
    ("server/strategy/target/deep.cc", '"engine/runner.h"',
     "server/strategy may not include engine/runner.h"),
    ("server/drivers/health/asks.cc", '"engine/record.h"',
     "server/drivers may not include engine/record.h"),
    ("client/verbs/peeks.cc", '"app/daemon.h"', "client may not include app/daemon.h"),
    ("server/engine/wire.h", "<grpcpp/grpcpp.h>",
     "server/engine includes no gRPC header, but grpcpp/grpcpp.h"),
    ("server/auth/stub.cc", '"sluice/v1/deployment_service.grpc.pb.h"',
     "server/auth includes no gRPC header, but sluice/v1/deployment_service.grpc.pb.h"),
    ("server/rpc/hash.cc", "<openssl/sha.h>",
     "only server/base/crypto includes OpenSSL, but openssl/sha.h"),
    ("server/base/text.cc", '"base/crypto/sha256.h"',
     "server/base may not include base/crypto/sha256.h"),
    ("server/base/crypto/back.cc", '"base/audit/audit_line.h"',
     "server/base/crypto may not include base/audit/audit_line.h"),
    ("server/drivers/router/borrows.cc", '"drivers/deployer/exec_deployer.h"',
     "drivers do not know each other: drivers/deployer/exec_deployer.h"),
    ("server/engine/spaced.cc", '  "app/daemon.h"', "server/engine may not include app/daemon.h"),
    ("server/engine/good.cc", '"strategy/steps.h"', ""),
    ("server/rpc/good.cc", "<grpcpp/grpcpp.h>", ""),
    ("server/base/crypto/good.cc", "<openssl/sha.h>", ""),
    ("server/base/audit/good.cc", '"base/crypto/sha256.h"', ""),
    ("server/drivers/router/good.cc", '"drivers/shared/command.h"', ""),
    ("server/drivers/router/own.cc", '"drivers/router/own.h"', ""),
    ("tests/engine/good.cc", '"app/daemon.h"', ""),
]


def run(cases):
    """Exit code and lines of the rules on a tree of these files, each with a comment before."""
    with tempfile.TemporaryDirectory() as root:
        for name, include, _ in cases:
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"// One line before.\n#include {include}\n")
        result = subprocess.run([sys.executable, str(RULES), root], capture_output=True, text=True,
                                check=False)
    return result.returncode, result.stdout.splitlines()


def main():
    expected = sorted(f"{name}:2: {fault}" for name, _, fault in CASES if fault)
    code, lines = run(CASES)
    assert (code, sorted(lines)) == (1, expected), "\n".join(lines)
    code, lines = run([case for case in CASES if not case[2]])
    assert (code, lines) == (0, ["include rules hold"]), "\n".join(lines)
    print(f"{len(expected)} faults found")


if __name__ == "__main__":
    main()
