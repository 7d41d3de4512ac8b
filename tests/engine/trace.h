// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What happened in a schedule, one line an event with the clock's time: to read after a failure,
// and to compare two runs of one seed.

#ifndef SLUICE_TESTS_ENGINE_TRACE_H_
#define SLUICE_TESTS_ENGINE_TRACE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "google/protobuf/message.h"
#include "ports/record_store.h"
#include "support/fake_world.h"

namespace sluice {

// The same for equal messages, unlike SerializeAsString: maps are in order.
std::string BytesOf(const google::protobuf::Message& message);

// All that a commit holds, with a checksum of every byte.
std::string Describe(const StoreChange& change);
// A call that begins, or has ended.
std::string Describe(const WorldCall& call);

// Thread-safe.
class Trace {
 public:
  explicit Trace(const Clock& clock) : clock_(clock) {}

  void Add(const std::string& event);
  std::vector<std::string> lines() const;
  // The last `count` lines, as one text.
  std::string Tail(size_t count) const;

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_TESTS_ENGINE_TRACE_H_
