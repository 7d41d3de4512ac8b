// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The records: how they change, are found, listed and remembered.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/registry_fixture.h"
#include "gmock/gmock.h"

namespace sluice {
namespace {

using testing::ElementsAre;

TEST_F(RegistryTest, RefusesAnIllegalTransition) {
  Insert("d1");
  const int64_t before = RevisionOf("d1");
  const absl::Status status = Move("d1", v1::STATUS_COMPLETED);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ((*registry_.Get("d1"))->state().status(), v1::STATUS_PENDING);
  EXPECT_EQ(RevisionOf("d1"), before);
}

TEST_F(RegistryTest, AChangeThatFailsIsNoChange) {
  Insert("d1");
  const int64_t before = RevisionOf("d1");
  const absl::Status status =
      registry_.Update("d1", [](v1::DeploymentState&) { return absl::AbortedError("no"); });
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(RevisionOf("d1"), before);
}

TEST_F(RegistryTest, ASnapshotStaysAsItWas) {
  Insert("d1");
  const SnapshotPtr before = *registry_.Get("d1");
  EXPECT_EQ(before, *registry_.Get("d1"));
  EXPECT_TRUE(Move("d1", v1::STATUS_IN_PROGRESS).ok());
  EXPECT_EQ(before->state().status(), v1::STATUS_PENDING);
  v1::DeploymentState decoded;
  EXPECT_TRUE(decoded.ParseFromString(before->Wire()));
  EXPECT_EQ(decoded.status(), v1::STATUS_PENDING);
}

TEST_F(RegistryTest, ResolvesUniquePrefixes) {
  for (const std::string id : {"abc1", "abd2", "abd"}) Insert(id);
  EXPECT_EQ(*registry_.Resolve("abc"), "abc1");
  EXPECT_EQ(*registry_.Resolve("abd"), "abd");  // A whole id wins over a longer one.
  EXPECT_EQ(*registry_.Resolve("abd2"), "abd2");
  const absl::Status several = registry_.Resolve("ab").status();
  EXPECT_TRUE(absl::IsInvalidArgument(several));
  EXPECT_TRUE(absl::StrContains(several.message(), "abc1, abd, abd2")) << several;
  EXPECT_TRUE(absl::IsNotFound(registry_.Resolve("x").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(registry_.Resolve("").status()));
}

TEST_F(RegistryTest, APrefixIsOneOfWhatTheReaderSees) {
  Insert("abc1", "shop");
  Insert("abd2", "hidden");
  const auto sees = [](const std::string& service) { return service == "shop"; };
  EXPECT_EQ(*registry_.Resolve("ab", sees), "abc1");
  const absl::Status hidden = registry_.Resolve("abd", sees).status();
  EXPECT_EQ(hidden, NoDeployment("abd")) << "as if it were not there";
  EXPECT_EQ(*registry_.Resolve("abd2", sees), "abd2") << "whole ids are judged by the caller";
}

TEST_F(RegistryTest, PagesAreFullOfWhatTheReaderSees) {
  for (int i = 1; i <= 9; ++i) Insert(absl::StrCat("d", i), i % 3 == 0 ? "shop" : "hidden");
  v1::ListStatesRequest request;
  request.set_page_size(2);
  const auto sees = [](const std::string& service) { return service == "shop"; };
  const auto first = registry_.List(request, sees);
  ASSERT_EQ(first->states_size(), 2);
  EXPECT_EQ(first->states(1).id(), "d6");
  request.set_page_token(first->next_page_token());
  const auto last = registry_.List(request, sees);
  ASSERT_EQ(last->states_size(), 1);
  EXPECT_EQ(last->states(0).id(), "d3");
  EXPECT_EQ(last->next_page_token(), "") << "what is hidden makes no page";
}

TEST_F(RegistryTest, APageEndsBeforeItIsTooLarge) {
  for (int i = 1; i <= 5; ++i) Insert(absl::StrCat("d", i));
  for (int i = 1; i <= 5; ++i) {
    EXPECT_TRUE(registry_
                    .Update(absl::StrCat("d", i),
                            [](v1::DeploymentState& state) {
                              state.set_message(std::string(2 << 20, 'x'));
                              return absl::OkStatus();
                            })
                    .ok());
  }
  v1::ListStatesRequest request;
  int pages = 0;
  do {
    const auto page = registry_.List(request);
    EXPECT_EQ(page->states_size(), 1);
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 5);
}

TEST_F(RegistryTest, KnowsWhatAServiceHasRun) {
  InsertEnded("d1");
  Insert("d2", "blog");
  const auto set = [](v1::DeploymentState& state) {
    state.set_version("v2");
    state.set_previous_version("v1");
    state.add_targets()->set_previous_version("v0");
    return absl::OkStatus();
  };
  for (const char* id : {"d1", "d2"}) EXPECT_TRUE(registry_.Update(id, set).ok());
  for (const char* version : {"v0", "v1", "v2"}) EXPECT_TRUE(registry_.HasRun("shop", version));
  EXPECT_FALSE(registry_.HasRun("shop", "v3"));
  EXPECT_TRUE(registry_.HasRun("blog", "v1"));
  EXPECT_FALSE(registry_.HasRun("blog", "v2")) << "it has not completed";
  EXPECT_FALSE(registry_.HasRun("none", "v1"));
}

TEST_F(RegistryTest, ListsNewestFirstPageByPage) {
  for (int i = 1; i <= 5; ++i) Insert(absl::StrCat("d", i), i % 2 == 0 ? "blog" : "shop");
  v1::ListStatesRequest request;
  request.set_page_size(2);
  std::vector<std::string> ids;
  int pages = 0;
  do {
    const auto page = registry_.List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::DeploymentState& state : page->states()) ids.push_back(state.id());
    request.set_page_token(page->next_page_token());
    ++pages;
    Insert(absl::StrCat("later", pages));  // Does not disturb the pages that follow.
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(ids, ElementsAre("d5", "d4", "d3", "d2", "d1"));
}

TEST_F(RegistryTest, ListsByServiceAndStatus) {
  Insert("d1");
  InsertEnded("d2");
  InsertEnded("d3", "blog");
  v1::ListStatesRequest request;
  request.set_service("shop");
  request.add_statuses(v1::STATUS_COMPLETED);
  request.add_statuses(v1::STATUS_FAILED);
  const auto page = registry_.List(request);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->states_size(), 1);
  EXPECT_EQ(page->states(0).id(), "d2");
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(RegistryTest, RefusesABadPage) {
  v1::ListStatesRequest request;
  request.set_page_size(-1);
  EXPECT_TRUE(absl::IsInvalidArgument(registry_.List(request).status()));
  request.set_page_size(0);
  request.set_page_token("next");
  EXPECT_TRUE(absl::IsInvalidArgument(registry_.List(request).status()));
}

TEST_F(RegistryTest, RemembersWhatEachServiceRuns) {
  InsertEnded("d1");
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "2.0");
  EXPECT_EQ(registry_.MemoryOf("shop").latest_deployment_id, "d1");
  Insert("d2");
  End("d2", v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "1.0");
  Insert("d3");
  End("d3", v1::STATUS_FAILED);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "1.0");
  EXPECT_EQ(registry_.MemoryOf("blog").active_version, "");
  EXPECT_THAT(registry_.Services(), ElementsAre("shop"));
}

TEST_F(RegistryTest, TakingBackARedeployOfTheActiveVersionForgetsNothing) {
  InsertEnded("d1");
  Insert("d2");
  EXPECT_TRUE(registry_
                  .Update("d2",
                          [](v1::DeploymentState& state) {
                            state.clear_previous_version();
                            return absl::OkStatus();
                          })
                  .ok());
  End("d2", v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "2.0");
}

TEST_F(RegistryTest, TheFirstVersionIsNotActiveOnceItWasTakenBack) {
  for (const std::string id : {"d1", "d2"}) {
    Insert(id);
    ASSERT_TRUE(registry_
                    .Update(id,
                            [](v1::DeploymentState& state) {
                              state.clear_previous_version();
                              return absl::OkStatus();
                            })
                    .ok());
    End(id, v1::STATUS_COMPLETED);
    EXPECT_EQ(registry_.MemoryOf("shop").active_version, "2.0");
  }
  End("d2", v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "2.0") << "d2 was a redeploy";
  End("d1", v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "");
}

}  // namespace
}  // namespace sluice
