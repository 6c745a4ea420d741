// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Searches every state that a model can come to, breadth first, so that what is found broken is
// found by a shortest way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace trivium::model {

/// What a search has found.
struct Found {
  std::size_t states = 0;
  std::size_t steps = 0;           // from one to another
  std::string broken;              // what is, or nothing
  std::vector<std::string> story;  // how it came to that, step by step
};

/// A set of states, numbered as they came. Requires: equal states are of equal bytes.
template <typename State>
class States {
 public:
  States() : table_(1 << 16) {}

  /// The number of a state, and whether it is new.
  std::pair<std::uint32_t, bool> add(const State& state) {
    if (size_ * 2 > table_.size()) grow();
    const auto sum = hash(state);
    Entry& entry = find(state, sum);
    if (entry != 0) return {static_cast<std::uint32_t>(entry) - 1, false};
    if (size_ % piece == 0) pieces_.push_back(std::make_unique<State[]>(piece));
    pieces_.back()[size_ % piece] = state;
    entry = (sum & ~number_bits) | ++size_;
    return {static_cast<std::uint32_t>(size_) - 1, true};
  }

  /// The state of a number; it stays where it is.
  [[nodiscard]] const State& operator[](std::size_t number) const {
    return pieces_[number / piece][number % piece];
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static std::uint64_t hash(const State& state) {
    std::uint64_t sum = 0;
    const char* const bytes = reinterpret_cast<const char*>(&state);
    for (std::size_t at = 0; at < sizeof state; at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + at, std::min<std::size_t>(8, sizeof state - at));
      sum = (sum ^ word) * 0x9e3779b97f4a7c15;
      sum ^= sum >> 29;
    }
    return sum;
  }

  // A state's number and one, and above that a part of its hash; 0 is nothing.
  using Entry = std::uint64_t;
  static constexpr Entry number_bits = 0xffff'ffff;

  // The entry of a state in the table, which is 0 where it has none.
  Entry& find(const State& state, std::uint64_t sum) {
    for (std::size_t at = sum;; ++at) {
      Entry& entry = table_[at & (table_.size() - 1)];
      if (entry == 0) return entry;
      if (((entry ^ sum) & ~number_bits) != 0) continue;
      if (std::memcmp(&(*this)[(entry & number_bits) - 1], &state, sizeof state) == 0) return entry;
    }
  }

  void grow() {
    for (Entry& entry : std::exchange(table_, std::vector<Entry>(table_.size() * 4))) {
      if (entry == 0) continue;
      const State& state = (*this)[(entry & number_bits) - 1];
      find(state, hash(state)) = entry;
    }
  }

  static constexpr std::size_t piece = 1 << 14;

  std::vector<std::unique_ptr<State[]>> pieces_;
  std::size_t size_ = 0;
  std::vector<Entry> table_;  // of a size that is a power of two
};

/// Searches a model, which has
///
///   State first() const
///   void next(const State&, F visit) const     calls visit(State, What) for all that can happen
///   std::string broken(const State&) const     what must not be, or nothing
///   std::string told(const State& from, const State& to, What) const     what happened, in words
///
/// Ends at the first state that is broken. Where there is none, looks whether it can go on for
/// ever, in a circle.
template <typename Model>
class Search {
 public:
  using State = typename Model::State;
  using What = typename Model::What;

  explicit Search(const Model& model) : model_(model) {}

  Found run() {
    states_.add(model_.first());
    ways_.push_back({0, {}});
    entries_.push_back(0);
    for (Number number = 0; number < states_.size(); ++number) {
      found_.broken = model_.broken(states_[number]);
      if (!found_.broken.empty()) {
        tell(number);
        break;
      }
      go_on_from(number);
    }
    found_.states = states_.size();
    found_.steps = targets_.size();
    if (found_.broken.empty()) look_for_circles();
    return std::move(found_);
  }

 private:
  using Number = std::uint32_t;
  struct Way {
    Number from;
    What what;
  };

  void go_on_from(Number number) {
    model_.next(states_[number], [&](const State& next, What what) {
      const auto [to, is_new] = states_.add(next);
      if (is_new) {
        ways_.push_back({number, what});
        entries_.push_back(0);
      }
      ++entries_[to];
      targets_.push_back(to);
    });
    ends_.push_back(targets_.size());
  }

  // Where one can go from a state.
  [[nodiscard]] std::span<const Number> targets(Number number) const {
    const std::size_t begin = number == 0 ? 0 : ends_[number - 1];
    return std::span(targets_).subspan(begin, ends_[number] - begin);
  }

  // Takes away, one by one, states to which no way is left. What cannot be taken away is a circle,
  // or comes after one.
  void look_for_circles() {
    std::vector<Number> done{0};
    for (std::size_t i = 0; i < done.size(); ++i) {
      for (const Number to : targets(done[i])) {
        if (--entries_[to] == 0) done.push_back(to);
      }
    }
    if (done.size() == states_.size()) return;
    found_.broken = "it can go on for ever";
    const auto is_left = [this](Number number) { return entries_[number] > 0; };
    std::vector<Number> path;
    for (Number number = 0; path.empty(); ++number) {
      if (is_left(number)) path.push_back(number);
    }
    for (;;) {
      const auto all = targets(path.back());
      const auto next = std::find_if(all.begin(), all.end(), is_left);
      if (next == all.end()) {  // it comes after one
        entries_[path.back()] = 0;
        path.pop_back();
        continue;
      }
      const auto from = std::find(path.begin(), path.end(), *next);
      if (from != path.end()) return tell_circle({from, path.end()});
      path.push_back(*next);
    }
  }

  void tell_circle(std::vector<Number> circle) {
    tell(circle.front());
    found_.story.push_back("and from here on, again and again:");
    circle.push_back(circle.front());
    for (std::size_t i = 0; i + 1 < circle.size(); ++i) {
      const State& from = states_[circle[i]];
      model_.next(from, [&](const State& next, What what) {
        if (states_.add(next).first != circle[i + 1]) return;
        found_.story.push_back(model_.told(from, next, what));
      });
    }
  }

  // How it came to a state.
  void tell(Number number) {
    for (; number != 0; number = ways_[number].from) {
      const Way& way = ways_[number];
      found_.story.push_back(model_.told(states_[way.from], states_[number], way.what));
    }
    std::reverse(found_.story.begin(), found_.story.end());
  }

  const Model& model_;
  States<State> states_;
  std::vector<Way> ways_;        // by which each state was found
  std::vector<Number> targets_;  // of all states, one after the other
  std::vector<std::size_t> ends_;
  std::vector<Number> entries_;  // ways to each state that are left
  Found found_;
};

}  // namespace trivium::model
