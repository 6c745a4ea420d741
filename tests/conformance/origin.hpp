// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/conformance/deadline.hpp"
#include "tests/conformance/socket.hpp"

namespace trivium::conformance {

// A latch that scripts wait for; once open it stays open. Shared by the case and its scripts.
class Gate {
 public:
  Gate();

  void open();
  // Readable once the gate is open.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

// What the origin does with one connection after it has read the request: steps in order. At the
// end of the steps it sends FIN and drains until the client's FIN.
class Script {
 public:
  struct Step {
    enum class Kind { kSend, kDribble, kEndless, kPause, kAwait, kStall, kReset };
    Kind kind;
    std::string bytes = {};
    milliseconds time{0};
    std::size_t limit = 0;
    std::shared_ptr<Gate> gate = {};
  };

  Script() = default;
  // Sends `bytes` and nothing else.
  Script(std::string bytes) { send(std::move(bytes)); }  // NOLINT: a text is a script
  Script(const char* bytes) { send(bytes); }             // NOLINT

  Script& send(std::string bytes);
  // Sends one byte at a time, `gap` apart.
  Script& dribble(std::string bytes, milliseconds gap);
  // Repeats `bytes` until the client goes away or `limit` bytes are out.
  Script& endless(std::string bytes, std::size_t limit, milliseconds gap = {});
  Script& pause(milliseconds time);
  Script& await(std::shared_ptr<Gate> gate);
  // Says nothing, keeps the connection open until the client closes it or the origin ends.
  Script& stall();
  // Sends RST in place of FIN.
  Script& reset();

  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
};

// A complete response with a Content-Length.
std::string response(std::string_view body, std::string_view status = "200 OK");

// What one connection brought, as far as it is known yet.
struct Visit {
  std::string head;          // The request up to and with its blank line.
  std::string target;        // The second word of its first line.
  std::string extra;         // What came after the blank line.
  std::uint64_t sent = 0;    // Bytes that the kernel took.
  bool client_left = false;  // The client closed or reset while a step was waiting or sending.
  bool over = false;
};

// A scripted HTTP origin on a loopback port of its own, one thread for a connection.
//
// In flight is a connection from its accept until just before the step that lets the client finish,
// so the peak never exceeds what the client really held at once.
class Origin {
 public:
  // Throws std::system_error where the address or the port is not to be had; port 0 is any.
  explicit Origin(const std::string& host = "127.0.0.1", std::uint16_t port = 0);
  // Closes every connection and joins.
  ~Origin();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  // What to do for `target`, byte for byte as in the request line.
  void on(const std::string& target, Script script);
  // What to do for any other target; a 404 otherwise.
  void otherwise(Script script);
  // Runs `script` on every accept, without reading a request.
  void on_accept(Script script);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // http://HOST:PORT followed by `target`.
  [[nodiscard]] std::string url(const std::string& target) const;

  [[nodiscard]] std::vector<Visit> visits() const;
  // The visits of one target.
  [[nodiscard]] std::vector<Visit> visits(const std::string& target) const;
  [[nodiscard]] int accepted() const;
  [[nodiscard]] int in_flight() const;
  [[nodiscard]] int peak() const;
  // Waits until `condition` holds; false at the deadline. It is asked again after each change of
  // this origin's state and may call the readers above.
  [[nodiscard]] bool wait_for(const std::function<bool()>& condition,
                              Deadline deadline = Deadline{}) const;

 private:
  struct Connection;

  void accept_loop();
  void serve(Connection& connection);
  bool read_request(Connection& connection);
  bool perform(Connection& connection, const Script& script);
  bool run_step(Connection& connection, const Script::Step& step, bool last);
  bool send_all(Connection& connection, std::string_view bytes, bool last);
  bool sleep_for(milliseconds time);
  void stall(Connection& connection);
  void finish(Connection& connection);
  void leave_flight(Connection& connection);
  std::shared_ptr<const Script> script_for(const std::string& target) const;

  std::string host_;
  Fd listener_;
  std::uint16_t port_;
  Gate stop_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Shared, since a script may be megabytes, and many connections play it.
  std::map<std::string, std::shared_ptr<const Script>> scripts_;
  std::shared_ptr<const Script> otherwise_;
  std::shared_ptr<const Script> on_accept_;  // null: a request is read first
  std::vector<std::unique_ptr<Connection>> connections_;
  int in_flight_ = 0;
  int peak_ = 0;
  std::uint64_t changes_ = 0;
  std::thread acceptor_;
};

}  // namespace trivium::conformance
