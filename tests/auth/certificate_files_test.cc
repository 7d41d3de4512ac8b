// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// T46, the files' part: rotation good, half done, garbage, deleted.

#include "auth/certificate_files.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/scratch.h"
#include "base/crypto/certificate.h"
#include "base/crypto/certificate_maker.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class CertificateFilesTest : public ::testing::Test {
 protected:
  CertificateFilesTest() : authority_(*MakeAuthority("Test CA", Life())) {
    tls_.set_certificate_file(directory_.Path("server.crt"));
    tls_.set_key_file(directory_.Path("server.key"));
    tls_.set_client_ca_file(directory_.Path("ca.crt"));
    directory_.Write("ca.crt", authority_.certificate, 0644);
  }

  Validity Life() const { return {clock_.now - absl::Hours(1), clock_.now + absl::Hours(100)}; }

  KeyAndCertificate Issue(CertificateRequest request) const {
    if (request.validity.to == absl::Time()) request.validity = Life();
    const auto made = IssueCertificate(authority_, request);
    EXPECT_TRUE(made.ok()) << made.status();
    return *made;
  }
  KeyAndCertificate Server() const {
    return Issue({.common_name = "sluiced", .hosts = {"localhost", "10.0.0.1"}});
  }
  void Install(const KeyAndCertificate& pair) const {
    directory_.Write("server.crt", pair.certificate, 0644);
    directory_.Write("server.key", pair.private_key, 0600);
  }
  absl::StatusOr<std::unique_ptr<CertificateFiles>> Load() const {
    return CertificateFiles::Load(tls_, clock_);
  }
  std::string LoadError() const { return std::string(Load().status().message()); }

  SetClock clock_;
  ScratchDirectory directory_;
  const KeyAndCertificate authority_;
  config::v1::Tls tls_;
};

TEST_F(CertificateFilesTest, HandsOutWhatIsGood) {
  const KeyAndCertificate pair = Server();
  Install(pair);
  const auto files = Load();
  ASSERT_TRUE(files.ok()) << files.status();
  const auto current = (*files)->Current();
  EXPECT_EQ(current->chain, pair.certificate);
  EXPECT_EQ(current->private_key, pair.private_key);
  EXPECT_EQ(current->client_ca, authority_.certificate);
  EXPECT_EQ(current->not_after, Life().to);
  EXPECT_FALSE(*(*files)->Refresh());
}

TEST_F(CertificateFilesTest, TakesANewPairWhileRunning) {
  Install(Server());
  const auto files = Load();
  ASSERT_TRUE(files.ok());
  const auto before = (*files)->Current();
  const KeyAndCertificate next = Server();
  Install(next);
  EXPECT_TRUE(*(*files)->Refresh());
  EXPECT_EQ((*files)->Current()->chain, next.certificate);
  EXPECT_EQ((*files)->Current()->generation, before->generation + 1);
}

TEST_F(CertificateFilesTest, AHalfRotatedPairKeepsTheOldOneAndSaysSoOnce) {
  const KeyAndCertificate old = Server();
  Install(old);
  const auto files = Load();
  ASSERT_TRUE(files.ok());
  const KeyAndCertificate next = Server();
  directory_.Write("server.crt", next.certificate);
  EXPECT_THAT(std::string((*files)->Refresh().status().message()),
              HasSubstr("server.key: the key does not belong to the certificate"));
  EXPECT_FALSE(*(*files)->Refresh());
  EXPECT_EQ((*files)->Current()->chain, old.certificate);
  directory_.Write("server.key", next.private_key);
  EXPECT_TRUE(*(*files)->Refresh());
  EXPECT_EQ((*files)->Current()->chain, next.certificate);
}

TEST_F(CertificateFilesTest, GarbageAndDeletedFilesKeepTheOldPair) {
  const KeyAndCertificate old = Server();
  Install(old);
  const auto files = Load();
  ASSERT_TRUE(files.ok());
  for (const char* name : {"server.crt", "server.key", "ca.crt"}) {
    const std::string content = directory_.Read(name);
    directory_.Write(name, "garbage");
    EXPECT_THAT(std::string((*files)->Refresh().status().message()), HasSubstr(name));
    std::filesystem::remove(directory_.Path(name));
    EXPECT_THAT(std::string((*files)->Refresh().status().message()), HasSubstr(name));
    EXPECT_EQ((*files)->Current()->chain, old.certificate);
    EXPECT_EQ((*files)->Current()->client_ca, authority_.certificate);
    directory_.Write(name, content);
    (*files)->Refresh().IgnoreError();
  }
  Install(Server());
  EXPECT_TRUE(*(*files)->Refresh());
}

TEST_F(CertificateFilesTest, ATruncatedFileIsNotTaken) {
  Install(Server());
  const auto files = Load();
  ASSERT_TRUE(files.ok());
  const KeyAndCertificate next = Server();
  directory_.Write("server.crt", next.certificate.substr(0, next.certificate.size() / 2));
  EXPECT_FALSE((*files)->Refresh().ok());
}

TEST_F(CertificateFilesTest, ANewCertificateThatIsNotYetValidIsTakenWhenItIs) {
  Install(Server());
  const auto files = Load();
  ASSERT_TRUE(files.ok());
  const KeyAndCertificate next = Issue(
      {.common_name = "s", .validity = {clock_.now + absl::Hours(1), clock_.now + absl::Hours(9)}});
  Install(next);
  EXPECT_THAT(std::string((*files)->Refresh().status().message()),
              HasSubstr("is not valid before"));
  EXPECT_FALSE(*(*files)->Refresh());
  clock_.now += absl::Hours(2);
  EXPECT_TRUE(*(*files)->Refresh());
  EXPECT_EQ((*files)->Current()->chain, next.certificate);
}

TEST_F(CertificateFilesTest, ToldOnceADayThatTheEndIsNear) {
  Install(Issue({.common_name = "s",
                 .hosts = {"localhost"},
                 .validity = {clock_.now, clock_.now + absl::Hours(24 * 30)}}));
  const auto files = Load();
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ((*files)->ExpiryNotice(), "") << "a month is left";
  clock_.now += absl::Hours(24 * 17);
  EXPECT_THAT((*files)->ExpiryNotice(), HasSubstr("server.crt expires at 2027-02-14T08:00:00"));
  EXPECT_EQ((*files)->ExpiryNotice(), "") << "on the same day";
  clock_.now += absl::Hours(24 * 13);
  EXPECT_THAT((*files)->ExpiryNotice(), HasSubstr("server.crt expired at"));
}

TEST_F(CertificateFilesTest, RefusesToStartWithWhatCannotServe) {
  EXPECT_THAT(LoadError(), HasSubstr("server.crt: cannot be read"));
  Install(Issue({.common_name = "s",
                 .validity = {clock_.now - absl::Hours(9), clock_.now - absl::Hours(1)}}));
  EXPECT_THAT(LoadError(), HasSubstr("server.crt: the certificate of \"s\" expired at"));
  Install(Issue({.common_name = "s", .usage = CertificateRequest::Usage::kClient}));
  EXPECT_THAT(LoadError(), HasSubstr("is not made for TLS servers"));
  KeyAndCertificate pair = Server();
  pair.private_key = Server().private_key;
  Install(pair);
  EXPECT_THAT(LoadError(), HasSubstr("does not belong to the certificate"));
  Install(Server());
  directory_.Write("ca.crt", Server().certificate);
  EXPECT_THAT(LoadError(), HasSubstr("is not that of an authority"));
}

TEST_F(CertificateFilesTest, ACheckTellsOfEachFile) {
  const auto check = [this] {
    std::vector<std::string> lines;
    for (const FieldError& error : CertificateFiles::Check(tls_, clock_)) {
      lines.push_back(absl::StrCat(error.field, ": ", error.status.ToString()));
    }
    return lines;
  };
  EXPECT_THAT(check(), ElementsAre(HasSubstr("tls.certificate_file: NOT_FOUND: "),
                                   HasSubstr("tls.key_file: NOT_FOUND: ")));
  Install(Server());
  EXPECT_THAT(check(), ElementsAre());
  directory_.Write("ca.crt", Server().certificate);
  directory_.Write("server.key", Server().private_key);
  EXPECT_THAT(check(), ElementsAre(HasSubstr("key_file: FAILED_PRECONDITION: "),
                                   HasSubstr("client_ca_file: FAILED_PRECONDITION: ")));
  // A key of which no certificate tells whether it belongs to it is looked at all the same.
  directory_.Write("server.crt", "garbage");
  tls_.clear_client_ca_file();
  EXPECT_THAT(check(), ElementsAre(HasSubstr("certificate_file: ")));
  directory_.Write("server.key", "garbage");
  EXPECT_THAT(check(), ElementsAre(HasSubstr("certificate_file: "), HasSubstr("key_file: ")));
  Install(Issue({.common_name = "s",
                 .validity = {clock_.now + absl::Hours(1), clock_.now + absl::Hours(9)}}));
  EXPECT_THAT(check(), ElementsAre(HasSubstr("certificate_file: UNAVAILABLE: ")));
}

TEST_F(CertificateFilesTest, OthersMustNotBeAbleToReadTheKey) {
  Install(Server());
  directory_.Write("server.key", Server().private_key, 0644);
  EXPECT_THAT(LoadError(),
              HasSubstr("server.key: others could read it; its mode is 0644: chmod 0640"));
}

TEST_F(CertificateFilesTest, AChainHasItsOrder) {
  const KeyAndCertificate pair = Server();
  EXPECT_TRUE(CheckServerChain(pair.certificate + authority_.certificate, clock_.now).ok());
  EXPECT_THAT(
      std::string(CheckServerChain(pair.certificate + Server().certificate, clock_.now).message()),
      HasSubstr("certificate 2 did not sign certificate 1"));
}

TEST_F(CertificateFilesTest, ABundleMayCarryAnExpiredAuthorityAlong) {
  const KeyAndCertificate old =
      *MakeAuthority("Old CA", {clock_.now - absl::Hours(9), clock_.now - absl::Hours(1)});
  EXPECT_TRUE(CheckAuthorities(old.certificate + authority_.certificate, clock_.now).ok());
  EXPECT_FALSE(CheckAuthorities(old.certificate, clock_.now).ok());
}

TEST_F(CertificateFilesTest, AKeyWithAPasswordIsRefusedWithoutAsking) {
  constexpr char kEncrypted[] =
      "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
      "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
      "AAAAAAAAAAAAAAAAAAAAAA==\n-----END EC PRIVATE KEY-----\n";
  EXPECT_THAT(std::string(CheckPrivateKey(kEncrypted, Server().certificate).message()),
              HasSubstr("holds no private key in PEM without a password"));
}

TEST_F(CertificateFilesTest, CertificatesSayWhomTheyAreFor) {
  const KeyAndCertificate pair = Issue({.common_name = "ci",
                                        .usage = CertificateRequest::Usage::kClient,
                                        .hosts = {"*.example.org", "10.0.0.1", "::1"},
                                        .uris = {"spiffe://prod/ci"}});
  const auto info = ReadCertificate(pair.certificate);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->common_name, "ci");
  EXPECT_THAT(info->dns_names, ElementsAre("*.example.org"));
  EXPECT_THAT(info->ip_addresses, ElementsAre("10.0.0.1", "0:0:0:0:0:0:0:1"));
  EXPECT_THAT(info->uris, ElementsAre("spiffe://prod/ci"));
  EXPECT_EQ(info->not_before, Life().from);
}

TEST_F(CertificateFilesTest, AHostIsNameOrAddressAndNothingElse) {
  for (const char* host : {"a", "a-b.example", "*.a.b", "127.0.0.1", "::1", "fe80::1"}) {
    EXPECT_TRUE(IsHost(host)) << host;
  }
  for (const char* host : {"", "a b", "a,DNS:b", "-a", "a-", "a..b", "*", "a.*", "::1%eth0"}) {
    EXPECT_FALSE(IsHost(host)) << host;
  }
  EXPECT_FALSE(IssueCertificate(authority_, {.common_name = "x", .hosts = {"a,IP:1.2.3.4"}}).ok());
}

}  // namespace
}  // namespace sluice
