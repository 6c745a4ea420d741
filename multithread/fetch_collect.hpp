// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <functional>

#include "channel.hpp"
#include "shared/app/fetch_app.hpp"
#include "units.hpp"

namespace trivium::multithread {

using app::Finished;

/// Where a strategy's threads send their results, and the main thread takes them from.
using Results = Channel<Finished>;

/// Takes results on the main thread and delivers them until the run is over; what every strategy
/// ends in. Calls `on_result` before each is delivered, which may take long. Joins the units, which
/// must end of themselves once every URL is delivered.
///
/// A signal closes the results: what was finished is still delivered, and then, as when nobody
/// reads what is printed, the process ends at once with every thread in it, since a thread cannot
/// be killed.
void collect(
    app::FetchClient& client, Units& units, Results& results,
    const std::function<void()>& on_result = [] {});

}  // namespace trivium::multithread
