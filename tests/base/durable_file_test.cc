// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/durable_file.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(DirectoryOf, IsTheOneThatAPathIsIn) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"/var/lib/sluice", "/var/lib"},
                                                                  {"/var/lib/sluice/", "/var/lib"},
                                                                  {"/var/lib//", "/var"},
                                                                  {"/var", "/"},
                                                                  {"/var/", "/"},
                                                                  {"/", "/"},
                                                                  {"//", "/"},
                                                                  {"data", "."},
                                                                  {"data/", "."},
                                                                  {"data/a", "data"}};
  for (const auto& [path, directory] : cases) EXPECT_EQ(DirectoryOf(path), directory) << path;
}

}  // namespace
}  // namespace sluice
