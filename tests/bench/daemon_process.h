// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// `sluiced` itself, as a process of its own, for what a start or an end costs. Single-threaded.

#ifndef SLUICE_TESTS_BENCH_DAEMON_PROCESS_H_
#define SLUICE_TESTS_BENCH_DAEMON_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::bench {

class DaemonProcess {
 public:
  // Without a configuration; its log goes to `data_dir`.log. Returns at once.
  static absl::StatusOr<std::unique_ptr<DaemonProcess>> Start(const std::string& socket,
                                                              const std::string& data_dir);
  // Kills it, and waits for its end.
  ~DaemonProcess();

  // Until its socket takes a connection. DEADLINE_EXCEEDED, UNAVAILABLE when it has ended.
  absl::Status AwaitSocket(absl::Duration timeout) const;

 private:
  DaemonProcess(pid_t pid, std::string socket);

  const pid_t pid_;
  const std::string socket_;
};

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_DAEMON_PROCESS_H_
