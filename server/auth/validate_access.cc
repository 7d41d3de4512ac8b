// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/validate_access.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "auth/methods.h"
#include "base/crypto/token.h"

namespace sluice {
namespace {

using config::v1::Access;
using config::v1::Grant;

constexpr int kMaxGrants = 1000;
constexpr size_t kMaxNameBytes = 255;
constexpr size_t kMaxPathBytes = 4096;

void CheckPath(absl::string_view field, const std::string& path, Violations& violations) {
  CheckText(field, path, kMaxPathBytes, violations);
  if (!path.empty() && path[0] != '/') {
    violations.Add(field, absl::StrCat("must be an absolute path, is ", Quoted(path)));
  }
}

void CheckPrincipalName(const std::string& field, const std::string& name, Violations& violations) {
  if (name.empty()) {
    violations.Add(field, "must be given");
  } else {
    CheckText(field, name, kMaxNameBytes, violations);
  }
}

void CheckToken(const std::string& field, const Access& access, const Grant& grant,
                Violations& violations) {
  if (!IsTokenName(grant.token())) {
    violations.Add(FieldPath(field, "token"),
                   absl::StrCat(kTokenNameRule, ", is ", Quoted(grant.token())));
  } else if (access.token_file().empty()) {
    violations.Add(FieldPath(field, "token"), "needs access.token_file, which holds the tokens");
  }
}

void CheckPrincipal(const std::string& field, const Access& access, const Grant& grant,
                    Violations& violations) {
  switch (grant.principal_case()) {
    case Grant::PRINCIPAL_NOT_SET:
      violations.Add(field,
                     "must name one of token, unix_user, unix_uid, unix_group, unix_gid, "
                     "certificate_uri, certificate_dns, certificate_common_name, anybody");
      break;
    case Grant::kToken:
      CheckToken(field, access, grant, violations);
      break;
    case Grant::kUnixUser:
      CheckPrincipalName(FieldPath(field, "unix_user"), grant.unix_user(), violations);
      break;
    case Grant::kUnixGroup:
      CheckPrincipalName(FieldPath(field, "unix_group"), grant.unix_group(), violations);
      break;
    case Grant::kCertificateUri:
      CheckPrincipalName(FieldPath(field, "certificate_uri"), grant.certificate_uri(), violations);
      break;
    case Grant::kCertificateDns:
      CheckPrincipalName(FieldPath(field, "certificate_dns"), grant.certificate_dns(), violations);
      break;
    case Grant::kCertificateCommonName:
      CheckPrincipalName(FieldPath(field, "certificate_common_name"),
                         grant.certificate_common_name(), violations);
      break;
    case Grant::kAnybody:
      if (!grant.anybody()) violations.Add(FieldPath(field, "anybody"), "must be true, or absent");
      break;
    case Grant::kUnixUid:
    case Grant::kUnixGid:
      break;
  }
}

void CheckMethod(const std::string& field, const std::string& name, Violations& violations) {
  std::vector<std::string> known;
  for (const Method& method : AllMethods()) {
    if (method.permission != Permission::kNone) known.push_back(ShortMethodName(method.path));
  }
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  violations.Add(
      field, absl::StrCat("must be one of ", absl::StrJoin(known, ", "), "; is ", Quoted(name)));
}

bool IsGlob(absl::string_view glob) {
  return !glob.empty() && glob.size() <= kMaxNameBytes &&
         std::all_of(glob.begin(), glob.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '.' ||
                  c == '*' || c == '?';
         });
}

void CheckWhat(const std::string& field, const Grant& grant, Violations& violations) {
  if (grant.role() == config::v1::ROLE_UNSPECIFIED && grant.methods().empty()) {
    violations.Add(FieldPath(field, "role"),
                   "must be viewer, deployer, operator or admin, or methods must be given");
  }
  const std::string methods = FieldPath(field, "methods");
  for (int i = 0; i < grant.methods_size(); ++i) {
    CheckMethod(FieldPath(methods, static_cast<size_t>(i)), grant.methods(i), violations);
  }
  const std::string services = FieldPath(field, "services");
  if (grant.services().empty()) {
    violations.Add(services, "must be given; [\"*\"] is every service");
  }
  for (int i = 0; i < grant.services_size(); ++i) {
    if (IsGlob(grant.services(i))) continue;
    violations.Add(
        FieldPath(services, static_cast<size_t>(i)),
        absl::StrCat("must be of a-z 0-9 - . with * and ?, is ", Quoted(grant.services(i))));
  }
}

}  // namespace

void ValidateAccess(const Access& access, Violations& violations) {
  CheckPath("access.token_file", access.token_file(), violations);
  CheckPath("access.audit_file", access.audit_file(), violations);
  if (access.grants_size() > kMaxGrants) {
    violations.Add("access.grants",
                   absl::StrCat("must be at most ", kMaxGrants, ", are ", access.grants_size()));
    return;
  }
  for (int i = 0; i < access.grants_size(); ++i) {
    const std::string field = FieldPath("access.grants", static_cast<size_t>(i));
    CheckPrincipal(field, access, access.grants(i), violations);
    CheckWhat(field, access.grants(i), violations);
  }
}

void ValidateTls(const config::v1::Tls& tls, Violations& violations) {
  CheckPath("listen.tls.certificate_file", tls.certificate_file(), violations);
  CheckPath("listen.tls.key_file", tls.key_file(), violations);
  CheckPath("listen.tls.client_ca_file", tls.client_ca_file(), violations);
  if (tls.certificate_file().empty()) {
    violations.Add("listen.tls.certificate_file", "must be given");
  }
  if (tls.key_file().empty()) violations.Add("listen.tls.key_file", "must be given");
  if (tls.client_certificate_optional() && tls.client_ca_file().empty()) {
    violations.Add("listen.tls.client_certificate_optional",
                   "needs client_ca_file; without it no certificate is asked for");
  }
}

}  // namespace sluice
