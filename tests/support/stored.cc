// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "support/stored.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

StatePtr StateOf(const std::string& id, int64_t revision, const std::string& message) {
  auto state = std::make_shared<v1::DeploymentState>();
  state->set_id(id);
  state->set_revision(revision);
  state->set_message(message);
  return state;
}

StoreChange PutRecord(const std::string& id, int64_t position, int64_t revision) {
  StoreChange change;
  change.records[id] = {position, StateOf(id, revision)};
  return change;
}

StoreChange EraseRecord(const std::string& id) {
  StoreChange change;
  change.records[id] = {};
  return change;
}

StoreChange PutReplaced(const std::string& id, int64_t revision) {
  StoreChange change;
  change.replaced_states[revision] = StateOf(id, revision);
  return change;
}

StoreChange PutRequest(const std::string& key, const std::string& deployment_id) {
  StoreChange change;
  change.requests[key].emplace().set_deployment_id(deployment_id);
  return change;
}

StoreChange EraseRequest(const std::string& key) {
  StoreChange change;
  change.requests[key] = std::nullopt;
  return change;
}

StoreChange PutService(const std::string& name, const std::string& active_version) {
  StoreChange change;
  change.services[name].emplace().set_active_version(active_version);
  return change;
}

StoreChange PutMeta(int64_t revision) {
  StoreChange change;
  change.meta.emplace().set_revision(revision);
  return change;
}

StoreChange Together(std::vector<StoreChange> changes) {
  StoreChange all;
  for (StoreChange& change : changes) all.Add(std::move(change));
  return all;
}

std::vector<std::string> Lines(const StoreChange& contents) {
  std::vector<std::string> lines;
  for (const auto& [id, record] : contents.records) {
    lines.push_back(absl::StrCat("record ", id, " #", record.position, " r",
                                 record.state == nullptr ? -1 : record.state->revision()));
  }
  for (const auto& [revision, state] : contents.replaced_states) {
    lines.push_back(absl::StrCat("replaced ", state->id(), " r", revision));
  }
  for (const auto& [key, request] : contents.requests) {
    lines.push_back(
        absl::StrCat("request ", key, " ", request.has_value() ? request->deployment_id() : "-"));
  }
  for (const auto& [name, memory] : contents.services) {
    lines.push_back(
        absl::StrCat("service ", name, " ", memory.has_value() ? memory->active_version() : "-"));
  }
  if (contents.meta.has_value()) lines.push_back(absl::StrCat("meta r", contents.meta->revision()));
  return lines;
}

}  // namespace sluice
