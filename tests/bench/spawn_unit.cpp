// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
//
// The program that bench_spawn starts: it does nothing and ends. With an argument it first takes
// one byte from standard input, so that many of it are alive at once.

#include <unistd.h>

int main(int argc, char**) {
  char byte = 0;
  return argc > 1 && ::read(STDIN_FILENO, &byte, 1) != 1 ? 1 : 0;
}
