// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What targets answer over HTTP: bounded, valid UTF-8, and no version that is none.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "drivers/deployer/http_deployer.h"
#include "drivers/health/http_health_check.h"
#include "fuzz/require.h"
#include "support/http_server.h"

namespace sluice {
namespace {

constexpr int kCallsOfAServer = 500;  // It keeps a thread of each.
constexpr size_t kMaxOutputBytes = 40 * 1024;

class Target {
 public:
  void Answer(std::string bytes) {
    if (server_ == nullptr || ++calls_ > kCallsOfAServer) Renew();
    reply_ = std::move(bytes);
  }
  std::string address() const { return server_->address(); }

 private:
  void Renew() {
    server_ = nullptr;
    calls_ = 0;
    server_ = std::make_unique<testing_support::HttpServer>(
        [this](const testing_support::ReceivedRequest&) { return reply_; });
  }

  std::string reply_;
  int calls_ = 0;
  std::unique_ptr<testing_support::HttpServer> server_;
};

void CheckText(const std::string& text) {
  Require(text.size() <= kMaxOutputBytes, "what is kept of an answer is bounded");
  Require(ToValidUtf8(text) == text, "what is kept of an answer is valid UTF-8");
}

void Check(const TargetCall& call) {
  config::v1::HttpDeployer deployer_config;
  deployer_config.set_url("http://{address}/deploy");
  deployer_config.set_version_url("http://{address}/version");
  *deployer_config.mutable_timeout() = ToProtoDuration(absl::Seconds(2));
  HttpDeployer deployer(deployer_config);
  const CallResult result = deployer.Deploy(call, {});
  CheckText(result.output);
  CheckText(std::string(result.status.message()));
  const auto version = deployer.RunningVersion(call, {});
  CheckText(version.ok() ? *version : std::string(version.status().message()));
  config::v1::HttpHealthCheck health_config;
  health_config.set_path("/healthz");
  HttpHealthCheck health(health_config, absl::Seconds(2));
  const auto healthy = health.Check(call, {});
  CheckText(healthy.ok() ? *healthy : std::string(healthy.status().message()));
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const target = new sluice::Target();
  target->Answer(std::string(reinterpret_cast<const char*>(data), size));
  sluice::TargetCall call;
  call.service = "shop";
  call.version = "v2";
  call.target_id = "t1";
  call.target_address = target->address();
  call.deployment_id = "d1";
  sluice::Check(call);
  return 0;
}
