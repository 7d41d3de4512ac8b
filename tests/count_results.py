#!/usr/bin/python3
# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Adds up JUnit files: prints "N passed, N failed" and exits with 1 when a test failed or none ran."""
import sys
import xml.etree.ElementTree as tree


def main():
    passed = failed = 0
    for path in sys.argv[1:]:
        for case in tree.parse(path).getroot().iter("testcase"):
            bad = case.find("failure") is not None or case.find("error") is not None
            not_run = case.get("status") in ("fail", "disabled", "notrun")
            failed += bad or not_run
            passed += not (bad or not_run)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
