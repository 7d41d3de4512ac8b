// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/stream_counts.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "grpc/grpc.h"
#include "grpc/support/alloc.h"

namespace sluice {
namespace {

constexpr absl::string_view kTransport = "chttp2 ";
// Below this many ended sockets nobody tidies up.
constexpr size_t kLeastSockets = 64;

std::string Take(char* from_grpc) {
  const std::string text = from_grpc == nullptr ? "" : from_grpc;
  gpr_free(from_grpc);
  return text;
}

// What follows `"key":"` up to the next quote, each time; cuts it off `json`. Callers write nothing
// into this JSON but their addresses, so that no quote is escaped.
std::optional<absl::string_view> NextValue(absl::string_view& json, absl::string_view key) {
  const std::string before = absl::StrCat("\"", key, "\":\"");
  const size_t begin = json.find(before);
  if (begin == absl::string_view::npos) return std::nullopt;
  json.remove_prefix(begin + before.size());
  return json.substr(0, json.find('"'));
}

// gRPC writes numbers as text, and leaves out what is zero.
int64_t Number(std::optional<absl::string_view> text) {
  int64_t number = 0;
  return text.has_value() && absl::SimpleAtoi(*text, &number) ? number : 0;
}

int64_t CounterOf(absl::string_view json, absl::string_view key) {
  return Number(NextValue(json, key));
}

// All servers there are, and one more that serves nothing: gRPC numbers what it makes one after the
// other, so that its number, the last, is greater than that of every socket there was before.
std::string ServersAndAnother() {
  grpc_server* const another = grpc_server_create(nullptr, nullptr);
  const std::string servers = Take(grpc_channelz_get_servers(0));
  grpc_server_destroy(another);
  return servers;
}

}  // namespace

std::optional<HeldStreams> ParseSocket(absl::string_view json) {
  absl::string_view rest = json;
  for (auto name = NextValue(rest, "name"); name.has_value(); name = NextValue(rest, "name")) {
    if (!absl::ConsumePrefix(&*name, kTransport)) continue;
    const int64_t failed = CounterOf(json, "streamsFailed");
    return HeldStreams{
        std::string(*name),
        CounterOf(json, "streamsStarted") - CounterOf(json, "streamsSucceeded") - failed, failed};
  }
  return std::nullopt;
}

void StreamCounts::Refresh() {
  const std::string servers = ServersAndAnother();
  begun_ = 0;
  absl::string_view rest = servers;
  while (const auto calls = NextValue(rest, "callsStarted")) begun_ += Number(calls);
  int64_t end = 0;
  rest = servers;
  while (const auto id = NextValue(rest, "serverId")) end = std::max(end, Number(id));
  FindSockets(end);
}

void StreamCounts::FindSockets(int64_t end) {
  for (; next_ < end; ++next_) {
    if (!Take(grpc_channelz_get_socket(next_)).empty()) sockets_.insert(next_);
  }
  if (sockets_.size() <= most_sockets_) return;
  std::erase_if(sockets_, [](int64_t id) { return Take(grpc_channelz_get_socket(id)).empty(); });
  most_sockets_ = std::max(kLeastSockets, 2 * sockets_.size());
}

std::vector<HeldStreams> StreamCounts::Read() {
  read_at_ = begun_;
  std::vector<HeldStreams> held;
  std::erase_if(sockets_, [&held](int64_t id) {
    const std::string json = Take(grpc_channelz_get_socket(id));
    std::optional<HeldStreams> streams = ParseSocket(json);
    if (streams.has_value() && streams->count + streams->failed > 0)
      held.push_back(*std::move(streams));
    return json.empty();
  });
  return held;
}

}  // namespace sluice
