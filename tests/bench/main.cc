// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// sluice_bench [NAME ...]: runs the benchmarks (all, or those named: waiting rollout get-state
// deploy watch journal busy recovery) and prints one Markdown table. Exit code 1 when one could not
// be run; a missed goal is in the table. Records go to SLUICE_BENCH_DISK, else to /var/tmp, which
// has to be on a real disk.

#include <fmt/format.h>
#include <grpc/grpc.h>
#include <linux/magic.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/futex_table.h"
#include "bench/benchmarks.h"

namespace sluice::bench {
namespace {

struct Benchmark {
  std::string name;
  std::function<Rows()> measure;
};

// The daemon's log is written as in production, but nobody reads it.
void LogToNobody() { spdlog::set_default_logger(spdlog::basic_logger_mt("bench", "/dev/null")); }

std::string FolderIn(const std::filesystem::path& parent) {
  std::string path = (parent / "sluice-bench-XXXXXX").string();
  return mkdtemp(path.data()) == nullptr ? "" : path;
}

bool IsInMemory(const std::string& folder) {
  struct statfs info = {};
  return statfs(folder.c_str(), &info) != 0 || info.f_type == TMPFS_MAGIC;
}

int Run(const std::vector<std::string>& chosen, const std::string& folder,
        const std::string& disk) {
  // The benchmarks without gRPC come first: what it allocates would hide in theirs.
  const std::vector<Benchmark> benchmarks = {
      {"waiting", [] { return MeasureWaiting(); }},
      {"rollout", [&] { return MeasureRollout(disk); }},
      {"get-state", [&] { return MeasureGetState(folder); }},
      {"deploy", [&] { return MeasureDeploy(folder); }},
      {"watch", [&] { return MeasureWatch(folder); }},
      {"journal", [&] { return MeasureJournal(folder, disk); }},
      {"busy", [&] { return MeasureBusy(folder, disk); }},
      {"recovery", [&] { return MeasureRecovery(folder, disk); }},
  };
  std::vector<Row> table;
  bool all_ran = true;
  for (const auto& [name, measure] : benchmarks) {
    const bool wanted =
        chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
    if (!wanted) continue;
    fmt::print(stderr, "measuring {} …\n", name);
    const Rows rows = measure();
    if (!rows.ok()) {
      fmt::print(stderr, "sluice_bench: {}: {}\n", name, rows.status().ToString());
      all_ran = false;
      continue;
    }
    table.insert(table.end(), rows->begin(), rows->end());
  }
  fmt::print("{}\n\n", DescribeMachine());
  PrintTable(table);
  return all_ran ? 0 : 1;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  sluice::WidenFutexTable();  // As the daemon does.
  sluice::bench::LogToNobody();
  const char* parent = std::getenv("SLUICE_BENCH_DISK");
  const std::string folder = sluice::bench::FolderIn(std::filesystem::temp_directory_path());
  const std::string disk = sluice::bench::FolderIn(parent == nullptr ? "/var/tmp" : parent);
  if (folder.empty() || disk.empty() || sluice::bench::IsInMemory(disk)) {
    fmt::print(stderr,
               "sluice_bench: no temporary folder can be made, or /var/tmp is in memory; "
               "set TMPDIR, or SLUICE_BENCH_DISK\n");
    return 1;
  }
  const int code = sluice::bench::Run({argv + 1, argv + argc}, folder, disk);
  std::filesystem::remove_all(folder);
  std::filesystem::remove_all(disk);
  return code;
}
