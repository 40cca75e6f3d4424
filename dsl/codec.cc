// The codec: text to operations and back, layout, checksum.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <zmig/dsl.h>

#include "base/digest.h"
#include "bind.h"
#include "parse.h"
#include "print.h"
#include "unbind.h"

namespace zmig::dsl {
namespace {

constexpr std::size_t kMaxMessages = 50;
constexpr std::size_t kLongestKept = 4096;  ///< bytes of a file whose tree is kept

std::uint32_t place_of(const Diagnostic& one) { return one.primary.span ? one.primary.span->begin : 0; }

/// Sorted by place, at most 50 and then one that counts the rest (language.md 13.2).
void report(std::vector<Diagnostic> found, Diagnostics& out) {
  std::stable_sort(found.begin(), found.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return place_of(a) < place_of(b); });
  if (found.size() > kMaxMessages + 1) {
    Diagnostic rest = found[kMaxMessages];
    rest.message = "… and " + std::to_string(found.size() - kMaxMessages) + " more";
    rest.primary.text.clear();
    rest.secondary.clear();
    rest.notes.clear();
    rest.help.reset();
    found.resize(kMaxMessages);
    found.push_back(std::move(rest));
  }
  for (Diagnostic& one : found) out.add(std::move(one));
}

std::string checksum_of(const ast::File& tree) { return "sha256:" + sha256_hex(print_tree(tree, kChecksumText)); }

/// A file that checksum() has read without any finding, until parse() asks for it.
struct Read {
  std::string text;
  std::uint32_t file_number = 0;
  ast::File tree;
  std::string checksum;
};

class Codec final : public ScriptCodec {
 public:
  Migration parse(const SourceFile& file, std::uint32_t file_number, const BindContext& context,
                  Diagnostics& out) const override {
    std::vector<Diagnostic> found;
    if (const std::optional<Read> read = taken(file, file_number)) {
      Migration migration = bind_tree(read->tree, file, file_number, context, found);
      migration.checksum = read->checksum;
      report(std::move(found), out);
      return migration;
    }
    Diagnostics read;
    const ParsedFile parsed = parse_text(file, file_number, read);
    const bool sound = !read.has_errors();
    found = std::move(read.all());
    // A file with so many errors says nothing more when it is bound.
    Migration migration;
    if (found.size() < kMaxMessages) migration = bind_tree(parsed.tree, file, file_number, context, found);
    // A down text is never named by a checksum, and one is read back for each migration of a plan.
    const bool down_text = context.undone_before != nullptr;
    if (sound && !down_text) migration.checksum = checksum_of(parsed.tree);
    report(std::move(found), out);
    return migration;
  }

  std::string print(const Migration& migration) const override { return print_tree(unbind(migration)); }

  std::string format(const SourceFile& file, std::uint32_t file_number, Diagnostics& out) const override {
    Diagnostics found;
    const ParsedFile parsed = parse_text(file, file_number, found);
    const bool sound = !found.has_errors();
    out.append(found);
    if (!sound) return {};
    std::string text = print_tree(parsed.tree);
    // A formatter that changes the meaning of a file is worse than none: read the result before anybody stores it.
    Diagnostics again;
    const ParsedFile printed = parse_text({file.path, text}, file_number, again);
    if (!again.has_errors() && same_tree(parsed.tree, printed.tree)) return text;
    Diagnostic fault;
    fault.code = "ZM9901";
    fault.message = "the canonical form of this file does not say the same; nothing was changed";
    fault.primary.span = Span{file_number, 0, 0};
    fault.help = "please report this file; it is a fault in zmig";
    out.add(std::move(fault));
    return {};
  }

  std::string checksum(const SourceFile& file, std::uint32_t file_number, Diagnostics& out) const override {
    Diagnostics found;
    ParsedFile parsed = parse_text(file, file_number, found);
    const bool sound = !found.has_errors();
    out.append(found);
    if (!sound) return {};
    std::string checksum = checksum_of(parsed.tree);
    if (found.empty() && file.text.size() <= kLongestKept)
      read_.insert_or_assign(file.path, Read{file.text, file_number, std::move(parsed.tree), checksum});
    return checksum;
  }

 private:
  [[nodiscard]] std::optional<Read> taken(const SourceFile& file, std::uint32_t file_number) const {
    const auto found = read_.find(file.path);
    if (found == read_.end() || found->second.text != file.text || found->second.file_number != file_number)
      return std::nullopt;
    std::optional<Read> out = std::move(found->second);
    read_.erase(found);
    return out;
  }

  /// A history is read twice, for its checksums and for its meaning: trees of small files are kept in between. What is
  /// in here changes no answer.
  mutable std::map<std::string, Read, std::less<>> read_;
};

}  // namespace

std::unique_ptr<ScriptCodec> make_codec() { return std::make_unique<Codec>(); }

}  // namespace zmig::dsl
