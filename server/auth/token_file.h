// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The bearer tokens that the daemon accepts: a file with a name, a SHA-256 and perhaps an expiry a
// line, so that who reads it has no token. Re-read when it changes; a file with faults changes
// nothing. Used by AccessControl.

#ifndef SLUICE_AUTH_TOKEN_FILE_H_
#define SLUICE_AUTH_TOKEN_FILE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/principal.h"
#include "auth/watched_file.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace sluice {

// Immutable; any thread.
class TokenSet {
 public:
  // Lines "NAME SHA256 [EXPIRY]", the expiry as 2027-01-31 (that day's end, UTC) or RFC 3339; empty
  // lines and those that begin with # are skipped. A name may have several tokens, so that one can
  // replace another. The error has every faulty line, "FILE:LINE: what", and no hash.
  static absl::StatusOr<TokenSet> Parse(absl::string_view file, absl::string_view text);

  // The identity behind `token`. UNAUTHENTICATED when there is none, or it has expired. Takes the
  // same time for every token of one length.
  absl::StatusOr<TokenIdentity> Find(absl::string_view token, absl::Time now) const;

  // Whether a token that was found once is still good.
  absl::Status Check(const TokenIdentity& identity, absl::Time now) const;

  size_t size() const { return tokens_.size(); }

 private:
  struct Token {
    std::string name;
    std::string sha256;
    absl::Time expiry;
  };
  static absl::StatusOr<Token> ParseLine(absl::string_view line);
  const Token* FindByHash(absl::string_view sha256) const;

  std::vector<Token> tokens_;
  // Where in tokens_ a hash is, for those that are known to be good.
  std::map<std::string, size_t> index_;
};

// Thread-safe.
class TokenFile {
 public:
  // The file must be good.
  static absl::StatusOr<std::unique_ptr<TokenFile>> Load(const std::string& path,
                                                         const Clock& clock);

  // Reads the file again if it has changed; true when there is a new set. The error says why the
  // old set is kept, once for each change. Reads from the disk: not for a gRPC callback.
  absl::StatusOr<bool> Refresh();

  std::shared_ptr<const TokenSet> Current() const;

 private:
  TokenFile(const std::string& path, const Clock& clock);

  mutable Mutex mutex_;  // not held while reading
  std::shared_ptr<const TokenSet> current_ ABSL_GUARDED_BY(mutex_);
  Mutex refresh_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  WatchedFile file_ ABSL_GUARDED_BY(refresh_mutex_);
};

}  // namespace sluice

#endif  // SLUICE_AUTH_TOKEN_FILE_H_
