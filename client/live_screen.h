// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A block of lines that is redrawn in place. Hides the cursor while it draws and gives it back, on
// every way out. The only code that sends cursor movements. One thread.

#ifndef SLUICE_CLIENT_LIVE_SCREEN_H_
#define SLUICE_CLIENT_LIVE_SCREEN_H_

#include <string>
#include <vector>

#include "client/console.h"
#include "client/line.h"

namespace sluice::client {

class LiveScreen {
 public:
  explicit LiveScreen(Console& console) : console_(console) {}
  ~LiveScreen() { Release(); }
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  // Replaces the block. Writes nothing when nothing changed. `lines` must be fewer than the rows,
  // but for the last ones before Release().
  void Draw(const std::vector<Line>& lines);

  // Leaves the block where it is and shows the cursor below it; the next Draw begins a new block.
  void Release();

 private:
  // Rows of the block on a terminal that now has `columns`: it wraps lines that became too long.
  int RowsAt(int columns) const;

  Console& console_;
  std::vector<Line> drawn_;
  std::string drawn_text_;
  Size drawn_size_;
  bool cursor_hidden_ = false;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_LIVE_SCREEN_H_
