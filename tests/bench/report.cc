// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/report.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace sluice::bench {
namespace {

std::string ProcessorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(": ") + 2);
  }
  return "unknown processor";
}

double MemoryGib() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE) / (1 << 30);
}

std::string Cell(const std::string& text) { return text.empty() ? "–" : text; }

std::string Verdict(const std::optional<bool>& met) {
  if (!met.has_value()) return "–";
  return *met ? "yes" : "NO";
}

}  // namespace

double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<size_t>(std::max(rank, 1.0)) - 1];
}

double Median(std::vector<double> values) { return Quantile(std::move(values), 0.5); }

double MedianRatio(const Pairs& pairs) {
  std::vector<double> ratios;
  for (size_t i = 0; i < pairs.measured.size(); ++i) {
    ratios.push_back(pairs.measured[i] / pairs.limit[i]);
  }
  return Median(std::move(ratios));
}

std::string RateText(double per_second) { return fmt::format("{:.1f}k/s", per_second / 1000); }

std::string MillisText(absl::Duration duration) {
  return fmt::format("{:.2f} ms", absl::ToDoubleMilliseconds(duration));
}

std::string DescribeMachine() {
  utsname system;
  uname(&system);
  return fmt::format("{} × {}, {:.0f} GiB, {} {}, GCC {}, gRPC {}", sysconf(_SC_NPROCESSORS_ONLN),
                     ProcessorName(), MemoryGib(), system.sysname, system.release, __VERSION__,
                     grpc::Version());
}

void PrintTable(const std::vector<Row>& rows) {
  fmt::print("| figure | measured | limit | ratio | goal | met |\n|---|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    fmt::print("| {} | {} | {} | {} | {} | {} |\n", row.figure, Cell(row.measured), Cell(row.limit),
               Cell(row.ratio), Cell(row.goal), Verdict(row.met));
  }
}

}  // namespace sluice::bench
