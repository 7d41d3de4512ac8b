// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/log.h"

#include <stop_token>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/violations.h"
#include "google/protobuf/stubs/logging.h"
#include "grpc/support/log.h"
#include "rpc/per_second.h"
#include "spdlog/async.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

// Lines that wait for the writer; the oldest give way.
constexpr size_t kMaxWaiting = 8192;
constexpr absl::Duration kPatience = absl::Seconds(1);
constexpr absl::Duration kGlance = absl::Milliseconds(5);
constexpr size_t kMaxBytes = 1024;
// As gRPC's TLS begins what it says of a caller without a certificate, or of another authority.
constexpr char kHandshakeFailed[] = "Handshake failed";

// Whoever connects can make gRPC say so, as often as they like.
void LogHandshake(const char* why) {
  static const RealClock clock;
  static PerSecond lines(1);
  if (!lines.Take(clock.Monotonic())) return;
  spdlog::warn("event=handshake_failed unlogged={} reason={}", lines.Missed(),
               Quoted(why, kMaxBytes));
}

void LogOfGrpc(gpr_log_func_args* line) {
  if (absl::StartsWith(line->message, kHandshakeFailed)) return LogHandshake(line->message);
  const auto level =
      line->severity == GPR_LOG_SEVERITY_ERROR ? spdlog::level::warn : spdlog::level::debug;
  spdlog::log(level, "event=grpc message={}", Quoted(line->message, kMaxBytes));
}

void LogOfProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  spdlog::warn("event=protobuf message={}", Quoted(message, kMaxBytes));
}

}  // namespace

void StartLog(const std::string& level) {
  spdlog::init_thread_pool(kMaxWaiting, 1);
  spdlog::set_default_logger(spdlog::create_async_nb<spdlog::sinks::stderr_sink_mt>("sluiced"));
  spdlog::set_pattern("time=%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
  spdlog::set_level(spdlog::level::from_str(level));
  spdlog::flush_on(spdlog::level::info);
  gpr_set_log_function(LogOfGrpc);
  google::protobuf::SetLogHandler(LogOfProtobuf);
}

bool FlushLog() {
  RealClock clock;
  const absl::Duration end = clock.Monotonic() + kPatience;
  while (spdlog::thread_pool()->queue_size() > 0 && clock.Monotonic() < end) {
    SleepFor(clock, kGlance, std::stop_token());
  }
  return spdlog::thread_pool()->queue_size() == 0;
}

}  // namespace sluice
