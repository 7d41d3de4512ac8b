// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The server's certificate, its key and the clients' authorities, re-read while the daemon runs.
// What could not serve is never handed out: gRPC itself would fail every handshake until it is
// repaired. Used by rpc, which gives Current() to gRPC.

#ifndef SLUICE_AUTH_CERTIFICATE_FILES_H_
#define SLUICE_AUTH_CERTIFICATE_FILES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/watched_file.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/violations.h"
#include "sluice/config/v1/access.pb.h"

namespace sluice {

// All in PEM; the three belong together.
struct ServerCertificate {
  std::string chain;
  std::string private_key;
  std::string client_ca;   // empty: no client certificates
  absl::Time not_after;    // of the server's own certificate
  int64_t generation = 0;  // grows with every change
};

// Thread-safe.
class CertificateFiles {
 public:
  // The files must be good.
  static absl::StatusOr<std::unique_ptr<CertificateFiles>> Load(const config::v1::Tls& tls,
                                                                const Clock& clock);

  // All that would keep Load from serving now, by field. UNAVAILABLE for a certificate that is only
  // not valid at this time.
  static std::vector<FieldError> Check(const config::v1::Tls& tls, const Clock& clock);

  // Reads the files again if one has changed; true when there is a new set. The error says why the
  // old set is kept, once for each change. Reads from the disk: not for a gRPC callback.
  absl::StatusOr<bool> Refresh();

  // What the operator must know of the end of what is served: empty while that is far off, else a
  // text once a day. For the thread that refreshes.
  std::string ExpiryNotice();

  // Never null.
  std::shared_ptr<const ServerCertificate> Current() const;

 private:
  CertificateFiles(const config::v1::Tls& tls, const Clock& clock);
  std::vector<FieldError> FindFaults();
  absl::Status Poll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  // Of what was read last.
  absl::Status CheckChain() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  absl::Status CheckKey() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  absl::Status CheckClientCa() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  absl::StatusOr<ServerCertificate> Checked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;  // not held while reading
  std::shared_ptr<const ServerCertificate> current_ ABSL_GUARDED_BY(mutex_);
  Mutex refresh_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  WatchedFile chain_ ABSL_GUARDED_BY(refresh_mutex_);
  WatchedFile private_key_ ABSL_GUARDED_BY(refresh_mutex_);
  std::unique_ptr<WatchedFile> client_ca_ ABSL_PT_GUARDED_BY(refresh_mutex_);  // may be null
  // A file has changed since current_ was made.
  bool has_news_ ABSL_GUARDED_BY(refresh_mutex_) = false;
  absl::Status last_fault_ ABSL_GUARDED_BY(refresh_mutex_);
  absl::Time next_notice_ ABSL_GUARDED_BY(refresh_mutex_) = absl::InfinitePast();
};

}  // namespace sluice

#endif  // SLUICE_AUTH_CERTIFICATE_FILES_H_
