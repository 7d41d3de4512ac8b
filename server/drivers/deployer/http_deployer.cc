// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/deployer/http_deployer.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "drivers/shared/config_checks.h"
#include "drivers/shared/template.h"

namespace sluice {
namespace {

constexpr int kDefaultConnectRetries = 3;
constexpr int kMaxConnectRetries = 100;
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(200);
constexpr absl::Duration kMaxBackoff = absl::Seconds(5);

std::string JsonBody(const TargetCall& call) {
  google::protobuf::Struct body;
  auto& fields = *body.mutable_fields();
  fields["service"].set_string_value(call.service);
  fields["version"].set_string_value(call.version);
  fields["target_id"].set_string_value(call.target_id);
  fields["target_address"].set_string_value(call.target_address);
  fields["deployment_id"].set_string_value(call.deployment_id);
  fields["step"].set_number_value(call.step);
  fields["attempt"].set_number_value(call.attempt);
  fields["epoch"].set_number_value(static_cast<double>(call.epoch));
  std::string json;
  // Fails only on invalid UTF-8, which requests and configuration were checked for.
  (void)google::protobuf::util::MessageToJsonString(body, &json);
  return json;
}

absl::Status AnswerStatus(const HttpReply& reply) {
  if (!reply.status.ok() || IsSuccess(reply.code)) return reply.status;
  return absl::UnknownError(absl::StrCat("the target answered HTTP ", reply.code));
}

bool IsHeaderText(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return absl::ascii_iscntrl(c); });
}

void CheckHeaders(absl::string_view field, const config::v1::HttpDeployer& config,
                  Violations& violations) {
  const std::map<std::string, std::string> sorted(config.headers().begin(), config.headers().end());
  for (const auto& [name, value] : sorted) {
    const std::string entry = absl::StrCat(field, "[", Quoted(name), "]");
    if (name.empty() || name.find_first_of(": \t") != std::string::npos) {
      violations.Add(entry, "must be a header's name, without blanks or ':'");
    } else if (!IsHeaderText(name) || !IsHeaderText(value)) {
      // Not quoted: it may be a password.
      violations.Add(entry, "must not contain control characters");
    }
  }
}

std::map<std::string, std::string> HeadersOf(const config::v1::HttpDeployer& config) {
  std::map<std::string, std::string> headers = {{"Content-Type", "application/json"}};
  for (const auto& [name, value] : config.headers()) headers[name] = value;
  return headers;
}

}  // namespace

void HttpDeployer::Validate(absl::string_view field, const config::v1::HttpDeployer& config,
                            Violations& violations) {
  CheckUrlTemplate(FieldPath(field, "url"), config.url(), violations);
  if (!config.version_url().empty()) {
    CheckUrlTemplate(FieldPath(field, "version_url"), config.version_url(), violations);
  }
  if (config.has_timeout()) {
    CheckPositive(FieldPath(field, "timeout"), config.timeout(), violations);
  }
  const int retries = config.connect_retries();
  if (retries < 0 || retries > kMaxConnectRetries) {
    violations.Add(FieldPath(field, "connect_retries"),
                   absl::StrCat("must be 0 to ", kMaxConnectRetries, ", is ", retries));
  }
  CheckHeaders(FieldPath(field, "headers"), config, violations);
}

HttpDeployer::HttpDeployer(const config::v1::HttpDeployer& config)
    : url_(config.url()),
      version_url_(config.version_url()),
      headers_(HeadersOf(config)),
      timeout_(config.has_timeout() ? FromProtoDuration(config.timeout()) : kDefaultDeployTimeout),
      connect_retries_(config.has_connect_retries() ? config.connect_retries()
                                                    : kDefaultConnectRetries) {}

bool HttpDeployer::DialsTargets(const config::v1::HttpDeployer& config) {
  return UsesAddress(config.url()) || UsesAddress(config.version_url());
}

CallResult HttpDeployer::Deploy(const TargetCall& call, std::stop_token stop) {
  absl::StatusOr<std::string> url = ExpandUrl(url_, call);
  if (!url.ok()) return {url.status(), ""};
  HttpRequest request;
  request.url = *std::move(url);
  request.is_post = true;
  request.body = JsonBody(call);
  request.headers = headers_;
  request.timeout = timeout_;
  const HttpReply reply = SendWithRetries(std::move(request), stop);
  return {AnswerStatus(reply), Bounded(reply.body)};
}

HttpReply HttpDeployer::SendWithRetries(HttpRequest request, const std::stop_token& stop) {
  const absl::Duration deadline = clock_.Monotonic() + timeout_;
  absl::Duration backoff = kFirstBackoff;
  for (int retries_left = connect_retries_;; --retries_left) {
    HttpReply reply = client_.Send(request, stop);
    const absl::Duration left = deadline - clock_.Monotonic() - backoff;
    if (!reply.never_connected || retries_left == 0 || left <= absl::ZeroDuration()) return reply;
    if (!SleepFor(clock_, backoff, stop)) {
      reply.status = absl::CancelledError("cancelled while waiting to connect again");
      return reply;
    }
    request.timeout = left;
    backoff = std::min(2 * backoff, kMaxBackoff);
  }
}

absl::StatusOr<std::string> HttpDeployer::RunningVersion(const TargetCall& call,
                                                         std::stop_token stop) {
  if (!TellsVersion()) return absl::UnimplementedError("the deployer has no version_url");
  HttpRequest request;
  SLUICE_ASSIGN_OR_RETURN(request.url, ExpandUrl(version_url_, call));
  request.headers = headers_;
  request.headers.erase("Content-Type");
  request.timeout = std::min(timeout_, kVersionTimeout);
  const HttpReply reply = client_.Send(request, stop);
  const absl::Status status = AnswerStatus(reply);
  if (!status.ok()) return status;
  return ParseVersion(reply.body);
}

}  // namespace sluice
