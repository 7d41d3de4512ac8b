// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/health/http_health_check.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "drivers/shared/template.h"

namespace sluice {
namespace {

constexpr int kLowestCode = 100;
constexpr int kHighestCode = 599;

bool IsFullUrl(const std::string& path) {
  return absl::StartsWith(path, "http://") || absl::StartsWith(path, "https://");
}

std::string UrlTemplate(const config::v1::HttpHealthCheck& config) {
  if (IsFullUrl(config.path())) return config.path();
  return absl::StrCat("http://{address}", config.path().empty() ? "/" : config.path());
}

}  // namespace

void HttpHealthCheck::Validate(absl::string_view field, const config::v1::HttpHealthCheck& config,
                               Violations& violations) {
  const std::string path_field = FieldPath(field, "path");
  if (config.path().empty() || config.path()[0] == '/' || IsFullUrl(config.path())) {
    CheckUrlTemplate(path_field, UrlTemplate(config), violations);
  } else {
    violations.Add(path_field, "must begin with / or be an http:// or https:// URL");
  }
  for (int i = 0; i < config.expected_codes_size(); ++i) {
    const int code = config.expected_codes(i);
    if (code >= kLowestCode && code <= kHighestCode) continue;
    violations.Add(FieldPath(FieldPath(field, "expected_codes"), static_cast<size_t>(i)),
                   absl::StrCat("must be ", kLowestCode, " to ", kHighestCode, ", is ", code));
  }
}

HttpHealthCheck::HttpHealthCheck(const config::v1::HttpHealthCheck& config, absl::Duration timeout)
    : url_(UrlTemplate(config)),
      expected_codes_(config.expected_codes().begin(), config.expected_codes().end()),
      body_contains_(config.body_contains()),
      timeout_(timeout) {}

bool HttpHealthCheck::DialsTargets(const config::v1::HttpHealthCheck& config) {
  return UsesAddress(UrlTemplate(config));
}

bool HttpHealthCheck::IsExpected(int code) const {
  return expected_codes_.empty() ? IsSuccess(code) : expected_codes_.count(code) > 0;
}

absl::StatusOr<std::string> HttpHealthCheck::Check(const TargetCall& call, std::stop_token stop) {
  HttpRequest request;
  SLUICE_ASSIGN_OR_RETURN(request.url, ExpandUrl(url_, call));
  request.timeout = timeout_;
  const HttpReply reply = client_.Send(request, stop);
  if (!reply.status.ok()) return reply.status;
  const std::string answer = absl::StrCat("HTTP ", reply.code);
  if (!IsExpected(reply.code)) {
    const std::string line = LastLine(reply.body);
    return absl::UnknownError(absl::StrCat(answer, line.empty() ? "" : ": ", line));
  }
  const std::string wanted = ExpandVersion(body_contains_, call);
  if (!absl::StrContains(reply.body, wanted)) {
    return absl::UnknownError(
        absl::StrCat(answer, ", but the body does not contain ", Quoted(wanted)));
  }
  return answer;
}

}  // namespace sluice
