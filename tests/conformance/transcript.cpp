// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/transcript.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "tests/conformance/escape.hpp"

namespace trivium::conformance::transcript {
namespace {

enum class Kind { note, sent, received };

struct Entry {
  Kind kind;
  int connection;
  std::string kept;
  std::size_t size = 0;
};

// Enough to see how a case began and how it ended.
constexpr std::size_t most_first = 30;
constexpr std::size_t most_last = 20;
constexpr std::size_t most_kept = 300;

std::mutex mutex;
std::vector<Entry> first;
std::deque<Entry> last;
std::size_t dropped = 0;
int connections = 0;
bool paused = false;

void add(Kind kind, int connection, std::string_view bytes) {
  if (paused) return;
  Entry* newest = !last.empty() ? &last.back() : !first.empty() ? &first.back() : nullptr;
  const bool again = newest != nullptr && newest->kind == kind && newest->connection == connection;
  if (kind == Kind::note && again && newest->kept == bytes) return;
  if (kind == Kind::note || newest == nullptr || newest->kind != kind ||
      newest->connection != connection) {
    if (first.size() < most_first) {
      newest = &first.emplace_back(Entry{kind, connection, {}});
    } else {
      if (last.size() == most_last) {
        last.pop_front();
        ++dropped;
      }
      newest = &last.emplace_back(Entry{kind, connection, {}});
    }
  }
  const std::size_t room = most_kept - std::min(most_kept, newest->kept.size());
  newest->kept.append(bytes.substr(0, room));
  newest->size += bytes.size();
}

std::string line(const Entry& entry) {
  std::string text = entry.connection == 0 ? "" : '#' + std::to_string(entry.connection) + ' ';
  if (entry.kind == Kind::note) return text + entry.kept + '\n';
  text += entry.kind == Kind::sent ? "-> " : "<- ";
  text += std::to_string(entry.size) + (entry.size == 1 ? " byte: " : " bytes: ");
  text += escaped(entry.kept, most_kept);
  return text + (entry.kept.size() < entry.size ? " ...\n" : "\n");
}

}  // namespace

void clear() {
  const std::lock_guard lock(mutex);
  first.clear();
  last.clear();
  dropped = 0;
  connections = 0;
}

Pause::Pause() {
  const std::lock_guard lock(mutex);
  paused = true;
}

Pause::~Pause() {
  const std::lock_guard lock(mutex);
  paused = false;
}

int begin(std::string_view how) {
  const std::lock_guard lock(mutex);
  if (!paused) ++connections;
  add(Kind::note, connections, how);
  return connections;
}

void sent(int connection, std::string_view bytes) {
  if (connection == 0 || bytes.empty()) return;
  const std::lock_guard lock(mutex);
  add(Kind::sent, connection, bytes);
}

void received(int connection, std::string_view bytes) {
  if (connection == 0 || bytes.empty()) return;
  const std::lock_guard lock(mutex);
  add(Kind::received, connection, bytes);
}

void note(int connection, std::string_view what) {
  const std::lock_guard lock(mutex);
  add(Kind::note, connection, what);
}

std::string text() {
  const std::lock_guard lock(mutex);
  std::string all;
  for (const auto& entry : first) all += line(entry);
  if (dropped > 0) all += "[... " + std::to_string(dropped) + " more ...]\n";
  for (const auto& entry : last) all += line(entry);
  return all;
}

}  // namespace trivium::conformance::transcript
