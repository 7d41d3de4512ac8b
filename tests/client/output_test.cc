// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <utility>

#include "client/error_report.h"
#include "client/exit_code.h"
#include "client/live_screen.h"
#include "client/output/document.h"
#include "client/states.h"
#include "client/text.h"
#include "client/view/table.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

v1::DeployRequest Example() {
  v1::DeployRequest request;
  request.set_service("web");
  request.set_version("1.10");
  request.mutable_strategy()->mutable_canary_deployment()->add_stages(12.5);
  request.mutable_on_failure()->set_policy(v1::FAILURE_POLICY_STOP);
  request.mutable_progress_deadline()->set_seconds(90);
  request.set_reason("say \"no\"\n");
  (*request.mutable_metadata())["b"] = "true";
  (*request.mutable_metadata())["a"] = "";
  request.add_targets()->set_id("web-1");
  return request;
}

TEST(DocumentTest, IsJsonWithTheSpecificationsSpelling) {
  EXPECT_EQ(ToCompactJson(ToDocument(Example())),
            R"({"request_id":"","service":"web","version":"1.10","strategy":)"
            R"({"canary_deployment":{"stages":[12.5]}},"targets":[{"id":"web-1","address":"",)"
            R"("version":""}],"on_failure":{"policy":"stop"},"progress_deadline":"90s",)"
            R"("reason":"say \"no\"\n","metadata":{"a":"","b":"true"}})");
}

TEST(DocumentTest, IsYamlThatKeepsTextsTexts) {
  EXPECT_EQ(ToYaml(ToDocument(Example())),
            "request_id: \"\"\n"
            "service: web\n"
            "version: \"1.10\"\n"
            "strategy:\n"
            "  canary_deployment:\n"
            "    stages:\n"
            "      - 12.5\n"
            "targets:\n"
            "  - id: web-1\n"
            "    address: \"\"\n"
            "    version: \"\"\n"
            "on_failure:\n"
            "  policy: stop\n"
            "progress_deadline: \"90s\"\n"
            "reason: \"say \\\"no\\\"\\n\"\n"
            "metadata:\n"
            "  a: \"\"\n"
            "  b: \"true\"\n");
}

TEST(DocumentTest, WritesStatesInLowerCase) {
  const std::string json = ToJson(ToDocument(RollingState(1, 1)));
  EXPECT_THAT(json, HasSubstr("\n  \"status\": \"in_progress\",\n  \"phase\": \"deploying\""));
  EXPECT_THAT(json, HasSubstr("\"revision\": 0"));
  EXPECT_THAT(json, HasSubstr("\"start_time\": \"2027-01-15T07:59:50Z\""));
  EXPECT_THAT(json, Not(HasSubstr("unspecified")));
}

TEST(DocumentTest, LetsNoControlCharacterReachATerminal) {
  v1::Target target;
  target.set_id(
      "a\x1b[2J\x7f\xc2\x9b"
      "2Jä\t");
  EXPECT_EQ(ToCompactJson(ToDocument(target)),
            "{\"id\":\"a\\u001b[2J\\u007f\\u009b2Jä\\u0009\",\"address\":\"\",\"version\":\"\"}");
  EXPECT_THAT(ToYaml(ToDocument(target)), HasSubstr("\"a\\u001b[2J\\u007f\\u009b2Jä\\u0009\""));
}

struct OutcomeCase {
  v1::Status status;
  v1::Phase phase;
  v1::Reason reason;
  int exit_code;
};

TEST(ExitCodeTest, OfEveryOutcome) {
  const OutcomeCase cases[] = {
      {v1::STATUS_COMPLETED, v1::PHASE_DEPLOYING, v1::REASON_UNSPECIFIED, 0},
      {v1::STATUS_FAILED, v1::PHASE_DEPLOYING, v1::REASON_ABORTED, 1},
      {v1::STATUS_ROLLED_BACK, v1::PHASE_ROLLING_BACK, v1::REASON_UNHEALTHY_TARGET, 3},
      {v1::STATUS_FAILED, v1::PHASE_ROLLING_BACK, v1::REASON_UNHEALTHY_TARGET, 4},
      {v1::STATUS_FAILED, v1::PHASE_DEPLOYING, v1::REASON_ROLLBACK_FAILED, 4},
  };
  for (const OutcomeCase& test : cases) {
    v1::DeploymentState state;
    state.set_status(test.status);
    state.set_phase(test.phase);
    state.set_reason(test.reason);
    EXPECT_EQ(static_cast<int>(OutcomeOf(state)), test.exit_code);
  }
}

TEST(ExitCodeTest, OfRefusedAndUnansweredCalls) {
  for (const auto code : {grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::NOT_FOUND,
                          grpc::StatusCode::ALREADY_EXISTS, grpc::StatusCode::FAILED_PRECONDITION,
                          grpc::StatusCode::RESOURCE_EXHAUSTED}) {
    EXPECT_EQ(ExitCodeOf(code), ExitCode::kRefused);
  }
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::UNAVAILABLE), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::DEADLINE_EXCEEDED), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::INTERNAL), ExitCode::kFailed);
}

// As the daemon says it.
TEST(ExitCodeTest, OfWhatTheAuditTrailCannotRecord) {
  const grpc::Status refused(grpc::StatusCode::UNAVAILABLE,
                             "nothing is changed while the audit trail cannot be written: no room");
  EXPECT_EQ(ExitCodeOf(refused), ExitCode::kRefused);
  EXPECT_EQ(ErrorReport(refused, {}),
            "sluice: refused: nothing is changed while the audit trail cannot be written: no room\n"
            "Whoever runs the daemon must make room for it, or repair the disk; then try again.\n");
  const grpc::Status done(grpc::StatusCode::UNAVAILABLE,
                          "it was done, but the audit trail could not record that: no room");
  EXPECT_EQ(ExitCodeOf(done), ExitCode::kFailed);
  EXPECT_EQ(ErrorReport(done, {}),
            "sluice: it was done, but the audit trail could not record that: no room\n"
            "Whoever runs the daemon must make room for it, or repair the disk.\n");
}

TEST(ErrorReportTest, ListsEveryFieldOnItsOwnLine) {
  google::rpc::BadRequest bad_request;
  for (const char* field : {"version", "strategy.rolling_deployment.batch_size"}) {
    auto* violation = bad_request.add_field_violations();
    violation->set_field(field);
    violation->set_description("must be better");
  }
  google::rpc::Status details;
  details.add_details()->PackFrom(bad_request);
  const grpc::Status status(grpc::StatusCode::INVALID_ARGUMENT, "short",
                            details.SerializeAsString());
  EXPECT_EQ(ErrorReport(status, {"there", absl::Seconds(1)}),
            "sluice: refused: the request has 2 mistakes\n"
            "  version: must be better\n"
            "  strategy.rolling_deployment.batch_size: must be better\n"
            "Correct them and try again; nothing was changed.\n");
}

TEST(ErrorReportTest, NamesTheAddressThatDidNotAnswer) {
  const CallTarget target = {"localhost:9", absl::Seconds(3)};
  EXPECT_THAT(ErrorReport({grpc::StatusCode::UNAVAILABLE, "refused"}, target),
              HasSubstr("cannot reach the daemon at localhost:9: refused\n"));
  EXPECT_THAT(ErrorReport({grpc::StatusCode::DEADLINE_EXCEEDED, "x"}, target),
              HasSubstr("no answer within 3s\n"));
}

TEST(ErrorReportTest, NamesFlagsAndNotTheFieldsBehindThem) {
  const CallTarget target = {"there", absl::Seconds(1)};
  EXPECT_EQ(ErrorReport({grpc::StatusCode::FAILED_PRECONDITION, "no way back; name a to_version"},
                        target),
            "sluice: refused: no way back; name a --to-version\n");
  EXPECT_THAT(ErrorReport({grpc::StatusCode::NOT_FOUND, "use another request_id"}, target),
              HasSubstr("use another --request-id"));
}

TEST(ErrorReportTest, AdvisesOnce) {
  const CallTarget target = {"there", absl::Seconds(1)};
  EXPECT_EQ(ErrorReport({grpc::StatusCode::NOT_FOUND, "no web; `sluice list` tells"}, target),
            "sluice: refused: no web; `sluice list` tells\n");
  EXPECT_THAT(ErrorReport({grpc::StatusCode::NOT_FOUND, "no web"}, target),
              HasSubstr("`sluice services` the services"));
}

TEST(TableTest, AlignsColumnsWithoutBlanksAtTheEnd) {
  v1::ListServicesResponse list;
  v1::Service& service = *list.add_services();
  service.set_name("a-long-service");
  service.set_configured(true);
  service.set_target_count(3);
  EXPECT_THAT(Texts(ServiceTable(list, false, 0)),
              ElementsAre("SERVICE         VERSION  FLEET  ACTIVE  LATEST  TARGETS  CONFIGURED",
                          "a-long-service  -        -      -       -       3        yes"));
  service.mutable_fleet()->set_consistency(v1::FLEET_CONSISTENCY_MIXED);
  EXPECT_EQ(Texts(ServiceTable(list, false, 0))[1],
            "a-long-service  -        mixed  -       -       3        yes");
}

TEST(TableTest, NamesWhatRunsWhereItIsNotTheActiveVersion) {
  v1::ListServicesResponse list;
  v1::Service& service = *list.add_services();
  service.set_name("web");
  service.set_active_version("v2");
  service.mutable_fleet()->set_consistency(v1::FLEET_CONSISTENCY_CONSISTENT);
  service.mutable_fleet()->set_version("v1");
  EXPECT_EQ(Texts(ServiceTable(list, false, 0))[1],
            "web      v2       consistent on v1  -       -       0        no");
  service.mutable_fleet()->set_version("v2");
  EXPECT_EQ(Texts(ServiceTable(list, false, 0))[1],
            "web      v2       consistent  -       -       0        no");
}

v1::ListStatesResponse ListOfOne(const std::string& service, const std::string& version) {
  v1::ListStatesResponse list;
  *list.add_states() = RollingState(3, 1);
  list.mutable_states(0)->set_service(service);
  list.mutable_states(0)->set_version(version);
  *list.mutable_states(0)->mutable_create_time() = ToTimestamp(TestTime() - absl::Minutes(2));
  return list;
}

TEST(TableTest, LeavesOutWhatMattersLeastWhereThereIsNoRoom) {
  const v1::ListStatesResponse list = ListOfOne("checkout", "v2");
  const auto titles = [&list](int width) {
    return Texts(DeploymentTable(list, TestTime(), false, width))[0];
  };
  EXPECT_EQ(titles(0), "ID        SERVICE   VERSION  STRATEGY  STATUS         STEP  TRAFFIC  AGE");
  EXPECT_EQ(titles(80), titles(0));
  EXPECT_EQ(titles(60), "ID        SERVICE   VERSION  STATUS         STEP  TRAFFIC …");
  EXPECT_EQ(titles(40), "ID        SERVICE   STATUS …");
  EXPECT_EQ(titles(1), titles(40));
}

TEST(TableTest, ShowsTheShareOfTheTargetsOfACanaryThatEndedBelow100) {
  v1::ListStatesResponse list = ListOfOne("web", "v2");
  v1::DeploymentState& state = *list.mutable_states(0);
  state.mutable_targets(0)->set_phase(v1::TARGET_PHASE_SUCCEEDED);
  state.set_status(v1::STATUS_COMPLETED);
  state.set_traffic_percentage(100);
  EXPECT_THAT(Texts(DeploymentTable(list, TestTime(), false, 0))[1], HasSubstr(" 33.3% "));
}

TEST(TableTest, CutsLongNamesBeforeTheStatusIsLost) {
  const std::string name(63, 's');
  const std::string sha(40, 'a');
  for (const auto& [width, row] :
       {std::pair(60, "3f2a9c1d  ssssssssssss…  aaaaaaaaaaaaa…  ◷ in_progress  1/3"),
        std::pair(40, "3f2a9c1d  ssssssssssssss…  ◷ in_progress")}) {
    const auto lines = Texts(DeploymentTable(ListOfOne(name, sha), TestTime(), false, width));
    EXPECT_EQ(lines[1], row);
    EXPECT_LE(DisplayWidth(lines[1]), width);
  }
}

TEST(TableTest, KeepsTheActiveDeploymentOfAService) {
  v1::ListServicesResponse list;
  v1::Service& service = *list.add_services();
  service.set_name("a-service-with-a-long-name");
  service.set_active_version("2026.11.26-1");
  service.set_active_deployment_id("3f2a9c1d00000000");
  service.mutable_fleet()->set_consistency(v1::FLEET_CONSISTENCY_CONSISTENT);
  EXPECT_THAT(Texts(ServiceTable(list, false, 60)),
              ElementsAre("SERVICE          VERSION       FLEET       ACTIVE    TARGETS …",
                          "a-service-with…  2026.11.26-1  consistent  3f2a9c1d  0"));
}

TEST(LiveScreenTest, RedrawsInPlaceAndGivesTheCursorBack) {
  FakeConsole console;
  console.terminal = {80, 24};
  {
    LiveScreen screen(console);
    screen.Draw({Line("one"), Line("two")});
    EXPECT_EQ(console.output, "\x1b[?25l\x1b[J\x1b[?7l\x1b[Kone\n\x1b[Ktwo\n\x1b[J\x1b[?7h");
    console.output.clear();
    screen.Draw({Line("one"), Line("two")});
    EXPECT_EQ(console.output, "");
    screen.Draw({Line("three")});
    EXPECT_EQ(console.output, "\r\x1b[2A\x1b[?7l\x1b[Kthree\n\x1b[J\x1b[?7h");
    console.output.clear();
  }
  EXPECT_EQ(console.output, "\x1b[?25h");
}

// The cursor stays on the last character of a full line, where wrapping is off: what erases to the
// end of the line there erases that character.
TEST(LiveScreenTest, ErasesNothingOfALineThatFillsTheTerminal) {
  FakeConsole console;
  console.terminal = {20, 24};
  LiveScreen screen(console);
  screen.Draw({Line(std::string(20, 'x'))});
  EXPECT_THAT(console.output, HasSubstr(std::string(20, 'x') + "\n"));
}

TEST(LiveScreenTest, GoesOverLinesThatANarrowerTerminalWrapped) {
  FakeConsole console;
  console.terminal = {80, 24};
  LiveScreen screen(console);
  screen.Draw({Line(std::string(70, 'x')), Line("short")});
  console.output.clear();
  console.terminal = {40, 24};
  screen.Draw({Line("now")});
  EXPECT_THAT(console.output, HasSubstr("\r\x1b[3A\x1b[J\x1b[?7l\x1b[Know"));
}

}  // namespace
}  // namespace sluice::client
