// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/fetch_output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

#include "shared/net/descriptor.hpp"
#include "shared/protocol/utf8.hpp"

namespace trivium::app {
namespace {

constexpr int stall_ms = 1000;

// Offered to the kernel at a time: more than a pipe takes, as a rule, whoever reads it.
constexpr std::size_t most_at_a_time = 256 * 1024;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool is_regular(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

void write_file(const std::string& path, std::string_view text) {
  const net::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) fail(path);
  while (!text.empty()) {
    const auto count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno != EINTR) fail(path);
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string body_path(const std::string& directory, std::size_t index) {
  char name[32];
  std::snprintf(name, sizeof name, "/%06zu.txt", index + 1);
  return directory + name;
}

std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + '"';
}

}  // namespace

std::string printable(std::string_view text) {
  const bool utf8 = protocol::is_utf8(text);
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(),
      [&](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f || (!utf8 && byte > 0x7f);
      },
      '?');
  return result;
}

std::string json_line(const Finished& finished, const std::string& url) {
  const auto& result = finished.result;
  char ms[32];
  std::snprintf(ms, sizeof ms, "%.3f",
                std::chrono::duration<double, std::milli>(result.elapsed).count());
  const bool fetched = result.error == protocol::FetchError::none;
  return R"({"index":)" + std::to_string(finished.index + 1) + R"(,"url":)" + json_text(url) +
         R"(,"status":)" + (result.status == 0 ? "null" : std::to_string(result.status)) +
         R"(,"bytes":)" + std::to_string(result.bytes) + R"(,"ms":)" + ms + R"(,"error":)" +
         (fetched ? "null" : json_text(result.why())) + "}";
}

FetchOutput::FetchOutput(const FetchOptions& options, int signals)
    : options_(options), signals_(signals), regular_file_(is_regular(STDOUT_FILENO)) {
  // O_NONBLOCK on standard output itself would be seen by every program that shares it.
  if (!regular_file_) {
    writer_ =
        net::Descriptor(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }
  if (options.output.empty()) return;
  const bool made = ::mkdir(options.output.c_str(), 0777) == 0 || errno == EEXIST;
  if (!made || ::access(options.output.c_str(), W_OK | X_OK) < 0) {
    fail("--output " + options.output);
  }
}

FetchOutput::Status FetchOutput::write(const Finished& finished, FetchProgress& progress) {
  const bool fetched = finished.result.error == protocol::FetchError::none;
  if (fetched && !options_.output.empty()) {
    write_file(body_path(options_.output, finished.index), finished.result.body);
  }
  if (options_.format == "text") return write_text(finished, progress);
  if (options_.format == "none") return Status::ok;
  progress.hide();
  return print(json_line(finished, options_.urls[finished.index]) + '\n');
}

FetchOutput::Status FetchOutput::write_text(const Finished& finished, FetchProgress& progress) {
  const auto& result = finished.result;
  const std::string url = printable(options_.urls[finished.index]);
  if (!result.ok()) {
    const bool answered = result.error == protocol::FetchError::none;
    progress.begin_line();
    std::cerr << "fetch: " + url + ": " +
                     (answered ? "status " + std::to_string(result.status) : result.why()) + '\n';
    if (!answered) return Status::ok;
  }
  if (!options_.output.empty()) return Status::ok;
  progress.hide();
  if (options_.urls.size() > 1) {
    const auto status = print((progress.in_a_line() ? "\n==> " : "==> ") + url + " <==\n");
    if (status != Status::ok) return status;
  }
  progress.stopped_in_a_line(!result.body.empty() && result.body.back() != '\n');
  return print(result.body);
}

// The wait for a reader is in poll, where a signal is seen too, and never in write.
FetchOutput::Status FetchOutput::print(std::string_view text) {
  const bool returns_at_once = regular_file_ || writer_;
  while (!text.empty()) {
    if (!returns_at_once) {
      if (const Status status = wait_for_reader(); status != Status::ok) return status;
    }
    // Where write may block, it does not for what poll has promised room for.
    const auto size =
        std::min<std::size_t>(text.size(), returns_at_once ? most_at_a_time : PIPE_BUF);
    const auto count = ::write(writer_ ? writer_.get() : STDOUT_FILENO, text.data(), size);
    if (count > 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (count < 0 && errno == EPIPE) {
      return Status::reader_gone;
    } else if (count < 0 && errno == EAGAIN) {
      if (const Status status = wait_for_reader(); status != Status::ok) return status;
    } else if (count < 0 && errno != EINTR) {
      fail("standard output");
    }
  }
  return Status::ok;
}

FetchOutput::Status FetchOutput::wait_for_reader() {
  std::array<pollfd, 2> entries{pollfd{STDOUT_FILENO, POLLOUT, 0}, pollfd{signals_, POLLIN, 0}};
  auto& [reader, signal] = entries;
  for (;;) {
    if (::poll(entries.data(), entries.size(), -1) < 0) {
      if (errno == EINTR) continue;
      fail("poll");
    }
    if (reader.revents != 0) return Status::ok;
    const int ready = ::poll(&reader, 1, stall_ms);
    if (ready == 0) return Status::reader_stalled;
    if (ready > 0) return Status::ok;
  }
}

}  // namespace trivium::app
