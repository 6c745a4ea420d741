// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/fetch_results.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace trivium::app {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

net::Descriptor open_temporary() {
  const char* const named = std::getenv("TMPDIR");
  const std::string directory = named != nullptr && *named != '\0' ? named : "/tmp";
  net::Descriptor file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  // Not every file system has files without a name from birth.
  std::string path = directory + "/fetch-XXXXXX";
  file = net::Descriptor(::mkostemp(path.data(), O_CLOEXEC));
  if (!file) fail(("temporary file in " + directory).c_str());
  ::unlink(path.c_str());
  return file;
}

}  // namespace

void FetchResults::add(Finished finished) {
  Waiting waiting{.result = std::move(finished.result), .offset = std::nullopt, .size = 0};
  waiting.size = waiting.result.body.size();
  // What is next is taken at once and does not wait.
  if (finished.index != next_ && in_memory_ + waiting.size > memory_limit_) {
    spill(waiting);
  } else {
    in_memory_ += waiting.size;
  }
  waiting_.emplace(finished.index, std::move(waiting));
}

std::optional<Finished> FetchResults::take_next() {
  if (waiting_.empty() || waiting_.begin()->first != next_) return std::nullopt;
  return take_first();
}

std::optional<Finished> FetchResults::take_first() {
  if (waiting_.empty()) return std::nullopt;
  auto node = waiting_.extract(waiting_.begin());
  Waiting& waiting = node.mapped();
  if (waiting.offset) {
    restore(waiting);
  } else {
    in_memory_ -= waiting.size;
  }
  next_ = node.key() + 1;
  return Finished{node.key(), std::move(waiting.result)};
}

void FetchResults::spill(Waiting& waiting) {
  if (!file_) file_ = open_temporary();
  std::size_t done = 0;
  while (done < waiting.size) {
    const auto count = ::pwrite(file_.get(), waiting.result.body.data() + done, waiting.size - done,
                                static_cast<off_t>(file_end_ + done));
    if (count < 0 && errno != EINTR) fail("temporary file");
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  waiting.offset = file_end_;
  file_end_ += waiting.size;
  in_file_ += waiting.size;
  std::string().swap(waiting.result.body);
}

void FetchResults::restore(Waiting& waiting) {
  std::string body(waiting.size, '\0');
  std::size_t done = 0;
  while (done < waiting.size) {
    const auto count = ::pread(file_.get(), body.data() + done, waiting.size - done,
                               static_cast<off_t>(*waiting.offset + done));
    if (count == 0) errno = EIO;
    if (count == 0 || (count < 0 && errno != EINTR)) fail("temporary file");
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  in_file_ -= waiting.size;
  if (in_file_ == 0) {
    file_end_ = 0;
    if (::ftruncate(file_.get(), 0) < 0) fail("temporary file");
  } else {
    // Where the file system cannot give a part back, the file stays as long as it is.
    (void)::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                      static_cast<off_t>(*waiting.offset), static_cast<off_t>(waiting.size));
  }
  waiting.result.body = std::move(body);
}

}  // namespace trivium::app
