// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The verbs that need no daemon: certs, token, audit.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/audit/audit_line.h"
#include "base/crypto/certificate.h"
#include "base/crypto/sha256.h"
#include "client/program.h"
#include "client/states.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SecretsTest : public ::testing::Test {
 protected:
  SecretsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "sluice-client-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~SecretsTest() override { std::filesystem::remove_all(directory_); }

  int Sluice(const std::vector<std::string>& words) {
    std::vector<const char*> argv = {"sluice"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    console_.output.clear();
    console_.errors.clear();
    return static_cast<int>(RunProgram(static_cast<int>(argv.size()), argv.data(), console_));
  }

  std::string Path(const std::string& name) const { return absl::StrCat(directory_, "/", name); }
  std::string Read(const std::string& name) const {
    std::ifstream stream(Path(name));
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  int Mode(const std::string& name) const {
    return static_cast<int>(std::filesystem::status(Path(name)).permissions());
  }

  // A trail of that many records; every second one is a refused call of "mallory" for "pay".
  void WriteTrail(int records) const {
    std::ofstream stream(Path("audit.jsonl"));
    std::string previous = FirstPreviousHash();
    for (int i = 1; i <= records; ++i) {
      v1::AuditRecord record;
      record.set_sequence(i);
      record.mutable_time()->set_seconds(1'800'000'000 + i);
      record.set_principal(i % 2 == 0 ? "mallory" : "ci");
      record.set_how("token");
      record.set_method("Deploy");
      record.set_service(i % 2 == 0 ? "pay" : "web");
      record.set_reason(absl::StrCat("change ", i));
      record.set_outcome(i % 2 == 0 ? "PERMISSION_DENIED" : "OK");
      record.set_previous_hash(previous);
      stream << ToAuditLine(record) << "\n";
      previous = record.hash();
    }
  }

  std::string directory_;
  FakeConsole console_;
};

TEST_F(SecretsTest, CertsInitMakesWhatAServerAndAClientNeed) {
  EXPECT_EQ(Sluice({"certs", "init", "--dir", Path("c"), "--host", "deploy.example.org", "--host",
                    "10.0.0.1", "--client", "ci"}),
            0)
      << console_.errors;
  const absl::Time now = absl::Now();
  EXPECT_TRUE(CheckServerChain(Read("c/server.crt") + Read("c/ca.crt"), now).ok());
  EXPECT_TRUE(CheckPrivateKey(Read("c/server.key"), Read("c/server.crt")).ok());
  EXPECT_TRUE(CheckAuthorities(Read("c/ca.crt"), now).ok());
  EXPECT_TRUE(CheckPrivateKey(Read("c/client.key"), Read("c/client.crt")).ok());
  const auto server = ReadCertificate(Read("c/server.crt"));
  EXPECT_THAT(server->dns_names, ElementsAre("localhost", "deploy.example.org"));
  EXPECT_THAT(server->ip_addresses, ElementsAre("127.0.0.1", "0:0:0:0:0:0:0:1", "10.0.0.1"));
  EXPECT_LT(server->not_before, now);
  EXPECT_GT(server->not_after, now + absl::Hours(24 * 365));
  EXPECT_EQ(ReadCertificate(Read("c/client.crt"))->common_name, "ci");
  // A client's certificate serves no server.
  EXPECT_FALSE(CheckServerChain(Read("c/client.crt"), now).ok());
  EXPECT_THAT(console_.output, HasSubstr("certificate_common_name: \"ci\""));
}

TEST_F(SecretsTest, CertsInitTellsProgramsToo) {
  EXPECT_EQ(Sluice({"certs", "init", "--dir", Path("c"), "-o", "json"}), 0);
  EXPECT_THAT(console_.output, HasSubstr("\"server_key\": \"" + Path("c/server.key") + "\""));
  EXPECT_THAT(console_.output, HasSubstr("\"client_common_name\": \"developer\""));
}

TEST_F(SecretsTest, AuditVerifyPassesOverNoFile) {
  WriteTrail(2);
  EXPECT_EQ(Sluice({"audit", "verify", Path("audit.jsonl"), Path("audit.jsonl.1")}), 2);
  EXPECT_THAT(console_.errors, HasSubstr("audit.jsonl.1"));
}

TEST_F(SecretsTest, AuditVerifyTellsProgramsToo) {
  WriteTrail(2);
  const std::string path = Path("audit.jsonl");
  EXPECT_EQ(Sluice({"audit", "verify", path, "-o", "json"}), 0);
  EXPECT_THAT(console_.output,
              HasSubstr("\"altered\": false,\n  \"fault\": \"\",\n  \"records\": 2"));
  const std::string altered = absl::StrReplaceAll(Read("audit.jsonl"), {{"change 2", "change 3"}});
  std::ofstream(path) << altered;
  EXPECT_EQ(Sluice({"audit", "verify", path, "-o", "yaml"}), 1);
  EXPECT_THAT(console_.output, HasSubstr("\naltered: true\n"));
}

TEST_F(SecretsTest, NobodyElseCanReadTheKeys) {
  EXPECT_EQ(Sluice({"certs", "init", "--dir", Path("c")}), 0);
  EXPECT_EQ(Mode("c"), 0700);
  for (const char* key : {"c/ca.key", "c/server.key", "c/client.key"}) EXPECT_EQ(Mode(key), 0600);
  for (const char* name : {"ca", "server", "client"}) {
    EXPECT_THAT(console_.output, Not(HasSubstr("PRIVATE KEY")));
    EXPECT_THAT(Read(absl::StrCat("c/", name, ".key")), StartsWith("-----BEGIN PRIVATE KEY-----"));
  }
}

TEST_F(SecretsTest, CertsInitReplacesNothingUnlessForced) {
  EXPECT_EQ(Sluice({"certs", "init", "--dir", directory_}), 0);
  const std::string before = Read("ca.crt");
  std::filesystem::remove(Path("client.key"));
  EXPECT_EQ(Sluice({"certs", "init", "--dir", directory_}), 6);
  EXPECT_THAT(console_.errors, HasSubstr("server.crt, client.crt already; nothing was changed"));
  EXPECT_EQ(Read("ca.crt"), before);
  EXPECT_FALSE(std::filesystem::exists(Path("client.key")));
  EXPECT_EQ(Sluice({"certs", "init", "--dir", directory_, "--force"}), 0);
  EXPECT_NE(Read("ca.crt"), before);
  EXPECT_TRUE(CheckPrivateKey(Read("client.key"), Read("client.crt")).ok());
}

TEST_F(SecretsTest, CertsInitSaysWhatIsWrong) {
  EXPECT_EQ(Sluice({"certs", "init", "--host", "a,DNS:b"}), 2);
  EXPECT_THAT(console_.errors, HasSubstr("--host must be a DNS name or an IP address"));
  EXPECT_EQ(Sluice({"certs", "init", "--client", std::string(65, 'x')}), 2);
  EXPECT_EQ(Sluice({"certs", "init", "--dir", Path("no/such")}), 1);
  EXPECT_EQ(Sluice({"certs"}), 2);
}

TEST_F(SecretsTest, TokenNewPrintsTheTokenAndItsLine) {
  EXPECT_EQ(Sluice({"token", "new", "ci", "--expires", "2127-06-30"}), 0);
  const std::vector<std::string> lines = absl::StrSplit(console_.output, '\n');
  ASSERT_EQ(lines.size(), 5u);
  const std::string token = lines[1].substr(2);
  EXPECT_THAT(token, StartsWith("sluice_"));
  EXPECT_EQ(lines[3], absl::StrCat("  ci ", Sha256Hex(token), " 2127-06-30"));
}

TEST_F(SecretsTest, TokenNewAppendsTheLineAndNeverTheToken) {
  { std::ofstream(Path("tokens")) << "# no end of line"; }
  EXPECT_EQ(Sluice({"token", "new", "one", "--file", Path("tokens"), "-o", "json"}), 0);
  EXPECT_THAT(console_.output, HasSubstr("\"name\": \"one\""));
  EXPECT_EQ(Sluice({"token", "new", "two", "--file", Path("tokens")}), 0);
  const std::string token = std::vector<std::string>(absl::StrSplit(console_.output, '\n'))[1];
  const std::vector<std::string> lines = absl::StrSplit(Read("tokens"), '\n');
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[1], StartsWith("one "));
  EXPECT_EQ(lines[2], absl::StrCat("two ", Sha256Hex(token.substr(2))));
  EXPECT_THAT(Read("tokens"), Not(HasSubstr("sluice_")));
  EXPECT_EQ(Sluice({"token", "new", "one", "--file", Path("new")}), 0);
  EXPECT_EQ(Mode("new"), 0600);
}

TEST_F(SecretsTest, TokenNewSaysWhatIsWrong) {
  EXPECT_EQ(Sluice({"token", "new", "a b"}), 2);
  EXPECT_EQ(Sluice({"token", "new", "ci", "--expires", "2020-01-01"}), 2);
  EXPECT_THAT(console_.errors, HasSubstr("--expires: 2020-01-01 is over"));
  EXPECT_EQ(Sluice({"token", "new", "ci", "--expires", "soon"}), 2);
  EXPECT_THAT(console_.errors, HasSubstr("--expires: the expiry must be written"));
  EXPECT_EQ(Sluice({"token", "new", "ci", "--file", Path("no/such")}), 1);
  EXPECT_EQ(console_.output, "");
}

TEST_F(SecretsTest, AuditShowsTheLastRecordsOfAServiceOrCaller) {
  WriteTrail(10);
  EXPECT_EQ(Sluice({"audit", Path("audit.jsonl")}), 0);
  EXPECT_THAT(console_.output, StartsWith("TIME"));
  EXPECT_EQ(std::count(console_.output.begin(), console_.output.end(), '\n'), 11);
  EXPECT_EQ(Sluice({"audit", Path("audit.jsonl"), "--service", "pay", "-n", "2"}), 0);
  EXPECT_THAT(console_.output, HasSubstr("change 8"));
  EXPECT_THAT(console_.output, HasSubstr("change 10"));
  EXPECT_THAT(console_.output, Not(HasSubstr("change 6")));
  EXPECT_EQ(Sluice({"audit", Path("audit.jsonl"), "--principal", "ci"}), 0);
  EXPECT_THAT(console_.output, Not(HasSubstr("mallory")));
  EXPECT_EQ(Sluice({"audit", Path("audit.jsonl"), "--principal", "nobody"}), 0);
  EXPECT_EQ(console_.errors, "no records\n");
}

TEST_F(SecretsTest, AuditAsJsonPrintsOneObjectALine) {
  WriteTrail(2);
  EXPECT_EQ(Sluice({"audit", Path("audit.jsonl"), "-o", "json"}), 0);
  EXPECT_THAT(console_.output, StartsWith("{\"sequence\":1,\"time\":\"2027-01-15T08:00:01Z\""));
  EXPECT_EQ(std::count(console_.output.begin(), console_.output.end(), '\n'), 2);
}

TEST_F(SecretsTest, AuditShowsACallOnceAndWhatHasNoOutcome) {
  // Two calls that began; the first one has its outcome.
  std::ofstream stream(Path("audit.jsonl"));
  std::string previous = FirstPreviousHash();
  for (int i = 1; i <= 3; ++i) {
    v1::AuditRecord record;
    record.set_sequence(i);
    record.set_principal("ci");
    record.set_method("Deploy");
    record.set_service(i == 2 ? "pay" : "web");
    record.set_outcome(i == 3 ? "OK" : kBegunOutcome);
    record.set_begun(i == 3 ? 1 : 0);
    record.set_previous_hash(previous);
    stream << ToAuditLine(record) << "\n";
    previous = record.hash();
  }
  stream.close();
  EXPECT_EQ(Sluice({"audit", Path("audit.jsonl"), "-o", "wide"}), 0);
  EXPECT_EQ(std::count(console_.output.begin(), console_.output.end(), '\n'), 3);
  EXPECT_THAT(console_.output, testing::ContainsRegex("pay .*unknown.* began and no outcome"));
  EXPECT_THAT(console_.output, testing::ContainsRegex("web .*OK"));
  EXPECT_EQ(Sluice({"audit", Path("audit.jsonl"), "-n", "1"}), 0);
  EXPECT_THAT(console_.output, Not(HasSubstr("pay")));
  EXPECT_EQ(Sluice({"audit", "verify", Path("audit.jsonl")}), 0);
  EXPECT_THAT(console_.output, HasSubstr("1 call began and no outcome is recorded"));
  EXPECT_EQ(Sluice({"audit", "verify", Path("audit.jsonl"), "-o", "json"}), 0);
  EXPECT_THAT(console_.output, HasSubstr("\"unfinished\": 1"));
}

TEST_F(SecretsTest, AuditVerifyNamesTheFirstAlteredRecord) {
  WriteTrail(5);
  const std::string path = Path("audit.jsonl");
  EXPECT_EQ(Sluice({"audit", "verify", path}), 0);
  EXPECT_THAT(console_.output, StartsWith(path + ": 5 records, none altered\nLast: record 5, "));
  const std::string altered = absl::StrReplaceAll(Read("audit.jsonl"), {{"change 3", "change 4"}});
  std::ofstream(path) << altered;
  EXPECT_EQ(Sluice({"audit", "verify", path}), 1);
  EXPECT_THAT(console_.errors, StartsWith("sluice: " + path + ":3: was altered"));
  EXPECT_EQ(console_.output, "");
  EXPECT_EQ(Sluice({"audit", path}), 1);
  EXPECT_THAT(console_.errors, HasSubstr(":3: was altered"));
  EXPECT_THAT(console_.output, HasSubstr("change 5"));
}

TEST_F(SecretsTest, AuditSaysThatItCannotReadTheFile) {
  EXPECT_EQ(Sluice({"audit", Path("missing")}), 1);
  EXPECT_THAT(console_.errors, HasSubstr("missing: cannot be read: No such file"));
  EXPECT_THAT(console_.errors, Not(HasSubstr("sudo")));
  EXPECT_EQ(Sluice({"audit", "verify", Path("missing")}), 1);
}

TEST_F(SecretsTest, CompletionKnowsTheActions) {
  EXPECT_EQ(Sluice({"__complete", "certs", ""}), 0);
  EXPECT_EQ(console_.output, "init\n");
  EXPECT_EQ(Sluice({"__complete", "token", "n"}), 0);
  EXPECT_EQ(console_.output, "new\n");
  EXPECT_EQ(Sluice({"__complete", "token", "new", ""}), 0);
  EXPECT_EQ(console_.output, "");
  constexpr int kFileToo = 1;
  EXPECT_EQ(Sluice({"__complete", "audit", ""}), kFileToo);
  EXPECT_EQ(console_.output, "verify\n");
  EXPECT_EQ(Sluice({"__complete", "audit", "verify", ""}), kFileToo);
  EXPECT_EQ(console_.output, "");
  EXPECT_EQ(Sluice({"__complete", "audit", "verify", "trail", ""}), 0);
  EXPECT_EQ(Sluice({"__complete", "certs", "init", "--h"}), 0);
  EXPECT_EQ(console_.output, "--help\n--host\n");
}

}  // namespace
}  // namespace sluice::client
