// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/policy.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/violations.h"

namespace sluice {
namespace {

using config::v1::Grant;

constexpr size_t kMaxEntryBytes = 256 * 1024;

template <typename Items>
bool Contains(const Items& items, absl::string_view wanted) {
  return std::any_of(items.begin(), items.end(),
                     [wanted](const std::string& item) { return item == wanted; });
}

bool IsUnixMatch(const Grant& grant, uint32_t id, const UnixIdentity& caller) {
  const bool by_group =
      grant.principal_case() == Grant::kUnixGroup || grant.principal_case() == Grant::kUnixGid;
  if (by_group) return std::find(caller.gids.begin(), caller.gids.end(), id) != caller.gids.end();
  return caller.uid == id;
}

// `error` is what the name service had.
absl::Status Unknown(const char* what, const std::string& name, int error) {
  const std::string message = absl::StrCat("the system knows no ", what, " ", Quoted(name));
  if (error == 0) return absl::NotFoundError(message);
  return absl::UnavailableError(absl::StrCat(message, " (it could not be asked)"));
}

absl::StatusOr<uint32_t> UserId(const std::string& name) {
  std::string buffer(kMaxEntryBytes, '\0');
  passwd entry = {};
  passwd* found = nullptr;
  const int error = getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return Unknown("user", name, error);
  return entry.pw_uid;
}

absl::StatusOr<uint32_t> GroupId(const std::string& name) {
  std::string buffer(kMaxEntryBytes, '\0');
  group entry = {};
  group* found = nullptr;
  const int error = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return Unknown("group", name, error);
  return entry.gr_gid;
}

// 0 for a grant that means neither a user nor a group.
absl::StatusOr<uint32_t> IdOf(const Grant& grant) {
  switch (grant.principal_case()) {
    case Grant::kUnixUser:
      return UserId(grant.unix_user());
    case Grant::kUnixGroup:
      return GroupId(grant.unix_group());
    case Grant::kUnixUid:
      return grant.unix_uid();
    case Grant::kUnixGid:
      return grant.unix_gid();
    default:
      return 0;
  }
}

// Of the grant's principal: "access.grants[2].unix_user".
std::string PrincipalField(const config::v1::Access& access, int index) {
  const auto* principal =
      Grant::descriptor()->FindFieldByNumber(access.grants(index).principal_case());
  const std::string grant = FieldPath("access.grants", static_cast<size_t>(index));
  return FieldPath(grant, principal == nullptr ? "" : principal->name());
}

std::string Objects(std::optional<absl::string_view> service) {
  return service ? absl::StrCat("the service ", Quoted(*service)) : "any service";
}

}  // namespace

bool GlobMatches(absl::string_view pattern, absl::string_view name) {
  size_t p = 0, n = 0;
  // Where to go on when what follows the last star does not match.
  size_t star = absl::string_view::npos, tried = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      tried = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      n = ++tried;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == absl::string_view::npos;
}

std::vector<FieldError> FindUnknownPrincipals(const config::v1::Access& access) {
  std::vector<FieldError> unknown;
  for (int i = 0; i < access.grants_size(); ++i) {
    const absl::Status status = IdOf(access.grants(i)).status();
    if (!status.ok()) unknown.push_back({PrincipalField(access, i), status});
  }
  return unknown;
}

Policy Policy::Open() {
  Policy policy;
  policy.open_ = true;
  return policy;
}

absl::StatusOr<Policy> Policy::FromGrants(const config::v1::Access& access) {
  Policy policy;
  Violations unknown;
  for (int i = 0; i < access.grants_size(); ++i) {
    const absl::StatusOr<uint32_t> id = IdOf(access.grants(i));
    if (!id.ok()) {
      unknown.Add(PrincipalField(access, i), id.status().message());
      continue;
    }
    policy.rules_.push_back({access.grants(i), *id});
  }
  SLUICE_RETURN_IF_ERROR(unknown.ToStatus());
  return policy;
}

absl::Status Policy::Decide(const Principal& principal, absl::string_view method,
                            std::optional<absl::string_view> service) const {
  if (open_) return absl::OkStatus();
  const Method* known = FindMethod(method);
  if (known != nullptr && Allows(principal, *known, service)) return absl::OkStatus();
  return Refusal(principal, method, service);
}

bool Policy::Allows(const Principal& principal, const Method& method,
                    std::optional<absl::string_view> service) const {
  if (method.permission == Permission::kNone) return true;
  return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    const auto& globs = rule.grant.services();
    return IsMeant(rule, principal) && Covers(rule.grant, method) &&
           std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
             return !service || GlobMatches(glob, *service);
           });
  });
}

bool Policy::IsMeant(const Rule& rule, const Principal& principal) {
  const Grant& grant = rule.grant;
  if (grant.principal_case() == Grant::kAnybody) return grant.anybody();
  const auto* caller = std::get_if<UnixIdentity>(&principal.identity);
  const auto* token = std::get_if<TokenIdentity>(&principal.identity);
  const auto* certificate = std::get_if<CertificateIdentity>(&principal.identity);
  switch (grant.principal_case()) {
    case Grant::kToken:
      return token != nullptr && token->name == grant.token();
    case Grant::kUnixUser:
    case Grant::kUnixUid:
    case Grant::kUnixGroup:
    case Grant::kUnixGid:
      return caller != nullptr && IsUnixMatch(grant, rule.id, *caller);
    case Grant::kCertificateUri:
      return certificate != nullptr && Contains(certificate->uris, grant.certificate_uri());
    case Grant::kCertificateDns:
      return certificate != nullptr && Contains(certificate->dns_names, grant.certificate_dns());
    case Grant::kCertificateCommonName:
      return certificate != nullptr && certificate->common_name == grant.certificate_common_name();
    default:
      return false;
  }
}

bool Policy::Covers(const Grant& grant, const Method& method) {
  return RoleHas(grant.role(), method.permission) ||
         Contains(grant.methods(), ShortMethodName(method.path));
}

absl::Status Policy::Refusal(const Principal& principal, absl::string_view path,
                             std::optional<absl::string_view> service) const {
  const std::string name = ShortMethodName(path);
  if (std::holds_alternative<AnonymousIdentity>(principal.identity)) {
    return absl::UnauthenticatedError(
        absl::StrCat(Quoted(name),
                     " needs credentials: send a token (authorization: Bearer TOKEN), use a "
                     "client certificate, or call over the Unix socket"));
  }
  const Method* method = FindMethod(path);
  if (method == nullptr) {
    return absl::PermissionDeniedError(
        absl::StrCat(principal.Describe(), " may not call ", Quoted(path), ": no such method"));
  }
  return absl::PermissionDeniedError(absl::StrCat(
      principal.Describe(), " may not call ", name, " for ", Objects(service), ": that takes a ",
      "grant with the role ", absl::StrJoin(RolesWith(method->permission), " or "),
      ", or with methods: [", name, "], and services that match; it has ", GrantsOf(principal)));
}

// Of the caller alone: what others may do is not told.
std::string Policy::GrantsOf(const Principal& principal) const {
  std::vector<std::string> all;
  for (const Rule& rule : rules_) {
    if (!IsMeant(rule, principal)) continue;
    std::vector<std::string> what(rule.grant.methods().begin(), rule.grant.methods().end());
    if (rule.grant.role() != config::v1::ROLE_UNSPECIFIED) {
      what.insert(what.begin(), RoleName(rule.grant.role()));
    }
    all.push_back(
        absl::StrCat(absl::StrJoin(what, "+"), " on ", absl::StrJoin(rule.grant.services(), ",")));
  }
  return all.empty() ? "no grant" : absl::StrJoin(all, "; ");
}

}  // namespace sluice
