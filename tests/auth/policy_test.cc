// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/policy.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth/methods.h"
#include "auth/validate_access.h"
#include "base/yaml_message.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kGrants[] = R"(
token_file: /t
grants:
  - {token: reader, role: viewer, services: ["*"]}
  - {token: ci, role: deployer, services: ["shop-*", search]}
  - {token: ci, role: viewer, services: ["*"]}
  - {token: oncall, methods: [Rollback], services: ["*"]}
  - {unix_uid: 1000, role: operator, services: ["shop-?"]}
  - {unix_gid: 50, role: viewer, services: [search]}
  - {unix_user: root, role: admin, services: ["*"]}
  - {certificate_uri: "spiffe://prod/ci", role: deployer, services: ["*"]}
  - {certificate_dns: ops.example.org, role: operator, services: ["*"]}
  - {certificate_common_name: boss, role: admin, services: ["*"]}
)";

config::v1::Access Parse(const std::string& yaml) {
  config::v1::Access access;
  YamlDocument document("f");
  document.Read(yaml, access);
  EXPECT_TRUE(document.ok()) << document.ToStatus();
  return access;
}

Policy MakePolicy(const std::string& yaml) {
  const absl::StatusOr<Policy> policy = Policy::FromGrants(Parse(yaml));
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *policy;
}

std::string Path(const std::string& method) {
  return absl::StrCat("/sluice.v1.DeploymentService/", method);
}

Principal Token(const std::string& name) { return {TokenIdentity{name, ""}, "127.0.0.1:5"}; }
Principal User(uid_t uid, std::vector<gid_t> gids) {
  return {UnixIdentity{uid, "", std::move(gids)}, "unix:"};
}
Principal Certificate(std::vector<std::string> uris, std::vector<std::string> dns_names,
                      const std::string& common_name) {
  return {CertificateIdentity{std::move(uris), std::move(dns_names), common_name}, ""};
}

struct DecideCase {
  std::string name;
  Principal principal;
  std::string method;
  std::optional<std::string> service;
  absl::StatusCode expected = absl::StatusCode::kOk;
};

class DecideTest : public testing::TestWithParam<DecideCase> {};

TEST_P(DecideTest, AllowsWhatAGrantAllowsAndNothingElse) {
  const DecideCase& test = GetParam();
  const std::string path = test.method[0] == '/' ? test.method : Path(test.method);
  std::optional<absl::string_view> service;
  if (test.service) service = *test.service;
  const absl::Status status = MakePolicy(kGrants).Decide(test.principal, path, service);
  EXPECT_EQ(status.code(), test.expected) << status;
}

constexpr auto kDenied = absl::StatusCode::kPermissionDenied;
constexpr auto kNobody = absl::StatusCode::kUnauthenticated;

INSTANTIATE_TEST_SUITE_P(
    Cases, DecideTest,
    testing::Values(
        DecideCase{"ViewerReads", Token("reader"), "GetState", "shop-a"},
        DecideCase{"ViewerPlans", Token("reader"), "PlanDeployment", "shop-a"},
        DecideCase{"ViewerDeploysNot", Token("reader"), "Deploy", "shop-a", kDenied},
        DecideCase{"ViewerAbortsNot", Token("reader"), "Abort", "shop-a", kDenied},
        DecideCase{"DeployerDeploys", Token("ci"), "Deploy", "shop-a"},
        DecideCase{"DeployerDeploysByFullName", Token("ci"), "Deploy", "search"},
        DecideCase{"DeployerKeepsToItsServices", Token("ci"), "Deploy", "pay", kDenied},
        DecideCase{"DeployerRollsNotBack", Token("ci"), "Rollback", "shop-a", kDenied},
        DecideCase{"GrantsAddUp", Token("ci"), "GetState", "pay"},
        DecideCase{"AnyServiceWhenOneIsGranted", Token("ci"), "Deploy", std::nullopt},
        DecideCase{"NoServiceNamedIsNotEveryService", Token("ci"), "Deploy", "", kDenied},
        DecideCase{"RollbackWithoutDeploy", Token("oncall"), "Rollback", "pay"},
        DecideCase{"RollbackGrantsNoDeploy", Token("oncall"), "Deploy", "pay", kDenied},
        DecideCase{"RollbackGrantsNoReading", Token("oncall"), "GetState", "pay", kDenied},
        DecideCase{"OperatorRollsBack", User(1000, {7}), "Rollback", "shop-a"},
        DecideCase{"OperatorPromotes", User(1000, {7}), "Promote", "shop-a"},
        DecideCase{"OperatorReads", User(1000, {7}), "WatchStates", "shop-a"},
        DecideCase{"OperatorDeploysNot", User(1000, {7}), "Deploy", "shop-a", kDenied},
        DecideCase{"QuestionMarkIsOneCharacter", User(1000, {7}), "Pause", "shop-ab", kDenied},
        DecideCase{"SupplementaryGroupCounts", User(7, {7, 50}), "GetState", "search"},
        DecideCase{"GroupIsNotUser", User(50, {7}), "GetState", "search", kDenied},
        DecideCase{"UserIsNotGroup", User(8, {1000}), "Rollback", "shop-a", kDenied},
        DecideCase{"UserByName", User(0, {0}), "Deploy", "pay"},
        DecideCase{"UnknownUser", User(4711, {4711}), "GetState", "pay", kDenied},
        DecideCase{"CertificateByUri", Certificate({"a:b", "spiffe://prod/ci"}, {}, ""), "Deploy",
                   "pay"},
        DecideCase{"CertificateByDnsName", Certificate({}, {"ops.example.org"}, ""), "Abort",
                   "pay"},
        DecideCase{"CertificateByCommonName", Certificate({}, {}, "boss"), "Deploy", "pay"},
        DecideCase{"DnsNameIsNoCommonName", Certificate({}, {"boss"}, "x"), "Deploy", "pay",
                   kDenied},
        DecideCase{"CommonNameIsNoUri", Certificate({}, {}, "spiffe://prod/ci"), "Deploy", "pay",
                   kDenied},
        DecideCase{"TokenIsNoCommonName", Token("boss"), "Deploy", "pay", kDenied},
        DecideCase{"CommonNameIsNoToken", Certificate({}, {}, "ci"), "Deploy", "search", kDenied},
        DecideCase{"AnonymousReadsNot", Principal(), "GetState", "pay", kNobody},
        DecideCase{"AnonymousDeploysNot", Principal(), "Deploy", std::nullopt, kNobody},
        DecideCase{"AnonymousMayProbe", Principal(), "/grpc.health.v1.Health/Check", std::nullopt},
        DecideCase{"ReflectionIsForAll", Principal(),
                   "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::nullopt},
        DecideCase{"UnknownMethodIsForNobody", Certificate({}, {}, "boss"), "Erase", "pay",
                   kDenied},
        DecideCase{"ShortNameIsNoPath", Certificate({}, {}, "boss"), "/Deploy", "pay", kDenied}),
    [](const auto& test) { return test.param.name; });

TEST(Policy, ARefusalNamesCallerMethodServiceAndTheWayOut) {
  const absl::Status status =
      MakePolicy(kGrants).Decide(Token("ci"), Path("Rollback"), absl::string_view("pay"));
  EXPECT_EQ(status.message(),
            "the token \"ci\" may not call Rollback for the service \"pay\": that takes a grant "
            "with the role operator or admin, or with methods: [Rollback], and services that "
            "match; it has deployer on shop-*,search; viewer on *");
}

TEST(Policy, ARefusalDoesNotTellWhatOthersMay) {
  const absl::Status status =
      MakePolicy(kGrants).Decide(Token("nobody"), Path("Deploy"), absl::string_view("a\nb"));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("it has no grant"), Not(HasSubstr("shop")), HasSubstr("\"a\\nb\"")));
}

TEST(Policy, WithoutTheSectionEverybodyMayDoEverything) {
  EXPECT_TRUE(Policy::Open().Decide(Principal(), Path("Deploy"), absl::string_view("x")).ok());
}

TEST(Policy, AnEmptySectionAllowsNothing) {
  const Policy policy = MakePolicy("{}");
  EXPECT_EQ(policy.Decide(User(0, {0}), Path("GetState"), std::nullopt).code(), kDenied);
}

TEST(Policy, AnybodyIsEverybody) {
  const Policy policy = MakePolicy("grants: [{anybody: true, role: viewer, services: ['*']}]");
  EXPECT_TRUE(policy.Decide(Principal(), Path("GetState"), absl::string_view("x")).ok());
  EXPECT_EQ(policy.Decide(Principal(), Path("Deploy"), absl::string_view("x")).code(), kNobody);
}

TEST(Policy, NamesUsersAndGroupsThatTheSystemDoesNotKnow) {
  const auto policy = Policy::FromGrants(
      Parse("grants:\n- {unix_user: no-such-user, role: admin, services: ['*']}\n"
            "- {unix_group: no-such-group, role: admin, services: ['*']}"));
  EXPECT_EQ(policy.status().message(),
            "access.grants[0].unix_user: the system knows no user \"no-such-user\"; "
            "access.grants[1].unix_group: the system knows no group \"no-such-group\"");
}

TEST(Methods, EveryRpcHasALine) {
  const auto* service =
      v1::DeployRequest::descriptor()->file()->FindServiceByName("DeploymentService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string path =
        absl::StrCat("/", service->full_name(), "/", service->method(i)->name());
    EXPECT_NE(FindMethod(path), nullptr)
        << path << " needs a line in auth/methods.cc: who may call it, and does it change things?";
  }
}

TEST(Methods, EveryLineIsAnRpc) {
  const auto* service =
      v1::DeployRequest::descriptor()->file()->FindServiceByName("DeploymentService");
  for (const Method& method : AllMethods()) {
    if (!absl::StartsWith(method.path, "/sluice.")) continue;
    EXPECT_NE(service->FindMethodByName(ShortMethodName(method.path)), nullptr) << method.path;
  }
}

TEST(Methods, WhatChangesThingsIsNotForViewers) {
  for (const Method& method : AllMethods()) {
    EXPECT_EQ(method.changes, !RoleHas(config::v1::ROLE_VIEWER, method.permission)) << method.path;
    EXPECT_TRUE(RoleHas(config::v1::ROLE_ADMIN, method.permission)) << method.path;
  }
}

struct GlobCase {
  std::string pattern;
  std::string name;
  bool matches;
};

TEST(Glob, MatchesWholeNames) {
  for (const GlobCase& test :
       {GlobCase{"*", "", true}, GlobCase{"*", "shop", true}, GlobCase{"", "", true},
        GlobCase{"", "a", false}, GlobCase{"shop", "shop", true}, GlobCase{"shop", "shops", false},
        GlobCase{"shop", "my-shop", false}, GlobCase{"shop-*", "shop-", true},
        GlobCase{"shop-*", "shop", false}, GlobCase{"*-eu", "shop-eu", true},
        GlobCase{"*-eu", "shop-eu-1", false}, GlobCase{"*a*b*", "xaxxbx", true},
        GlobCase{"*a*b*", "xbxax", false}, GlobCase{"a?c", "abc", true},
        GlobCase{"a?c", "ac", false}, GlobCase{"*ab", "aab", true}, GlobCase{"**", "x", true},
        GlobCase{"a*", "", false}, GlobCase{"?", "", false}}) {
    EXPECT_EQ(GlobMatches(test.pattern, test.name), test.matches)
        << test.pattern << " and " << test.name;
  }
}

TEST(Glob, TakesNoTimeForAnAwkwardPattern) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "*a";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(10'000, 'a')));
}

std::vector<std::string> Fields(const std::string& yaml) {
  Violations violations;
  ValidateAccess(Parse(yaml), violations);
  std::vector<std::string> fields;
  for (const Violation& violation : violations.all()) fields.push_back(violation.field);
  return fields;
}

TEST(ValidateAccess, AcceptsWhatIsRight) {
  EXPECT_THAT(Fields(kGrants), IsEmpty());
  EXPECT_THAT(Fields("{}"), IsEmpty());
}

TEST(ValidateAccess, NamesEveryFault) {
  EXPECT_THAT(
      Fields(R"(
token_file: relative
audit_file: also/relative
grants:
  - {role: viewer, services: ["*"]}
  - {token: "no good", role: viewer, services: ["*"]}
  - {anybody: false, role: viewer, services: ["*"]}
  - {unix_uid: 0, services: ["*"]}
  - {unix_uid: 0, role: admin}
  - {unix_user: "", role: admin, services: ["Shop", ""]}
  - {certificate_dns: a, methods: [Delete, Check], services: [a]}
)"),
      ElementsAre("access.token_file", "access.audit_file", "access.grants[0]",
                  "access.grants[1].token", "access.grants[2].anybody", "access.grants[3].role",
                  "access.grants[4].services", "access.grants[5].unix_user",
                  "access.grants[5].services[0]", "access.grants[5].services[1]",
                  "access.grants[6].methods[0]", "access.grants[6].methods[1]"));
}

TEST(ValidateAccess, ATokenNeedsATokenFile) {
  EXPECT_THAT(Fields("grants: [{token: ci, role: viewer, services: ['*']}]"),
              ElementsAre("access.grants[0].token"));
}

TEST(ValidateTls, NeedsCertificateAndKey) {
  Violations violations;
  config::v1::Tls tls;
  tls.set_client_certificate_optional(true);
  tls.set_key_file("key");
  ValidateTls(tls, violations);
  std::vector<std::string> fields;
  for (const Violation& violation : violations.all()) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("listen.tls.key_file", "listen.tls.certificate_file",
                                  "listen.tls.client_certificate_optional"));
}

}  // namespace
}  // namespace sluice
