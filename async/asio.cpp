// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// Boost.Asio, compiled once: every other file sees declarations only.
#include <boost/asio/impl/src.hpp>
