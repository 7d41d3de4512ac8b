// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A sequence of operations on the engine, held against a model. SLUICE_TRACE=1 prints the sequence.

#include <cstdint>
#include <cstdlib>

#include "fuzz/operations.h"
#include "spdlog/spdlog.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool trace = std::getenv("SLUICE_TRACE") != nullptr;
  spdlog::set_level(spdlog::level::off);
  sluice::Operations(data, size, trace).Run();
  return 0;
}
