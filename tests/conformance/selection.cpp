// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "tests/conformance/selection.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace trivium::conformance {

bool matches(const std::string& glob, const CaseInfo& info) {
  return ::fnmatch(glob.c_str(), info.id.c_str(), 0) == 0 ||
         ::fnmatch(glob.c_str(), info.full_name().c_str(), 0) == 0;
}

bool Selection::takes(const CaseInfo& info) const {
  const auto names_it = [&](const std::string& glob) { return matches(glob, info); };
  return (only.empty() || std::ranges::any_of(only, names_it)) &&
         std::ranges::none_of(skip, names_it);
}

std::vector<std::string> split_globs(const std::string& list) {
  std::vector<std::string> globs;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ':');) {
    if (!word.empty()) globs.push_back(word);
  }
  return globs;
}

std::vector<std::string> read_known_failures(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> globs;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    if (words >> word && !word.starts_with('#')) globs.push_back(word);
  }
  if (!file.eof()) throw std::invalid_argument("--known-failures: can't read " + path);
  return globs;
}

}  // namespace trivium::conformance
