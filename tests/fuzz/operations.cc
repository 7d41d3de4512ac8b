// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "fuzz/operations.h"

#include <cstdio>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "fuzz/require.h"
#include "fuzz/strategy_choice.h"

namespace sluice {
namespace {

constexpr int kMostOperations = 48;

// Targets for "a"; "b" has none.
ServiceDefinitionPtr Define(const std::string& name, const std::shared_ptr<ScriptedWorld>& world) {
  auto definition = std::make_shared<ServiceDefinition>();
  definition->config.set_name(name);
  definition->config.set_initial_version("v0");
  definition->ports = {.deployer = world,
                       .health_check = world,
                       .health_policy = {.deadline = absl::ZeroDuration()},
                       .router = world};
  if (name != "a") return definition;
  for (const char* id : {"t1", "t2", "t3"}) definition->config.add_targets()->set_id(id);
  return definition;
}

}  // namespace

Operations::Operations(const uint8_t* bytes, size_t size, bool trace)
    : bytes_(bytes),
      end_(bytes + size),
      trace_(trace),
      is_durable_(size > 0 && (bytes[0] & 1) != 0),
      history_(size > 0 && (bytes[0] & 2) != 0 ? 2 : 1000),
      model_(*world_, history_) {
  Byte();
  catalog_.Replace({Define("a", world_), Define("b", world_)});
}

Operations::~Operations() { Stop(); }

void Operations::Run() {
  Start();
  for (int i = 0; i < kMostOperations && bytes_ < end_; ++i) Act();
  Watch();
}

uint8_t Operations::Byte() { return bytes_ < end_ ? *bytes_++ : 0; }

void Operations::Start() {
  registry_ = std::make_unique<Registry>(clock_, static_cast<int>(history_));
  std::vector<RequestLog::Entry> requests;
  if (is_durable_) {
    store_.Restart();
    StoreChange contents = *store_.Load();
    requests = RequestLog::EntriesIn(contents);
    journal_ = *Journal::Start(clock_, store_, {});
    registry_->Restore(std::move(contents), *journal_);
    Require(registry_->AwaitDurable().ok(), "a start is durable");
  }
  // Targets are called on the deployment's own thread, one after the other.
  manager_ = std::make_unique<DeploymentManager>(
      clock_, *registry_, catalog_, EngineLimits{.max_target_calls = 0},
      [this] { return absl::StrCat("d", ++last_id_, "-"); });
  manager_->ResumeAll(requests);
}

void Operations::Stop() {
  if (is_durable_) store_.Crash();
  manager_ = nullptr;
  journal_ = nullptr;
  registry_ = nullptr;
}

void Operations::Act() {
  switch (Byte() % 16) {
    case 0:
    case 1:
    case 2:
      return Deploy();
    case 3:
      return Repeat();
    case 4:
      return Steer(Verb::kPause);
    case 5:
      return Steer(Verb::kResume);
    case 6:
    case 7:
      return Steer(Verb::kPromote);
    case 8:
      return Steer(Verb::kAbort);
    case 9:
    case 10:
      return Rollback();
    case 11:
    case 12: {
      const absl::Duration step = absl::Seconds(Byte() % 100);
      Trace(absl::StrCat("advance ", absl::FormatDuration(step)));
      clock_.Advance(step);
      return Settle({}, true);
    }
    case 13: {
      static const char* const kCalls[] = {"deploy t1", "deploy t2", "health t2",
                                           "health t3", "route a",   "route b"};
      const char* const call = kCalls[Byte() % std::size(kCalls)];
      Trace(absl::StrCat("toggle ", call));
      world_->Toggle(call);
      return Settle({});
    }
    case 14:
      Trace("restart");
      return is_durable_ ? Restart() : Watch();
    default:
      return Byte() % 2 == 0 ? Read() : Watch();
  }
}

void Operations::Restart() {
  std::map<std::string, v1::Status> unfinished;
  std::set<std::string> ids;
  for (const v1::DeploymentState& state : model_.records()) {
    if (HasEnded(state)) continue;
    unfinished[state.id()] = state.status();
    ids.insert(state.id());
  }
  Stop();
  Start();
  Settle(ids);
  for (const auto& [id, status] : unfinished) {
    Require(model_.Find(id)->status() == status, "a restart goes on where it was");
  }
}

// --- Requests.

std::string Operations::PickId() {
  const std::vector<v1::DeploymentState>& records = model_.records();
  const uint8_t choice = Byte();
  // The newest ones are the most interesting; d1 may be gone, d0 never was.
  if (records.empty() || choice >= 250) return absl::StrCat("d", choice % 2, "-");
  return records[records.size() - 1 - choice % records.size()].id();
}

std::string Operations::PickRequestId() {
  const int choice = Byte() % 8;
  return choice < 4 ? "" : absl::StrCat("r", choice);
}

void Operations::Deploy() {
  v1::DeployRequest request;
  const uint8_t choice = Byte();
  request.set_service((choice & 1) != 0 ? "a" : "b");
  request.set_version(absl::StrCat("v", (choice >> 1) % 4));
  if ((choice & 8) != 0) request.mutable_on_failure()->set_policy(v1::FAILURE_POLICY_STOP);
  request.mutable_progress_deadline()->set_seconds(2'000'000);
  if (request.service() == "a" && (choice & 16) != 0) request.add_targets()->set_id("t2");
  request.set_request_id(PickRequestId());
  const bool is_valid = SetStrategy(Byte(), request.service() == "a", *request.mutable_strategy());
  Send(request, is_valid);
}

void Operations::Repeat() {
  if (deploys_.empty()) return Deploy();
  v1::DeployRequest request = deploys_[Byte() % deploys_.size()];
  if (Byte() % 4 == 0) request.set_reason("another one");
  Send(request, true);
}

void Operations::Send(const v1::DeployRequest& request, bool is_valid) {
  const std::string content = request.SerializeAsString();
  EngineModel::Answer expected = model_.OfDeploy(request, content);
  if (!is_valid) expected = {absl::StatusCode::kInvalidArgument, ""};
  const auto answer = manager_->Deploy(request);
  Check(absl::StrCat("deploy ", request.ShortDebugString()), answer.status(), expected.code);
  if (!answer.ok()) return Settle({});
  const std::string id = (*answer)->state().id();
  Require(expected.id.empty() || expected.id == id, "a request makes one deployment");
  if (!expected.id.empty()) return Settle({});
  Require(model_.Find(id) == nullptr, "a new request makes a new deployment");
  model_.Taken(request.request_id(), content, id);
  if (!request.request_id().empty()) deploys_.push_back(request);
  Settle({id});
}

void Operations::Rollback() {
  v1::RollbackRequest request;
  const uint8_t choice = Byte();
  if (choice % 4 == 0) {
    request.set_service((choice & 4) != 0 ? "a" : "b");
  } else {
    request.set_deployment_id(PickId());
  }
  if (choice % 8 == 1) request.set_to_version(absl::StrCat("v", (choice >> 4) % 4));
  request.set_request_id(PickRequestId());
  Send(request);
}

void Operations::Send(const v1::RollbackRequest& request) {
  const std::string content = "rollback " + request.SerializeAsString();
  const EngineModel::Answer expected = model_.OfRollback(request, content);
  const auto answer = manager_->Rollback(request);
  Check(absl::StrCat("rollback ", request.ShortDebugString()), answer.status(), expected.code);
  if (!answer.ok()) return Settle({});
  const std::string id = (*answer)->state().id();
  if (!expected.id.empty()) {
    Require(expected.id == id, "a repeated rollback is the same");
    return Settle({});
  }
  model_.Taken(request.request_id(), content, id);
  Settle({id});
  const v1::DeploymentState* after = model_.Find(id);
  const bool is_right = after->phase() == v1::PHASE_ROLLING_BACK || HasEnded(*after);
  Require(is_right && after->status() != v1::STATUS_COMPLETED, "a rollback that was taken is done");
}

void Operations::Steer(Verb verb) {
  const std::string id = PickId();
  const absl::StatusCode expected = model_.OfVerb(verb, id);
  absl::Status status;
  std::string name;
  const auto send = [&](const char* what, auto request, auto method) {
    request.set_deployment_id(id);
    if constexpr (requires { request.set_full(true); }) request.set_full(Byte() % 2 == 1);
    name = what;
    status = (*manager_.*method)(request).status();
  };
  if (verb == Verb::kPause) send("pause", v1::PauseRequest(), &DeploymentManager::Pause);
  if (verb == Verb::kResume) send("resume", v1::ResumeRequest(), &DeploymentManager::Resume);
  if (verb == Verb::kPromote) send("promote", v1::PromoteRequest(), &DeploymentManager::Promote);
  if (verb == Verb::kAbort) send("abort", v1::AbortRequest(), &DeploymentManager::Abort);
  Check(absl::StrCat(name, " ", id), status, expected);
  if (!status.ok()) return Settle({});
  Settle({id});
  const v1::DeploymentState* after = model_.Find(id);
  if (verb == Verb::kPause) Require(after->status() == v1::STATUS_PAUSED, "a pause pauses");
  if (verb == Verb::kAbort) Require(after->reason() == v1::REASON_ABORTED, "an abort ends it");
}

void Operations::Check(const std::string& what, const absl::Status& status,
                       absl::StatusCode expected) const {
  Trace(absl::StrCat(what, ": ", status.ToString()));
  if (expected == absl::StatusCode::kUnknown) {
    const bool is_refusal = status.code() == absl::StatusCode::kFailedPrecondition;
    return Require(status.ok() || is_refusal, "a request is taken, or refused for its state");
  }
  Require(status.code() == expected, "a request is answered as the model says");
}

void Operations::Trace(const std::string& line) const {
  if (trace_) std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace sluice
