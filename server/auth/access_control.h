// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The door of the daemon: tells who calls, and whether they may. Used by rpc for each call, and
// again while a stream is open: a token that was revoked, or a grant that is gone, ends it.

#ifndef SLUICE_AUTH_ACCESS_CONTROL_H_
#define SLUICE_AUTH_ACCESS_CONTROL_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "auth/policy.h"
#include "auth/principal.h"
#include "auth/token_file.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

// Thread-safe. Nothing but Make, Reload and Refresh touches the disk.
class AccessControl {
 public:
  // Without an `access` section everybody may do everything. Else the token file and the names of
  // users and groups must be good.
  static absl::StatusOr<std::unique_ptr<AccessControl>> Make(const config::v1::Config& config,
                                                             const Clock& clock);

  // Takes the `access` section of `config`, or leaves all as it was.
  absl::Status Reload(const config::v1::Config& config);

  // Looks whether the token file has changed; true when there are new tokens. The error says once
  // why the old ones are kept.
  absl::StatusOr<bool> Refresh();

  // Whether there is an `access` section at all.
  bool is_closed() const { return Current()->closed; }

  // Who makes a call: the owner of the token in its `authorization` header, or without one
  // `connection`, which the socket or the TLS handshake told. A token that is not good is refused,
  // whatever the connection says; so is more than one.
  absl::StatusOr<Principal> Authenticate(absl::Span<const absl::string_view> authorization,
                                         Principal connection) const;

  // Policy::Decide; and UNAUTHENTICATED when the principal's token is no longer good.
  absl::Status Decide(const Principal& principal, absl::string_view method,
                      std::optional<absl::string_view> service) const;

 private:
  struct Rules {
    Policy policy;
    bool closed = false;
    std::shared_ptr<TokenFile> tokens;  // null: no token is good
  };

  explicit AccessControl(const Clock& clock) : clock_(clock) {}
  std::shared_ptr<const Rules> Current() const;

  const Clock& clock_;
  mutable Mutex mutex_;
  std::shared_ptr<const Rules> rules_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_AUTH_ACCESS_CONTROL_H_
