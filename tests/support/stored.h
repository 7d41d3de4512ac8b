// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Changes for a record store, and its contents as text that a test can compare.

#ifndef SLUICE_TESTS_SUPPORT_STORED_H_
#define SLUICE_TESTS_SUPPORT_STORED_H_

#include <string>
#include <vector>

#include "ports/record_store.h"

namespace sluice {

StatePtr StateOf(const std::string& id, int64_t revision, const std::string& message = "");

// Each makes a change with one effect.
StoreChange PutRecord(const std::string& id, int64_t position, int64_t revision);
StoreChange EraseRecord(const std::string& id);
StoreChange PutReplaced(const std::string& id, int64_t revision);
StoreChange PutRequest(const std::string& key, const std::string& deployment_id);
StoreChange EraseRequest(const std::string& key);
StoreChange PutService(const std::string& name, const std::string& active_version);
StoreChange PutMeta(int64_t revision);

// One change with the effect of all.
StoreChange Together(std::vector<StoreChange> changes);

// A line for each thing: "record d1 #1 r5", "request r1 d1" ...
std::vector<std::string> Lines(const StoreChange& contents);

}  // namespace sluice

#endif  // SLUICE_TESTS_SUPPORT_STORED_H_
