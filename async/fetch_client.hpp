// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include "shared/app/fetch_app.hpp"

namespace trivium::async {

/// The strategies: each fetches every URL and delivers every result, or returns once the run was
/// stopped. Each file's header says how it works, what it costs and what it risks.
void fetch_per_url(app::FetchClient& client);
void fetch_handoff(app::FetchClient& client);
void fetch_shared_queue(app::FetchClient& client);

}  // namespace trivium::async
