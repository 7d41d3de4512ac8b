// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/certificate_files.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/crypto/certificate.h"
#include "base/status_macros.h"

namespace sluice {
namespace {

constexpr absl::Duration kNoticeTime = absl::Hours(14 * 24);
constexpr absl::Duration kNoticeInterval = absl::Hours(24);

// Others may read a certificate, not a key.
constexpr mode_t kForbiddenForKeys = S_IWGRP | S_IWOTH | S_IROTH;

absl::Status Of(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

CertificateFiles::CertificateFiles(const config::v1::Tls& tls, const Clock& clock)
    : clock_(clock),
      chain_(clock, {.path = tls.certificate_file()}),
      private_key_(clock, {.path = tls.key_file(), .forbidden_mode = kForbiddenForKeys}) {
  if (tls.client_ca_file().empty()) return;
  client_ca_ =
      std::make_unique<WatchedFile>(clock, WatchedFile::Options{.path = tls.client_ca_file()});
}

absl::StatusOr<std::unique_ptr<CertificateFiles>> CertificateFiles::Load(const config::v1::Tls& tls,
                                                                         const Clock& clock) {
  std::unique_ptr<CertificateFiles> files(new CertificateFiles(tls, clock));
  SLUICE_RETURN_IF_ERROR(files->Refresh().status());
  return files;
}

std::vector<FieldError> CertificateFiles::Check(const config::v1::Tls& tls, const Clock& clock) {
  std::vector<FieldError> faults = CertificateFiles(tls, clock).FindFaults();
  // As in Refresh.
  return faults.empty() ? faults : CertificateFiles(tls, clock).FindFaults();
}

std::vector<FieldError> CertificateFiles::FindFaults() {
  MutexLock reading(refresh_mutex_);
  std::vector<FieldError> faults;
  const auto add = [&faults](const char* field, const absl::Status& status) {
    if (!status.ok()) faults.push_back({FieldPath("listen.tls", field), status});
  };
  absl::Status status = chain_.Poll().status();
  add("certificate_file", status.ok() ? CheckChain() : status);
  status = private_key_.Poll().status();
  add("key_file", status.ok() ? CheckKey() : status);
  if (client_ca_ == nullptr) return faults;
  status = client_ca_->Poll().status();
  add("client_ca_file", status.ok() ? CheckClientCa() : status);
  return faults;
}

absl::StatusOr<bool> CertificateFiles::Refresh() {
  MutexLock reading(refresh_mutex_);
  SLUICE_RETURN_IF_ERROR(Poll());
  if (!has_news_) return false;
  absl::StatusOr<ServerCertificate> next = Checked();
  if (!next.ok()) {
    // Somebody may be replacing the files this very moment: what was read first is the old one's.
    SLUICE_RETURN_IF_ERROR(Poll());
    next = Checked();
  }
  // Tried again at the next time even when no file changes: it may only be too early for it.
  if (!next.ok() && next.status() == last_fault_) return false;
  last_fault_ = next.status();
  SLUICE_RETURN_IF_ERROR(last_fault_);
  has_news_ = false;
  MutexLock lock(mutex_);
  next->generation = current_ == nullptr ? 1 : current_->generation + 1;
  current_ = std::make_shared<const ServerCertificate>(*std::move(next));
  return true;
}

std::string CertificateFiles::ExpiryNotice() {
  const absl::Time now = clock_.Now();
  const absl::Time end = Current()->not_after;
  MutexLock lock(refresh_mutex_);
  if (end - now > kNoticeTime || now < next_notice_) return "";
  next_notice_ = now + kNoticeInterval;
  return absl::StrCat(chain_.path(), end > now ? " expires at " : " expired at ",
                      absl::FormatTime(absl::RFC3339_sec, end, absl::UTCTimeZone()),
                      "; put a new one in its place");
}

std::shared_ptr<const ServerCertificate> CertificateFiles::Current() const {
  MutexLock lock(mutex_);
  return current_;
}

// Polls all of them before it reports an error, so that each is as new as it can be.
absl::Status CertificateFiles::Poll() {
  absl::Status status;
  for (WatchedFile* file : {&chain_, &private_key_, client_ca_.get()}) {
    if (file == nullptr) continue;
    const absl::StatusOr<bool> polled = file->Poll();
    status.Update(polled.status());
    has_news_ = has_news_ || (polled.ok() && *polled);
  }
  return status;
}

absl::Status CertificateFiles::CheckChain() const {
  return Of(chain_.path(), CheckServerChain(chain_.content(), clock_.Now()));
}

absl::Status CertificateFiles::CheckKey() const {
  const std::string& key = private_key_.content();
  // What the chain itself has wrong is told of the chain.
  const bool has_chain = ReadCertificate(chain_.content()).ok();
  return Of(private_key_.path(),
            has_chain ? CheckPrivateKey(key, chain_.content()) : CheckPrivateKey(key));
}

absl::Status CertificateFiles::CheckClientCa() const {
  if (client_ca_ == nullptr) return absl::OkStatus();
  return Of(client_ca_->path(), CheckAuthorities(client_ca_->content(), clock_.Now()));
}

absl::StatusOr<ServerCertificate> CertificateFiles::Checked() {
  SLUICE_RETURN_IF_ERROR(CheckChain());
  SLUICE_RETURN_IF_ERROR(CheckKey());
  SLUICE_RETURN_IF_ERROR(CheckClientCa());
  ServerCertificate checked{chain_.content(), private_key_.content(), "", absl::InfinitePast(), 0};
  if (client_ca_ != nullptr) checked.client_ca = client_ca_->content();
  SLUICE_ASSIGN_OR_RETURN(const CertificateInfo info, ReadCertificate(checked.chain));
  checked.not_after = info.not_after;
  return checked;
}

}  // namespace sluice
