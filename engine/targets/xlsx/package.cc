#include "targets/xlsx/package.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kOle2("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);

/// An old container of Office: says what is in it.
Status refuse_ole2(const std::string& path) {
  ZMIG_TRY(const auto file, ReadFile::open(path));
  if (file->size() < kOle2.size()) return ok();
  std::string bytes;
  ZMIG_CHECK_OK(file->read(0, kOle2.size(), bytes));
  if (bytes != kOle2) return ok();
  std::string wanted;
  for (const char c : std::string_view("EncryptedPackage")) {
    wanted += c;
    wanted += '\0';
  }
  constexpr std::uint64_t kPiece = 1 << 20;
  std::string window;
  for (std::uint64_t at = 0; at < file->size(); at += kPiece) {
    if (window.size() > wanted.size()) window.erase(0, window.size() - wanted.size());
    ZMIG_CHECK_OK(file->read(at, static_cast<std::size_t>(std::min(kPiece, file->size() - at)), window));
    if (window.find(wanted) == std::string::npos) continue;
    return make_error(Errc::unsupported, "ZM0420", "the workbook is encrypted", "save it without password", path);
  }
  return make_error(Errc::unsupported, "ZM0421", "this is an old .xls workbook, not .xlsx", "save it as .xlsx", path);
}

}  // namespace

std::string relationships_part(const std::string& part) {
  if (part.empty()) return "_rels/.rels";
  const std::size_t slash = part.rfind('/');
  const std::string folder = slash == std::string::npos ? std::string() : part.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? part : part.substr(slash + 1);
  return fmt::format("{}_rels/{}.rels", folder, name);
}

std::string resolve_part(const std::string& from, std::string_view target) {
  std::string plain(target);
  std::replace(plain.begin(), plain.end(), '\\', '/');
  std::vector<std::string> steps;
  if (!plain.starts_with('/')) {
    steps = split(from, '/');
    if (!steps.empty()) steps.pop_back();
  }
  for (const std::string& step : split(plain, '/')) {
    if (step.empty() || step == ".") continue;
    if (step != "..")
      steps.push_back(step);
    else if (!steps.empty())
      steps.pop_back();
  }
  return join(steps, "/");
}

Result<Package> Package::open(const std::string& path, std::uint64_t largest) {
  ZMIG_CHECK_OK(refuse_ole2(path));
  ZMIG_TRY(ZipReader zip, ZipReader::open(path));
  Package package(std::move(zip));
  package.largest_ = largest;
  ZMIG_CHECK_OK(package.find_workbook());
  ZMIG_CHECK_OK(package.refuse_what_cannot_be());
  return package;
}

const Relationship* Package::first(const std::vector<Relationship>& all, std::string_view kind) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [kind](const Relationship& one) { return one.kind == kind && !one.external; });
  return found == all.end() ? nullptr : &*found;
}

const Relationship* Package::by_id(const std::vector<Relationship>& all, std::string_view id) {
  const auto found = std::find_if(all.begin(), all.end(), [id](const Relationship& one) { return one.id == id; });
  return found == all.end() ? nullptr : &*found;
}

Status Package::find_workbook() {
  ZMIG_TRY(package_, relationships({}));
  const Relationship* workbook = first(package_, "officeDocument");
  if (workbook == nullptr) {
    return make_error(Errc::unsupported, "ZM0421", "the archive holds no workbook",
                      "open it in a spreadsheet program and save it as .xlsx", path());
  }
  workbook_ = workbook->target;
  if (workbook_.ends_with(".bin"))
    return make_error(Errc::unsupported, "ZM0421", "this is a binary .xlsb workbook, not .xlsx", "save it as .xlsx",
                      path());
  ZMIG_TRY(relationships_, relationships(workbook_));
  return ok();
}

Status Package::refuse_what_cannot_be() const {
  if (first(package_, "origin") != nullptr)
    return make_error(Errc::unsupported, "ZM0428", "the workbook is digitally signed; any change breaks the signature",
                      "save a copy of it without signature", path());
  if (first(relationships_, "revisionHeaders") != nullptr)
    return make_error(Errc::unsupported, "ZM0429", "the workbook is shared and keeps a revision log",
                      "stop sharing it in the spreadsheet program", path());
  return ok();
}

Result<XmlReader> Package::xml(const std::string& part, std::uint64_t limit) const {
  const ZipEntry* entry = zip_.find(part);
  if (entry == nullptr) {
    return make_error(Errc::corrupt, "ZM0422", fmt::format("part {} is not in the archive", quoted(printable(part))),
                      "open the workbook in a spreadsheet program and save it anew", path());
  }
  ZMIG_TRY(ZipStream stream, zip_.stream(*entry, limit));
  const auto shared = std::make_shared<ZipStream>(std::move(stream));  // a std::function has to be copyable
  return XmlReader([shared](std::string& into) { return shared->more(into); }, entry->name, path());
}

Result<std::vector<Relationship>> Package::relationships(const std::string& part) const {
  const std::string name = relationships_part(part);
  if (zip_.find(name) == nullptr) return std::vector<Relationship>();
  ZMIG_TRY(XmlReader xml, this->xml(name, kLargestHeld));
  return read_relationships(std::move(xml), part);
}

Result<std::vector<Relationship>> read_relationships(XmlReader xml, const std::string& part) {
  std::vector<Relationship> all;
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::end) return all;
    if (kind != XmlKind::open || !xml.is(Ns::package_relationships, "Relationship")) continue;
    Relationship one;
    one.id = xml.attribute("Id");
    const std::string type = xml.attribute("Type");
    one.kind = type.substr(type.rfind('/') + 1);
    one.external = xml.attribute("TargetMode") == "External";
    one.target = one.external ? xml.attribute("Target") : resolve_part(part, xml.attribute("Target"));
    all.push_back(std::move(one));
  }
}

}  // namespace zmig::xlsx
