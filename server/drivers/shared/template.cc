// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/shared/template.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/host_address.h"

namespace sluice {
namespace {

constexpr char kAddress[] = "{address}";
constexpr char kPlaceholders[] = "{address}, {service}, {version}, {target_id}, {deployment_id}";

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// Why libcurl would not take the URL; nullptr when it would.
const char* UrlFault(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  return code == CURLUE_OK ? nullptr : curl_url_strerror(code);
}

}  // namespace

std::string UrlEscape(absl::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string escaped;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsUnreserved(c)) {
      escaped.push_back(c);
    } else {
      escaped.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return escaped;
}

bool UsesAddress(absl::string_view url_template) {
  return absl::StrContains(url_template, kAddress);
}

absl::StatusOr<std::string> ExpandUrl(absl::string_view url_template, const TargetCall& call) {
  if (UsesAddress(url_template) && !IsHostAddress(call.target_address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the target's address ", HostAddressFault(call.target_address)));
  }
  return absl::StrReplaceAll(url_template, {{kAddress, call.target_address},
                                            {"{service}", UrlEscape(call.service)},
                                            {"{version}", UrlEscape(call.version)},
                                            {"{target_id}", UrlEscape(call.target_id)},
                                            {"{deployment_id}", UrlEscape(call.deployment_id)}});
}

std::string ExpandVersion(absl::string_view text, const TargetCall& call) {
  return absl::StrReplaceAll(text, {{"{version}", call.version}});
}

// The URL is not quoted: it may hold a password.
void CheckUrlTemplate(absl::string_view field, const std::string& url_template,
                      Violations& violations) {
  TargetCall sample;
  sample.service = sample.version = sample.target_id = sample.deployment_id = "x";
  sample.target_address = "host:80";
  const std::string url = ExpandUrl(url_template, sample).value_or("");
  if (url.empty()) {
    violations.Add(field, "must be given");
  } else if (url.find_first_of("{}") != std::string::npos) {
    violations.Add(field, absl::StrCat("has an unknown placeholder; known are ", kPlaceholders));
  } else if (!absl::StartsWith(url, "http://") && !absl::StartsWith(url, "https://")) {
    violations.Add(field, "must begin with http:// or https://");
  } else if (const char* fault = UrlFault(url)) {
    violations.Add(field, absl::StrCat("is no URL: ", fault));
  }
}

}  // namespace sluice
