// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/shared/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/host_address.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(10);

using Easy = std::unique_ptr<CURL, void (*)(CURL*)>;
using Headers = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

class Multi {
 public:
  explicit Multi(CURL* easy) : multi_(curl_multi_init()), easy_(easy) {
    if (multi_ != nullptr) curl_multi_add_handle(multi_, easy_);
  }
  ~Multi() {
    if (multi_ == nullptr) return;
    curl_multi_remove_handle(multi_, easy_);
    curl_multi_cleanup(multi_);
  }
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;
  CURLM* get() const { return multi_; }

 private:
  CURLM* multi_;
  CURL* easy_;
};

// One request, from its start to its end, in the calling thread.
class Transfer {
 public:
  explicit Transfer(const std::stop_token& stop)
      : stop_(stop), easy_(curl_easy_init(), curl_easy_cleanup), headers_(nullptr, ListFree) {}

  bool ok() const { return easy_ != nullptr; }

  void Prepare(const HttpRequest& request) {
    SetCommon(request.url, request.timeout);
    Set(CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
    Set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    for (const auto& [name, value] : request.headers) {
      AddHeader(absl::StrCat(name, value.empty() ? ";" : ": ", value));
    }
    AddHeader("Expect:");  // Else libcurl waits a second for "100 Continue" before a large body.
    Set(CURLOPT_HTTPHEADER, headers_.get());
    if (request.is_post) {
      Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      Set(CURLOPT_COPYPOSTFIELDS, request.body.c_str());
    }
  }

  void PrepareConnect(const std::string& address, absl::Duration timeout) {
    SetCommon(absl::StrCat("http://", address), timeout);
    Set(CURLOPT_CONNECT_ONLY, 1L);
  }

  HttpReply Perform() {
    HttpReply reply;
    const CURLcode code = Run();
    reply.status = ToStatus(code);
    long http_code = 0;  // libcurl wants this type.
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &http_code);
    reply.code = static_cast<int>(http_code);
    reply.never_connected = code != CURLE_OK && NeverConnected(code);
    reply.body = std::move(body_);
    return reply;
  }

 private:
  static void ListFree(curl_slist* list) { curl_slist_free_all(list); }

  static size_t OnBody(char* data, size_t size, size_t count, void* self) {
    std::string& body = static_cast<Transfer*>(self)->body_;
    const size_t bytes = size * count;
    const size_t taken = std::min(bytes, HttpClient::kMaxBodyBytes - body.size());
    body.append(data, taken);
    static_cast<Transfer*>(self)->body_too_large_ = taken < bytes;
    return taken;
  }

  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void AddHeader(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    headers_.release();
    headers_.reset(longer);
  }

  void SetCommon(const std::string& url, absl::Duration timeout) {
    const auto milliseconds = [](absl::Duration duration) {
      // Zero would mean "no limit".
      return static_cast<long>(  // libcurl wants this type.
          std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 1, 1'000'000'000));
    };
    timeout_ = timeout;
    Set(CURLOPT_URL, url.c_str());
    Set(CURLOPT_ERRORBUFFER, error_.data());
    Set(CURLOPT_TIMEOUT_MS, milliseconds(timeout));
    Set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(std::min(timeout, kConnectTimeout)));
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_NOPROXY, "*");
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_FOLLOWLOCATION, 0L);
    Set(CURLOPT_USERAGENT, "sluice");
    // Else a cancelled request waits for a name server that does not answer.
    Set(CURLOPT_QUICK_EXIT, 1L);
  }

  CURLcode Run() {
    const Multi multi(easy_.get());
    if (multi.get() == nullptr) return CURLE_FAILED_INIT;
    const std::stop_callback wake(stop_, [&multi] { curl_multi_wakeup(multi.get()); });
    int running = 1;
    while (!stop_.stop_requested()) {
      if (curl_multi_perform(multi.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
      if (running == 0) return Result(multi.get());
      curl_multi_poll(multi.get(), nullptr, 0, /*timeout_ms=*/60'000, nullptr);
    }
    return CURLE_ABORTED_BY_CALLBACK;
  }

  static CURLcode Result(CURLM* multi) {
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi, &left);
    return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
  }

  bool NeverConnected(CURLcode code) const {
    curl_off_t connect_time = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &connect_time);
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
           (code == CURLE_OPERATION_TIMEDOUT && connect_time == 0);
  }

  absl::Status ToStatus(CURLcode code) const {
    if (code == CURLE_OK) return absl::OkStatus();
    if (code == CURLE_ABORTED_BY_CALLBACK) return absl::CancelledError("the request was cancelled");
    if (body_too_large_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the answer is larger than ", HttpClient::kMaxBodyBytes, " bytes"));
    }
    const bool connect_timeout = timeout_ > kConnectTimeout && NeverConnected(code);
    if (code == CURLE_OPERATION_TIMEDOUT && !connect_timeout) {
      return absl::DeadlineExceededError(
          absl::StrCat("no answer within ", absl::FormatDuration(timeout_)));
    }
    const absl::string_view detail = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
    if (code == CURLE_URL_MALFORMAT) return absl::InvalidArgumentError(ToValidUtf8(detail));
    return absl::UnavailableError(ToValidUtf8(detail));
  }

  const std::stop_token stop_;
  // Before easy_, which may still write into it.
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::string body_;
  bool body_too_large_ = false;
  absl::Duration timeout_;
  Easy easy_;
  Headers headers_;
};

absl::Status NoMemory() { return absl::ResourceExhaustedError("libcurl could not be started"); }

// libcurl would take port 80 for an address without one.
absl::Status CheckAddress(const std::string& address) {
  const bool has_port = absl::StrContains(address, ':') && !absl::EndsWith(address, "]");
  if (has_port && IsHostAddress(address)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the target's address ", HostAddressFault(address)));
}

}  // namespace

// Counted and thread-safe in Debian's libcurl, so every client can do it for itself.
HttpClient::HttpClient() { curl_global_init(CURL_GLOBAL_DEFAULT); }
HttpClient::~HttpClient() { curl_global_cleanup(); }

HttpReply HttpClient::Send(const HttpRequest& request, const std::stop_token& stop) const {
  HttpReply reply;
  Transfer transfer(stop);
  if (!transfer.ok()) {
    reply.status = NoMemory();
    return reply;
  }
  transfer.Prepare(request);
  return transfer.Perform();
}

absl::Status HttpClient::Connect(const std::string& address, absl::Duration timeout,
                                 const std::stop_token& stop) const {
  if (absl::Status valid = CheckAddress(address); !valid.ok()) return valid;
  Transfer transfer(stop);
  if (!transfer.ok()) return NoMemory();
  transfer.PrepareConnect(address, timeout);
  return transfer.Perform().status;
}

}  // namespace sluice
