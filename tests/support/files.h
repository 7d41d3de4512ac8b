// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What is in files and directories, for tests that look behind the product.

#ifndef SLUICE_TESTS_SUPPORT_FILES_H_
#define SLUICE_TESTS_SUPPORT_FILES_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace sluice {

// Empty when there is no such file.
inline std::string ContentsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void Overwrite(const std::string& path, const std::string& contents) {
  std::ofstream(path, std::ios::binary) << contents;
}

// Their names, in no order.
inline std::vector<std::string> FilesIn(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  return names;
}

}  // namespace sluice

#endif  // SLUICE_TESTS_SUPPORT_FILES_H_
