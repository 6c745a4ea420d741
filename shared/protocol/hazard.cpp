// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#include "shared/protocol/hazard.hpp"

#include <array>
#include <utility>

#include "shared/protocol/quantity.hpp"

namespace trivium::protocol {

std::optional<Hazard> parse_hazard(std::string_view content) {
  using Kind = Hazard::Kind;
  if (!content.starts_with('@')) return std::nullopt;
  const auto space = content.find(' ');
  const std::string_view name = content.substr(1, space == content.npos ? space : space - 1);
  const bool bare = space == content.npos;
  const std::string_view argument = bare ? std::string_view{} : content.substr(space + 1);

  static constexpr std::array bare_kinds{
      std::pair{"hang", Kind::hang}, std::pair{"crash", Kind::crash},
      std::pair{"abort", Kind::abort}, std::pair{"pid", Kind::pid}};
  for (const auto& [word, kind] : bare_kinds) {
    if (bare && name == word) return Hazard{kind};
  }
  static constexpr std::array timed_kinds{std::pair{"sleep", Kind::sleep},
                                          std::pair{"block", Kind::block},
                                          std::pair{"work", Kind::work}};
  for (const auto& [word, kind] : timed_kinds) {
    if (name != word) continue;
    const auto duration = parse_duration(argument);
    if (!duration) return std::nullopt;
    return Hazard{kind, *duration};
  }
  if (name == "leak") {
    if (const auto bytes = parse_size(argument)) return Hazard{Kind::leak, {}, *bytes};
  }
  return std::nullopt;
}

}  // namespace trivium::protocol
