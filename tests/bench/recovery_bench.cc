// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A start of `sluiced` that finds many records: from nothing to the first answer, and until
// everything that ran has gone on to its end.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/time/clock.h"
#include "base/data_directory.h"
#include "base/status_macros.h"
#include "bench/benchmarks.h"
#include "bench/daemon_process.h"
#include "bench/engine.h"
#include "bench/load.h"
#include "drivers/record_store/sqlite_record_store.h"
#include "sluice/v1/deployment_service.grpc.pb.h"

namespace sluice::bench {
namespace {

constexpr int kRounds = 3;
constexpr int kRunning = 100;
constexpr int kHistory = 20;
constexpr int kTargets = 10;
constexpr int kGoalRecords = 10'000;
constexpr int kRecords[] = {1000, kGoalRecords, 40'000};
constexpr int kRecordsEach = 1000;  // of one commit
constexpr double kServingGoal = 2;
constexpr double kResumedGoal = 5;

v1::DeployRequest TenTargets() {
  v1::DeployRequest request;
  request.set_service("sample");
  request.set_version("2.4.1");
  request.mutable_strategy()->mutable_rolling_deployment()->set_batch_size(kTargets);
  for (int i = 0; i < kTargets; ++i) {
    v1::Target& target = *request.add_targets();
    target.set_id(fmt::format("t{}", i));
    target.set_address("127.0.0.1:1");
  }
  return request;
}

std::string RunningService(int i) { return fmt::format("running-{}", i); }

// Leaves deployments that wait in the middle of their steps, and returns one that has ended.
absl::StatusOr<v1::DeploymentState> LeaveRunning(const std::string& data_dir) {
  Engine engine(EngineLimits(), NonePorts(), data_dir);
  SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr sample, engine.manager().Deploy(TenTargets()));
  for (int i = 0; i < kRunning; ++i) {
    SLUICE_RETURN_IF_ERROR(engine.manager().Deploy(TwentySteps(RunningService(i))).status());
  }
  const std::string id = sample->state().id();
  SLUICE_ASSIGN_OR_RETURN(SnapshotPtr ended, engine.registry().Latest(id));
  while (ended->state().status() != v1::STATUS_COMPLETED) {
    absl::SleepFor(absl::Milliseconds(10));
    SLUICE_ASSIGN_OR_RETURN(ended, engine.registry().Latest(id));
  }
  // Until the others wait.
  absl::SleepFor(absl::Milliseconds(500));
  engine.manager().Drain(absl::ZeroDuration(), absl::Minutes(1));
  SLUICE_RETURN_IF_ERROR(engine.registry().AwaitDurable());
  return ended->state();
}

// Copies of `sample` as if they had been deployed before, `kHistory` of each service.
absl::Status AddFinished(const std::string& data_dir, const v1::DeploymentState& sample,
                         int records) {
  SLUICE_ASSIGN_OR_RETURN(const auto directory, DataDirectory::Open(data_dir));
  SLUICE_ASSIGN_OR_RETURN(const auto store, SqliteRecordStore::Open(*directory));
  SLUICE_ASSIGN_OR_RETURN(const StoreChange contents, store->Load());
  journal::v1::Meta meta = *contents.meta;
  // What was given since meta was written is told by the records.
  for (const auto& [id, record] : contents.records) {
    meta.set_position(std::max(meta.position(), record.position));
    meta.set_revision(std::max(meta.revision(), record.state->revision()));
  }
  StoreChange change;
  for (int i = 0; i < records; ++i) {
    auto state = std::make_shared<v1::DeploymentState>(sample);
    state->set_id(fmt::format("finished-{:06}", i));
    state->set_service(fmt::format("service-{}", i / kHistory));
    state->set_revision(meta.revision() + 1);
    meta.set_revision(state->revision());
    meta.set_position(meta.position() + 1);
    change.records[state->id()] = {meta.position(), state};
    change.services[state->service()].emplace().set_latest_deployment_id(state->id());
    if (change.records.size() < kRecordsEach && i + 1 < records) continue;
    change.meta = meta;
    SLUICE_RETURN_IF_ERROR(store->Commit(change));
    change = {};
  }
  return absl::OkStatus();
}

struct Restart {
  double serving = 0;  // seconds, as below
  double resumed = 0;
};

using Stub = v1::DeploymentService::Stub;

absl::StatusOr<v1::DeploymentState> Latest(Stub& stub, const std::string& service) {
  grpc::ClientContext context;
  v1::GetStateRequest request;
  request.set_service(service);
  v1::DeploymentState state;
  const grpc::Status status = stub.GetState(&context, request, &state);
  if (!status.ok()) return absl::InternalError(service + ": " + status.error_message());
  return state;
}

absl::Status PromoteToItsEnd(Stub& stub, const std::string& deployment_id) {
  grpc::ClientContext context;
  v1::PromoteRequest request;
  request.set_deployment_id(deployment_id);
  request.set_full(true);
  v1::DeploymentState state;
  const grpc::Status status = stub.Promote(&context, request, &state);
  return status.ok() ? absl::OkStatus() : absl::InternalError(status.error_message());
}

absl::Status AwaitEnd(Stub& stub, const std::string& service) {
  SLUICE_ASSIGN_OR_RETURN(v1::DeploymentState state, Latest(stub, service));
  while (!state.has_end_time()) {
    absl::SleepFor(absl::Milliseconds(1));
    SLUICE_ASSIGN_OR_RETURN(state, Latest(stub, service));
  }
  if (state.status() == v1::STATUS_COMPLETED) return absl::OkStatus();
  return absl::InternalError(service + " did not complete: " + state.message());
}

absl::StatusOr<Restart> RestartOnce(const std::string& socket, const std::string& data_dir) {
  Restart restart;
  const absl::Time begin = absl::Now();
  SLUICE_ASSIGN_OR_RETURN(const auto daemon, DaemonProcess::Start(socket, data_dir));
  SLUICE_RETURN_IF_ERROR(daemon->AwaitSocket(absl::Minutes(1)));
  const auto stub = v1::DeploymentService::NewStub(Connect("unix:" + socket));
  SLUICE_RETURN_IF_ERROR(Latest(*stub, RunningService(0)).status());
  restart.serving = absl::ToDoubleSeconds(absl::Now() - begin);
  for (int i = 0; i < kRunning; ++i) {
    SLUICE_ASSIGN_OR_RETURN(const v1::DeploymentState state, Latest(*stub, RunningService(i)));
    SLUICE_RETURN_IF_ERROR(PromoteToItsEnd(*stub, state.id()));
  }
  for (int i = 0; i < kRunning; ++i) SLUICE_RETURN_IF_ERROR(AwaitEnd(*stub, RunningService(i)));
  restart.resumed = absl::ToDoubleSeconds(absl::Now() - begin);
  return restart;
}

double SecondsToRead(const std::string& file) {
  const absl::Time begin = absl::Now();
  std::ifstream stream(file, std::ios::binary);
  std::vector<char> buffer(1 << 20);
  while (stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()))) {
  }
  return absl::ToDoubleSeconds(absl::Now() - begin);
}

Row ServingRow(int records, double megabytes, const Pairs& pairs) {
  const double seconds = Median(pairs.measured);
  Row row{
      .figure = fmt::format("restart with {} finished and {} running records ({:.0f} MB): first "
                            "answer after",
                            records, kRunning, megabytes),
      .measured = fmt::format("{:.2f} s", seconds),
      .limit = fmt::format("{:.3f} s to read the file", Median(pairs.limit)),
      .ratio = fmt::format("{:.0f} MB/s", megabytes / seconds)};
  if (records != kGoalRecords) return row;
  row.goal = "< 2 s";
  row.met = seconds < kServingGoal;
  return row;
}

Row ResumedRow(double seconds) {
  return {.figure = "…, all that ran has gone on to its end after",
          .measured = fmt::format("{:.2f} s", seconds),
          .limit = "",
          .ratio = "",
          .goal = "< 5 s",
          .met = seconds < kResumedGoal};
}

}  // namespace

Rows MeasureRecovery(const std::string& folder, const std::string& disk) {
  namespace fs = std::filesystem;
  const std::string running = disk + "/running";
  SLUICE_ASSIGN_OR_RETURN(const v1::DeploymentState sample, LeaveRunning(running));
  std::vector<Row> rows;
  for (const int records : kRecords) {
    const std::string prepared = fmt::format("{}/finished-{}", disk, records);
    fs::copy(running, prepared, fs::copy_options::recursive);
    SLUICE_RETURN_IF_ERROR(AddFinished(prepared, sample, records));
    const std::string file = prepared + "/" + SqliteRecordStore::kFileName;
    Pairs serving;
    std::vector<double> resumed;
    for (int round = 0; round < kRounds; ++round) {
      const std::string data_dir = prepared + "-again";
      fs::copy(prepared, data_dir, fs::copy_options::recursive);
      SLUICE_ASSIGN_OR_RETURN(const Restart restart, RestartOnce(folder + "/recovery", data_dir));
      serving.measured.push_back(restart.serving);
      serving.limit.push_back(SecondsToRead(file));
      resumed.push_back(restart.resumed);
      fs::remove_all(data_dir);
    }
    rows.push_back(ServingRow(records, static_cast<double>(fs::file_size(file)) / 1e6, serving));
    if (records == kGoalRecords) rows.push_back(ResumedRow(Median(resumed)));
    fs::remove_all(prepared);
  }
  return rows;
}

}  // namespace sluice::bench
