#pragma once
// The four functions of every operation, one line an alternative. Not installed: outside this folder the overloads on
// Operation are used. A new alternative without its line here fails the static_assert in operation.cc; a line without
// its definition fails to link.

#include <concepts>
#include <string>
#include <vector>

#include <zmig/operations.h>

namespace zmig::op {

#define ZMIG_OPERATION(Name)                                               \
  Result<std::vector<Change>> lower(const Name& op, const Schema& before); \
  Result<Reversal> invert(const Name& op, const Schema& before);           \
  std::string describe(const Name& op);                                    \
  Result<Judgement> judge(const Name& op, const Schema& before, const LiveView& live)

// sheets.cc
ZMIG_OPERATION(CreateSheet);
ZMIG_OPERATION(AdoptSheet);
ZMIG_OPERATION(ForgetSheet);
ZMIG_OPERATION(RenameSheet);
ZMIG_OPERATION(DropSheet);
ZMIG_OPERATION(RestoreSheet);
ZMIG_OPERATION(FreezeHeader);
// columns.cc
ZMIG_OPERATION(AddColumn);
ZMIG_OPERATION(AdoptColumn);
ZMIG_OPERATION(ForgetColumn);
ZMIG_OPERATION(RenameColumn);
ZMIG_OPERATION(MoveColumn);
ZMIG_OPERATION(RetireColumn);
ZMIG_OPERATION(DropColumn);
ZMIG_OPERATION(RestoreColumn);
// properties.cc
ZMIG_OPERATION(SetDefault);
ZMIG_OPERATION(SetNote);
ZMIG_OPERATION(SetFormat);
ZMIG_OPERATION(SetAlias);
ZMIG_OPERATION(SetFlag);
ZMIG_OPERATION(SetHidden);
ZMIG_OPERATION(SetProtected);
ZMIG_OPERATION(SetDeprecated);
ZMIG_OPERATION(SetMeaning);
// types.cc
ZMIG_OPERATION(ChangeType);
// cells.cc
ZMIG_OPERATION(FillColumn);
ZMIG_OPERATION(SetColumn);
ZMIG_OPERATION(RestoreValues);
ZMIG_OPERATION(RestoreFormat);
// rows.cc
ZMIG_OPERATION(AddRows);
ZMIG_OPERATION(RestoreRows);
// enums.cc
ZMIG_OPERATION(CreateEnum);
ZMIG_OPERATION(DropEnum);
ZMIG_OPERATION(AddValue);
ZMIG_OPERATION(RenameValue);
ZMIG_OPERATION(RetireValue);

#undef ZMIG_OPERATION

/// What an alternative of Operation owes. Stands in this namespace, so that it cannot be fooled by the overloads on
/// Operation.
template <class T>
concept OperationType = std::copyable<T> && std::equality_comparable<T> &&
    requires(const T& op, const Schema& before, const LiveView& live) {
  { lower(op, before) } -> std::same_as<Result<std::vector<Change>>>;
  { invert(op, before) } -> std::same_as<Result<Reversal>>;
  { describe(op) } -> std::same_as<std::string>;
  { judge(op, before, live) } -> std::same_as<Result<Judgement>>;
};

}  // namespace zmig::op
