#pragma once
// The shop of samples.h as a workbook with rows, made through changes, so that any writable target can hold it.

#include <string>
#include <vector>

#include <zmig/change.h>
#include <zmig/schema.h>

namespace zmig::test {

/// What makes an empty workbook into `before` with rows below the headers. `name`: of a sample that needs other rows,
/// or foreign things beside them.
std::vector<Change> changes_that_build(const Schema& before, const std::string& name);

}  // namespace zmig::test
