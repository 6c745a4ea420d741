// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// One counter that several units bump, in every model and by every means that the model has. Each
// function lets so many units bump so often each, all at once, and says what the counter has come
// to and what it took. Whoever calls judges whether bumps were lost. Each throws for what the
// system refuses.
#pragma once

#include <cstddef>
#include <cstdint>

#include "together.hpp"

namespace trivium::bench {

struct Outcome {
  std::uint64_t counter;
  Span span;
};

namespace processes {
Outcome by_lock(std::size_t units, std::uint64_t bumps_each);     ///< a robust mutex
Outcome by_message(std::size_t units, std::uint64_t bumps_each);  ///< to an owner, by our channel
Outcome by_atomic(std::size_t units, std::uint64_t bumps_each);
}  // namespace processes

namespace threads {
Outcome by_lock(std::size_t units, std::uint64_t bumps_each);  ///< std::mutex
Outcome by_message(std::size_t units, std::uint64_t bumps_each);
Outcome by_atomic(std::size_t units, std::uint64_t bumps_each);
}  // namespace threads

/// Tasks on one loop that so many threads run.
namespace tasks {
Outcome by_lock(std::size_t pool, std::size_t units, std::uint64_t bumps_each);    ///< awaitable
Outcome by_strand(std::size_t pool, std::size_t units, std::uint64_t bumps_each);  ///< in and out
Outcome by_message(std::size_t pool, std::size_t units, std::uint64_t bumps_each);
Outcome by_atomic(std::size_t pool, std::size_t units, std::uint64_t bumps_each);
/// Nothing guards the counter. Requires: one thread.
Outcome plainly(std::size_t pool, std::size_t units, std::uint64_t bumps_each);
}  // namespace tasks

}  // namespace trivium::bench
