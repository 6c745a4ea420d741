// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// In the coverage build every _exit comes here (the linker's --wrap): forked children end by it, and
// without this what they reached would be lost.
extern "C" {

void __gcov_dump();
[[noreturn]] void __real__exit(int code);

[[noreturn]] void __wrap__exit(int code) {
  __gcov_dump();
  __real__exit(code);
}

}  // extern "C"
