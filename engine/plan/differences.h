#pragma once
// Differences in words, for locate, drift and positions. Not installed.

#include <string>

#include <zmig/plan.h>
#include <zmig/schema.h>

namespace zmig {

/// `Operaciones!BL1: header "Guia" instead of "Guía"`
std::string in_words(const Difference& difference);
/// "header", "column_missing": the kind as JSON names it.
std::string kind_name(Difference::Kind kind);

/// How much a difference from `expected` matters.
Drift::Class drift_class(const Difference& difference, const Schema& expected);

}  // namespace zmig
