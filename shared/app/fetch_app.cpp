// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/app/fetch_app.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <utility>

#include "shared/app/command_line.hpp"
#include "shared/app/say.hpp"
#include "shared/net/startup.hpp"

namespace trivium::app {

FetchClient::FetchClient(FetchOptions client_options, std::string client_contender)
    : options(std::move(client_options)),
      contender(std::move(client_contender)),
      progress_(options.progress),
      output_(options, signals.descriptor()),
      tally_{.total = size()} {}

void FetchClient::deliver(Finished finished) {
  ++tally_.done;
  tally_.bytes += finished.result.bytes;
  if (!finished.result.ok()) ++tally_.failed;
  try {
    results_.add(std::move(finished));
    while (!stopped_) {
      const auto next = results_.take_next();
      if (!next) break;
      print(*next);
    }
  } catch (const std::exception& error) {
    fail(error);
  }
  tick();
}

void FetchClient::print(const Finished& finished) {
  switch (output_.write(finished, progress_)) {
    case FetchOutput::Status::ok:
      break;
    case FetchOutput::Status::reader_gone:
      stopped_ = true;
      quiet_ = true;
      stop_code_ = exit_refused;
      break;
    case FetchOutput::Status::reader_stalled:
      quiet_ = true;
      interrupt();
      break;
  }
}

void FetchClient::fail(const std::exception& error) {
  progress_.begin_line();
  std::cerr << std::string("fetch: ") + error.what() + '\n';
  stopped_ = true;
  stop_code_ = exit_refused;
}

void FetchClient::interrupt() {
  (void)signals.take();
  stopped_ = true;
  stop_code_ = signals.kill_code();
}

int FetchClient::finish() {
  try {
    const bool interrupted = stopped_ && stop_code_ != exit_refused && !quiet_;
    while (interrupted && !quiet_) {
      const auto finished = results_.take_first();
      if (!finished) break;
      print(*finished);
    }
  } catch (const std::exception& error) {
    fail(error);
  }
  progress_.hide();
  if (!quiet_) {
    progress_.begin_line();
    std::cerr << contender + ": " + summary_line(tally_, progress_.elapsed()) + '\n';
  }
  if (stopped_) return stop_code_;
  return tally_.failed == 0 ? 0 : exit_refused;
}

void FetchClient::exit_now() {
  ::_exit(finish());
}

int fetch_main(std::string_view model, const std::vector<FetchStrategy>& strategies, int argc,
               char** argv) {
  net::open_standard_streams();
  say_at_terminate("fetch");
  net::raise_descriptor_limit();
  FetchOptions options;
  std::vector<std::string> names;
  for (const auto& strategy : strategies) names.push_back(strategy.name);
  if (const auto code = parse_fetch_options(argc, argv, names, options)) return *code;
  const auto chosen = std::find_if(strategies.begin(), strategies.end(), [&](const auto& strategy) {
    return strategy.name == options.strategy;
  });
  // A body that was printed goes back to the system at once, and not into a heap that never
  // shrinks.
  ::mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
  try {
    FetchClient client(options, std::string(model) + "/" + options.strategy);
    if (!client.over()) chosen->fetch(client);
    return client.finish();
  } catch (const std::exception& error) {
    std::cerr << "fetch: " << error.what() << '\n';
    return exit_refused;
  }
}

}  // namespace trivium::app
