// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include "tests/fuzz/cuts.hpp"

namespace trivium::fuzz {

/// How a text is to be read: `right` and `wrong` leave no choice; `open` is what the documents let
/// a parser take or refuse, which may be refused, or be read as this and as nothing else.
enum class Standing { right, open, wrong };

/// Ends the program where what is right was refused, or what is wrong was taken.
inline void must_stand(bool taken, Standing standing, const char* what) {
  if (standing != Standing::open) must_be_equal(taken, standing == Standing::right, what);
}

}  // namespace trivium::fuzz
