#!/usr/bin/python3
# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Holds every #include against the dependency rules of ARCHITECTURE.md.

Debian's headers are visible to every target, so CMake alone enforces nothing.
Usage: include_rules.py ROOT. Exit code 1 and one line a violation when a rule is broken.
"""
import pathlib
import re
import sys

# What each folder may include of ours, beside itself.
ALLOWED = {
    "server/base": set(),
    "server/ports": {"base"},
    "server/strategy": {"base"},
    "server/engine": {"base", "ports", "strategy"},
    "server/drivers": {"base", "ports"},
    "server/auth": {"base"},
    "server/rpc": {"base", "ports", "strategy", "engine", "auth"},
    "server/app": {"base", "ports", "strategy", "engine", "auth", "rpc", "drivers"},
    "client": {"base"},
}
OURS = {"base", "ports", "strategy", "engine", "auth", "drivers", "rpc", "app"}
GRPC_ALLOWED = {"server/drivers", "server/rpc", "server/app", "client"}
# Libraries of their own, which stand on base: base itself knows neither, and crypto no audit.
ABOVE_BASE = ("base/crypto", "base/audit")
OPENSSL_ALLOWED = "server/base/crypto"
# Drivers do not know each other; these files serve several of one technology.
SHARED_DRIVER_FILES = re.compile(r"drivers/(shared/|record_store/(sqlite|record)_)")
INCLUDE = re.compile(r'^\s*#include\s+[<"]([^>"]+)[>"]')


def folder_of(path):
    text = path.as_posix()
    return next((folder for folder in ALLOWED if text.startswith(folder + "/")), None)


def may_stand_on(relative, included):
    """Whether a file below server/base may include one of base/crypto or base/audit."""
    inside = relative.parent.as_posix().removeprefix("server/")
    if inside not in ABOVE_BASE:
        return False
    return ABOVE_BASE.index(pathlib.PurePosixPath(included).parent.as_posix()) <= ABOVE_BASE.index(inside)


def violations(root):
    for path in sorted(list(root.glob("server/**/*")) + list(root.glob("client/**/*"))):
        relative = path.relative_to(root)
        folder = folder_of(relative)
        if path.suffix not in (".h", ".cc") or folder is None:
            continue
        own = folder.split("/")[-1]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            included = match.group(1)
            top = included.split("/")[0]
            where = f"{relative}:{number}: "
            if top in OURS and top != own and top not in ALLOWED[folder]:
                yield where + f"{folder} may not include {included}"
            if folder not in GRPC_ALLOWED and (top in ("grpc", "grpcpp") or ".grpc.pb." in included):
                yield where + f"{folder} includes no gRPC header, but {included}"
            if top == "openssl" and relative.parent.as_posix() != OPENSSL_ALLOWED:
                yield where + f"only {OPENSSL_ALLOWED} includes OpenSSL, but {included}"
            if own == "base" and included.startswith(ABOVE_BASE) and not may_stand_on(relative, included):
                yield where + f"{relative.parent} may not include {included}"
            if top == "drivers" and own == "drivers" and not SHARED_DRIVER_FILES.match(included):
                if pathlib.Path(included).stem != path.stem:
                    yield where + f"drivers do not know each other: {included}"


def main():
    found = list(violations(pathlib.Path(sys.argv[1]).resolve()))
    print("\n".join(found) or "include rules hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
