// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/table.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>

#include "shared/load/percentiles.hpp"

namespace trivium::load {
namespace {

constexpr double mib = 1024.0 * 1024.0;

double per_second(std::uint64_t count, const Results& results) {
  return results.seconds() > 0 ? static_cast<double>(count) / results.seconds() : 0;
}

__attribute__((format(printf, 1, 2))) std::string text(const char* format, ...) {
  std::array<char, 256> line{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line.data(), line.size(), format, arguments);
  va_end(arguments);
  return line.data();
}

/// With a comma between thousands.
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string duration(double nanoseconds) {
  if (nanoseconds < 1e3) return text("%.0f ns", nanoseconds);
  if (nanoseconds < 1e6) return text("%.1f us", nanoseconds / 1e3);
  if (nanoseconds < 1e9) return text("%.2f ms", nanoseconds / 1e6);
  return text("%.2f s", nanoseconds / 1e9);
}

std::string duration(std::uint64_t nanoseconds) {
  return duration(static_cast<double>(nanoseconds));
}

std::string row(const char* name, const std::string& value, const std::string& remark = {}) {
  const std::string line = text("  %-12s %15s", name, value.c_str());
  return (remark.empty() ? line : line + "  " + remark) + "\n";
}

std::string title(const Options& options, const Results& results) {
  std::string line = text("%s to %s, %zu connections", name_of(options.mode),
                          shown(options.target).c_str(), options.connections);
  if (options.dialect != Dialect::http && options.mode != Mode::first_byte) {
    const auto bytes = options.line.empty() ? options.line_bytes : options.line.size();
    line += text(", lines of %zu bytes", bytes);
  }
  line += text(", %.2f s\n", results.seconds());
  if (options.open_loop()) {
    line += text("open loop, %.12g/s, %s arrivals\n", options.rate, name_of(options.arrivals));
  }
  if (options.depth > 1) line += text("%zu in flight on each connection\n", options.depth);
  return line;
}

std::string outcomes(const Options& options, const Results& results) {
  const Tally& tally = results.measured;
  std::string rows;
  if (options.open_loop()) rows += row("planned", grouped(tally.planned));
  for (const Outcome outcome : all_outcomes) {
    const std::uint64_t count = tally.of(outcome);
    if (outcome == Outcome::ok) {
      const auto rate = static_cast<std::uint64_t>(per_second(tally.completed, results) + 0.5);
      const bool rated = options.mode != Mode::idle;
      rows += row("ok", grouped(count), rated ? grouped(rate) + " operations/s" : "");
    } else if (count > 0) {
      rows += row(name_of(outcome), grouped(count));
    }
  }
  if (tally.late > 0) {
    rows += row(
        "late", grouped(tally.late),
        "of them, after more than " + duration(static_cast<double>(options.late_after.count())));
  }
  if (results.in_flight > 0) rows += row("in flight", grouped(results.in_flight), "at the end");
  if (const auto failed = results.outside.failed(); failed > 0) {
    rows += row("failed", grouped(failed), "in the warm-up");
  }
  return rows;
}

std::string connections(const Options& options, const Results& results) {
  std::string rows;
  if (!options.one_shot()) {
    rows += row("open", grouped(results.established),
                "after " + duration(static_cast<double>(results.establish_ns)));
  }
  if (results.lost > 0) rows += row("lost", grouped(results.lost), "connections");
  if (const auto waiting = results.time_wait_at_end.value_or(0);
      options.one_shot() && waiting > 0) {
    rows += row("TIME_WAIT", grouped(waiting), "sockets of this machine");
  }
  return rows;
}

std::string latencies(const char* heading, const stats::Histogram& histogram) {
  if (histogram.count() == 0) return {};
  std::string rows = std::string(heading) + "\n" + row("min", duration(histogram.min())) +
                     row("mean", duration(histogram.mean()));
  for (const auto& [name, percent] : percentiles) {
    rows += row(name, duration(histogram.percentile(percent)));
  }
  return rows + row("max", duration(histogram.max()));
}

std::string client(const Results& results) {
  const auto used = static_cast<double>(results.usage.user + results.usage.system);
  const double ok = static_cast<double>(results.measured.completed);
  std::string rows = "this client\n" + row("CPU", text("%.2f s", used / 1e9),
                                           text("%.0f %% busy", 100 * results.cpu_share()));
  if (ok > 0) rows += row("CPU", duration(used / ok), "an operation");
  if (results.lag.count() > 0) {
    rows += row("lag p99", duration(results.lag.percentile(99)),
                "from a planned start to the real one");
  }
  if (results.saturated()) {
    rows += "  The client was busy all the time: the server may be able to do more.\n";
  }
  return rows;
}

}  // namespace

std::string to_table(const Options& options, const Results& results) {
  const Tally& tally = results.measured;
  std::string table = title(options, results) + outcomes(options, results);
  table += row("bytes in", text("%.1f MiB", static_cast<double>(tally.bytes_in) / mib),
               text("%.1f MiB/s", per_second(tally.bytes_in, results) / mib));
  table += row("bytes out", text("%.1f MiB", static_cast<double>(tally.bytes_out) / mib),
               text("%.1f MiB/s", per_second(tally.bytes_out, results) / mib));
  table += connections(options, results);
  table += latencies(options.open_loop() ? "latency, from the planned start" : "latency",
                     results.latency);
  table += latencies("latency of the rare lines", results.rare_latency);
  return table + client(results);
}

std::string progress_line(const Options& options, double seconds, const Results& results) {
  if (seconds < 0) {
    return text("warming up, %s open, %s ok, %s failed", grouped(results.established).c_str(),
                grouped(results.outside.of(Outcome::ok)).c_str(),
                grouped(results.outside.failed()).c_str());
  }
  const Tally& tally = results.measured;
  const double whole = static_cast<double>(options.duration.count()) / 1e9;
  if (seconds > whole) {
    return text("measured, awaiting what is under way, %s ok, %s failed",
                grouped(tally.of(Outcome::ok)).c_str(), grouped(tally.failed()).c_str());
  }
  const auto rate = seconds > 0 ? static_cast<double>(tally.completed) / seconds : 0;
  return text("%.1f of %.1f s, %s/s, p50 %s, p99 %s, %s failed", seconds, whole,
              grouped(static_cast<std::uint64_t>(rate)).c_str(),
              duration(results.latency.percentile(50)).c_str(),
              duration(results.latency.percentile(99)).c_str(), grouped(tally.failed()).c_str());
}

std::string fault_line(const Fault& fault) {
  return "load: wrong answer: at byte " + std::to_string(fault.offset) +
         " of a connection, expected " + fault.expected + ", got " + fault.got;
}

}  // namespace trivium::load
