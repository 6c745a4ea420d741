// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shared/load/options.hpp"
#include "shared/net/endpoint.hpp"

namespace trivium::load {

/// The range from which this machine takes the ports of connections that it opens.
struct PortRange {
  std::uint32_t first = 32'768;
  std::uint32_t last = 60'999;

  [[nodiscard]] std::uint64_t size() const noexcept { return last - first + std::uint64_t{1}; }
};

/// Reads the range from the kernel; its own default where that does not tell.
[[nodiscard]] PortRange local_ports();

/// Whether connections to an address may come from any address of 127.0.0.0/8, so that ports do not
/// run out.
[[nodiscard]] bool can_spread_sources(const net::Address& target) noexcept;

/// Says in one line why the run cannot fit this machine's limits; nothing where it can. Requires:
/// the limit of open files was raised, if it is to be.
[[nodiscard]] std::optional<std::string> why_not(const Options& options,
                                                 const net::Address& target);

}  // namespace trivium::load
