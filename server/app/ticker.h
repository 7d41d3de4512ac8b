// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Does something again and again on a thread of its own, which may block. Used by the daemon to
// look at files that others replace.

#ifndef SLUICE_APP_TICKER_H_
#define SLUICE_APP_TICKER_H_

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/thread.h"

namespace sluice {

class Ticker {
 public:
  // Calls `body` each `interval`, the first time after one. The clock outlives it.
  static absl::StatusOr<std::unique_ptr<Ticker>> Start(const std::string& name,
                                                       absl::Duration interval, Clock& clock,
                                                       std::function<void()> body);
  // Waits until a body that runs is done.
  ~Ticker();

 private:
  Ticker() = default;

  std::stop_source stop_;
  std::optional<Thread> thread_;
};

}  // namespace sluice

#endif  // SLUICE_APP_TICKER_H_
