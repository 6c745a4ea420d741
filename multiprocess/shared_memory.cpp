// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace trivium::multiprocess {
namespace {

namespace interprocess = boost::interprocess;

// What Boost.Interprocess asks of something that it can map.
class Mappable {
 public:
  explicit Mappable(int descriptor) noexcept : descriptor_(descriptor) {}

  [[nodiscard]] interprocess::mapping_handle_t get_mapping_handle() const noexcept {
    return interprocess::ipcdetail::mapping_handle_from_file_handle(descriptor_);
  }

 private:
  int descriptor_;
};

net::Descriptor make_memory(std::size_t bytes) {
  net::Descriptor memory(net::checked(::memfd_create("trivium", MFD_CLOEXEC), "memfd_create"));
  net::checked(::ftruncate(memory.get(), static_cast<off_t>(bytes)), "ftruncate");
  return memory;
}

}  // namespace

SharedMemory::SharedMemory(std::size_t bytes) : SharedMemory(make_memory(bytes)) {}

SharedMemory::SharedMemory(net::Descriptor inherited)
    : memory_(std::move(inherited)), region_(Mappable(memory_.get()), interprocess::read_write) {}

}  // namespace trivium::multiprocess
