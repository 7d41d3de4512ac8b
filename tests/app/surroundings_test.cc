// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a configuration names on the machine: each fault by itself, all at once, and what is left to
// the start.

#include "app/surroundings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "app/config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

void Write(const std::string& path, const std::string& text, mode_t mode = 0600) {
  std::ofstream(path) << text;
  chmod(path.c_str(), mode);
}

// A good token file, a directory, and DIR in the place of its path.
class SurroundingsTest : public testing::Test {
 protected:
  SurroundingsTest() {
    Write(place_.Inside("tokens"), absl::StrCat("ci ", std::string(64, 'a'), "\n"));
    mkdir(place_.Inside("data").c_str(), 0700);
  }

  absl::Status Check(const std::string& text, Purpose purpose = Purpose::kStart) const {
    const auto look = [purpose](const config::v1::Config& config) {
      return CheckSurroundings(config, purpose, RealClock());
    };
    return ParseConfig("f", absl::StrReplaceAll(text, {{"DIR", place_.path()}}), {}, look).status();
  }
  std::vector<std::string> Faults(const std::string& text, Purpose purpose) const {
    const absl::Status status = Check(text, purpose);
    if (status.ok()) return {};
    EXPECT_EQ(status.code(), kInvalid) << status;
    return absl::StrSplit(absl::StrReplaceAll(status.message(), {{place_.path(), "DIR"}}), '\n');
  }
  std::vector<std::string> FilesThere() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place_.path())) {
      names.push_back(entry.path());
    }
    return names;
  }

  TemporaryDirectory place_;
};

TEST_F(SurroundingsTest, WhatIsThereIsGoodAndStaysAsItIs) {
  const auto before = FilesThere();
  for (const Purpose purpose : {Purpose::kStart, Purpose::kCheck, Purpose::kReload}) {
    EXPECT_TRUE(Check("data_dir: DIR/new\n"
                      "access: {token_file: DIR/tokens, audit_file: DIR/data/audit.jsonl, grants: "
                      "[{unix_user: root, role: admin, services: ['*']}]}",
                      purpose)
                    .ok());
  }
  EXPECT_EQ(FilesThere(), before);
}

TEST_F(SurroundingsTest, AllFaultsAreListedAtOnceBesideThoseOfTheText) {
  Write(place_.Inside("bad"), "one\nci 12\n");
  EXPECT_THAT(
      Faults("data_dir: DIR/tokens\n"
             "drain_grace: 0s\n"
             "access:\n"
             "  token_file: DIR/bad\n"
             "  audit_file: DIR/none/audit.jsonl\n"
             "  grants:\n"
             "    - {unix_user: no-such-user, role: admin, services: ['*']}\n"
             "    - {role: admin, unix_group: no-such-group, services: ['*']}\n"
             "listen:\n"
             "  tls:\n"
             "    certificate_file: DIR/server.crt\n"
             "    key_file: DIR/data\n"
             "    client_ca_file: DIR/tokens\n",
             Purpose::kStart),
      ElementsAre(
          "f:1:1: data_dir: DIR/tokens is not a directory",
          StartsWith("f:2:1: drain_grace: must be above 0"),
          StartsWith("f:4:3: access.token_file: DIR/bad:1: a line must be NAME SHA256"),
          StartsWith("f:4:3: access.token_file: DIR/bad:2: the second word of \"ci\" must be"),
          "f:5:3: access.audit_file: cannot make files in DIR/none: No such file or directory",
          "f:7:8: access.grants[0].unix_user: the system knows no user \"no-such-user\"",
          "f:8:21: access.grants[1].unix_group: the system knows no group \"no-such-group\"",
          "f:11:5: listen.tls.certificate_file: DIR/server.crt: cannot be read: No such file or "
          "directory",
          "f:12:5: listen.tls.key_file: DIR/data: is no regular file",
          StartsWith("f:13:5: listen.tls.client_ca_file: DIR/tokens: ")));
}

TEST_F(SurroundingsTest, TheFlagIsNamedThatGaveThePath) {
  ConfigFlags flags;
  flags.data_dir = place_.Inside("tokens");
  const auto look = [](const config::v1::Config& config) {
    return CheckSurroundings(config, Purpose::kStart, RealClock());
  };
  EXPECT_THAT(std::string(LoadConfig(std::nullopt, flags, look).status().message()),
              StartsWith("--data-dir: "));
}

struct PlaceCase {
  const char* name;
  const char* text;
  const char* fault;
};

class SurroundingsFault : public SurroundingsTest, public testing::WithParamInterface<PlaceCase> {};

TEST_P(SurroundingsFault, IsTheOnlyOneReportedByACheckAsByAStart) {
  symlink("data", place_.Inside("link").c_str());
  Write(place_.Inside("open"), "", 0666);
  const auto before = FilesThere();
  for (const Purpose purpose : {Purpose::kStart, Purpose::kCheck}) {
    EXPECT_THAT(Faults(GetParam().text, purpose), ElementsAre(HasSubstr(GetParam().fault)));
  }
  EXPECT_EQ(FilesThere(), before);
}

INSTANTIATE_TEST_SUITE_P(
    Files, SurroundingsFault,
    testing::Values(
        PlaceCase{"NoTokens", "access: {token_file: DIR/none}",
                  "f:1:10: access.token_file: DIR/none: cannot be read: No such file"},
        PlaceCase{"OpenTokens", "access: {token_file: DIR/open}", "others could change it"},
        PlaceCase{"RelativeTokens", "access: {token_file: none}", "must be an absolute path"},
        PlaceCase{"AuditIsADirectory", "access: {audit_file: DIR/data}", "is no regular file"},
        PlaceCase{"AuditIsALink", "access: {audit_file: DIR/link}", "is a symbolic link"},
        PlaceCase{"AuditWithoutParent", "access: {audit_file: DIR/none/audit/a}",
                  "cannot make files in DIR/none/audit: No such file or directory"},
        PlaceCase{"AuditBelowAFile", "access: {audit_file: DIR/tokens/a}", "Not a directory"},
        PlaceCase{"DataIsALink", "data_dir: DIR/link", "DIR/link is a symbolic link; name the"},
        PlaceCase{"DataBelowAFile", "data_dir: DIR/tokens/data", "Not a directory"},
        PlaceCase{"DataWithoutParent", "data_dir: DIR/none/data",
                  "cannot make DIR/none/data: No such file or directory; create DIR/none first"}),
    [](const auto& test) { return test.param.name; });

TEST_F(SurroundingsTest, TheDirectoryThatTheStartMakesIsThereForTheTrail) {
  EXPECT_TRUE(Check("data_dir: DIR/new\naccess: {audit_file: DIR/new/audit.jsonl}").ok());
  EXPECT_FALSE(Check("data_dir: DIR/new\naccess: {audit_file: DIR/new/more/audit.jsonl}").ok());
}

TEST_F(SurroundingsTest, ForACheckWhatIsMissingMayStillBeMadeForTheTrailAsForTheData) {
  const auto before = FilesThere();
  const std::string missing = "data_dir: DIR/new\naccess: {audit_file: DIR/new/more/audit.jsonl}";
  EXPECT_TRUE(Check(missing, Purpose::kCheck).ok());
  const std::string without_data = "access: {audit_file: DIR/new/audit.jsonl}";
  EXPECT_TRUE(Check(without_data, Purpose::kCheck).ok());
  EXPECT_THAT(Faults(without_data, Purpose::kStart),
              ElementsAre(HasSubstr("cannot make files in DIR/new: No such file")));
  // Not what is only called alike.
  EXPECT_THAT(Faults("data_dir: DIR/new\naccess: {audit_file: DIR/newer/more/audit.jsonl}",
                     Purpose::kCheck),
              ElementsAre(HasSubstr("cannot make files in DIR/newer/more: No such file")));
  symlink("none", place_.Inside("dangling").c_str());
  EXPECT_THAT(Faults("access: {audit_file: DIR/dangling/audit.jsonl}", Purpose::kCheck),
              ElementsAre(HasSubstr("cannot make files in DIR/dangling: No such file")));
  unlink(place_.Inside("dangling").c_str());
  EXPECT_EQ(FilesThere(), before);
}

TEST_F(SurroundingsTest, AReloadLooksOnlyAtWhatItTakes) {
  const std::string unused =
      "data_dir: DIR/tokens\nlisten: {tls: {certificate_file: /n, key_file: "
      "/n}}\n";
  EXPECT_THAT(Faults(unused + "access: {audit_file: /none/a}", Purpose::kReload), IsEmpty());
  EXPECT_THAT(Faults(unused + "access: {token_file: /none}", Purpose::kReload),
              ElementsAre(HasSubstr("access.token_file: /none: cannot be read")));
}

TEST_F(SurroundingsTest, ACheckTakesTheOwnerOfDataDirForTheDaemonsUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  ASSERT_EQ(chown(place_.Inside("data").c_str(), 12345, 12345), 0);
  EXPECT_TRUE(Check("data_dir: DIR/data", Purpose::kCheck).ok());
  const absl::Status start = Check("data_dir: DIR/data");
  EXPECT_EQ(start.code(), kDenied);
  EXPECT_THAT(std::string(start.message()), HasSubstr("belongs to user 12345, sluiced runs as"));
}

// The codes of what is looked at, in any order, and that of the whole.
struct KindCase {
  std::vector<absl::StatusCode> found;
  absl::StatusCode told;
};

TEST(Config, TheGravestFaultGivesTheCode) {
  using enum absl::StatusCode;
  const std::vector<KindCase> cases = {
      {{kUnavailable}, kUnavailable},
      {{kUnknown, kResourceExhausted}, kUnavailable},
      {{kUnavailable, kPermissionDenied}, kPermissionDenied},
      {{kPermissionDenied, kNotFound, kUnavailable}, kInvalidArgument},
      {{kFailedPrecondition}, kInvalidArgument},
  };
  for (const KindCase& test : cases) {
    const auto look = [&test](const config::v1::Config&) {
      std::vector<FieldError> errors;
      for (const absl::StatusCode code : test.found) {
        errors.push_back({"data_dir", absl::Status(code, "x")});
      }
      return errors;
    };
    EXPECT_EQ(ParseConfig("f", "", {}, look).status().code(), test.told);
    EXPECT_EQ(ParseConfig("f", "drain_grace: 0s", {}, look).status().code(), kInvalidArgument);
    EXPECT_EQ(ParseConfig("f", "colour: blue", {}, look).status().code(), kInvalidArgument);
  }
}

}  // namespace
}  // namespace sluice
