// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/token_file.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/crypto/sha256.h"
#include "base/crypto/token.h"
#include "base/status_macros.h"
#include "base/violations.h"

namespace sluice {
namespace {

constexpr size_t kMaxTokens = 10'000;
constexpr size_t kMaxListedFaults = 20;

std::string FormatExpiry(absl::Time expiry) {
  return absl::FormatTime(absl::RFC3339_sec, expiry, absl::UTCTimeZone());
}

absl::Status CheckExpiry(absl::string_view name, absl::Time expiry, absl::Time now) {
  if (now < expiry) return absl::OkStatus();
  return absl::UnauthenticatedError(absl::StrCat("the token ", Quoted(name), " expired at ",
                                                 FormatExpiry(expiry),
                                                 "; `sluice token new` makes another"));
}

absl::Status Faults(std::vector<std::string> faults) {
  if (faults.empty()) return absl::OkStatus();
  if (faults.size() > kMaxListedFaults) {
    const size_t left_out = faults.size() - kMaxListedFaults;
    faults.resize(kMaxListedFaults);
    faults.push_back(absl::StrCat("and ", left_out, " more"));
  }
  return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

}  // namespace

absl::StatusOr<TokenSet> TokenSet::Parse(absl::string_view file, absl::string_view text) {
  TokenSet set;
  std::vector<std::string> faults;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    absl::StatusOr<Token> token = ParseLine(line);
    if (token.ok() && !set.index_.emplace(token->sha256, set.size()).second) {
      token = absl::InvalidArgumentError("the same token stands in an earlier line");
    }
    if (token.ok()) {
      set.tokens_.push_back(*std::move(token));
    } else {
      faults.push_back(absl::StrCat(file, ":", number, ": ", token.status().message()));
    }
  }
  if (set.size() > kMaxTokens) {
    faults.push_back(absl::StrCat(file, ": must have at most ", kMaxTokens, " tokens"));
  }
  SLUICE_RETURN_IF_ERROR(Faults(std::move(faults)));
  return set;
}

// A message never quotes the second word: somebody may have put the token itself there.
absl::StatusOr<TokenSet::Token> TokenSet::ParseLine(absl::string_view line) {
  const std::vector<std::string> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.size() < 2 || words.size() > 3) {
    return absl::InvalidArgumentError(
        "a line must be NAME SHA256 [EXPIRY]; `sluice token new NAME` prints one");
  }
  if (!IsTokenName(words[0])) {
    return absl::InvalidArgumentError(absl::StrCat("the name ", kTokenNameRule));
  }
  const std::string sha256 = absl::AsciiStrToLower(words[1]);
  if (!IsSha256Hex(sha256)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the second word of ", Quoted(words[0]),
                     " must be the SHA-256 of the token, 64 hexadecimal digits"));
  }
  Token token{words[0], sha256, absl::InfiniteFuture()};
  if (words.size() == 3) {
    SLUICE_ASSIGN_OR_RETURN(token.expiry, ParseTokenExpiry(words[2]));
  }
  return token;
}

// Looks at every token, so that the time tells nothing of where a match stands.
const TokenSet::Token* TokenSet::FindByHash(absl::string_view sha256) const {
  const Token* found = nullptr;
  for (const Token& token : tokens_) {
    if (EqualInConstantTime(token.sha256, sha256)) found = &token;
  }
  return found;
}

absl::StatusOr<TokenIdentity> TokenSet::Find(absl::string_view token, absl::Time now) const {
  const std::string sha256 = Sha256Hex(token);
  const Token* found = FindByHash(sha256);
  if (found == nullptr) {
    return absl::UnauthenticatedError(
        "the token is not known; `sluice token new` makes one, with the line for the token file");
  }
  SLUICE_RETURN_IF_ERROR(CheckExpiry(found->name, found->expiry, now));
  return TokenIdentity{found->name, found->sha256};
}

absl::Status TokenSet::Check(const TokenIdentity& identity, absl::Time now) const {
  // Asked again and again while streams are open: not as FindByHash.
  const auto at = index_.find(identity.sha256);
  const Token* found = at == index_.end() ? nullptr : &tokens_[at->second];
  if (found == nullptr || found->name != identity.name) {
    return absl::UnauthenticatedError(
        absl::StrCat("the token ", Quoted(identity.name), " was revoked"));
  }
  return CheckExpiry(found->name, found->expiry, now);
}

TokenFile::TokenFile(const std::string& path, const Clock& clock)
    : current_(std::make_shared<const TokenSet>()), file_(clock, {.path = path}) {}

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Load(const std::string& path,
                                                           const Clock& clock) {
  std::unique_ptr<TokenFile> file(new TokenFile(path, clock));
  SLUICE_RETURN_IF_ERROR(file->Refresh().status());
  return file;
}

absl::StatusOr<bool> TokenFile::Refresh() {
  MutexLock reading(refresh_mutex_);
  SLUICE_ASSIGN_OR_RETURN(const bool is_new, file_.Poll());
  if (!is_new) return false;
  SLUICE_ASSIGN_OR_RETURN(TokenSet parsed, TokenSet::Parse(file_.path(), file_.content()));
  auto next = std::make_shared<const TokenSet>(std::move(parsed));
  MutexLock lock(mutex_);
  current_ = std::move(next);
  return true;
}

std::shared_ptr<const TokenSet> TokenFile::Current() const {
  MutexLock lock(mutex_);
  return current_;
}

}  // namespace sluice
