// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Holds the echo session, however its input is cut, to the plain reading of the specification: what
// it comes to in the end, and after every byte what is due by then.
#include <optional>
#include <vector>

#include "tests/fuzz/cuts.hpp"
#include "tests/fuzz/text_reference.hpp"
#include "tests/unit/echo_reference.hpp"

namespace {

using namespace trivium;
using fuzz::must_be_equal;
using fuzz::Standing;
using protocol::Action;

// A line that is answered. Moments count the bytes received; the end of input is one more.
struct Line {
  std::size_t complete;  // the moment
  std::size_t before;    // where its answer begins and ends in the output
  std::size_t after;
  std::optional<fuzz::PlainHazard> hazard;
};

struct Plan {
  std::vector<Line> lines;
  std::size_t decided;  // the moment from which on nothing more can be answered
};

// Reads requirements E2, E3, E4.2, E5.4 and C6.1 byte by byte.
Plan plan_of(std::string_view input, protocol::EchoSession::Limits limits) {
  Plan plan{{}, input.size() + 1};
  std::size_t output = protocol::reference::head.size();
  const auto answers = [&](std::string_view content, std::size_t moment) {
    if (content.size() > limits.max_line) return false;
    if (content.empty() || !protocol::reference::is_well_formed(content)) return false;
    plan.lines.push_back({moment, output, output + content.size() + 1,
                          limits.hazards ? fuzz::plain_hazard(content) : std::nullopt});
    output = plan.lines.back().after;
    return true;
  };
  std::size_t begin = 0;
  for (std::size_t moment = 1; moment <= input.size(); ++moment) {
    auto line = input.substr(begin, moment - begin);
    bool goes_on;
    if (line.ends_with('\n')) {
      line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
      goes_on = answers(line, moment);
      begin = moment;
    } else {  // a '\r' may still turn out to be no content
      goes_on = line.size() <= limits.max_line + (line.ends_with('\r') ? 1 : 0);
    }
    if (!goes_on) {
      plan.decided = moment;
      return plan;
    }
  }
  answers(input.substr(begin), plan.decided);
  return plan;
}

// Sees everything that one session does, and ends the program where that is not what is due.
class Watch {
 public:
  Watch(const Plan& plan, std::size_t input_size) : plan_(plan), input_size_(input_size) {}

  void operator()(const Action& action, std::size_t moment, std::size_t written) {
    const bool decided = moment >= plan_.decided;
    switch (action.kind) {
      case Action::Kind::read:
        must_be_equal(decided, false, "what is decided is not read on");
        return must_have_answered(moment, written);
      case Action::Kind::write:
        return must_offer(moment, written + action.bytes.size());
      case Action::Kind::act:
        return must_act(action.hazard, moment, written);
      case Action::Kind::shut_and_drain:
        shut_ = true;
        must_be_equal(decided, true, "what is not decided goes on");
        return must_have_answered(moment, written);
      case Action::Kind::close:
        must_be_equal(decided, true, "what is not decided goes on");
        must_be_equal(shut_ || moment > input_size_, true, "a server's close lingers");
        return must_have_answered(moment, written);
    }
  }

 private:
  // The first line that is complete, and not yet known to be behind; or null.
  const Line* line_at(std::size_t index, std::size_t moment) const {
    if (index == plan_.lines.size() || plan_.lines[index].complete > moment) return nullptr;
    return &plan_.lines[index];
  }

  void pass(const Line& line) {
    must_be_equal(standing_of(line.hazard) == Standing::right, false, "a hazard is left out");
    due_ = line.after;
    ++next_;
  }

  // All that is complete is written: no hazard is left, and no byte more or less.
  void must_have_answered(std::size_t moment, std::size_t written) {
    while (const auto* line = line_at(next_, moment)) pass(*line);
    must_be_equal(written, due_, "what is written");
  }

  // All that is complete is offered at once, up to a hazard.
  void must_offer(std::size_t moment, std::size_t end) const {
    std::size_t due = due_;
    for (std::size_t i = next_; const auto* line = line_at(i, moment); ++i) {
      const Standing standing = standing_of(line->hazard);
      if (standing == Standing::right || (standing == Standing::open && line->before == end)) break;
      due = line->after;
    }
    must_be_equal(end, due, "what is offered");
  }

  // It is the next one, and all that is owed before it is written.
  void must_act(const protocol::Hazard& hazard, std::size_t moment, std::size_t written) {
    const Line* line = line_at(next_, moment);
    for (; line != nullptr && line->before < written; line = line_at(next_, moment)) pass(*line);
    must_be_equal(line != nullptr && line->before == written, true, "a hazard waits for its turn");
    must_be_hazard(hazard, line->hazard);
    due_ = line->after;
    ++next_;
  }

  const Plan& plan_;
  std::size_t input_size_;
  std::size_t next_ = 0;  // lines before this are behind
  std::size_t due_ = protocol::reference::head.size();
  bool shut_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Parameters parameters(data, size);
  const protocol::EchoSession::Limits limits{.max_line = 1 + parameters.below(64),
                                             .hazards = parameters.below(2) == 1};
  const auto write_size = 1 + parameters.below(100);
  const auto step = 1 + parameters.below(16);
  const auto largest = 1 + parameters.below(100);
  const auto input = parameters.rest();
  const auto expected = protocol::reference::read_whole(input, limits.max_line);
  const auto plan = plan_of(input, limits);
  const auto converse = [&](const protocol::reference::Pieces& pieces, std::size_t most) {
    return protocol::reference::converse(pieces, limits, most, Watch(plan, input.size()));
  };
  must_be_equal(converse({input}, std::string::npos), expected, "whole");
  must_be_equal(converse(protocol::reference::bytes_of(input), std::string::npos), expected,
                "bytes");
  must_be_equal(converse(fuzz::cut(input, step, largest), write_size), expected, "cut");
  return 0;
}
