// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/token_file.h"

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "auth/access_control.h"
#include "auth/scratch.h"
#include "base/crypto/sha256.h"
#include "base/crypto/token.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string LineOf(const std::string& name, const std::string& token,
                   const std::string& expiry = "") {
  return absl::StrCat(name, " ", Sha256Hex(token), " ", expiry, "\n");
}

class TokenFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<TokenIdentity> Find(const TokenFile& file, const std::string& token) const {
    return file.Current()->Find(token, clock_.Now());
  }

  ScratchDirectory directory_;
  SetClock clock_;
};

TEST_F(TokenFileTest, FindsTheNameBehindAToken) {
  const std::string path = directory_.Write(
      "tokens", "# people\n\n" + LineOf("ann@ops", "one") + "  " + LineOf("ci", "two"));
  const auto file = TokenFile::Load(path, clock_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Find(**file, "one")->name, "ann@ops");
  EXPECT_EQ(Find(**file, "two")->name, "ci");
  EXPECT_EQ(Find(**file, "three").status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Find(**file, Sha256Hex("one")).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Find(**file, "").status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(TokenFileTest, ANameMayHaveTwoTokensWhileOneReplacesTheOther) {
  const auto set = TokenSet::Parse("f", LineOf("ci", "old") + LineOf("ci", "new"));
  ASSERT_TRUE(set.ok());
  EXPECT_TRUE(set->Find("old", clock_.Now()).ok());
  EXPECT_TRUE(set->Find("new", clock_.Now()).ok());
}

TEST_F(TokenFileTest, ATokenEndsWithItsExpiry) {
  const auto set = TokenSet::Parse(
      "f", LineOf("day", "one", "2027-01-31") + LineOf("time", "two", "2027-01-31T12:00:00+02:00"));
  ASSERT_TRUE(set.ok()) << set.status();
  const auto at = [](const char* text) {
    absl::Time time;
    absl::ParseTime(absl::RFC3339_full, text, &time, nullptr);
    return time;
  };
  EXPECT_TRUE(set->Find("one", at("2027-01-31T23:59:59Z")).ok());
  EXPECT_EQ(set->Find("one", at("2027-02-01T00:00:00Z")).status().code(),
            absl::StatusCode::kUnauthenticated);
  const auto identity = set->Find("two", at("2027-01-31T09:59:59Z"));
  ASSERT_TRUE(identity.ok());
  EXPECT_THAT(std::string(set->Check(*identity, at("2027-01-31T10:00:00Z")).message()),
              HasSubstr("the token \"time\" expired at 2027-01-31T10:00:00"));
}

TEST_F(TokenFileTest, NamesEveryFaultyLineButNoSecret) {
  const std::string token = *NewToken();
  const auto set = TokenSet::Parse(
      "f", absl::StrCat("ci ", token, "\n", "only-a-name\n", "bad/name ", Sha256Hex("a"), "\n",
                        "late ", Sha256Hex("b"), " soon\n", LineOf("x", "c"), LineOf("y", "c")));
  const std::string message(set.status().message());
  for (const char* fault :
       {"f:1: the second word of \"ci\" must be the SHA-256", "f:2: a line must be",
        "f:3: the name", "f:4: the expiry must be written", "f:6: the same token"}) {
    EXPECT_THAT(message, HasSubstr(fault));
  }
  EXPECT_THAT(message, Not(HasSubstr(token)));
}

TEST_F(TokenFileTest, IsReadAgainWhenItChanges) {
  const std::string path = directory_.Write("tokens", LineOf("ci", "old"));
  const auto file = TokenFile::Load(path, clock_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_FALSE(*(*file)->Refresh());
  const TokenIdentity identity = *Find(**file, "old");
  directory_.Write("tokens", LineOf("ci", "new"));
  EXPECT_TRUE(*(*file)->Refresh());
  EXPECT_TRUE(Find(**file, "new").ok());
  EXPECT_FALSE(Find(**file, "old").ok());
  EXPECT_THAT(std::string((*file)->Current()->Check(identity, clock_.Now()).message()),
              HasSubstr("the token \"ci\" was revoked"));
}

TEST_F(TokenFileTest, AFaultyFileKeepsTheOldTokensAndSaysSoOnce) {
  const std::string path = directory_.Write("tokens", LineOf("ci", "old"));
  const auto file = TokenFile::Load(path, clock_);
  ASSERT_TRUE(file.ok());
  directory_.Write("tokens", "garbage\n");
  EXPECT_THAT(std::string((*file)->Refresh().status().message()), HasSubstr("tokens:1: a line"));
  EXPECT_FALSE(*(*file)->Refresh());
  EXPECT_TRUE(Find(**file, "old").ok());
  std::filesystem::remove(path);
  EXPECT_THAT(std::string((*file)->Refresh().status().message()), HasSubstr("cannot be read"));
  EXPECT_FALSE(*(*file)->Refresh());
  EXPECT_TRUE(Find(**file, "old").ok());
  directory_.Write("tokens", LineOf("ci", "new"));
  EXPECT_TRUE(*(*file)->Refresh());
  EXPECT_FALSE(Find(**file, "old").ok());
}

TEST_F(TokenFileTest, OthersMustNotBeAbleToWriteIt) {
  const std::string path = directory_.Write("tokens", LineOf("ci", "one"), 0666);
  const auto file = TokenFile::Load(path, clock_);
  EXPECT_THAT(std::string(file.status().message()),
              HasSubstr("others could change it; its mode is 0666: chmod 0644"));
}

TEST_F(TokenFileTest, MustBeAFile) {
  EXPECT_FALSE(TokenFile::Load(directory_.Path("missing"), clock_).ok());
  EXPECT_FALSE(TokenFile::Load(directory_.Path("."), clock_).ok());
}

// Changes of one size within one tick of the file system's clock are seen: young times are not
// believed.
TEST_F(TokenFileTest, SeesChangesHoweverFast) {
  const std::string path = directory_.Write("tokens", LineOf("ci", "0"));
  clock_.now = absl::Now();
  const auto file = TokenFile::Load(path, clock_);
  for (int i = 1; i < 200; ++i) {
    std::ofstream(path, std::ios::trunc) << LineOf("ci", std::to_string(i % 10));
    EXPECT_TRUE(*(*file)->Refresh());
    EXPECT_TRUE(Find(**file, std::to_string(i % 10)).ok());
  }
}

TEST(Tokens, AreLongAndNeverTheSame) {
  const std::string one = *NewToken();
  EXPECT_EQ(one.size(), 50u);
  EXPECT_NE(one, *NewToken());
}

TEST(Tokens, AreRedacted) {
  const std::string token = *NewToken();
  EXPECT_EQ(RedactTokens("a " + token + " b " + token), "a sluice_[redacted] b sluice_[redacted]");
  EXPECT_EQ(RedactTokens("sluice_short sluice_"), "sluice_short sluice_");
  EXPECT_EQ(RedactTokens(""), "");
}

class AccessControlTest : public TokenFileTest {
 protected:
  config::v1::Config Config() const {
    config::v1::Config config;
    config.mutable_access()->set_token_file(directory_.Path("tokens"));
    config::v1::Grant& grant = *config.mutable_access()->add_grants();
    grant.set_token("ci");
    grant.set_role(config::v1::ROLE_DEPLOYER);
    grant.add_services("*");
    return config;
  }
  std::unique_ptr<AccessControl> Make(const config::v1::Config& config) const {
    auto control = AccessControl::Make(config, clock_);
    EXPECT_TRUE(control.ok()) << control.status();
    return *std::move(control);
  }
  static constexpr char kDeploy[] = "/sluice.v1.DeploymentService/Deploy";
  static constexpr absl::string_view kService = "web";
  const Principal connection_{AnonymousIdentity(), "127.0.0.1:9"};
};

TEST_F(AccessControlTest, TheTokenTellsWhoCalls) {
  directory_.Write("tokens", LineOf("ci", "secret"));
  const auto control = Make(Config());
  const auto principal = control->Authenticate({"Bearer secret"}, connection_);
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ(principal->Name(), "ci");
  EXPECT_EQ(principal->peer, "127.0.0.1:9");
  EXPECT_TRUE(control->Decide(*principal, kDeploy, kService).ok());
  EXPECT_TRUE(control->Authenticate({"bearer secret"}, connection_).ok());
}

TEST_F(AccessControlTest, ABadTokenIsRefusedWhateverTheConnectionSays) {
  directory_.Write("tokens", LineOf("ci", "secret"));
  const auto control = Make(Config());
  const Principal root{UnixIdentity{0, "root", {0}}, "unix:"};
  for (const absl::string_view header :
       {"Bearer wrong", "Bearer ", "Bearer", "", "Basic secret", "secret", "Bearer  secret"}) {
    const auto principal = control->Authenticate({header}, root);
    EXPECT_EQ(principal.status().code(), absl::StatusCode::kUnauthenticated) << header;
    EXPECT_THAT(std::string(principal.status().message()), Not(HasSubstr("secret")));
  }
  EXPECT_FALSE(control->Authenticate({"Bearer secret", "Bearer secret"}, root).ok());
  EXPECT_FALSE(control->Authenticate({"Bearer " + std::string(100'000, 'a')}, root).ok());
}

TEST_F(AccessControlTest, WithoutATokenTheConnectionTells) {
  directory_.Write("tokens", "");
  const auto control = Make(Config());
  const auto principal = control->Authenticate({}, connection_);
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(control->Decide(*principal, kDeploy, kService).code(),
            absl::StatusCode::kUnauthenticated);
}

TEST_F(AccessControlTest, ARevokedTokenLosesWhatItHad) {
  directory_.Write("tokens", LineOf("ci", "secret"));
  const auto control = Make(Config());
  const auto principal = control->Authenticate({"Bearer secret"}, connection_);
  directory_.Write("tokens", "# nobody\n");
  EXPECT_TRUE(*control->Refresh());
  EXPECT_EQ(control->Decide(*principal, kDeploy, kService).code(),
            absl::StatusCode::kUnauthenticated);
}

TEST_F(AccessControlTest, ATokenThatExpiresLosesWhatItHad) {
  directory_.Write("tokens", LineOf("ci", "secret", "2027-01-31"));
  const auto control = Make(Config());
  const auto principal = control->Authenticate({"Bearer secret"}, connection_);
  EXPECT_TRUE(control->Decide(*principal, kDeploy, kService).ok());
  clock_.now += absl::Hours(24 * 30);
  EXPECT_FALSE(control->Decide(*principal, kDeploy, kService).ok());
  EXPECT_FALSE(control->Authenticate({"Bearer secret"}, connection_).ok());
}

TEST_F(AccessControlTest, AReloadTakesNewGrantsAndABadOneChangesNothing) {
  directory_.Write("tokens", LineOf("ci", "secret"));
  const auto control = Make(Config());
  const auto principal = control->Authenticate({"Bearer secret"}, connection_);
  config::v1::Config config = Config();
  config.mutable_access()->set_token_file(directory_.Path("missing"));
  EXPECT_FALSE(control->Reload(config).ok());
  EXPECT_TRUE(control->Decide(*principal, kDeploy, kService).ok());
  config = Config();
  config.mutable_access()->mutable_grants(0)->set_role(config::v1::ROLE_VIEWER);
  EXPECT_TRUE(control->Reload(config).ok());
  EXPECT_EQ(control->Decide(*principal, kDeploy, kService).code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(AccessControlTest, WithoutTheSectionAllIsAllowedButATokenIsNoUse) {
  const auto control = Make({});
  EXPECT_TRUE(control->Decide(connection_, kDeploy, kService).ok());
  EXPECT_THAT(std::string(control->Authenticate({"Bearer x"}, connection_).status().message()),
              HasSubstr("takes no tokens"));
  EXPECT_FALSE(*control->Refresh());
}

}  // namespace
}  // namespace sluice
