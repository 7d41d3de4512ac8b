// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/audit_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/audit/audit_line.h"
#include "base/durable_file.h"
#include "base/failpoint.h"
#include "base/status_macros.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

struct Tail {
  std::string last_line;  // the last one with an end; empty when there is none
  off_t size = 0;         // of the file up to the end of that line
};

absl::StatusOr<std::string> ReadAt(int fd, off_t begin, off_t end, const std::string& path) {
  std::string text(static_cast<size_t>(end - begin), '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = pread(fd, &text[done], text.size() - done, begin + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be read"));
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  text.resize(done);
  return text;
}

// Looks at the last two lines' length at most: what is longer was not written by us.
absl::StatusOr<Tail> ReadTail(int fd, const std::string& path) {
  const off_t size = lseek(fd, 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, size - 2 * static_cast<off_t>(kMaxAuditLineBytes));
  SLUICE_ASSIGN_OR_RETURN(const std::string text, ReadAt(fd, begin, size, path));
  const size_t end = text.rfind('\n');
  if (end == std::string::npos) {
    if (begin == 0) return Tail{};
    return absl::FailedPreconditionError(absl::StrCat(path, ": is no audit trail"));
  }
  const size_t before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  const size_t line_begin = before == std::string::npos ? 0 : before + 1;
  return Tail{text.substr(line_begin, end - line_begin), begin + static_cast<off_t>(end) + 1};
}

// Of a file without a whole line: a first record that a crash tore, or blanks that were tried.
absl::Status CheckIsTorn(int fd, const std::string& path) {
  constexpr absl::string_view kRecordBegin = "{\"sequence\":";
  SLUICE_ASSIGN_OR_RETURN(const std::string begin,
                          ReadAt(fd, 0, static_cast<off_t>(kRecordBegin.size()), path));
  const bool is_ours = absl::StartsWith(kRecordBegin, begin) ||
                       begin.find_first_not_of(std::string(" \0", 2)) == std::string::npos;
  if (is_ours) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(path, ": is no audit trail"));
}

absl::Status NotRegular(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": is no regular file"));
}

}  // namespace

AuditFile::AuditFile(const std::string& path) : path_(path), last_hash_(FirstPreviousHash()) {}

absl::StatusOr<std::unique_ptr<AuditFile>> AuditFile::Open(const std::string& path) {
  std::unique_ptr<AuditFile> file(new AuditFile(path));
  SLUICE_RETURN_IF_ERROR(file->OpenFile());
  SLUICE_RETURN_IF_ERROR(file->ContinueChain());
  return file;
}

absl::Status AuditFile::CheckPlace(const std::string& path) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return CheckWritable(DirectoryOf(path));
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be examined"));
  }
  if (S_ISLNK(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": is a symbolic link"));
  }
  if (!S_ISREG(info.st_mode)) return NotRegular(path);
  if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be opened for appending"));
}

absl::Status AuditFile::OpenFile() {
  UniqueFd fd(
      open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!fd.ok()) return Failed("cannot be opened for appending");
  struct stat info = {};
  if (fstat(fd.get(), &info) != 0) return Failed("cannot be examined");
  if (!S_ISREG(info.st_mode)) return NotRegular(path_);
  fd_ = std::move(fd);
  SLUICE_RETURN_IF_ERROR(Lock());
  // So that a new file is still there after a power failure.
  if (info.st_size == 0) SyncPath(DirectoryOf(path_)).IgnoreError();
  return absl::OkStatus();
}

// Two writers would fork the chain.
absl::Status AuditFile::Lock() const {
  if (flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path_, ": another process writes this audit trail; give each daemon its own"));
}

absl::Status AuditFile::ContinueChain() {
  SLUICE_ASSIGN_OR_RETURN(const Tail tail, ReadTail(fd_.get(), path_));
  const off_t size = lseek(fd_.get(), 0, SEEK_END);
  cut_bytes_ = size - tail.size;
  // Before anything is cut off: it may be another file altogether.
  if (!tail.last_line.empty()) {
    SLUICE_RETURN_IF_ERROR(ContinueAfter(tail.last_line, path_));
  } else if (cut_bytes_ > 0) {
    SLUICE_RETURN_IF_ERROR(CheckIsTorn(fd_.get(), path_));
  }
  if (cut_bytes_ > 0 && ftruncate(fd_.get(), tail.size) != 0) {
    return Failed("its last line is incomplete and cannot be cut off");
  }
  if (!tail.last_line.empty()) return absl::OkStatus();
  const std::string rotated = absl::StrCat(path_, ".1");
  const UniqueFd fd(open(rotated.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.ok()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const Tail before, ReadTail(fd.get(), rotated));
  return before.last_line.empty() ? absl::OkStatus() : ContinueAfter(before.last_line, rotated);
}

absl::Status AuditFile::ContinueAfter(absl::string_view last_line, const std::string& file) {
  const absl::StatusOr<v1::AuditRecord> last = ParseAuditLine(last_line);
  if (!last.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(file, ": its last record ", last.status().message(), "; look at it with ",
                     "`sluice audit verify`, and move it away to begin a new trail"));
  }
  last_sequence_ = last->sequence();
  last_hash_ = last->hash();
  return absl::OkStatus();
}

absl::Status AuditFile::Append(std::vector<v1::AuditRecord>& records) {
  SLUICE_RETURN_IF_ERROR(broken_);
  SLUICE_RETURN_IF_ERROR(ReopenIfRotated());
  int64_t sequence = last_sequence_;
  std::string hash = last_hash_;
  std::string text;
  for (v1::AuditRecord& record : records) {
    record.set_sequence(++sequence);
    record.set_previous_hash(hash);
    absl::StrAppend(&text, ToAuditLine(record), "\n");
    hash = record.hash();
  }
  SLUICE_RETURN_IF_ERROR(Write(text));
  last_sequence_ = sequence;
  last_hash_ = hash;
  return absl::OkStatus();
}

absl::Status AuditFile::TryToWrite() {
  SLUICE_RETURN_IF_ERROR(broken_);
  SLUICE_RETURN_IF_ERROR(ReopenIfRotated());
  const off_t size = lseek(fd_.get(), 0, SEEK_END);
  SLUICE_RETURN_IF_ERROR(Write(std::string(kMaxAuditLineBytes, ' ')));
  if (ftruncate(fd_.get(), size) != 0) broken_ = Failed("cannot be cut off where its records end");
  return broken_;
}

absl::Status AuditFile::ReopenIfRotated() {
  struct stat open_file = {};
  struct stat named = {};
  if (fstat(fd_.get(), &open_file) != 0) return Failed("cannot be examined");
  const bool is_there = stat(path_.c_str(), &named) == 0;
  const bool same =
      is_there && named.st_dev == open_file.st_dev && named.st_ino == open_file.st_ino;
  if (same) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(OpenFile());
  // Whoever has the log can tell whether what is kept of the trail is all of it.
  spdlog::info("event=audit_reopened file={} records={} last_hash={}", path_, last_sequence_,
               last_hash_);
  return absl::OkStatus();
}

absl::Status AuditFile::Write(absl::string_view text) {
  SLUICE_FAILPOINT_OR_RETURN("audit.before_write");
  const off_t size = lseek(fd_.get(), 0, SEEK_END);
  while (!text.empty()) {
    const ssize_t n = write(fd_.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const absl::Status status = Failed("cannot be written");
      if (ftruncate(fd_.get(), size) != 0) broken_ = status;
      return status;
    }
    text.remove_prefix(static_cast<size_t>(n));
  }
  SLUICE_FAILPOINT("audit.after_write");
  if (fdatasync(fd_.get()) == 0) {
    SLUICE_FAILPOINT("audit.after_sync");
    return absl::OkStatus();
  }
  broken_ = Failed("cannot be made durable; restart the daemon when the disk is repaired");
  return broken_;
}

absl::Status AuditFile::Failed(const char* what) const {
  return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": ", what));
}

}  // namespace sluice
