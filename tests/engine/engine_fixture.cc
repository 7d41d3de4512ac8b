// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/engine_fixture.h"

#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

constexpr int kHistory = 20;

}  // namespace

v1::DeployRequest EngineTest::Request(const std::string& text) {
  v1::DeployRequest request;
  request.set_service("shop");
  request.set_version("2.0");
  google::protobuf::TextFormat::Parser parser;
  v1::DeployRequest overlay;
  EXPECT_TRUE(parser.ParseFromString(text, &overlay)) << text;
  if (!overlay.has_strategy()) {
    request.mutable_strategy()->mutable_rolling_deployment()->set_delay_seconds(0);
  }
  // The clock here runs far ahead of threads that a busy machine holds up.
  if (!overlay.has_progress_deadline()) request.mutable_progress_deadline()->set_seconds(2'000'000);
  request.MergeFrom(overlay);
  return request;
}

void EngineTest::Configure(int targets, const std::vector<std::string>& services) {
  targets_ = targets;
  std::vector<ServiceDefinitionPtr> definitions;
  for (const std::string& name : services) {
    auto definition = std::make_shared<ServiceDefinition>();
    definition->config.set_name(name);
    definition->config.set_initial_version("1.0");
    definition->ports = PortsOf(world_);
    for (int i = 1; i <= targets; ++i) {
      definition->config.add_targets()->set_id(absl::StrCat("t", i));
      world_->SetVersion(absl::StrCat("t", i), "1.0");
    }
    definitions.push_back(definition);
  }
  catalog_.Replace(definitions);
}

void EngineTest::StartDurable(const EngineLimits& limits) {
  if (store_ == nullptr) store_ = std::make_unique<CrashStore>();
  registry_ = std::make_unique<Registry>(clock_, kHistory);
  store_->Restart();
  absl::StatusOr<StoreChange> contents = store_->Load();
  ASSERT_TRUE(contents.ok()) << contents.status();
  auto journal = Journal::Start(clock_, *store_, {});
  ASSERT_TRUE(journal.ok()) << journal.status();
  journal_ = *std::move(journal);
  const std::vector<RequestLog::Entry> requests = RequestLog::EntriesIn(*contents);
  registry_->Restore(*std::move(contents), *journal_);
  ASSERT_TRUE(registry_->AwaitDurable().ok());
  MakeManager(limits);
  manager_->ResumeAll(requests);
}

void EngineTest::Crash() {
  store_->Crash();
  manager_ = nullptr;
  journal_ = nullptr;
  registry_ = nullptr;
}

void EngineTest::Start(const EngineLimits& limits) {
  registry_ = std::make_unique<Registry>(clock_, kHistory);
  MakeManager(limits);
}

void EngineTest::MakeManager(const EngineLimits& limits) {
  manager_ = std::make_unique<DeploymentManager>(clock_, *registry_, catalog_, limits,
                                                 [this] { return absl::StrCat("d", ++last_id_); });
}

void EngineTest::StartWith(int targets, const EngineLimits& limits) {
  Configure(targets);
  Start(limits);
}

std::string EngineTest::Deploy(const v1::DeployRequest& request) {
  const auto accepted = manager_->Deploy(request);
  EXPECT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_TRUE(registry_->AwaitDurable().ok());
  return accepted.ok() ? (*accepted)->state().id() : "";
}

v1::DeploymentState EngineTest::Get(const std::string& id) const {
  const auto snapshot = registry_->Get(id);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ok() ? (*snapshot)->state() : v1::DeploymentState();
}

v1::DeploymentState EngineTest::Await(
    const std::string& id, const std::function<bool(const v1::DeploymentState&)>& is_so) const {
  for (int64_t seen = 0;;) {
    const v1::DeploymentState state = Get(id);
    if (is_so(state)) return state;
    seen = registry_->AwaitChange(std::max(seen, state.revision()));
  }
}

v1::DeploymentState EngineTest::AwaitStatus(const std::string& id, v1::Status status) const {
  return Await(id, [=](const v1::DeploymentState& state) { return state.status() == status; });
}

v1::DeploymentState EngineTest::AwaitEnd(const std::string& id) const {
  return Await(id, [](const v1::DeploymentState& state) { return IsTerminal(state.status()); });
}

v1::DeploymentState EngineTest::RunToEnd(const std::string& id) {
  v1::DeploymentState state = Get(id);
  while (!IsTerminal(state.status())) {
    clock_.Advance(absl::Seconds(1));
    for (int i = 0; i < 10; ++i) std::this_thread::yield();
    state = Get(id);
  }
  return state;
}

absl::Status EngineTest::Pause(const std::string& id, const std::string& reason) {
  v1::PauseRequest request;
  request.set_deployment_id(id);
  request.set_reason(reason);
  return manager_->Pause(request).status();
}

absl::Status EngineTest::Resume(const std::string& id) {
  v1::ResumeRequest request;
  request.set_deployment_id(id);
  return manager_->Resume(request).status();
}

absl::Status EngineTest::Promote(const std::string& id, bool full) {
  v1::PromoteRequest request;
  request.set_deployment_id(id);
  request.set_full(full);
  return manager_->Promote(request).status();
}

absl::Status EngineTest::Abort(const std::string& id, const std::string& reason) {
  v1::AbortRequest request;
  request.set_deployment_id(id);
  request.set_reason(reason);
  return manager_->Abort(request).status();
}

absl::Status EngineTest::Rollback(const std::string& id, const std::string& to_version) {
  v1::RollbackRequest request;
  request.set_deployment_id(id);
  request.set_to_version(to_version);
  return manager_->Rollback(request).status();
}

void EngineTest::FailDeploy(const std::string& target, const std::string& version) {
  world_->Script(CallKind::kDeploy, target, version,
                 {.status = absl::UnknownError("exit code 3"), .output = "the disk is full"});
}

void EngineTest::HangDeploy(const std::string& target, const std::string& version) {
  world_->Script(CallKind::kDeploy, target, version, {.hangs = true});
}

void EngineTest::HangFor(absl::Duration left, CallKind kind, size_t calls) {
  world_->AwaitCalls(kind, calls);
  clock_.AwaitTimedWait(left);
  clock_.Advance(left);
}

void EngineTest::FailHealth(const std::string& target, const std::string& version) {
  world_->Script(CallKind::kHealth, target, version,
                 {.status = absl::UnavailableError("HTTP 503")});
}

std::vector<std::string> EngineTest::Deploys() const {
  std::vector<std::string> deploys;
  for (const WorldCall& call : world_->calls(CallKind::kDeploy)) {
    deploys.push_back(absl::StrCat(call.subject, "=", call.version));
  }
  return deploys;
}

std::vector<std::string> EngineTest::Versions() const {
  std::vector<std::string> versions;
  for (int i = 1; i <= targets_; ++i) versions.push_back(world_->VersionOf(absl::StrCat("t", i)));
  return versions;
}

}  // namespace sluice
