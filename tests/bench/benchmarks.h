// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The benchmarks. Each measures one figure of Sluice and its limit in turn, and returns rows for
// the table; an error means that something did not work, not that a goal was missed.

#ifndef SLUICE_TESTS_BENCH_BENCHMARKS_H_
#define SLUICE_TESTS_BENCH_BENCHMARKS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/report.h"

namespace sluice::bench {

using Rows = absl::StatusOr<std::vector<Row>>;

// 10,000 deployments that wait at the same time, and are woken.
Rows MeasureWaiting();
// A rolling deployment of 1,000 targets.
Rows MeasureRollout();
// GetState and Deploy against a server that only answers. Sockets are made in `folder`.
Rows MeasureGetState(const std::string& folder);
Rows MeasureDeploy(const std::string& folder);
// A change of a record on its way to 1,000 watchers.
Rows MeasureWatch(const std::string& folder);

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_BENCHMARKS_H_
