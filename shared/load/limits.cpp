// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/limits.hpp"

#include <netinet/in.h>
#include <sys/resource.h>

#include <fstream>

namespace trivium::load {
namespace {

// Standard streams, files that are read on the way, and an epoll for each thread.
constexpr std::size_t other_descriptors = 16;

}  // namespace

PortRange local_ports() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  PortRange range;
  if (file >> range.first >> range.last && range.first <= range.last) return range;
  return {};
}

bool can_spread_sources(const net::Address& target) noexcept {
  if (target.family() != AF_INET) return false;
  const auto& in = reinterpret_cast<const sockaddr_in&>(target.storage);
  return ntohl(in.sin_addr.s_addr) >> 24 == 127;
}

std::optional<std::string> why_not(const Options& options, const net::Address& target) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t needed = options.connections + options.threads + other_descriptors;
  if (limit.rlim_cur != RLIM_INFINITY && needed > limit.rlim_cur) {
    return std::to_string(options.connections) + " connections need " + std::to_string(needed) +
           " open files, and this process may have " + std::to_string(limit.rlim_cur) +
           " (ulimit -n)";
  }
  const std::uint64_t ports = local_ports().size();
  if (!can_spread_sources(target) && options.connections > ports) {
    return std::to_string(options.connections) +
           " connections to one address need as many ports, " + "and this machine gives " +
           std::to_string(ports) + " (net.ipv4.ip_local_port_range)";
  }
  return std::nullopt;
}

}  // namespace trivium::load
