// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/access_control.h"

#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace sluice {
namespace {

constexpr char kScheme[] = "bearer ";
// Far above any token: nobody gets to have megabytes hashed.
constexpr size_t kMaxTokenBytes = 1024;

absl::StatusOr<absl::string_view> TokenIn(absl::string_view header) {
  if (!absl::StartsWithIgnoreCase(header, kScheme)) {
    return absl::UnauthenticatedError("the authorization header must be \"Bearer TOKEN\"");
  }
  header.remove_prefix(sizeof(kScheme) - 1);
  if (header.empty() || header.size() > kMaxTokenBytes) {
    return absl::UnauthenticatedError("the authorization header holds no token of ours");
  }
  return header;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessControl>> AccessControl::Make(const config::v1::Config& config,
                                                                   const Clock& clock) {
  std::unique_ptr<AccessControl> control(new AccessControl(clock));
  SLUICE_RETURN_IF_ERROR(control->Reload(config));
  return control;
}

absl::Status AccessControl::Reload(const config::v1::Config& config) {
  auto rules = std::make_shared<Rules>(Rules{Policy::Open(), config.has_access(), nullptr});
  if (config.has_access()) {
    SLUICE_ASSIGN_OR_RETURN(rules->policy, Policy::FromGrants(config.access()));
  }
  if (!config.access().token_file().empty()) {
    SLUICE_ASSIGN_OR_RETURN(rules->tokens, TokenFile::Load(config.access().token_file(), clock_));
  }
  MutexLock lock(mutex_);
  rules_ = std::move(rules);
  return absl::OkStatus();
}

absl::StatusOr<bool> AccessControl::Refresh() {
  const std::shared_ptr<const Rules> rules = Current();
  return rules->tokens == nullptr ? false : rules->tokens->Refresh();
}

absl::StatusOr<Principal> AccessControl::Authenticate(
    absl::Span<const absl::string_view> authorization, Principal connection) const {
  if (authorization.empty()) return connection;
  if (authorization.size() > 1) {
    return absl::UnauthenticatedError("there must be one authorization header, not several");
  }
  SLUICE_ASSIGN_OR_RETURN(const absl::string_view token, TokenIn(authorization.front()));
  const std::shared_ptr<const Rules> rules = Current();
  if (rules->tokens == nullptr) {
    return absl::UnauthenticatedError(
        "this daemon takes no tokens: its configuration names no access.token_file");
  }
  SLUICE_ASSIGN_OR_RETURN(connection.identity, rules->tokens->Current()->Find(token, clock_.Now()));
  return connection;
}

absl::Status AccessControl::Decide(const Principal& principal, absl::string_view method,
                                   std::optional<absl::string_view> service) const {
  const std::shared_ptr<const Rules> rules = Current();
  if (const auto* token = std::get_if<TokenIdentity>(&principal.identity)) {
    const TokenSet none;
    const auto current = rules->tokens == nullptr ? nullptr : rules->tokens->Current();
    SLUICE_RETURN_IF_ERROR((current == nullptr ? none : *current).Check(*token, clock_.Now()));
  }
  return rules->policy.Decide(principal, method, service);
}

std::shared_ptr<const AccessControl::Rules> AccessControl::Current() const {
  MutexLock lock(mutex_);
  return rules_;
}

}  // namespace sluice
