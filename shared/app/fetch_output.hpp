// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/app/fetch_options.hpp"
#include "shared/app/fetch_progress.hpp"
#include "shared/app/fetch_results.hpp"
#include "shared/net/descriptor.hpp"

namespace trivium::app {

/// The text on one line of a terminal: control characters give way to `?`, and so does what is not
/// ASCII where the text is not UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

/// The line of `--format json`, without its end.
[[nodiscard]] std::string json_line(const Finished& finished, const std::string& url);

/// Writes results as `--format` and `--output` ask for.
///
/// Whoever reads standard output may be slow: what is written waits for it, and so everything
/// behind it waits. Once `signals` is readable the wait ends after a second without progress. Not
/// thread-safe. Throws std::system_error for what the system refuses.
class FetchOutput {
 public:
  /// How a write ended.
  enum class Status {
    ok,
    reader_gone,     ///< standard output is a closed pipe
    reader_stalled,  ///< it takes nothing, and a signal asks for the end
  };

  /// Makes the `--output` directory where there is none. Refers to `options`; `signals` is a
  /// descriptor.
  FetchOutput(const FetchOptions& options, int signals);

  /// Writes one result; the next one in order.
  [[nodiscard]] Status write(const Finished& finished, FetchProgress& progress);

 private:
  Status write_text(const Finished& finished, FetchProgress& progress);
  Status print(std::string_view text);
  Status wait_for_reader();

  const FetchOptions& options_;
  int signals_;
  bool regular_file_;       // standard output never makes anyone wait
  net::Descriptor writer_;  // standard output once more, where it can be opened without blocking
};

}  // namespace trivium::app
