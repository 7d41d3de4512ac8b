# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""What tests that kill the daemon share: the seed of their moments, and what targets may have seen."""
import collections
import os
import time

SEED = int(os.environ.get("SLUICE_SEED", time.time_ns() % 1_000_000))
Call = collections.namedtuple("Call", "time kind target version step attempt epoch")


def read_calls(fleet):
    """The fleet's call log; an end has no step, attempt and epoch."""
    rows = [line.split() for line in (fleet.directory / "calls").read_text().splitlines()]
    return [Call(float(row[0]), row[1], row[2], row[3], *(map(int, row[4:7] if row[1] == "begin" else
                                                             (-1, -1, -1)))) for row in rows]


def check_calls(calls, version):
    """What the targets saw of one deployment's calls for a version; the begins, and the ends."""
    begins = [c for c in calls if c.kind == "begin" and c.version == version]
    tries = collections.Counter((c.target, c.step, c.attempt) for c in begins)
    assert max(tries.values()) == 1, tries.most_common(3)
    assert [c.epoch for c in begins] == sorted(c.epoch for c in begins)
    ends = {}
    for c in calls:
        if c.version != version:
            continue
        assert c.target not in ends, f"{c} after {ends[c.target]}"
        if c.kind == "end":
            ends[c.target] = c
    return begins, ends
