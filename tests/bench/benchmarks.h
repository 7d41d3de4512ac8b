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
#include "sluice/v1/deployment_service.pb.h"

namespace sluice::bench {

using Rows = absl::StatusOr<std::vector<Row>>;

// 10,000 deployments that wait at the same time, and are woken.
Rows MeasureWaiting();
// A rolling deployment of 1,000 targets.
Rows MeasureRollout(const std::string& disk);
// GetState and Deploy against a server that only answers. Sockets are made in `folder`.
Rows MeasureGetState(const std::string& folder);
Rows MeasureDeploy(const std::string& folder);
// Deploy with records on the disk, in the folder `disk`, against a loop that only writes and syncs.
Rows MeasureJournal(const std::string& folder, const std::string& disk);
// How long a start takes that finds records in `disk`.
Rows MeasureRecovery(const std::string& folder, const std::string& disk);
// GetState while others deploy and watch.
Rows MeasureBusy(const std::string& folder, const std::string& disk);
// A change of a record on its way to 1,000 watchers.
Rows MeasureWatch(const std::string& folder);

// A deployment that changes a flag, of the n-th service.
v1::DeployRequest FlagRequest(int64_t n);

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_BENCHMARKS_H_
