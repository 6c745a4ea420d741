// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/load/report.hpp"

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "shared/load/percentiles.hpp"

namespace trivium::load {
namespace {

namespace json = boost::json;

double seconds_of(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e9;
}

template <typename Value>
json::value or_null(const std::optional<Value>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

void add_tally(json::object& into, const Tally& tally) {
  into["planned"] = tally.planned;
  into["sent"] = tally.sent();
  for (const Outcome outcome : all_outcomes) into[name_of(outcome)] = tally.of(outcome);
}

json::object summary(const stats::Histogram& histogram) {
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

void add_setting(json::object& into, const Options& options) {
  into["mode"] = name_of(options.mode);
  into["dialect"] = name_of(options.dialect);
  into["target"] = shown(options.target);
  into["connections"] = options.connections;
  into["threads"] = options.threads;
  into["depth"] = options.depth;
  into["line_bytes"] = options.line.empty() ? options.line_bytes : options.line.size();
  into["line"] = or_null(options.line);
  into["rare_line"] = or_null(options.rare_line);
  into["rare_every"] =
      options.rare_line.empty() ? json::value(nullptr) : json::value(options.rare_every);
  into["loop"] = options.open_loop() ? "open" : "closed";
  into["rate"] = options.open_loop() ? json::value(options.rate) : json::value(nullptr);
  into["arrivals"] =
      options.open_loop() ? json::value(name_of(options.arrivals)) : json::value(nullptr);
  const bool seeded = options.open_loop() && options.arrivals == Arrivals::poisson;
  into["seed"] = seeded ? json::value(options.seed) : json::value(nullptr);
  into["timeout_s"] = static_cast<double>(options.timeout.count()) / 1e9;
  into["late_after_s"] = static_cast<double>(options.late_after.count()) / 1e9;
}

void add_connections(json::object& into, const Options& options, const Results& results) {
  into["connected"] = results.connected;
  into["lost"] = results.lost;
  const bool opened_before = !options.one_shot();
  into["established"] = opened_before ? json::value(results.established) : json::value(nullptr);
  into["establish_s"] = opened_before ? json::value(static_cast<double>(results.establish_ns) / 1e9)
                                      : json::value(nullptr);
  into["time_wait"] = json::object{{"start", or_null(results.time_wait_at_start)},
                                   {"end", or_null(results.time_wait_at_end)}};
}

void add_client(json::object& into, const Results& results) {
  into["cpu_user_s"] = seconds_of(results.usage.user);
  into["cpu_system_s"] = seconds_of(results.usage.system);
  into["client_cpu_share"] = results.cpu_share();
  const auto& delay = results.usage.run_delay;
  into["client_run_delay_s"] = delay ? json::value(seconds_of(*delay)) : json::value(nullptr);
  into["saturated"] = results.saturated();
}

/// One array for each thing told, with an element for each stretch.
json::value told(const Timeline& timeline) {
  const auto& stretches = timeline.stretches();
  if (stretches.empty()) return nullptr;
  const auto column = [&](const std::function<json::value(const Timeline::Stretch&)>& of) {
    json::array values;
    values.reserve(stretches.size());
    for (const auto& stretch : stretches) values.push_back(of(stretch));
    return values;
  };
  const auto latency = [&](double percent) {
    return column([percent](const Timeline::Stretch& stretch) -> json::value {
      if (stretch.latency.count() == 0) return nullptr;
      return stretch.latency.percentile(percent);
    });
  };
  json::object found;
  found["width_s"] = static_cast<double>(timeline.width().count()) / 1e9;
  found["planned"] = column([](const auto& stretch) { return stretch.tally.planned; });
  for (const Outcome outcome : all_outcomes) {
    found[name_of(outcome)] =
        column([outcome](const auto& stretch) { return stretch.tally.of(outcome); });
  }
  found["late"] = column([](const auto& stretch) { return stretch.tally.late; });
  found["completed"] = column([](const auto& stretch) { return stretch.tally.completed; });
  found["p50_ns"] = latency(50);
  found["p99_ns"] = latency(99);
  found["max_ns"] = latency(100);
  return found;
}

}  // namespace

std::string to_json(const Options& options, const Results& results) {
  json::object found;
  found["schema"] = 1;
  add_setting(found, options);
  found["duration_s"] = results.seconds();
  add_tally(found, results.measured);
  found["late"] = results.measured.late;
  found["completed"] = results.measured.completed;
  found["in_flight"] = results.in_flight;
  found["begun"] = results.begun;
  const bool rated = options.mode != Mode::idle && results.seconds() > 0;
  found["ops_per_s"] =
      rated ? json::value(static_cast<double>(results.measured.completed) / results.seconds())
            : json::value(nullptr);
  found["bytes_in"] = results.measured.bytes_in;
  found["bytes_out"] = results.measured.bytes_out;
  add_client(found, results);
  found["latency_ns"] = summary(results.latency);
  found["histogram"] = exported(results.latency);
  const bool rare = !options.rare_line.empty();
  found["rare_latency_ns"] = rare ? json::value(summary(results.rare_latency)) : nullptr;
  found["rare_histogram"] = rare ? json::value(exported(results.rare_latency)) : nullptr;
  found["lag_ns"] = options.open_loop() ? json::value(summary(results.lag)) : nullptr;
  found["start_monotonic_ns"] = results.start_ns;
  found["end_monotonic_ns"] = results.end_ns;
  json::object outside;
  add_tally(outside, results.outside);
  outside["abandoned"] = results.abandoned;
  found["outside"] = std::move(outside);
  add_connections(found, options, results);
  found["timeline"] = told(results.timeline);
  return json::serialize(found) + "\n";
}

}  // namespace trivium::load
