#!/usr/bin/python3
# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` puts onto a machine: the files, the unit, and the pages as groff reads them.

Usage: install_test.py files|unit|pages BUILD PREFIX. `files` installs BUILD to PREFIX, the others look
at that. Exit code 77 and a line that says so where the program that has to judge is not there.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77
FILES = {
    "bin/sluice", "bin/sluiced", "lib/systemd/system/sluiced.service",
    "lib/sysusers.d/sluice.conf", "share/doc/sluice/LICENSE",
    "share/doc/sluice/examples/sluice.yaml", "share/doc/sluice/examples/request.yaml",
    "share/doc/sluice/examples/blue_green/sluice.yaml",
    "share/doc/sluice/examples/blue_green/deploy-idle", "share/doc/sluice/examples/blue_green/switch",
    "share/man/man1/sluice.1", "share/man/man8/sluiced.8",
}
UNIT = "lib/systemd/system/sluiced.service"
PAGES = ("share/man/man1/sluice.1", "share/man/man8/sluiced.8")


def run(*command, **how):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **how)


def need(program):
    if shutil.which(program) is None:
        print(f"SKIPPED: {program} is not installed, so nothing was checked")
        sys.exit(SKIPPED)


def check_files(build, prefix):
    shutil.rmtree(prefix, ignore_errors=True)
    result = run("cmake", "--install", build, "--prefix", prefix)
    assert result.returncode == 0, result.stdout + result.stderr
    found = {p.relative_to(prefix).as_posix() for p in prefix.rglob("*") if not p.is_dir()}
    assert found == FILES, f"missing {FILES - found}, unexpected {found - FILES}"
    for program in ("bin/sluiced", "bin/sluice"):
        result = run(prefix / program, "--version")
        assert result.returncode == 0, result
        assert result.stdout.startswith(program.removeprefix("bin/") + " "), result
    example = prefix / "share/doc/sluice/examples/sluice.yaml"
    result = run(prefix / "bin/sluiced", "--check", "--config", example)
    assert result.returncode == 0, result.stderr


def seconds(unit, key):
    return int(re.search(rf"^{key}=(\d+)$", unit, re.M)[1])


def check_unit(_, prefix):
    unit = (prefix / UNIT).read_text()
    assert f"\nExecStart={prefix}/bin/sluiced --config /etc/sluice/sluice.yaml\n" in unit
    # What the daemon exits with when to start it again is in vain.
    assert "\nRestartPreventExitStatus=78\n" in unit
    # drain_grace is 20s by default; 10 s later the daemon kills what runs, for up to 2 s.
    assert seconds(unit, "TimeoutStopSec") > 20 + 10 + 2
    need("systemd-analyze")
    # The pages are not where man looks for them.
    result = run("systemd-analyze", "verify", "--man=no", prefix / UNIT)
    said = [line for line in result.stderr.splitlines() if "sluiced.service" in line]
    assert result.returncode == 0 and not said, result.stderr


def check_pages(_, prefix):
    need("man")
    need("groff")
    for page in PAGES:
        shown = run("man", "--warnings", "-E", "UTF-8", "-l", prefix / page,
                    env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
        assert shown.returncode == 0 and shown.stderr == "", shown.stderr
        assert "NAME" in shown.stdout and "SYNOPSIS" in shown.stdout, shown.stdout[:500]
        strict = run("groff", "-ww", "-Kutf8", "-man", "-Tutf8", prefix / page)
        assert strict.returncode == 0 and strict.stderr == "", strict.stderr


def main():
    what, build, prefix = sys.argv[1], *map(pathlib.Path, sys.argv[2:])
    {"files": check_files, "unit": check_unit, "pages": check_pages}[what](build, prefix)
    print(f"{what}: good")


if __name__ == "__main__":
    main()
