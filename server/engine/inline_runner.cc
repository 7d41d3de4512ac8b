// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/inline_runner.h"

#include <memory>
#include <utility>

#include "base/timestamp.h"
#include "engine/control.h"
#include "engine/runner.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

v1::Target TargetOf(const TargetCall& call) {
  v1::Target target;
  target.set_id(call.target_id);
  target.set_address(call.target_address);
  target.set_version(call.version);
  return target;
}

class CallbackDeployer final : public Deployer {
 public:
  explicit CallbackDeployer(const DeployFn& deploy) : deploy_(deploy) {}

  CallResult Deploy(const TargetCall& call, std::stop_token) override {
    if (!deploy_) return {};
    return {.status = deploy_(TargetOf(call), call.version)};
  }
  absl::StatusOr<std::string> RunningVersion(const TargetCall&, std::stop_token) override {
    return absl::UnimplementedError("a deploy function cannot tell");
  }
  bool TellsVersion() const override { return false; }

 private:
  const DeployFn& deploy_;
};

class CallbackHealthCheck final : public HealthCheck {
 public:
  explicit CallbackHealthCheck(const HealthCheckFn& check) : check_(check) {}

  absl::StatusOr<std::string> Check(const TargetCall& call, std::stop_token) override {
    if (!check_) return "no health check";
    const absl::Status status = check_(TargetOf(call));
    if (!status.ok()) return status;
    return "healthy";
  }

 private:
  const HealthCheckFn& check_;
};

class CallbackRouter final : public TrafficRouter {
 public:
  explicit CallbackRouter(const SwitchFn& switch_traffic) : switch_(switch_traffic) {}

  absl::Status SetTraffic(const RouteCall&, double, std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status Switch(const RouteCall& call, const std::string&, std::stop_token) override {
    if (!switch_) return absl::OkStatus();
    return switch_(call.version);
  }
  absl::Status SetFlag(const RouteCall&, const std::string&, double, std::stop_token) override {
    return absl::OkStatus();
  }
  // As long as the callback takes, but in the caller's thread.
  absl::Duration MaxDuration() const override { return absl::ZeroDuration(); }

 private:
  const SwitchFn& switch_;
};

// A record of one thread's own.
class LocalRecord final : public Record {
 public:
  LocalRecord(v1::DeploymentState state, const InlineRunner::Observer& observer)
      : state_(std::move(state)), observer_(observer) {}

  absl::Status Update(absl::FunctionRef<absl::Status(v1::DeploymentState&)> change) override {
    const absl::Status status = change(state_);
    if (observer_) observer_(state_);
    return status;
  }
  void Read(absl::FunctionRef<void(const v1::DeploymentState&)> read) const override {
    read(state_);
  }
  absl::Status AwaitDurable() override { return absl::OkStatus(); }
  v1::DeploymentState Take() { return std::move(state_); }

 private:
  v1::DeploymentState state_;
  const InlineRunner::Observer& observer_;
};

void Finish(v1::DeploymentState& state, const RunOutcome& outcome, absl::Time now) {
  if (!outcome.ok()) {
    Fail(state, outcome.reason, outcome.message, now);
  } else if (state.phase() == v1::PHASE_ROLLING_BACK) {
    FinishRollback(state, now);
    state.mutable_result()->set_success(true);
  } else {
    Complete(state, now);
  }
}

}  // namespace

InlineRunner::InlineRunner(Clock& clock, Observer observer)
    : clock_(clock), observer_(std::move(observer)) {}

v1::DeploymentState InlineRunner::Run(v1::DeploymentState state, const Callbacks& callbacks) {
  state.set_status(v1::STATUS_IN_PROGRESS);
  state.clear_result();
  *state.mutable_start_time() = ToTimestamp(clock_.Now());
  const absl::Duration begin = clock_.Monotonic();
  LocalRecord record(std::move(state), observer_);
  Control control(clock_, absl::InfiniteDuration());
  WorkerPool in_caller(clock_, {.name = "inline"});
  const ServicePorts ports{
      .deployer = std::make_shared<CallbackDeployer>(callbacks.deploy),
      .health_check = std::make_shared<CallbackHealthCheck>(callbacks.health_check),
      .health_policy = {.deadline = absl::ZeroDuration()},
      .router = std::make_shared<CallbackRouter>(callbacks.switch_traffic)};
  Runner runner({record, control, ports, in_caller, clock_}, {.go_on = true});
  const RunOutcome outcome = runner.Run();
  Change(record, [&](v1::DeploymentState& end) {
    end.mutable_result()->set_duration_ms(absl::ToInt64Milliseconds(clock_.Monotonic() - begin));
    Finish(end, outcome, clock_.Now());
  });
  return record.Take();
}

}  // namespace sluice
