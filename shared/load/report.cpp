// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/report.hpp"

#include <array>
#include <boost/json.hpp>
#include <cstdarg>
#include <cstdio>

namespace trivium::load {
namespace {

namespace json = boost::json;

struct Percentile {
  const char* name;
  double percent;
};
constexpr Percentile percentiles[] = {
    {"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}};

constexpr Outcome all_outcomes[] = {Outcome::ok,        Outcome::refused, Outcome::reset,
                                    Outcome::timed_out, Outcome::wrong,   Outcome::unsent,
                                    Outcome::drained};
static_assert(std::size(all_outcomes) == outcomes);

double per_second(std::uint64_t count, const Results& results) {
  return results.seconds() > 0 ? static_cast<double>(count) / results.seconds() : 0;
}

double seconds_of(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e9;
}

/// HOST:PORT as `--target` takes it.
std::string shown(const net::HostPort& target) {
  const bool ipv6 = target.host.find(':') != target.host.npos;
  return (ipv6 ? "[" + target.host + "]" : target.host) + ":" + target.port;
}

void add_tally(json::object& into, const Tally& tally) {
  into["planned"] = tally.planned();
  into["sent"] = tally.sent;
  for (const Outcome outcome : all_outcomes) into[name_of(outcome)] = tally.of(outcome);
}

json::object latency(const stats::Histogram& histogram) {
  json::object found;
  const bool any = histogram.count() > 0;
  const auto told = [any](auto value) { return any ? json::value(value) : json::value(nullptr); };
  found["count"] = histogram.count();
  found["min"] = told(histogram.min());
  found["mean"] = told(histogram.mean());
  for (const auto& [name, percent] : percentiles) found[name] = told(histogram.percentile(percent));
  found["max"] = told(histogram.max());
  return found;
}

json::object exported(const stats::Histogram& histogram) {
  json::array buckets;
  for (const auto& bucket : histogram.buckets()) {
    buckets.push_back(json::array{bucket.lowest, bucket.count});
  }
  return {{"unit", "ns"},
          {"sub_buckets", 128},
          {"count", histogram.count()},
          {"sum", histogram.sum()},
          {"min", histogram.min()},
          {"max", histogram.max()},
          {"clamped", histogram.clamped()},
          {"buckets", std::move(buckets)}};
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

std::string row(const char* name, const std::string& value, const std::string& remark = {}) {
  const std::string line = text("  %-12s %15s", name, value.c_str());
  return (remark.empty() ? line : line + "  " + remark) + "\n";
}

}  // namespace

std::string to_json(const Options& options, const Results& results) {
  json::object found;
  found["schema"] = 1;
  found["mode"] = name_of(options.mode);
  found["target"] = shown(options.target);
  found["connections"] = options.connections;
  found["line_bytes"] = options.line_bytes;
  found["duration_s"] = results.seconds();
  add_tally(found, results.measured);
  found["in_flight"] = results.in_flight;
  found["ops_per_s"] = per_second(results.measured.of(Outcome::ok), results);
  found["bytes_in"] = results.measured.bytes_in;
  found["bytes_out"] = results.measured.bytes_out;
  found["cpu_user_s"] = seconds_of(results.usage.user);
  found["cpu_system_s"] = seconds_of(results.usage.system);
  found["client_cpu_share"] = results.cpu_share();
  found["client_run_delay_s"] = results.usage.run_delay
                                    ? json::value(seconds_of(*results.usage.run_delay))
                                    : json::value(nullptr);
  found["saturated"] = results.saturated();
  found["latency_ns"] = latency(results.latency);
  found["histogram"] = exported(results.latency);
  found["start_monotonic_ns"] = results.start_ns;
  found["end_monotonic_ns"] = results.end_ns;
  json::object outside;
  add_tally(outside, results.outside);
  outside["abandoned"] = results.abandoned;
  found["outside"] = std::move(outside);
  found["connected"] = results.connected;
  return json::serialize(found) + "\n";
}

std::string to_table(const Options& options, const Results& results) {
  const Tally& tally = results.measured;
  const double ok = static_cast<double>(tally.of(Outcome::ok));
  std::string table = text("%s to %s, %zu connections, lines of %zu bytes, %.2f s\n",
                           name_of(options.mode), shown(options.target).c_str(),
                           options.connections, options.line_bytes, results.seconds());
  for (const Outcome outcome : all_outcomes) {
    const std::uint64_t count = tally.of(outcome);
    if (outcome == Outcome::ok) {
      table += row(
          "ok", grouped(count),
          grouped(static_cast<std::uint64_t>(per_second(count, results) + 0.5)) + " operations/s");
    } else if (count > 0) {
      table += row(name_of(outcome), grouped(count));
    }
  }
  if (results.in_flight > 0) table += row("in flight", grouped(results.in_flight), "at the end");
  if (const auto failed = results.outside.failed(); failed > 0) {
    table += row("failed", grouped(failed), "in the warm-up or after the end");
  }
  const double mib = 1024.0 * 1024.0;
  table += row("received", text("%.1f MiB", static_cast<double>(tally.bytes_in) / mib),
               text("%.1f MiB/s", per_second(tally.bytes_in, results) / mib));
  table += row("sent", text("%.1f MiB", static_cast<double>(tally.bytes_out) / mib),
               text("%.1f MiB/s", per_second(tally.bytes_out, results) / mib));
  if (results.latency.count() > 0) {
    table += "latency\n" + row("min", duration(static_cast<double>(results.latency.min()))) +
             row("mean", duration(results.latency.mean()));
    for (const auto& [name, percent] : percentiles) {
      table += row(name, duration(static_cast<double>(results.latency.percentile(percent))));
    }
    table += row("max", duration(static_cast<double>(results.latency.max())));
  }
  const auto used = static_cast<double>(results.usage.user + results.usage.system);
  table += "this client\n" +
           row("CPU", text("%.2f s", used / 1e9), text("%.0f %% busy", 100 * results.cpu_share()));
  if (ok > 0) table += row("CPU", duration(used / ok), "an operation");
  if (results.saturated()) {
    table += "  The client was busy all the time: the server may be able to do more.\n";
  }
  return table;
}

std::string progress_line(const Options& options, double seconds, const Results& results) {
  if (seconds < 0) {
    return text("warming up, %s ok, %s failed", grouped(results.outside.of(Outcome::ok)).c_str(),
                grouped(results.outside.failed()).c_str());
  }
  const Tally& tally = results.measured;
  const auto rate = seconds > 0 ? static_cast<double>(tally.of(Outcome::ok)) / seconds : 0;
  return text("%.1f of %.1f s, %s/s, p50 %s, p99 %s, %s failed", seconds,
              static_cast<double>(options.duration.count()) / 1e9,
              grouped(static_cast<std::uint64_t>(rate)).c_str(),
              duration(static_cast<double>(results.latency.percentile(50))).c_str(),
              duration(static_cast<double>(results.latency.percentile(99))).c_str(),
              grouped(tally.failed()).c_str());
}

std::string fault_line(const Fault& fault) {
  return "load: wrong answer: at byte " + std::to_string(fault.offset) +
         " of a connection, expected " + fault.expected + ", got " + fault.got;
}

}  // namespace trivium::load
