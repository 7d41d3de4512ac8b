// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/log.h"

#include <memory>

#include "absl/strings/match.h"
#include "absl/synchronization/notification.h"
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

// Writes nothing: once a message arrives here, the writer has written all that came before it.
class Mark : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg&) override { reached_.Notify(); }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

  bool Await(absl::Duration limit) { return reached_.WaitForNotificationWithTimeout(limit); }

 private:
  absl::Notification reached_;
};

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

// An empty queue is not enough: the writer takes a line out of it before it writes the line.
bool FlushLog() {
  const auto mark = std::make_shared<Mark>();
  std::make_shared<spdlog::async_logger>("flush", mark, spdlog::thread_pool(),
                                         spdlog::async_overflow_policy::overrun_oldest)
      ->critical("");
  return mark->Await(kPatience);
}

}  // namespace sluice
