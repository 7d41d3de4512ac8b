// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The rows of the printed table, and the arithmetic of repeated measurements. Used by every
// benchmark. Single-threaded.

#ifndef SLUICE_TESTS_BENCH_REPORT_H_
#define SLUICE_TESTS_BENCH_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace sluice::bench {

// One line of the table; an empty cell is printed as a dash.
struct Row {
  std::string figure;
  std::string measured;
  std::string limit;
  std::string ratio;
  std::string goal;
  std::optional<bool> met;
};

// What was measured beside its limit, a pair for each round: the two come from the same minute, so
// their ratio says more than either.
struct Pairs {
  std::vector<double> measured;
  std::vector<double> limit;
};

// `share` of the values are at most the result. `values` must not be empty.
double Quantile(std::vector<double> values, double share);
double Median(std::vector<double> values);
// The median of the rounds' ratios, measured / limit.
double MedianRatio(const Pairs& pairs);

// "12.3k/s"
std::string RateText(double per_second);
// "0.41 ms"
std::string MillisText(absl::Duration duration);

// One line: processors, memory, kernel, compiler and gRPC.
std::string DescribeMachine();
void PrintTable(const std::vector<Row>& rows);

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_REPORT_H_
