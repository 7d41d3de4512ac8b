// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/request_file.h"

#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/yaml_message.h"

namespace sluice::client {
namespace {

std::string ReadAll(std::istream& stream) {
  return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

}  // namespace

absl::Status ReadRequestFile(const std::string& path, v1::DeployRequest& request) {
  std::string text;
  if (path == "-") {
    text = ReadAll(std::cin);
  } else {
    std::ifstream file(path);
    text = ReadAll(file);
    if (!file.is_open() || file.bad()) {
      return absl::InvalidArgumentError(absl::StrCat("-f: cannot read ", path));
    }
  }
  YamlDocument document(path == "-" ? "standard input" : path);
  document.Read(text, request);
  if (document.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the request file has mistakes:\n  ", absl::StrJoin(document.Lines(), "\n  ")));
}

}  // namespace sluice::client
