// A stranger's program: parses a migration with the installed library and says what it would do.
#include <iostream>

#include <zmig/dsl.h>
#include <zmig/operations.h>

int main() {
  const auto codec = zmig::dsl::make_codec();
  const zmig::SourceFile file{"0001_stock.zmig",
                              "zmig 1\n\ncreate sheet \"Stock\" {\n  add column \"Code\" text key\n}\n"};
  const zmig::Schema empty;
  zmig::BindContext context;
  context.name = "0001_stock";
  context.before = &empty;
  zmig::Diagnostics findings;
  const auto migration = codec->parse(file, 0, context, findings);
  for (const auto& operation : migration.script.operations) std::cout << zmig::describe(operation) << "\n";
  return findings.empty() && migration.script.operations.size() == 2 ? 0 : 1;
}
