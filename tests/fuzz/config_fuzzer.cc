// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The configuration's text: whatever it is, it is taken or refused with a place, and what was taken
// makes drivers.

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "app/config.h"
#include "app/driver_table.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = sluice::ParseConfig("f", text, {});
  if (!config.ok()) {
    const absl::string_view words = config.status().message();
    sluice::Require(!words.empty(), "a refusal says why");
    for (const absl::string_view line : absl::StrSplit(words, '\n')) {
      sluice::Require(absl::StartsWith(line, "f:"), "every fault has its place");
    }
    return 0;
  }
  for (const sluice::config::v1::Service& service : config->services()) {
    sluice::Require(sluice::MakePorts(service).ok(), "a good configuration makes drivers");
  }
  return 0;
}
