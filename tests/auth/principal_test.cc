// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/principal.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(UnixPeer, IsTheProcessAtTheOtherEnd) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const UniqueFd ours(ends[0]), theirs(ends[1]);
  const absl::StatusOr<Principal> peer = UnixPeer(ours.get());
  ASSERT_TRUE(peer.ok()) << peer.status();
  const auto& caller = std::get<UnixIdentity>(peer->identity);
  EXPECT_EQ(caller.uid, getuid());
  EXPECT_THAT(caller.gids, testing::Contains(getgid()));
  EXPECT_EQ(peer->peer, absl::StrCat("unix:pid=", getpid(), ",uid=", getuid()));
  EXPECT_STREQ(peer->How(), "unix");
}

TEST(UnixPeer, NeedsASocket) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const UniqueFd read_end(ends[0]), write_end(ends[1]);
  EXPECT_FALSE(UnixPeer(read_end.get()).ok());
}

TEST(Principal, HasANameThatPeopleKnow) {
  struct Case {
    Principal principal;
    std::string name;
    std::string description;
  };
  for (const Case& test :
       {Case{{}, "anonymous", "a caller without credentials"},
        Case{{UnixIdentity{7, "", {}}, ""}, "uid:7", "the user \"uid:7\" (uid 7)"},
        Case{{UnixIdentity{7, "ann", {}}, ""}, "ann", "the user \"ann\" (uid 7)"},
        Case{{TokenIdentity{"ci", "00"}, ""}, "ci", "the token \"ci\""},
        Case{{CertificateIdentity{{"u:1", "u:2"}, {"d"}, "c"}, ""},
             "u:1",
             "the certificate \"u:1\""},
        Case{{CertificateIdentity{{}, {"d"}, "c"}, ""}, "c", "the certificate \"c\""},
        Case{{CertificateIdentity{{}, {"d"}, ""}, ""}, "d", "the certificate \"d\""}}) {
    EXPECT_EQ(test.principal.Name(), test.name);
    EXPECT_EQ(test.principal.Describe(), test.description);
  }
}

TEST(Principal, IsToldFromOthersOfItsName) {
  EXPECT_EQ(Principal{}.Key(), "anonymous anonymous");
  EXPECT_EQ((Principal{TokenIdentity{"ann", "00"}, ""}.Key()), "token ann");
  EXPECT_EQ((Principal{CertificateIdentity{{}, {}, "ann"}, ""}.Key()), "certificate ann");
  EXPECT_EQ((Principal{UnixIdentity{7, "ann", {}}, ""}.Key()), "unix uid 7");
}

}  // namespace
}  // namespace sluice
