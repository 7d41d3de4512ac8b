// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Which request made which deployment, so that a retry of a request is safe.

#ifndef SLUICE_ENGINE_REQUEST_LOG_H_
#define SLUICE_ENGINE_REQUEST_LOG_H_

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace sluice {

// Not thread-safe.
class RequestLog {
 public:
  // The deployment that `request` made before; none when the id is empty or new. ALREADY_EXISTS
  // when the id was used with other content.
  absl::StatusOr<std::optional<std::string>> Find(const std::string& request_id,
                                                  const google::protobuf::Message& request) const;
  void Add(const std::string& request_id, const google::protobuf::Message& request,
           const std::string& deployment_id, absl::Time now);

 private:
  struct Entry {
    size_t fingerprint;
    std::string deployment_id;
  };
  struct Age {
    absl::Time time;
    std::string request_id;
  };

  std::map<std::string, Entry> entries_;
  std::deque<Age> by_age_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_REQUEST_LOG_H_
