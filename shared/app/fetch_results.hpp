// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "shared/net/descriptor.hpp"
#include "shared/protocol/fetch_session.hpp"

namespace trivium::app {

/// One URL's end, with its place in the order given, from 0.
struct Finished {
  std::size_t index = 0;
  protocol::FetchResult result{};
};

/// Puts finished results back into the order of their URLs.
///
/// A result waits here until all before it are out. Bodies that wait take at most `memory_limit`
/// bytes of memory; the others go to a temporary file without a name, whose space is given back as
/// they are taken. Not thread-safe. Throws std::system_error where the file cannot be made, written
/// or read.
class FetchResults {
 public:
  explicit FetchResults(std::size_t memory_limit = 64 * 1024 * 1024)
      : memory_limit_(memory_limit) {}

  /// Requires: no result with this index was added before.
  void add(Finished finished);

  /// Takes the next result in order, if it has come.
  [[nodiscard]] std::optional<Finished> take_next();

  /// Takes the first result that has come, whatever is missing before it.
  [[nodiscard]] std::optional<Finished> take_first();

  /// Bytes of bodies that wait, in memory and in the file.
  [[nodiscard]] std::size_t in_memory() const noexcept { return in_memory_; }
  [[nodiscard]] std::size_t in_file() const noexcept { return in_file_; }

 private:
  struct Waiting {
    protocol::FetchResult result;
    std::optional<std::uint64_t> offset;  // where its body is in the file, if it is there
    std::size_t size;
  };

  void spill(Waiting& waiting);
  void restore(Waiting& waiting);

  std::size_t memory_limit_;
  std::size_t next_ = 0;
  std::map<std::size_t, Waiting> waiting_;
  std::size_t in_memory_ = 0;
  std::size_t in_file_ = 0;
  net::Descriptor file_;
  std::uint64_t file_end_ = 0;
};

}  // namespace trivium::app
