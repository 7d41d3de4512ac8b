// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/store_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "support/files.h"
#include "support/stored.h"

namespace sluice {
namespace {

constexpr int kKept = 20;
constexpr size_t kLogHeaderBytes = 32;
constexpr size_t kFrameBytes = 24 + 4096;

std::string RecordId(int n) { return absl::StrCat("d", n); }
std::string RequestKey(int n) { return absl::StrCat("r", n); }
std::string MessageOf(int n, size_t padding) { return std::string(padding + n % 5000, 'x'); }

}  // namespace

absl::StatusOr<Opened> Open(const std::string& path) {
  Opened opened;
  auto directory = DataDirectory::Open(path);
  if (!directory.ok()) return directory.status();
  opened.directory = *std::move(directory);
  auto store = SqliteRecordStore::Open(*opened.directory);
  if (!store.ok()) return store.status();
  opened.store = *std::move(store);
  return opened;
}

absl::StatusOr<StoreChange> Load(const std::string& path) {
  auto opened = Open(path);
  if (!opened.ok()) return opened.status();
  return opened->store->Load();
}

std::string UsedLog(const std::string& path) {
  std::string log = ContentsOf(path + "/sluice.db-wal");
  const size_t last = log.find_last_not_of('\0');
  if (last == std::string::npos) return "";
  const size_t frames = (last - kLogHeaderBytes) / kFrameBytes + 1;
  log.resize(std::min(log.size(), kLogHeaderBytes + frames * kFrameBytes));
  return log;
}

StoreChange ChangeNumber(int n, size_t padding) {
  StoreChange change = Together({PutMeta(n), PutRequest(RequestKey(n), RecordId(n))});
  change.records[RecordId(n)] = {n, StateOf(RecordId(n), n, MessageOf(n, padding))};
  if (n > kKept) {
    change.Add(Together({EraseRecord(RecordId(n - kKept)), EraseRequest(RequestKey(n - kKept))}));
  }
  return change;
}

int LastChangeIn(const StoreChange& contents) {
  const int last = contents.meta.has_value() ? static_cast<int>(contents.meta->revision()) : 0;
  const size_t kept = std::min(last, kKept);
  EXPECT_EQ(contents.records.size(), kept);
  EXPECT_EQ(contents.requests.size(), kept);
  for (const auto& [id, record] : contents.records) {
    const int n = static_cast<int>(record.position);
    EXPECT_TRUE(n > last - kKept && n <= last) << n << " of " << last;
    EXPECT_EQ(id, RecordId(n));
    EXPECT_EQ(record.state->revision(), n);
    EXPECT_EQ(contents.requests.count(RequestKey(n)), 1u) << n;
  }
  return last;
}

}  // namespace sluice
