// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/net/resolve.hpp"

#include <netdb.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace trivium::net {
namespace {

struct Found {
  int error = 0;
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{nullptr, &::freeaddrinfo};
};

Found ask(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  Found found;
  found.error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  found.list.reset(list);
  return found;
}

Address address_of(const addrinfo& entry) {
  Address address;
  std::memcpy(&address.storage, entry.ai_addr, entry.ai_addrlen);
  address.size = entry.ai_addrlen;
  return address;
}

}  // namespace

std::optional<Address> literal_address(const std::string& host, const std::string& port) {
  const Found found = ask(host, port, AI_NUMERICHOST);
  if (found.error != 0) return std::nullopt;
  return address_of(*found.list);
}

Resolution resolve_name(const std::string& host, const std::string& port) {
  const Found found = ask(host, port, 0);
  Resolution result;
  if (found.error != 0) {
    result.error = protocol::FetchError::not_resolved;
    result.detail = found.error == EAI_SYSTEM ? std::generic_category().message(errno)
                                              : ::gai_strerror(found.error);
    return result;
  }
  for (const addrinfo* entry = found.list.get(); entry != nullptr; entry = entry->ai_next) {
    result.addresses.push_back(address_of(*entry));
  }
  return result;
}

Resolution resolution_timed_out() {
  return {.error = protocol::FetchError::timed_out, .detail = "resolving the name"};
}

}  // namespace trivium::net
