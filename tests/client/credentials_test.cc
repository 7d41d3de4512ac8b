// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/credentials.h"

#include <fstream>
#include <map>
#include <string>

#include "absl/time/clock.h"
#include "base/crypto/certificate_maker.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "support/temporary_directory.h"

namespace sluice::client {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kRemote[] = "deploy.example.org:7400";
constexpr char kSocket[] = "unix:/run/sluice/sluice.sock";

class CredentialsTest : public testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = directory_.Inside(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string Pem(const std::string& name) { return File(name, "-----BEGIN " + name + "-----\n"); }

  absl::StatusOr<Credentials> Read(const CredentialFiles& files, const std::string& address) {
    return ReadCredentials(files, address, [this](const char* name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? nullptr : found->second.c_str();
    });
  }
  std::string Fault(const CredentialFiles& files, const std::string& address = kRemote) {
    return std::string(Read(files, address).status().message());
  }

  static KeyAndCertificate MakePair() {
    const absl::Time now = absl::Now();
    return *MakeAuthority("somebody", {.from = now, .to = now + absl::Hours(1)});
  }

  TemporaryDirectory directory_;
  std::map<std::string, std::string> variables_;
};

TEST_F(CredentialsTest, WithoutSettingsThereAreNone) {
  const auto credentials = Read({}, kRemote);
  ASSERT_TRUE(credentials.ok());
  EXPECT_FALSE(credentials->tls());
  EXPECT_EQ(credentials->token, "");
}

TEST_F(CredentialsTest, AreReadFromTheFilesThatFlagsName) {
  const KeyAndCertificate pair = MakePair();
  const auto credentials = Read({.ca = Pem("ca"),
                                 .certificate = File("cert", pair.certificate),
                                 .key = File("key", pair.private_key),
                                 .token = File("token", "  sluice_abc\n")},
                                kRemote);
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  EXPECT_TRUE(credentials->tls());
  EXPECT_EQ(credentials->authorities, "-----BEGIN ca-----\n");
  EXPECT_EQ(credentials->certificate, pair.certificate);
  EXPECT_EQ(credentials->key, pair.private_key);
  EXPECT_EQ(credentials->token, "sluice_abc");
}

TEST_F(CredentialsTest, AKeyOfAnotherCertificateIsNamed) {
  EXPECT_THAT(Fault({.ca = Pem("ca"),
                     .certificate = File("cert", MakePair().certificate),
                     .key = File("key", MakePair().private_key)}),
              StartsWith("--key: "));
}

TEST_F(CredentialsTest, TheEnvironmentStandsBehindTheFlags) {
  variables_ = {{"SLUICE_CA", Pem("other")}, {"SLUICE_TOKEN", "sluice_env"}};
  EXPECT_EQ(Read({}, kRemote)->authorities, "-----BEGIN other-----\n");
  EXPECT_EQ(Read({}, kRemote)->token, "sluice_env");
  const auto flags = Read({.ca = Pem("ca"), .token = File("token", "sluice_flag")}, kRemote);
  EXPECT_EQ(flags->authorities, "-----BEGIN ca-----\n");
  EXPECT_EQ(flags->token, "sluice_flag");
}

TEST_F(CredentialsTest, WhatDoesNotFitTogetherIsNamed) {
  EXPECT_THAT(Fault({.ca = Pem("ca"), .certificate = Pem("cert")}),
              StartsWith("--cert: needs its key too"));
  EXPECT_THAT(Fault({.ca = Pem("ca"), .key = Pem("key")}), StartsWith("--key: needs its cert"));
  EXPECT_THAT(Fault({.certificate = Pem("cert"), .key = Pem("key")}),
              HasSubstr("--ca or SLUICE_CA"));
  variables_ = {{"SLUICE_CERT", Pem("cert")}};
  EXPECT_THAT(Fault({}), StartsWith("SLUICE_CERT: needs its key too"));
}

TEST_F(CredentialsTest, AFileThatCannotBeUsedIsNamed) {
  EXPECT_THAT(Fault({.ca = directory_.Inside("none")}), HasSubstr("cannot be read: No such file"));
  EXPECT_THAT(Fault({.ca = File("text", "hello")}), HasSubstr("is no PEM file"));
  EXPECT_THAT(Fault({.token = File("empty", "\n")}, kSocket), HasSubstr("must hold one token"));
}

TEST_F(CredentialsTest, AFaultyTokenIsNotQuoted) {
  const std::string fault = Fault({.token = File("two", "sluice_one sluice_two")}, kSocket);
  EXPECT_THAT(fault, StartsWith("--token-file: must hold one token"));
  EXPECT_THAT(fault, Not(HasSubstr("sluice_")));
}

TEST_F(CredentialsTest, ATokenIsNotSentWhereOthersCouldReadIt) {
  const CredentialFiles token = {.token = File("token", "sluice_abc")};
  EXPECT_THAT(Fault(token), StartsWith("--token-file: others could read the token"));
  for (const char* here : {kSocket, "127.0.0.1:7400", "localhost:7400", "[::1]:7400"}) {
    EXPECT_TRUE(Read(token, here).ok()) << here;
  }
  EXPECT_TRUE(Read({.ca = Pem("ca"), .token = token.token}, kRemote).ok());
  variables_ = {{"SLUICE_TOKEN", "sluice_abc"}};
  EXPECT_THAT(Fault({}), StartsWith("SLUICE_TOKEN: others could read"));
}

TEST_F(CredentialsTest, ToASocketNoTlsIsSpoken) {
  variables_ = {{"SLUICE_CA", directory_.Inside("not there")}};
  const auto credentials = Read({}, kSocket);
  ASSERT_TRUE(credentials.ok());
  EXPECT_FALSE(credentials->tls());
}

}  // namespace
}  // namespace sluice::client
