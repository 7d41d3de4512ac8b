#!/usr/bin/python3
# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Adds up JUnit files of pytest and CTest: prints "N passed, N failed, N skipped" and exits with 1
when a test failed or none passed. A test that did not run counts as failed, unless it skipped
itself."""
import collections
import sys
import xml.etree.ElementTree as tree


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skipped = case.find("skipped")
    # CTest says "notrun" both of a test that skipped itself and of one that could not be started.
    if skipped is not None and (case.get("status") is None or skipped.get("message").startswith("SKIP_")):
        return "skipped"
    return "failed" if case.get("status") in ("fail", "disabled", "notrun") else "passed"


def main():
    cases = (case for path in sys.argv[1:] for case in tree.parse(path).getroot().iter("testcase"))
    counts = collections.Counter(outcome(case) for case in cases)
    print(", ".join(f"{counts[name]} {name}" for name in ("passed", "failed", "skipped")))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
