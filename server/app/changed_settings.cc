// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/changed_settings.h"

#include <vector>

#include "absl/strings/str_join.h"
#include "google/protobuf/util/message_differencer.h"

namespace sluice {
namespace {

using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

class NameCollector final : public MessageDifferencer::Reporter {
 public:
  using Path = std::vector<MessageDifferencer::SpecificField>;

  void ReportAdded(const Message&, const Message&, const Path& path) override { Note(path); }
  void ReportDeleted(const Message&, const Message&, const Path& path) override { Note(path); }
  void ReportModified(const Message&, const Message&, const Path& path) override {
    // Of a block that was there before, its parts are told.
    const auto* field = path.back().field;
    const bool is_block = field != nullptr && field->message_type() != nullptr;
    if (!is_block) Note(path);
  }
  std::set<std::string> names() const { return names_; }

 private:
  void Note(const Path& path) {
    std::vector<std::string> name;
    for (const auto& part : path) {
      if (part.field != nullptr) name.push_back(part.field->name());
    }
    names_.insert(absl::StrJoin(name, "."));
  }

  std::set<std::string> names_;
};

}  // namespace

std::set<std::string> ChangedSettings(const config::v1::Config& before,
                                      const config::v1::Config& now) {
  NameCollector collector;
  MessageDifferencer differencer;
  differencer.ReportDifferencesTo(&collector);
  differencer.Compare(before, now);
  return collector.names();
}

}  // namespace sluice
