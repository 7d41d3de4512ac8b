// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Where a target that is called over the network may be: what is put into a URL must not change
// what the configuration says of the rest of it. Used by the validation of requests and of the
// configuration, and by drivers. Pure.

#ifndef SLUICE_BASE_HOST_ADDRESS_H_
#define SLUICE_BASE_HOST_ADDRESS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "base/violations.h"

namespace sluice {

// "host", "host:port", "[v6]" or "[v6]:port": a name of ASCII letters, digits, '-', '.' and '_', or
// an address; no path, user, scheme or blank.
bool IsHostAddress(absl::string_view address);

// What is wrong with an address that is none, for people: "must be host:port, is ...".
std::string HostAddressFault(absl::string_view address);

// Adds a violation unless it is one.
void CheckHostAddress(absl::string_view field, absl::string_view address, Violations& violations);

}  // namespace sluice

#endif  // SLUICE_BASE_HOST_ADDRESS_H_
