// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/driver_table.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "drivers/deployer/exec_deployer.h"
#include "drivers/deployer/grpc_deployer.h"
#include "drivers/deployer/http_deployer.h"
#include "drivers/deployer/none_deployer.h"
#include "drivers/health/exec_health_check.h"
#include "drivers/health/grpc_health_check.h"
#include "drivers/health/http_health_check.h"
#include "drivers/health/none_health_check.h"
#include "drivers/health/tcp_health_check.h"
#include "drivers/router/exec_router.h"
#include "drivers/router/none_router.h"

namespace sluice {
namespace {

config::v1::Service Parse(const std::string& text) {
  config::v1::Service service;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &service)) << text;
  return service;
}

template <typename Driver, typename Port>
bool Is(const std::shared_ptr<Port>& port) {
  return dynamic_cast<Driver*>(port.get()) != nullptr;
}

ServicePorts Made(const std::string& text) {
  auto ports = MakePorts(Parse(text));
  EXPECT_TRUE(ports.ok()) << ports.status();
  return ports.ok() ? *ports : ServicePorts();
}

TEST(DriverTableTest, MakesEveryDeployer) {
  EXPECT_TRUE(Is<NoneDeployer>(Made("").deployer));
  EXPECT_TRUE(Is<NoneDeployer>(Made("deployer { none {} }").deployer));
  EXPECT_TRUE(Is<ExecDeployer>(Made("deployer { exec { command { argv: 'true' } } }").deployer));
  EXPECT_TRUE(Is<HttpDeployer>(Made("deployer { http { url: 'http://{address}/' } }").deployer));
  EXPECT_TRUE(Is<GrpcDeployer>(Made("deployer { grpc {} }").deployer));
}

TEST(DriverTableTest, MakesEveryHealthCheck) {
  EXPECT_TRUE(Is<NoneHealthCheck>(Made("").health_check));
  EXPECT_TRUE(Is<NoneHealthCheck>(Made("health_check { none {} }").health_check));
  EXPECT_TRUE(Is<HttpHealthCheck>(Made("health_check { http {} }").health_check));
  EXPECT_TRUE(Is<TcpHealthCheck>(Made("health_check { tcp {} }").health_check));
  EXPECT_TRUE(Is<GrpcHealthCheck>(Made("health_check { grpc {} }").health_check));
  EXPECT_TRUE(Is<ExecHealthCheck>(
      Made("health_check { exec { command { argv: '/bin/true' } } }").health_check));
}

TEST(DriverTableTest, MakesEveryRouter) {
  EXPECT_TRUE(Is<NoneRouter>(Made("").router));
  EXPECT_TRUE(Is<NoneRouter>(Made("router { none {} }").router));
  EXPECT_TRUE(Is<ExecRouter>(Made("router { exec { command { argv: 'true' } } }").router));
}

TEST(DriverTableTest, TakesTheHealthPolicyFromTheConfiguration) {
  const HealthPolicy defaults = Made("health_check { http {} }").health_policy;
  EXPECT_EQ(defaults.interval, absl::Seconds(1));
  EXPECT_EQ(defaults.healthy_threshold, 1);
  EXPECT_EQ(defaults.unhealthy_threshold, 1);
  EXPECT_EQ(defaults.min_healthy_time, absl::ZeroDuration());
  EXPECT_EQ(defaults.deadline, absl::Minutes(1));

  const HealthPolicy policy =
      Made(
          "health_check { interval { nanos: 200000000 } healthy_threshold: 3 "
          "unhealthy_threshold: 2 min_healthy_time { seconds: 5 } deadline { seconds: 30 } }")
          .health_policy;
  EXPECT_EQ(policy.interval, absl::Milliseconds(200));
  EXPECT_EQ(policy.healthy_threshold, 3);
  EXPECT_EQ(policy.unhealthy_threshold, 2);
  EXPECT_EQ(policy.min_healthy_time, absl::Seconds(5));
  EXPECT_EQ(policy.deadline, absl::Seconds(30));
}

struct FaultCase {
  std::string name;
  std::string service;
  std::vector<std::string> fields;
};

class DriverTableFaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(DriverTableFaultTest, NamesEveryFaultyField) {
  Violations violations;
  CheckDrivers("services[2]", Parse(GetParam().service), violations);
  std::vector<std::string> fields;
  for (const Violation& violation : violations.all()) fields.push_back(violation.field);
  std::vector<std::string> expected;
  for (const std::string& field : GetParam().fields) expected.push_back("services[2]." + field);
  EXPECT_EQ(fields, expected);
  EXPECT_EQ(MakePorts(Parse(GetParam().service)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(DriverTableTest, AFaultShowsNoSecret) {
  Violations violations;
  CheckDrivers(
      "s",
      Parse("deployer { http { url: 'http://u:hunter2@h/ x' headers { key: 'Authorization' "
            "value: 'Bearer hunter2\\n' } } } router { exec { command { argv: '/bin/true' "
            "env { key: 'SLUICE_PASSWORD' value: 'hunter2' } } } }"),
      violations);
  EXPECT_EQ(violations.all().size(), 3u);
  EXPECT_EQ(violations.ToStatus().message().find("hunter2"), absl::string_view::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, DriverTableFaultTest,
    testing::Values(
        FaultCase{"NoCommand", "deployer { exec {} }", {"deployer.exec.command.argv"}},
        FaultCase{"UnknownProgram",
                  "deployer { exec { command { argv: 'sluice-no-such-program' } } }",
                  {"deployer.exec.command.argv[0]"}},
        FaultCase{"RelativeProgram",
                  "router { exec { command { argv: 'bin/route' } } }",
                  {"router.exec.command.argv[0]"}},
        FaultCase{
            "Command",
            "deployer { exec { command { argv: '/bin/true' env { key: 'SLUICE_X' } "
            "working_directory: 'tmp' timeout {} kill_grace { seconds: -1 } } } }",
            {"deployer.exec.command.env[\"SLUICE_X\"]", "deployer.exec.command.working_directory",
             "deployer.exec.command.timeout", "deployer.exec.command.kill_grace"}},
        FaultCase{"Nul",
                  "deployer { exec { command { argv: ['/bin/true', 'a\\000b'] } } }",
                  {"deployer.exec.command"}},
        FaultCase{"Http",
                  "deployer { http { url: 'x' version_url: 'http://{host}/' timeout {} "
                  "connect_retries: -1 headers { key: 'A:' } headers { key: 'B' value: '\\r\\n' } "
                  "} }",
                  {"deployer.http.url", "deployer.http.version_url", "deployer.http.timeout",
                   "deployer.http.connect_retries", "deployer.http.headers[\"A:\"]",
                   "deployer.http.headers[\"B\"]"}},
        FaultCase{
            "Grpc", "deployer { grpc { timeout { seconds: -1 } } }", {"deployer.grpc.timeout"}},
        FaultCase{"HealthPolicy",
                  "health_check { interval {} timeout {} healthy_threshold: 0 "
                  "unhealthy_threshold: -1 min_healthy_time { seconds: -1 } deadline {} }",
                  {"health_check.interval", "health_check.timeout",
                   "health_check.healthy_threshold", "health_check.unhealthy_threshold",
                   "health_check.min_healthy_time", "health_check.deadline"}},
        FaultCase{"NeverHealthyLongEnough",
                  "health_check { min_healthy_time { seconds: 60 } }",
                  {"health_check.deadline"}},
        FaultCase{"HttpHealth",
                  "health_check { http { path: 'healthz' expected_codes: [200, 99, 600] } }",
                  {"health_check.http.path", "health_check.http.expected_codes[1]",
                   "health_check.http.expected_codes[2]"}},
        FaultCase{"ExecHealth",
                  "health_check { exec { command { argv: '' } } }",
                  {"health_check.exec.command.argv"}},
        FaultCase{"SeveralDrivers",
                  "deployer { http {} } health_check { interval {} } router { exec {} }",
                  {"deployer.http.url", "health_check.interval", "router.exec.command.argv"}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice
