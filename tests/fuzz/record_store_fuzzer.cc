// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The file of records and its log, whatever is in them: read, or refused; never a crash. An input
// is a byte of Mends, the file's size in four bytes (the first is the highest), the file and the
// log.

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "base/data_directory.h"
#include "drivers/record_store/record_rows.h"
#include "drivers/record_store/sqlite_database.h"
#include "drivers/record_store/sqlite_log.h"
#include "drivers/record_store/sqlite_record_store.h"
#include "fuzz/require.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

constexpr size_t kPrefixBytes = 5;
constexpr size_t kHeaderBytes = 32;
constexpr size_t kFrameHeaderBytes = 24;

// Checksums that are made right, so that what they cover is looked at.
enum Mends : uint8_t { kLog = 1, kRows = 2 };

uint32_t BigEndian(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void SetBigEndian(uint32_t value, size_t at, std::string& bytes) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (24 - 8 * i));
}

struct LogSum {
  bool is_big_endian;
  uint32_t first = 0;
  uint32_t second = 0;

  void Take(const std::string& bytes, size_t begin, size_t size) {
    for (size_t at = begin; at + 8 <= begin + size; at += 8) {
      first += Word(bytes, at) + second;
      second += Word(bytes, at + 4) + first;
    }
  }
  void Put(size_t at, std::string& bytes) const {
    SetBigEndian(first, at, bytes);
    SetBigEndian(second, at + 4, bytes);
  }

 private:
  uint32_t Word(const std::string& bytes, size_t at) const {
    const uint32_t word = BigEndian(bytes, at);
    return is_big_endian ? word : __builtin_bswap32(word);
  }
};

void MendLog(std::string& log) {
  if (log.size() < kHeaderBytes) return;
  LogSum sum{.is_big_endian = (BigEndian(log, 0) & 1) != 0};
  sum.Take(log, 0, 24);
  sum.Put(24, log);
  const size_t frame = kFrameHeaderBytes + BigEndian(log, 8);
  for (size_t at = kHeaderBytes; at + frame <= log.size(); at += frame) {
    sum.Take(log, at, 8);
    sum.Take(log, at + kFrameHeaderBytes, frame - kFrameHeaderBytes);
    sum.Put(at + 16, log);
  }
}

void MendRows(SqliteDatabase& database, const RowKind& kind) {
  const std::string table = kind.table;
  auto select = SqliteStatement::Prepare(database, "SELECT key, number, body, parts FROM " + table);
  auto update = SqliteStatement::Prepare(
      database, "UPDATE " + table + " SET checksum = ? WHERE key = ? AND number = ?");
  if (!select.ok() || !update.ok()) return;
  struct Sum {
    std::string key;
    int64_t number;
    uint32_t value;
  };
  std::vector<Sum> sums;
  for (auto found = select->Step(); found.ok() && *found; found = select->Step()) {
    const RecordRow row{std::string(select->Bytes(0)), select->Int(1), select->Bytes(2),
                        select->Int(3)};
    sums.push_back({row.key, row.number, ChecksumOf(kind, row)});
  }
  for (const Sum& sum : sums) {
    update->Bind(0, sum.value).BindText(1, sum.key).Bind(2, sum.number).Run().IgnoreError();
  }
}

// As a side effect, the log is moved into the file.
void MendRows(const std::string& path) {
  const auto database = SqliteDatabase::Open(path, SQLITE_OPEN_READWRITE);
  if (!database.ok()) return;
  for (const RowKind& kind : kRowKinds) MendRows(**database, kind);
}

void Write(const std::string& path, const std::string& contents) {
  std::ofstream(path, std::ios::binary) << contents;
}

void WriteFiles(const std::string& input, const std::string& path) {
  const auto mends = static_cast<uint8_t>(input[0]);
  const size_t size = std::min<size_t>(BigEndian(input, 1), input.size() - kPrefixBytes);
  std::string log = input.substr(kPrefixBytes + size);
  if (mends & kLog) MendLog(log);
  Write(path, input.substr(kPrefixBytes, size));
  if (!log.empty()) Write(LogOf(path), log);
  if (mends & kRows) MendRows(path);
}

void Read(const DataDirectory& directory) {
  const auto store = SqliteRecordStore::Open(directory);
  if (!store.ok()) return;
  const auto contents = (*store)->Load();
  if (!contents.ok()) return;
  for (const auto& [id, record] : contents->records) {
    Require(record.state != nullptr, "what was read is there");
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  if (input.size() < sluice::kPrefixBytes) return 0;
  const sluice::TemporaryDirectory parent;
  const auto directory = sluice::DataDirectory::Open(parent.Inside("data"));
  sluice::Require(directory.ok(), "there is room for a directory");
  sluice::WriteFiles(input, parent.Inside("data/") + sluice::SqliteRecordStore::kFileName);
  sluice::Read(**directory);
  return 0;
}
