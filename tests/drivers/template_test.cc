// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/shared/template.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

TEST(TemplateTest, ReplacesEveryPlaceholderAndEscapesAllButTheAddress) {
  TargetCall call;
  call.target_address = "[::1]:80";
  call.service = "a b";
  call.version = "{service}";
  call.target_id = "1/2";
  call.deployment_id = "x~y";
  EXPECT_EQ(
      *ExpandUrl("http://{address}/{service}/{version}/{target_id}/{deployment_id}/{x}", call),
      "http://[::1]:80/a%20b/%7Bservice%7D/1%2F2/x~y/{x}");
}

TEST(TemplateTest, AnAddressThatIsMoreThanAHostMakesNoUrl) {
  TargetCall call;
  for (const char* address : {"host:80/admin?x=", "host#", "user@host", "host:80\\x", "a b", ""}) {
    call.target_address = address;
    const absl::StatusOr<std::string> url = ExpandUrl("http://{address}/deploy", call);
    EXPECT_TRUE(absl::IsInvalidArgument(url.status())) << address;
    EXPECT_NE(std::string(url.status().message()).find(Quoted(address)), std::string::npos);
    EXPECT_EQ(*ExpandUrl("http://gateway/{target_id}", call), "http://gateway/");
  }
}

TEST(TemplateTest, EscapesAllButUnreservedCharacters) {
  EXPECT_EQ(UrlEscape("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(UrlEscape("/?#&=+% \n\xC3\xA9"), "%2F%3F%23%26%3D%2B%25%20%0A%C3%A9");
}

struct CheckCase {
  std::string name;
  std::string url;
  std::string fault;  // empty: none
};

class CheckUrlTemplateTest : public testing::TestWithParam<CheckCase> {};

TEST_P(CheckUrlTemplateTest, SaysWhatIsWrong) {
  Violations violations;
  CheckUrlTemplate("url", GetParam().url, violations);
  ASSERT_EQ(violations.all().size(), GetParam().fault.empty() ? 0u : 1u);
  if (violations.empty()) return;
  EXPECT_EQ(violations.all()[0].field, "url");
  EXPECT_NE(violations.all()[0].description.find(GetParam().fault), std::string::npos)
      << violations.all()[0].description;
  EXPECT_EQ(violations.all()[0].description.find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CheckUrlTemplateTest,
    testing::Values(CheckCase{"Plain", "http://{address}/deploy?v={version}", ""},
                    CheckCase{"Https", "https://deployer.example/{target_id}", ""},
                    CheckCase{"Empty", "", "must be given"},
                    CheckCase{"UnknownPlaceholder", "http://{host}/", "unknown placeholder"},
                    CheckCase{"OtherScheme", "ftp://{address}/", "must begin with http://"},
                    CheckCase{"NoScheme", "{address}/deploy", "must begin with http://"},
                    CheckCase{"Blank", "http://{address}/a b", "is no URL"},
                    CheckCase{"NoHost", "http://", "is no URL"},
                    CheckCase{"SecretBesideAFault", "http://u:hunter2@{address}/a b", "is no URL"},
                    CheckCase{"SecretBehindAScheme", "htp://u:hunter2@h/", "must begin with"},
                    CheckCase{"SecretByAPlaceholder", "http://u:hunter2@{host}/", "unknown"},
                    CheckCase{"ControlCharacter", "http://{address}/\n", "is no URL"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice
