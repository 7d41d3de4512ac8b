// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The file of records, whatever is in it: read, or refused; never a crash.

#include <cstdint>
#include <fstream>

#include "base/data_directory.h"
#include "drivers/record_store/sqlite_record_store.h"
#include "fuzz/require.h"
#include "support/temporary_directory.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const sluice::TemporaryDirectory parent;
  const auto directory = sluice::DataDirectory::Open(parent.Inside("data"));
  sluice::Require(directory.ok(), "there is room for a directory");
  const std::string path = parent.Inside("data/") + sluice::SqliteRecordStore::kFileName;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const auto store = sluice::SqliteRecordStore::Open(**directory);
  if (!store.ok()) return 0;
  const auto contents = (*store)->Load();
  if (!contents.ok()) return 0;
  for (const auto& [id, record] : contents->records) {
    sluice::Require(record.state != nullptr, "what was read is there");
  }
  return 0;
}
