// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Where output goes. Text is written at once; when the reader has gone (a closed pipe) the console
// says so and stays quiet. It also stays quiet from when a watch is ended by a signal and its
// output is not taken. Used by every verb; the main thread.

#ifndef SLUICE_CLIENT_CONSOLE_H_
#define SLUICE_CLIENT_CONSOLE_H_

#include <string>
#include <vector>

#include "client/line.h"

namespace sluice::client {

// Columns and rows; 0 columns: no limit.
struct Size {
  int columns = 0;
  int rows = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

class Console {
 public:
  virtual ~Console() = default;

  virtual void Write(const std::string& text) = 0;
  virtual void WriteError(const std::string& text) = 0;
  // The reader of the output has gone: there is nothing more to do.
  virtual bool closed() const = 0;
  // Output can be redrawn in place.
  virtual bool live() const = 0;
  virtual bool colour() const = 0;
  virtual Size size() const = 0;

  // Cut to the terminal's width.
  void Write(const std::vector<Line>& lines) { Write(ToText(lines, size().columns, colour())); }
};

// File descriptors 1 and 2. Colour only on a terminal, and not with NO_COLOR or TERM=dumb.
class StandardConsole final : public Console {
 public:
  StandardConsole();

  using Console::Write;
  void Write(const std::string& text) override;
  void WriteError(const std::string& text) override;
  bool closed() const override;
  // The errno of output that was lost, 0 when none was. A reader that has gone lost nothing.
  int write_error() const { return write_error_; }
  bool live() const override { return live_; }
  bool colour() const override { return colour_; }
  Size size() const override;

 private:
  bool quiet_ = false;
  bool closed_ = false;
  int write_error_ = 0;
  bool is_terminal_;
  bool live_;
  bool colour_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_CONSOLE_H_
