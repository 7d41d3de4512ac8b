// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The grants of the configuration, and the one decision that follows from them. Made by
// AccessControl, at the start and on a reload. Immutable; any thread.

#ifndef SLUICE_AUTH_POLICY_H_
#define SLUICE_AUTH_POLICY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/methods.h"
#include "auth/principal.h"
#include "base/violations.h"
#include "sluice/config/v1/access.pb.h"

namespace sluice {

// Whether `name` is what `pattern` describes: * is any run of characters, ? is one.
bool GlobMatches(absl::string_view pattern, absl::string_view name);

// The users and groups of grants that the system does not know, by field: NOT_FOUND; UNAVAILABLE
// when it could not be asked. May block for as long as the name service does.
std::vector<FieldError> FindUnknownPrincipals(const config::v1::Access& access);

class Policy {
 public:
  // Everybody may do everything: without the section.
  static Policy Open();

  // Looks the names of users and groups up. The error names the grants whose user or group the
  // system does not know.
  static absl::StatusOr<Policy> FromGrants(const config::v1::Access& access);

  // OK; UNAUTHENTICATED when there are no credentials and they are needed; PERMISSION_DENIED with
  // principal, method, service, and what would allow it. `method` as gRPC's :path has it. Without a
  // service: whether the method may be called for any service at all.
  absl::Status Decide(const Principal& principal, absl::string_view method,
                      std::optional<absl::string_view> service) const;

 private:
  struct Rule {
    config::v1::Grant grant;
    uint32_t id = 0;  // of the user or group, when it is one
  };

  Policy() = default;
  static bool IsMeant(const Rule& rule, const Principal& principal);
  static bool Covers(const config::v1::Grant& grant, const Method& method);
  bool Allows(const Principal& principal, const Method& method,
              std::optional<absl::string_view> service) const;
  absl::Status Refusal(const Principal& principal, absl::string_view path,
                       std::optional<absl::string_view> service) const;
  std::string GrantsOf(const Principal& principal) const;

  bool open_ = false;
  std::vector<Rule> rules_;
};

}  // namespace sluice

#endif  // SLUICE_AUTH_POLICY_H_
