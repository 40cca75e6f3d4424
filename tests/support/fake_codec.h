#pragma once
// A codec without a language: texts are names of migrations that were prepared, or that it printed itself.

#include <map>
#include <string>
#include <utility>

#include <zmig/migration.h>

#include "base/digest.h"

namespace zmig::test {

class FakeCodec final : public ScriptCodec {
 public:
  /// `text` will read as this migration.
  void know(const std::string& text, Migration migration) { known_[text] = std::move(migration); }

  Migration parse(const SourceFile& file, std::uint32_t file_number, const BindContext& context,
                  Diagnostics& out) const override {
    const auto found = known_.find(file.text);
    if (found != known_.end()) {
      last_context_name = context.name;
      return found->second;
    }
    Diagnostic unread;
    unread.code = "ZM0003";
    unread.message = "unknown word";
    unread.primary.span = Span{file_number, 0, 1};
    out.add(std::move(unread));
    return {};
  }
  std::string print(const Migration& migration) const override {
    std::string text = migration.down_of.empty() ? "migration " + migration.name + "\n"
                                                 : "zmig 1 down of \"" + migration.down_of + "\"\n";
    if (!migration.generated_from.empty()) text += "generated from " + migration.generated_from + "\n";
    for (const CheckLine& line : migration.script.requires_) text += "require " + line.text + "\n";
    for (const Operation& operation : migration.script.operations) text += describe(operation) + "\n";
    for (const CheckLine& line : migration.script.ensures) text += "ensure " + line.text + "\n";
    if (!forgets_what_it_prints) known_[text] = migration;
    return text;
  }
  std::string format(const SourceFile& file, std::uint32_t, Diagnostics&) const override { return file.text; }
  std::string checksum(const SourceFile& file, std::uint32_t file_number, Diagnostics& out) const override {
    if (known_.contains(file.text)) return "sha256:" + sha256_hex(file.text);
    Diagnostic unread;
    unread.code = "ZM0003";
    unread.message = "unknown word";
    unread.primary.span = Span{file_number, 0, 1};
    out.add(std::move(unread));
    return {};
  }

  bool forgets_what_it_prints = false;
  mutable std::string last_context_name;

 private:
  mutable std::map<std::string, Migration> known_;
};

}  // namespace zmig::test
