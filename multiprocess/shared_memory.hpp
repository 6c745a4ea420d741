// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <cstddef>

#include "shared/net/descriptor.hpp"

namespace trivium::multiprocess {

/// Memory that processes share: a memfd, mapped. It has no name, so that nothing stays behind when
/// the last process that has it is gone, however that one ended.
///
/// Processes forked later have it at the same address; a program that was exec'd attaches by the
/// descriptor that it inherits. Pages that nobody has touched take no memory.
class SharedMemory {
 public:
  /// Creates memory, all zero. Throws where the system refuses.
  explicit SharedMemory(std::size_t bytes);

  /// Maps memory that another process created. Throws where the descriptor is no memory.
  explicit SharedMemory(net::Descriptor inherited);

  [[nodiscard]] void* data() const noexcept { return region_.get_address(); }
  [[nodiscard]] std::size_t size() const noexcept { return region_.get_size(); }

  /// What another program inherits to attach; closed on exec.
  [[nodiscard]] int descriptor() const noexcept { return memory_.get(); }

 private:
  net::Descriptor memory_;
  boost::interprocess::mapped_region region_;
};

}  // namespace trivium::multiprocess
