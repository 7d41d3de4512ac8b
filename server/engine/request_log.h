// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Which request made which deployment, so that a retry of a request is safe.

#ifndef SLUICE_ENGINE_REQUEST_LOG_H_
#define SLUICE_ENGINE_REQUEST_LOG_H_

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "ports/record_store.h"
#include "sluice/journal/v1/journal.pb.h"

namespace sluice {

// How many requests are remembered: nothing that is younger than a day gives way to others.
struct RequestLogLimits {
  size_t of_one = 100'000;  // caller
  size_t of_all = 400'000;
  // So many of each caller also when there are as many as may be of all, so that the others cannot
  // keep anybody out.
  size_t of_each = 1000;
};

// Not thread-safe.
class RequestLog {
 public:
  explicit RequestLog(const RequestLogLimits& limits = {}) : limits_(limits) {}

  // A request that was accepted; no key when the caller gave no id.
  struct Entry {
    std::string key;
    journal::v1::AcceptedRequest accepted;
  };

  // Whose request it is, and what they call it; the ids of one caller say nothing of another's.
  struct Name {
    std::string requester;  // empty: callers are not told apart
    std::string request_id;
  };

  // The deployment that `request` made before; none when the id is empty or new. ALREADY_EXISTS
  // when the id was used with other content.
  absl::StatusOr<std::optional<std::string>> Find(const Name& name,
                                                  const google::protobuf::Message& request) const;

  static Entry MakeEntry(const Name& name, const google::protobuf::Message& request,
                         const std::string& deployment_id, absl::Time now);
  // What an earlier run of the daemon has stored, the oldest first.
  static std::vector<Entry> EntriesIn(const StoreChange& contents);
  // Forgets what is too old to be kept, and returns its keys: a day by their times, which may have
  // jumped, and by `since`, as Add has it.
  std::vector<std::string> ForgetOld(absl::Time now, absl::Duration since);
  // RESOURCE_EXHAUSTED when as many of this caller's requests are remembered as may be. Callers who
  // are not told apart have the room of all.
  absl::Status CheckRoom(const Name& name) const;
  // `since` is when this run of the daemon learned of the request, on the monotonic clock; minus
  // infinity for those of an earlier run.
  void Add(const Entry& entry, absl::Duration since);

 private:
  struct Age {
    absl::Time time;
    absl::Duration since;
    std::string key;
  };

  const RequestLogLimits limits_;
  std::map<std::string, journal::v1::AcceptedRequest> accepted_;
  std::map<std::string, size_t> counts_;  // by requester
  std::deque<Age> by_age_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_REQUEST_LOG_H_
