// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/host_address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr int kMaxPort = 65535;
constexpr size_t kMaxPortDigits = 5;

bool Consists(absl::string_view text, absl::string_view of) {
  return std::all_of(text.begin(), text.end(), [of](char c) {
    return absl::ascii_isalnum(c) || of.find(c) != absl::string_view::npos;
  });
}

// Also of an IPv4 address.
bool IsHostName(absl::string_view name) {
  return !name.empty() && absl::ascii_isalnum(name[0]) && Consists(name, "-._");
}

// With the zone of a link-local address ("fe80::1%25eth0").
bool IsBracketed(absl::string_view host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']' &&
         Consists(host.substr(1, host.size() - 2), ":.%-_");
}

bool IsPort(absl::string_view port) {
  int number = 0;
  return port.size() <= kMaxPortDigits &&
         std::all_of(port.begin(), port.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(port, &number) && number >= 1 && number <= kMaxPort;
}

}  // namespace

bool IsHostAddress(absl::string_view address) {
  const size_t bracket = address.rfind(']');
  const size_t colon = address.find(':', bracket == absl::string_view::npos ? 0 : bracket);
  const absl::string_view host = address.substr(0, colon);
  if (!IsHostName(host) && !IsBracketed(host)) return false;
  return colon == absl::string_view::npos || IsPort(address.substr(colon + 1));
}

std::string HostAddressFault(absl::string_view address) {
  return absl::StrCat("must be host:port and nothing else, is ", Quoted(address));
}

void CheckHostAddress(absl::string_view field, absl::string_view address, Violations& violations) {
  if (!IsHostAddress(address)) violations.Add(field, HostAddressFault(address));
}

}  // namespace sluice
