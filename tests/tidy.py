#!/usr/bin/python3
# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over files: tidy.py BUILD_DIRECTORY FILE ...

What was found clean is remembered by the hash of everything that clang-tidy sees, so that only
changed files cost time. Prints the findings; exits with 1 when there is one."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

CLANG_TIDY = "clang-tidy-14"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sluice/tidy"


def preprocessing(command):
    """The compile command without compiler launcher and output, printing what is compiled."""
    arguments = shlex.split(command)
    compiler = next(i for i, argument in enumerate(arguments) if "clang++" in argument)
    output = arguments.index("-o")
    return arguments[compiler:output] + arguments[output + 2:] + ["-E", "-P", "-C"]


def key_of(entry):
    seen = subprocess.run(preprocessing(entry["command"]), cwd=entry["directory"], check=True,
                          stdout=subprocess.PIPE).stdout
    version = subprocess.run([CLANG_TIDY, "--version"], check=True, stdout=subprocess.PIPE).stdout
    rules = pathlib.Path(".clang-tidy").read_bytes()
    return hashlib.sha256(b"\0".join((version, rules, seen))).hexdigest()


def check(build, entry):
    """What clang-tidy says of the file; None when nothing is wrong."""
    clean = CACHE / key_of(entry)
    if clean.exists():
        return None
    run = subprocess.run([CLANG_TIDY, "--quiet", "-p", build, entry["file"]],
                         capture_output=True, text=True)
    if run.returncode != 0:
        return run.stdout + run.stderr
    clean.touch()
    return None


def main():
    build, *files = sys.argv[1:]
    CACHE.mkdir(parents=True, exist_ok=True)
    entries = {entry["file"]: entry
               for entry in json.loads((pathlib.Path(build) / "compile_commands.json").read_text())}
    wanted = [entries[str(pathlib.Path(file).resolve())] for file in files]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [text for text in pool.map(lambda entry: check(build, entry), wanted) if text]
    print("".join(findings), end="")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
