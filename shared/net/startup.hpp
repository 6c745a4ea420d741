// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

namespace trivium::net {

/// Makes sure that standard input, output and error are open, taking /dev/null for what is not:
/// else the first descriptors that the program opens become these, and what is printed goes there.
/// Where /dev/null cannot be opened either, all is left as it is. To be called first of all.
void open_standard_streams() noexcept;

/// Raises the limit of open descriptors as far as it goes without privileges: the soft one to the
/// hard one. Children inherit it.
void raise_descriptor_limit() noexcept;

}  // namespace trivium::net
