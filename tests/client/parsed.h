// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A command line as a shell would give it, and the request that it makes.

#ifndef SLUICE_TESTS_CLIENT_PARSED_H_
#define SLUICE_TESTS_CLIENT_PARSED_H_

#include <string>
#include <variant>
#include <vector>

#include "client/command_line.h"
#include "client/deploy_request.h"
#include "google/protobuf/text_format.h"

namespace sluice::client {

inline std::variant<CommandLine, EarlyEnd> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "sluice");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

// The request of `deploy web v2` with `flags`, in text format without its random id.
inline std::string RequestOf(const std::vector<const char*>& flags) {
  std::vector<const char*> arguments = {"deploy", "web", "v2"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const auto parsed = Parse(arguments);
  if (const auto* end = std::get_if<EarlyEnd>(&parsed)) return end->text;
  const auto& options = std::get<DeployOptions>(std::get<CommandLine>(parsed).verb);
  auto request = BuildDeployRequest(options);
  if (!request.ok()) return std::string(request.status().message());
  request->clear_request_id();
  request->clear_service();
  request->clear_version();
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(*request, &text);
  return text;
}

}  // namespace sluice::client

#endif  // SLUICE_TESTS_CLIENT_PARSED_H_
