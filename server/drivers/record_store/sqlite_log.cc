// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/sqlite_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"
#include "drivers/record_store/sqlite_schema.h"

namespace sluice {
namespace {

// As sqlite.org/fileformat2.html has them: all numbers but the checksums' words are big-endian.
constexpr size_t kHeaderBytes = 32;
constexpr size_t kHeaderSummedBytes = 24;
constexpr size_t kFrameHeaderBytes = 24;
constexpr size_t kFrameSummedBytes = 8;
constexpr size_t kPageSizeAt = 16;    // in the file
constexpr size_t kLogPageSizeAt = 8;  // in the log's header
constexpr uint32_t kSmallestPage = 512;
constexpr uint32_t kLargestPage = 65536;
constexpr uint32_t kMagic = 0x377f0682;  // the lowest bit: the words are big-endian

uint32_t BigEndian(const char* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

struct Checksum {
  uint32_t first = 0;
  uint32_t second = 0;

  bool operator==(const Checksum& other) const {
    return first == other.first && second == other.second;
  }
  static Checksum At(const char* bytes) { return {BigEndian(bytes), BigEndian(bytes + 4)}; }
};

using Salts = std::pair<uint32_t, uint32_t>;

constexpr size_t kSaltsEndAt = 16;  // in a frame

bool IsPageSize(uint32_t size) {
  return size >= kSmallestPage && size <= kLargestPage && (size & (size - 1)) == 0;
}

bool IsZero(absl::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

// Goes on from `sum` over whole pairs of words.
Checksum SumOf(absl::string_view bytes, Checksum sum, bool is_big_endian) {
  for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    uint32_t first = BigEndian(bytes.data() + at);
    uint32_t second = BigEndian(bytes.data() + at + 4);
    if (!is_big_endian) {
      first = __builtin_bswap32(first);
      second = __builtin_bswap32(second);
    }
    sum.first += first + sum.second;
    sum.second += second + sum.first;
  }
  return sum;
}

// Read one frame after the other.
class LogReader {
 public:
  LogReader(int fd, size_t page_size) : fd_(fd), bytes_(kFrameHeaderBytes + page_size) {}

  // False when there is no header.
  absl::StatusOr<bool> ReadHeader() {
    std::vector<char> header(kHeaderBytes);
    SLUICE_ASSIGN_OR_RETURN(const bool is_whole, Read(header));
    if (!is_whole) return false;
    header_is_unused_ = IsZero({header.data(), header.size()});
    const uint32_t magic = BigEndian(header.data());
    is_big_endian_ = (magic & 1) != 0;
    salts_ = {BigEndian(&header[16]), BigEndian(&header[20])};
    sum_ = Checksum::At(&header[kHeaderSummedBytes]);
    const Checksum right = SumOf({header.data(), kHeaderSummedBytes}, {}, is_big_endian_);
    const uint32_t page_size = BigEndian(&header[kLogPageSizeAt]);
    header_is_sound_ = (magic & ~1U) == kMagic && right == sum_ && IsPageSize(page_size);
    // The file's header has it too, and may be damaged.
    if (header_is_sound_) bytes_.resize(kFrameHeaderBytes + page_size);
    return true;
  }
  bool header_is_sound() const { return header_is_sound_; }
  // Allocated, and not written since.
  bool header_is_unused() const { return header_is_unused_; }

  // False at the end. What a frame's checksum must be follows from the frame before.
  absl::StatusOr<bool> Next() {
    SLUICE_ASSIGN_OR_RETURN(const bool is_whole, Read(bytes_));
    if (!is_whole) return false;
    ++number_;
    sum_before_ = std::exchange(sum_, Checksum::At(&bytes_[16]));
    return true;
  }

  int64_t number() const { return number_; }  // of the present frame, from 1
  int64_t offset() const { return end_ - static_cast<int64_t>(bytes_.size()); }
  int64_t end() const { return end_; }
  // What was there where a header or frame was to be read, and is not whole.
  size_t rest() const { return got_; }
  bool rest_is_unused() const { return rest_is_unused_; }
  uint32_t page_number() const { return BigEndian(bytes_.data()); }
  bool is_commit() const { return BigEndian(&bytes_[4]) != 0; }
  Salts salts() const { return {BigEndian(&bytes_[8]), BigEndian(&bytes_[12])}; }
  absl::string_view page() const {
    return {bytes_.data() + kFrameHeaderBytes, bytes_.size() - kFrameHeaderBytes};
  }
  // Of the log as its header says; frames of an earlier log lie behind those of the present one.
  bool is_of_this_log() const { return salts() == salts_; }
  bool follows() const {
    const Checksum header = SumOf({bytes_.data(), kFrameSummedBytes}, sum_before_, is_big_endian_);
    return sum_ == SumOf(page(), header, is_big_endian_);
  }

 private:
  absl::StatusOr<bool> Read(std::vector<char>& buffer) {
    const ssize_t got = pread(fd_, buffer.data(), buffer.size(), end_);
    if (got < 0) return FileError(errno, "cannot read it");
    end_ += static_cast<int64_t>(buffer.size());
    got_ = static_cast<size_t>(got);
    rest_is_unused_ = got_ < buffer.size() && IsZero({buffer.data(), got_});
    return got == static_cast<ssize_t>(buffer.size());
  }

  const int fd_;
  std::vector<char> bytes_;
  int64_t end_ = 0;
  size_t got_ = 0;
  bool rest_is_unused_ = false;
  int64_t number_ = 0;
  bool is_big_endian_ = false;
  bool header_is_sound_ = false;
  bool header_is_unused_ = false;
  Salts salts_;
  Checksum sum_before_;
  Checksum sum_;
};

std::string Place(int64_t frame, int64_t offset) {
  return absl::StrCat("frame ", frame, " at byte ", offset);
}

struct Findings {
  std::string damage;
  std::optional<int64_t> torn_at;
};

// Whether what is left of the log behind its last whole frame was to become a frame of this log.
bool IsTornFrame(const LogReader& log, bool is_first_foreign) {
  if (log.rest_is_unused()) return false;
  if (log.rest() < kSaltsEndAt) return is_first_foreign;
  return log.is_of_this_log();
}

// Looks for a frame that is not sound and for a whole commit that more was written after: then the
// frame was synced once.
absl::StatusOr<Findings> FindInFrames(LogReader& log) {
  std::string broken;
  bool commit_follows = false;
  bool has_foreign = false;
  int64_t committed = kHeaderBytes;  // where the last whole commit ends
  int64_t written = kHeaderBytes;    // where the last frame of this log ends
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool found, log.Next());
    if (!found) break;
    const bool is_own = log.is_of_this_log();
    // Zeros are what was allocated, or what the disk has not written yet: nobody was told of those.
    has_foreign |= !is_own && log.salts() != Salts();
    if (broken.empty() && (!is_own || !log.follows())) broken = Place(log.number(), log.offset());
    if (is_own) written = log.end();
    if (broken.empty() && log.is_commit()) committed = log.end();
    if (broken.empty() || !is_own) continue;
    if (commit_follows) return Findings{absl::StrCat(broken, " is not what was written"), {}};
    commit_follows = log.is_commit();
  }
  const bool is_torn = written > committed || IsTornFrame(log, !has_foreign);
  return Findings{"", is_torn ? std::optional<int64_t>(committed) : std::nullopt};
}

// A header is torn when a power cut comes as the log is begun anew. Then the commits of the old log
// are all in the file; otherwise the header is damaged and the file lacks them.
absl::StatusOr<Findings> FindInHeader(LogReader& log, int file) {
  std::map<uint32_t, std::string> open;  // pages by number, of a commit that has no end yet
  std::map<uint32_t, std::string> committed;
  Salts salts;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool found, log.Next());
    if (!found) break;
    if (log.number() == 1) salts = log.salts();
    // The first frame's checksum follows from the header.
    if (log.salts() != salts || (log.number() > 1 && !log.follows())) break;
    open[log.page_number()] = std::string(log.page());
    if (!log.is_commit()) continue;
    for (auto& [number, page] : open) committed[number] = std::move(page);
    open.clear();
  }
  for (const auto& [number, page] : committed) {
    std::string stored(page.size(), '\0');
    const auto offset = (static_cast<int64_t>(number) - 1) * static_cast<int64_t>(page.size());
    // What cannot be read is not there.
    const ssize_t got = pread(file, stored.data(), stored.size(), offset);
    if (got < 0 || stored != page)
      return Findings{"the header at byte 0 is not what was written", {}};
  }
  return Findings{"", 0};
}

absl::StatusOr<size_t> PageSize(int file) {
  char bytes[2];
  if (pread(file, bytes, sizeof bytes, kPageSizeAt) != sizeof bytes) {
    return FileError(errno, "cannot read its page size");
  }
  const uint32_t size =
      static_cast<unsigned char>(bytes[0]) << 8U | static_cast<unsigned char>(bytes[1]);
  return size == 1 ? kLargestPage : size;
}

}  // namespace

absl::StatusOr<std::optional<int64_t>> CheckLog(const std::string& path) {
  const std::string log_path = LogOf(path);
  const UniqueFd log_file(open(log_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!log_file.ok() && errno == ENOENT) return std::nullopt;
  if (!log_file.ok()) return FileError(errno, absl::StrCat("cannot open ", log_path));
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return FileError(errno, absl::StrCat("cannot open ", path));
  SLUICE_ASSIGN_OR_RETURN(const size_t page_size, PageSize(file.get()));
  LogReader log(log_file.get(), page_size);
  SLUICE_ASSIGN_OR_RETURN(const bool has_header, log.ReadHeader());
  if (!has_header) return log.rest_is_unused() ? std::nullopt : std::optional<int64_t>(0);
  SLUICE_ASSIGN_OR_RETURN(const Findings found, log.header_is_sound()
                                                    ? FindInFrames(log)
                                                    : FindInHeader(log, file.get()));
  if (found.damage.empty()) return log.header_is_unused() ? std::nullopt : found.torn_at;
  return DamageError(path, absl::StrCat("in its log ", log_path, " ", found.damage,
                                        ", although commits follow that were on the disk"));
}

std::string LogOf(const std::string& path) { return absl::StrCat(path, "-wal"); }

}  // namespace sluice
