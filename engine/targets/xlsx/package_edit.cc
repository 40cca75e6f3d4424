#include "targets/xlsx/package_edit.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/xml_tree.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kContentTypes = "[Content_Types].xml";
constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view kPackageRelationships = "http://schemas.openxmlformats.org/package/2006/relationships";

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c == '\\') c = '/';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out.substr(std::min(out.find_first_not_of('/'), out.size()));
}

}  // namespace

void Packer::add(std::string_view bytes) {
  part_.crc = crc32_of(part_.crc, bytes);
  part_.size += bytes.size();
  deflater_.run(bytes, false, part_.packed);
}

PackedPart Packer::finish() {
  deflater_.run({}, true, part_.packed);
  return std::move(part_);
}

std::string relative_target(const std::string& from, const std::string& to) {
  std::vector<std::string> a = split(from, '/'), b = split(to, '/');
  if (!a.empty()) a.pop_back();
  std::size_t same = 0;
  while (same < a.size() && same + 1 < b.size() && a[same] == b[same]) ++same;
  std::string out;
  for (std::size_t i = same; i < a.size(); ++i) out += "../";
  for (std::size_t i = same; i < b.size(); ++i) {
    if (i > same) out += '/';
    out += b[i];
  }
  return out;
}

PackageEdit::PackageEdit(const Package& base) : base_(base) {}

const PackageEdit::Laid* PackageEdit::find(std::string_view part) const {
  const auto found = parts_.find(folded(part));
  return found == parts_.end() ? nullptr : &found->second;
}

bool PackageEdit::has(std::string_view part) const {
  if (const Laid* laid = find(part)) return !laid->dropped;
  return base_.zip().find(part) != nullptr;
}

bool PackageEdit::is_touched(std::string_view part) const { return find(part) != nullptr; }

std::vector<std::string> PackageEdit::parts() const {
  std::vector<std::string> all;
  for (const ZipEntry& entry : base_.zip().entries())
    if (!entry.is_folder() && has(entry.name)) all.push_back(entry.name);
  for (const std::string& name : added_)
    if (const Laid& laid = parts_.at(name); !laid.dropped) all.push_back(laid.name);
  return all;
}

Result<std::string> PackageEdit::text(const std::string& part) const {
  ZMIG_TRY(const XmlReader::Source source, stream(part, base_.largest_streamed()));
  std::string bytes;
  for (;;) {
    ZMIG_TRY(const bool more, source(bytes));
    if (!more) return bytes;
  }
}

Result<XmlReader::Source> PackageEdit::stream(const std::string& part, std::uint64_t limit) const {
  const Laid* laid = find(part);
  if (laid == nullptr && base_.zip().find(part) != nullptr) {
    ZMIG_TRY(ZipStream opened, base_.zip().stream(*base_.zip().find(part), limit));
    const auto shared = std::make_shared<ZipStream>(std::move(opened));
    return XmlReader::Source([shared](std::string& into) { return shared->more(into); });
  }
  if (laid == nullptr || laid->dropped)
    return make_error(Errc::corrupt, "ZM0422", fmt::format("part {} is not in the archive", quoted(printable(part))),
                      "open the workbook in a spreadsheet program and save it anew", path());
  if (!laid->is_packed) {
    return XmlReader::Source([bytes = std::string_view(laid->bytes), done = false](std::string& into) mutable {
      if (done) return Result<bool>(false);
      done = true;
      into += bytes;
      return Result<bool>(!bytes.empty());
    });
  }
  const auto inflater = std::make_shared<Inflater>();
  return XmlReader::Source(
      [inflater, rest = std::string_view(laid->packed.packed), ended = false](std::string& into) mutable {
        constexpr std::size_t kPiece = 256 << 10;
        const std::size_t before = into.size();
        while (!ended && into.size() == before) {
          const Inflater::Step step = inflater->run(rest, kPiece, into);
          rest.remove_prefix(step.consumed);
          ended = step.ended;
          ZMIG_ASSERT(!step.broken, "a stream that was just made can be read");
        }
        return Result<bool>(into.size() > before);
      });
}

Result<std::optional<XmlReader::Source>> PackageEdit::mapped_stream(const std::string& part, std::uint64_t limit,
                                                                    std::optional<BlockMap>& map) const {
  constexpr std::uint64_t kLarge = std::uint64_t{1} << 20;
  const ZipEntry* entry = base_.zip().find(part);
  map.reset();
  if (find(part) != nullptr || entry == nullptr || !entry->is_deflated() || entry->size < kLarge)
    return std::optional<XmlReader::Source>();
  ZMIG_TRY(ZipStream opened, base_.zip().stream(*entry, limit));
  map.emplace(entry->size);
  opened.note_blocks(*map);
  const auto shared = std::make_shared<ZipStream>(std::move(opened));
  return std::optional(XmlReader::Source([shared](std::string& into) { return shared->more(into); }));
}

std::uint64_t PackageEdit::packed_size(const std::string& part) const {
  const ZipEntry* entry = base_.zip().find(part);
  return entry == nullptr ? 0 : entry->packed;
}

Result<std::string> PackageEdit::packed(const std::string& part) const {
  const ZipEntry* entry = base_.zip().find(part);
  std::string bytes;
  if (entry != nullptr)
    ZMIG_CHECK_OK(base_.zip().file().read(entry->data, static_cast<std::size_t>(entry->packed), bytes));
  return bytes;
}

Result<std::vector<Relationship>> PackageEdit::relationships(const std::string& part) const {
  const std::string name = relationships_part(part);
  if (!has(name)) return std::vector<Relationship>();
  if (!is_touched(name)) return base_.relationships(part);
  ZMIG_TRY(const std::string bytes, text(name));
  return read_relationships(XmlReader(std::string_view(bytes), name, path()), part);
}

PackageEdit::Laid& PackageEdit::lay(const std::string& part) {
  const std::string key = folded(part);
  const auto [place, is_first] = parts_.try_emplace(key);
  Laid& laid = place->second;
  if (is_first) {
    const ZipEntry* entry = base_.zip().find(part);
    laid.is_new = entry == nullptr;
    laid.name = entry != nullptr ? entry->name : part;
    if (laid.is_new) added_.push_back(key);
  }
  laid.dropped = laid.is_packed = false;
  laid.bytes.clear();
  laid.packed = {};
  return laid;
}

void PackageEdit::put(const std::string& part, std::string bytes, std::string_view why) {
  Laid& laid = lay(part);
  laid.bytes = std::move(bytes);
  laid.why.add(member_, why);
}

void PackageEdit::put(const std::string& part, std::string bytes, const Reasons& why) {
  Laid& laid = lay(part);
  laid.bytes = std::move(bytes);
  laid.why.add(why);
}

void PackageEdit::put_packed(const std::string& part, PackedPart packed, const Reasons& why) {
  Laid& laid = lay(part);
  laid.why.add(why);
  laid.is_packed = true;
  laid.packed = std::move(packed);
}

void PackageEdit::drop(const std::string& part, std::string_view why) {
  Laid& laid = lay(part);
  laid.dropped = true;
  laid.why.add(member_, why);
}

std::string PackageEdit::folder() const {
  const std::size_t slash = workbook().rfind('/');
  return slash == std::string::npos ? std::string() : workbook().substr(0, slash + 1);
}

std::string PackageEdit::free_name(std::string_view before, std::string_view behind) const {
  for (std::size_t i = 1;; ++i) {
    std::string name = fmt::format("{}{}{}", before, i, behind);
    if (!has(name) && base_.zip().find(name) == nullptr) return name;
  }
}

Result<bool> PackageEdit::is_strict() const {
  ZMIG_TRY(const std::string root, text("_rels/.rels"));
  return root.find("purl.oclc.org/ooxml/officeDocument/relationships/officeDocument") != std::string::npos;
}

Result<std::string> PackageEdit::add_relationship(const std::string& from, std::string_view kind,
                                                  const std::string& to) {
  const std::string name = relationships_part(from);
  ZMIG_TRY(const bool strict, is_strict());
  const std::string type = fmt::format("{}/{}",
                                       strict ? "http://purl.oclc.org/ooxml/officeDocument/relationships"
                                              : "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                                       kind);
  std::string bytes = fmt::format("{}<Relationships xmlns=\"{}\"></Relationships>", kHead, kPackageRelationships);
  if (has(name)) { ZMIG_TRY(bytes, text(name)); }
  ZMIG_TRY(XmlTree tree, XmlTree::read(std::move(bytes), name, path()));
  std::set<std::string> ids;
  for (const std::size_t i : tree.children(0)) ids.insert(tree.attribute(i, "Id"));
  std::string id;
  for (std::size_t i = 1; id.empty() || ids.contains(id); ++i) id = fmt::format("rId{}", i);
  std::string element = fmt::format("<{}Relationship Id=\"{}\" Type=\"{}\" Target=\"", tree.node(0).prefix, id, type);
  append_xml(relative_target(from, to), element);
  tree.append_child(0, element + "\"/>");
  put(name, tree.finish(), "relationships");
  return id;
}

Status PackageEdit::drop_relationship(const std::string& from, const std::string& id) {
  const std::string name = relationships_part(from);
  ZMIG_TRY(std::string bytes, text(name));
  ZMIG_TRY(XmlTree tree, XmlTree::read(std::move(bytes), name, path()));
  for (const std::size_t i : tree.children(0))
    if (tree.attribute(i, "Id") == id) tree.remove(i);
  put(name, tree.finish(), "relationships");
  return ok();
}

Status PackageEdit::add_override(const std::string& part, std::string_view content_type) {
  const std::string name(kContentTypes);
  ZMIG_TRY(std::string bytes, text(name));
  ZMIG_TRY(XmlTree tree, XmlTree::read(std::move(bytes), name, path()));
  const std::string extension = part.substr(std::min(part.rfind('.'), part.size() - 1) + 1);
  for (const std::size_t i : tree.children(0)) {
    if (tree.node(i).name == "Override" && folded(tree.attribute(i, "PartName")) == folded(part)) {
      tree.set_attribute(i, "ContentType", content_type);
      put(name, tree.finish(), "types of parts");
      return ok();
    }
    // The default says it already.
    if (tree.node(i).name == "Default" && folded(tree.attribute(i, "Extension")) == folded(extension) &&
        tree.attribute(i, "ContentType") == content_type)
      return ok();
  }
  std::string element = fmt::format("<{}Override PartName=\"/", tree.node(0).prefix);
  append_xml(part, element);
  tree.append_child(0, element + fmt::format("\" ContentType=\"{}\"/>", content_type));
  put(name, tree.finish(), "types of parts");
  return ok();
}

Status PackageEdit::add_default(std::string_view extension, std::string_view content_type) {
  const std::string name(kContentTypes);
  ZMIG_TRY(std::string bytes, text(name));
  ZMIG_TRY(XmlTree tree, XmlTree::read(std::move(bytes), name, path()));
  std::optional<std::size_t> last;
  for (const std::size_t i : tree.children(0)) {
    if (tree.node(i).name != "Default") continue;
    if (folded(tree.attribute(i, "Extension")) == folded(extension)) return ok();
    last = i;
  }
  const std::string element =
      fmt::format("<{}Default Extension=\"{}\" ContentType=\"{}\"/>", tree.node(0).prefix, extension, content_type);
  if (last)
    tree.insert_behind(*last, element);
  else
    tree.append_child(0, element);
  put(name, tree.finish(), "types of parts");
  return ok();
}

Status PackageEdit::sweep(const std::vector<std::string>& roots, std::string_view why) {
  const auto reach = [this](std::vector<std::string> todo) -> Result<std::map<std::string, std::string>> {
    std::map<std::string, std::string> seen;
    while (!todo.empty()) {
      const std::string part = std::move(todo.back());
      todo.pop_back();
      if (!part.empty() && (!has(part) || !seen.emplace(folded(part), part).second)) continue;
      ZMIG_TRY(const std::vector<Relationship> all, relationships(part));
      for (const Relationship& one : all)
        if (!one.external) todo.push_back(one.target);
    }
    return seen;
  };
  ZMIG_TRY(const auto gone, reach(roots));
  ZMIG_TRY(const auto kept, reach({std::string()}));
  std::set<std::string> names;
  for (const auto& [key, part] : gone) {
    if (kept.contains(key)) continue;
    names.insert(key);
    const std::string own = relationships_part(part);
    if (has(own)) drop(own, why);
    drop(part, why);
  }
  const std::string types(kContentTypes);
  ZMIG_TRY(std::string bytes, text(types));
  ZMIG_TRY(XmlTree tree, XmlTree::read(std::move(bytes), types, path()));
  for (const std::size_t i : tree.children(0))
    if (tree.node(i).name == "Override" && names.contains(folded(tree.attribute(i, "PartName")))) tree.remove(i);
  put(types, tree.finish(), "types of parts");
  return ok();
}

std::vector<TouchedPart> PackageEdit::touched() const {
  std::vector<TouchedPart> all;
  for (const auto& [key, laid] : parts_) {
    if (laid.is_new && laid.dropped) continue;
    const auto how = laid.dropped  ? TouchedPart::How::dropped
                     : laid.is_new ? TouchedPart::How::added
                                   : TouchedPart::How::changed;
    all.push_back({laid.name, how, laid.why.list()});
  }
  return all;
}

Status PackageEdit::write(int descriptor, const std::string& path, bool fast) const {
  ZipWriter zip(descriptor, path, fast);
  const ZipReader& from = base_.zip();
  const auto put_part = [&zip](const Laid& laid) -> Status {
    if (laid.is_packed) return zip.add_packed(laid.packed.packed, laid.packed.crc, laid.packed.size);
    ZMIG_CHECK_OK(zip.add(laid.bytes));
    return zip.end_entry();
  };
  ZMIG_CHECK_OK(zip.copy_preamble(from));
  for (const ZipEntry& entry : from.entries()) {
    const Laid* laid = find(entry.name);
    if (laid == nullptr) {
      ZMIG_CHECK_OK(zip.copy(from, entry));
    } else if (!laid->dropped) {
      ZMIG_CHECK_OK(zip.begin_in_place_of(from, entry));
      ZMIG_CHECK_OK(put_part(*laid));
    }
  }
  for (const std::string& key : added_) {
    const Laid& laid = parts_.at(key);
    if (laid.dropped) continue;
    ZMIG_CHECK_OK(zip.begin(laid.name));
    ZMIG_CHECK_OK(put_part(laid));
  }
  return zip.finish(from.comment());
}

}  // namespace zmig::xlsx
