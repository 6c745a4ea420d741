// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

namespace trivium::net {

/// Raises the limit of open descriptors as far as it goes without privileges: the soft one to the
/// hard one. Children inherit it.
void raise_descriptor_limit() noexcept;

}  // namespace trivium::net
