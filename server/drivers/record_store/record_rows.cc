// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/record_rows.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/crc32c.h"

namespace sluice {
namespace {

template <typename Message>
bool Parse(const RecordRow& row, Message& message) {
  return message.ParseFromArray(row.body.data(), static_cast<int>(row.body.size()));
}

bool TakeRecord(const RecordRow& row, StoreChange& contents) {
  auto state = std::make_shared<v1::DeploymentState>();
  contents.records[row.key] = {row.number, state};
  return Parse(row, *state);
}

// The rows of a record's parts come in their order, after that of the record.
bool TakePart(const RecordRow& row, StoreChange& contents) {
  const auto found = contents.records.find(row.key);
  if (found == contents.records.end()) return false;
  auto& state = const_cast<v1::DeploymentState&>(*found->second.state);
  return state.MergeFromString({row.body.data(), row.body.size()});
}

bool TakeReplacedState(const RecordRow& row, StoreChange& contents) {
  auto state = std::make_shared<v1::DeploymentState>();
  contents.replaced_states[row.number] = state;
  return Parse(row, *state);
}

bool TakeRequest(const RecordRow& row, StoreChange& contents) {
  return Parse(row, contents.requests[row.key].emplace());
}

bool TakeService(const RecordRow& row, StoreChange& contents) {
  return Parse(row, contents.services[row.key].emplace());
}

bool TakeMeta(const RecordRow& row, StoreChange& contents) {
  return Parse(row, contents.meta.emplace());
}

constexpr char kByKey[] = "key = ?";

}  // namespace

const RowKind kRowKinds[6] = {
    {"records", "", "number = ?", TakeRecord},
    {"record_parts", " ORDER BY key, number", "key = ? AND number = ?", TakePart},
    {"replaced_states", "", kByKey, TakeReplacedState},
    {"requests", "", kByKey, TakeRequest},
    {"services", "", kByKey, TakeService},
    {"meta", "", kByKey, TakeMeta}};

uint32_t ChecksumOf(const RowKind& kind, const RecordRow& row) {
  std::string place = absl::StrCat(kind.table, "/", row.key, "/", row.number);
  // Not before version 2.
  if (row.parts > 0) absl::StrAppend(&place, "/", row.parts);
  return Crc32c(row.body, Crc32c(place));
}

}  // namespace sluice
