// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// What the process channel asks of the processor itself (x86-64).
#pragma once

#include <emmintrin.h>
#include <x86intrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace trivium::multiprocess {

/// Waits for a moment, 10 to 50 ns, and leaves the core to its other thread.
inline void pause() noexcept {
  _mm_pause();
}

/// Reads the processor's clock: 1 to 5 ticks a nanosecond, by the processor.
inline std::uint64_t ticks() noexcept {
  return __rdtsc();
}

/// Copies bytes to memory whose lines another processor has. The library's copy of small blocks
/// stores 64 bytes twice over each other; on such lines that took twice as long as this (measured
/// on an EPYC, messages of 64 bytes; `bench_channel_multiprocess` shows the whole).
inline void copy_to_shared(char* to, const char* from, std::size_t size) noexcept {
  constexpr std::size_t large = 512;
  if (size >= large) {
    std::memcpy(to, from, size);
    return;
  }
  std::size_t done = 0;
  for (; done + sizeof(__m128i) <= size; done += sizeof(__m128i)) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + done),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + done)));
  }
  for (; done < size; ++done) to[done] = from[done];
}

}  // namespace trivium::multiprocess
