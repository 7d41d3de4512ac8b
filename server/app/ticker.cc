// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/ticker.h"

#include <utility>

#include "base/status_macros.h"

namespace sluice {
namespace {

// The system's name services, which a reload may ask, want more than the engine's waits.
constexpr size_t kStackBytes = 1024 * 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<Ticker>> Ticker::Start(const std::string& name,
                                                      absl::Duration interval, Clock& clock,
                                                      std::function<void()> body) {
  std::unique_ptr<Ticker> ticker(new Ticker);
  const auto run = [&clock, interval, body = std::move(body), stop = ticker->stop_.get_token()] {
    while (SleepFor(clock, interval, stop)) body();
  };
  SLUICE_ASSIGN_OR_RETURN(ticker->thread_, Thread::Start(clock, name, run, kStackBytes));
  return ticker;
}

Ticker::~Ticker() {
  stop_.request_stop();
  if (thread_.has_value()) thread_->Join();
}

}  // namespace sluice
