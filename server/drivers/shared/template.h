// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// URL templates of the HTTP drivers: {address}, {service}, {version}, {target_id} and
// {deployment_id} stand for what a call is about. Pure.

#ifndef SLUICE_DRIVERS_SHARED_TEMPLATE_H_
#define SLUICE_DRIVERS_SHARED_TEMPLATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/violations.h"
#include "ports/deployer.h"

namespace sluice {

// Every placeholder replaced, URL-escaped but for the address: INVALID_ARGUMENT where that is no
// host and would change the rest of the URL. Other braces stay as they are.
absl::StatusOr<std::string> ExpandUrl(absl::string_view url_template, const TargetCall& call);

// Whether the target's address is a part of the URL.
bool UsesAddress(absl::string_view url_template);

// {version} replaced, as it is; nothing else has a meaning.
std::string ExpandVersion(absl::string_view text, const TargetCall& call);

// Letters, digits and -._~ stay; every other byte becomes %XX.
std::string UrlEscape(absl::string_view text);

// Adds a violation unless `url_template` makes an http or https URL of every call.
void CheckUrlTemplate(absl::string_view field, const std::string& url_template,
                      Violations& violations);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_SHARED_TEMPLATE_H_
