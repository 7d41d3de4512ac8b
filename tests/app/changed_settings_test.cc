// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/changed_settings.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(ChangedSettings, AreToldByTheirNames) {
  config::v1::Config before;
  before.set_data_dir("/var/lib/sluice");
  before.mutable_limits()->set_history_per_service(20);
  before.mutable_limits()->set_max_target_calls(8);
  EXPECT_EQ(ChangedSettings(before, before), std::set<std::string>());

  config::v1::Config now = before;
  now.clear_data_dir();
  now.mutable_limits()->set_history_per_service(30);
  now.set_log_level("debug");
  EXPECT_EQ(ChangedSettings(before, now),
            (std::set<std::string>{"data_dir", "limits.history_per_service", "log_level"}));
}

TEST(ChangedSettings, TellAWholeNewBlockByItsName) {
  config::v1::Config now;
  now.mutable_listen()->mutable_tls()->set_key_file("/etc/sluice/key.pem");
  EXPECT_EQ(ChangedSettings(config::v1::Config(), now), std::set<std::string>{"listen"});
}

}  // namespace
}  // namespace sluice
