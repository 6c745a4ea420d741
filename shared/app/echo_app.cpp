// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/echo_app.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>

#include "shared/app/command_line.hpp"
#include "shared/app/say.hpp"
#include "shared/net/listener.hpp"
#include "shared/net/startup.hpp"

namespace trivium::app {
namespace {

// False, with errno, where the system refuses.
bool write_line(int file, std::string line) {
  line.push_back('\n');
  std::string_view rest = line;
  while (!rest.empty()) {
    const auto count = ::write(file, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

net::Descriptor open_listener(const EchoOptions& options) {
  auto listener =
      net::listen_on(net::resolve_first(options.listen), static_cast<int>(options.backlog));
  net::set_idle_timeout(listener.get(), options.idle_timeout);
  return listener;
}

}  // namespace

EchoServer::EchoServer(EchoOptions server_options, std::string server_contender)
    : options(std::move(server_options)),
      contender(std::move(server_contender)),
      listener(open_listener(options)) {}

void EchoServer::announce() const {
  const std::string address = net::to_string(net::local_address(listener.get()));
  if (!write_line(STDOUT_FILENO, "listening on " + address)) fail("ready line");
}

void EchoServer::report(const net::Totals& totals) const {
  say(totals.to_json(contender));  // what is dropped is not lost: it is asked for again
}

void EchoServer::write_stats(const net::Totals& totals) const {
  if (options.stats.empty()) return;
  const net::Descriptor file(
      net::checked(::open(options.stats.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644),
                   ("--stats " + options.stats).c_str()));
  if (!write_line(file.get(), totals.to_json(contender))) fail(options.stats.c_str());
}

void EchoServer::exit_refused(const std::exception& refusal) const {
  say(std::string("echo: ") + refusal.what());
  ::_exit(app::exit_refused);
}

void EchoServer::exit_killed(const net::Totals& totals) const {
  end(totals, signals.kill_code());
}

void EchoServer::exit_drained(net::Totals totals) const {
  totals.closed[static_cast<std::size_t>(protocol::CloseReason::drain)] += totals.active();
  end(totals, 0);
}

void EchoServer::exit_exhausted(const net::Totals& totals) const {
  say("echo: gave up, since more than " + std::to_string(options.max_restarts) +
      " workers died within " + std::to_string(std::chrono::seconds(restart_window).count()) +
      " s (--max-restarts)");
  end(totals, app::exit_refused);
}

void EchoServer::end(const net::Totals& totals, int code) const {
  try {
    write_stats(totals);
  } catch (const std::exception& error) {
    say(std::string("echo: ") + error.what());
  }
  ::_exit(code);
}

int echo_main(std::string_view model, UnitKind unit, const std::vector<EchoStrategy>& strategies,
              int argc, char** argv) {
  net::open_standard_streams();
  say_at_terminate("echo");
  net::raise_descriptor_limit();
  EchoOptions options;
  std::vector<StrategyName> names;
  for (const auto& strategy : strategies) names.push_back({strategy.name, strategy.splits});
  if (const auto code = parse_echo_options(argc, argv, unit, names, options)) return *code;
  const auto chosen = std::find_if(strategies.begin(), strategies.end(), [&](const auto& strategy) {
    return strategy.name == options.strategy;
  });
  try {
    EchoServer server(
        options, std::string(model) + "/" + options.strategy + (options.split() ? "+split" : ""));
    server.write_stats({});  // a file that cannot be written is found now, not at the end
    const net::Totals totals = chosen->serve(server);
    server.write_stats(totals);
    return 0;
  } catch (const std::exception& error) {
    say(std::string("echo: ") + error.what());
    return exit_refused;
  }
}

}  // namespace trivium::app
