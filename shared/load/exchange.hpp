// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "shared/load/http_checker.hpp"
#include "shared/load/reply_checker.hpp"
#include "shared/load/script.hpp"

namespace trivium::load {

/// The conversation on one connection: which operations are in flight, what is to be sent, and
/// whether what comes back is right. Answers come in the order of the questions. Sans-I/O. The
/// script and the reference outlive it.
class Exchange {
 public:
  Exchange(Script& script, HttpReference& reference, std::uint32_t index, std::size_t depth);

  /// Begins a new stream. Requires: nothing is in flight.
  void start_stream();

  struct Operation {
    std::int64_t planned;  ///< when it was to start
    std::int64_t put;      ///< when it did
    bool rare;
  };

  /// Puts an operation in flight. Requires: `room`.
  void ask(std::int64_t planned, std::int64_t now) noexcept;
  [[nodiscard]] std::size_t in_flight() const noexcept { return asked_; }
  [[nodiscard]] bool room() const noexcept { return asked_ < times_.size(); }

  /// The one that was asked first. Requires: one is in flight.
  [[nodiscard]] Operation oldest() const noexcept;
  /// Takes it out: it ended, however it did. The next answer is due then.
  Operation take();

  /// The bytes that go out next, of as many operations as fit `scratch`, where they may be put
  /// together; empty where nothing is to be sent, as before the greeting has come. Valid until the
  /// script's next turn.
  [[nodiscard]] std::string_view output(std::span<char> scratch);
  /// Says how many of these went out.
  void sent(std::size_t bytes) noexcept;
  /// How many bytes the answer has that is due; 0 where that is not known.
  [[nodiscard]] std::size_t answer_size() noexcept { return answer().size(); }
  [[nodiscard]] bool owes_output() const noexcept {
    return due_ != Due::greeting && out_ != first_ + asked_;
  }

  enum class Event : std::uint8_t {
    more,      ///< right as far as it goes
    greeted,   ///< the greeting is complete
    answered,  ///< the oldest operation's answer is complete
    last,      ///< likewise, and nothing but the end of stream may follow
    wrong,
  };
  struct Progress {
    Event event;
    std::size_t used;  ///< the rest is to be fed again
  };
  /// Takes bytes that came. After `answered` the operation is to be taken out before more is fed;
  /// after `last` it is not, in a script whose operations are connections.
  [[nodiscard]] Progress feed(std::string_view bytes);

  enum class Ending : std::uint8_t {
    complete,  ///< as it must be; the operation in flight is done
    quiet,     ///< before any byte of what is due
    wrong,
  };
  /// Takes the end of the stream.
  [[nodiscard]] Ending end_of_stream();

  /// Describes why `bytes`, which `feed` just called wrong, are. No bytes: the stream ended here.
  [[nodiscard]] Fault describe(std::string_view bytes);

  /// Whether nothing is due any more but the end of stream.
  [[nodiscard]] bool at_end() const noexcept { return due_ == Due::end; }

 private:
  enum class Due : std::uint8_t { greeting, answer, end };

  struct Times {
    std::int64_t planned;
    std::int64_t put;
  };

  [[nodiscard]] std::string_view answer() noexcept { return script_->turn(index_, first_).answer; }
  [[nodiscard]] bool oldest_is_out() const noexcept { return out_ != first_; }

  Script* script_;
  std::uint64_t first_;  // the number of the oldest in flight
  std::uint64_t out_;    // the number of the one that goes out next
  std::size_t asked_ = 0;
  std::size_t out_at_ = 0;
  std::vector<Times> times_;  // a ring: by number
  ReplyChecker checker_;
  std::unique_ptr<HttpChecker> http_;
  std::uint32_t index_;
  Due due_ = Due::answer;
  bool early_ = false;  // what came could not be known yet
};

}  // namespace trivium::load
