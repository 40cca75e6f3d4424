// docs/cli.md, `zmig help` and the acceptance scripts describe one program.
#include <map>

#include "base/digest.h"
#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

struct Verb {
  std::string name, alias;
};

/// The verbs as `zmig help` lists them.
std::vector<Verb> verbs(const test::TempFolder& folder) {
  std::vector<Verb> found;
  const std::regex row("  ([a-z]+) +[^ ].*");
  const std::regex also(".*\\(also `([a-z]+)`\\)");
  for (const auto& line : docs::lines_of(docs::run(folder, "zmig help").text)) {
    if (line == "global flags") break;
    std::smatch name, alias;
    if (!std::regex_match(line, name, row)) continue;
    found.push_back({name[1].str(), std::regex_match(line, alias, also) ? alias[1].str() : std::string()});
  }
  return found;
}

/// Long flags at the start of a line, as help prints them, or of a cell, as the page does.
std::set<std::string> flags_of_help(const std::string& text) {
  return docs::all_matches(text, "\n  (?:-[a-zA-Z],|    )? *(--[a-z-]+)");
}
std::set<std::string> flags_of_page(const std::string& text) {
  return docs::all_matches(text, "\n\\| `(?:-[a-zA-Z], )?(--[a-z-]+)");
}

std::set<std::string> keys_of_page(const std::string& table) {
  const auto text = docs::section(docs::read_doc("cli.md"), "Configuration");
  const auto begin = text.find("\n`" + table + "`\n");
  REQUIRE(begin != std::string::npos);
  const auto end = text.find("\n`[", begin + 2);
  return docs::all_matches(text.substr(begin, end - begin), "\n\\| `([a-z_]+)` \\|");
}

/// The keys that the program names when it meets one that it does not know.
std::set<std::string> keys_of_program(const test::TempFolder& folder, const std::string& table) {
  folder.write("work/zmig.toml", table + "\nqqqqqqqqqqqq = 1\n");
  const auto shown = docs::run(folder, "zmig status");
  INFO(shown.text);
  CHECK(shown.exit == 78);
  CHECK(shown.text.find("ZM0701") != std::string::npos);
  std::smatch list;
  REQUIRE(std::regex_search(shown.text, list, std::regex("known here: ([a-z_, ]+)")));
  return docs::all_matches(list[1].str(), "[a-z_]+");
}

const std::vector<std::pair<std::string, std::string>> kTables = {
    {"[zmig]", "[zmig]"},
    {"[env.NAME]", "[env.dev]"},
    {"[env.NAME.quota]", "[env.dev.quota]"},
    {"[env.NAME.backup]", "[env.dev.backup]"},
    {"[env.NAME.verify]", "[env.dev.verify]"},
    {"[env.NAME.csv]", "[env.dev.csv]"},
    {"[env.NAME.xlsx]", "[env.dev.xlsx]"},
    {"[env.NAME.sqlite]", "[env.dev.sqlite]"},
    {"[env.NAME.files]", "[env.dev.files]"},
    {"[env.NAME.lint]", "[env.dev.lint]"},
    {"[lint]", "[lint]"},
    {"[gsheet]", "[gsheet]"},
    {"[contract]", "[contract]"},
    {"[ci]", "[ci]"},
    {"[report]", "[report]"},
    {"[hooks]", "[hooks]"},
    {"[ledger]", "[ledger]"},
    {"[output]", "[output]"},
    {"[log]", "[log]"},
};

}  // namespace

TEST_CASE("cli.md has a section for each verb, in the order of zmig help, and no other") {
  const test::TempFolder folder;
  std::vector<std::string> expected, found;
  for (const auto& verb : verbs(folder)) expected.push_back(verb.name);
  for (const auto& one : docs::sections(docs::read_doc("cli.md")))
    if (std::regex_match(one.heading, std::regex("[a-z]+"))) found.push_back(one.heading);
  CHECK(expected.size() >= 15);
  CHECK(found == expected);
}

TEST_CASE("each verb has an acceptance script") {
  const test::TempFolder folder;
  for (const auto& verb : verbs(folder)) {
    CAPTURE(verb.name);
    CHECK(docs::fs::exists(docs::source_dir() / "tests" / "acceptance" / (verb.name + ".zt")));
  }
}

TEST_CASE("the section of a verb has its usage, its other name and exactly its flags") {
  const test::TempFolder folder;
  const auto page = docs::read_doc("cli.md");
  for (const auto& verb : verbs(folder)) {
    CAPTURE(verb.name);
    const auto help = docs::run(folder, "zmig help " + verb.name).text;
    const auto text = docs::section(page, verb.name);
    std::smatch usage;
    REQUIRE(std::regex_search(help, usage, std::regex("\nusage: (zmig [^\n]+)")));
    CHECK(text.find("`" + usage[1].str() + "`") != std::string::npos);
    if (!verb.alias.empty()) CHECK(text.find("Also called `" + verb.alias + "`") != std::string::npos);
    CHECK(flags_of_page(text) == flags_of_help(help));
  }
}

TEST_CASE("the global flags of cli.md are those of zmig help") {
  const test::TempFolder folder;
  const auto help = docs::run(folder, "zmig help").text;
  const auto text = docs::section(docs::read_doc("cli.md"), "Global flags");
  auto expected = flags_of_help(help.substr(help.find("global flags")));
  expected.insert("--help");
  CHECK(flags_of_page(text) == expected);
}

TEST_CASE("each documented configuration key is accepted, each accepted one is documented") {
  const test::TempFolder folder;
  docs::fs::create_directories(folder.at("work"));
  for (const auto& [shown, written] : kTables) {
    CAPTURE(shown);
    CHECK(keys_of_page(shown) == keys_of_program(folder, written));
  }
}

TEST_CASE("the example of each configuration key is a value that it takes") {
  const test::TempFolder folder;
  docs::fs::create_directories(folder.at("work"));
  const auto text = docs::section(docs::read_doc("cli.md"), "Configuration");
  std::map<std::string, std::string> files;  // table in the file -> its keys
  std::string table;
  const std::regex row("\\| `([a-z_]+)` \\| `([^`]+)` \\|.*");
  for (const auto& line : docs::lines_of(text)) {
    for (const auto& [shown, written] : kTables)
      if (line == "`" + shown + "`") table = written;
    std::smatch cells;
    if (!table.empty() && std::regex_match(line, cells, row))
      files[table] += cells[1].str() + " = " + cells[2].str() + "\n";
  }
  std::string toml;
  for (const auto& [name, keys] : files) toml.append(name).append("\n").append(keys);
  toml = std::regex_replace(toml, std::regex("\\[env.dev.backup\\]"),
                            "[env.prod]\ntarget = \"sqlite:other.db\"\n[env.dev.backup]");
  folder.write("work/zmig.toml", toml);
  folder.write("work/.env", "");  // as the example of env_file
  const auto status = docs::run(folder, "zmig status");
  INFO(toml << status.text);
  for (const char* code : {"ZM0701", "ZM0702", "ZM0707"}) CHECK(status.text.find(code) == std::string::npos);
  CHECK(status.exit != 78);
}

TEST_CASE("the variables of cli.md and of the help page are those that the program knows") {
  const auto known =
      docs::all_matches(docs::read(docs::source_dir() / "tools" / "zmig" / "config.cc"), "\"(ZMIG_[A-Z_]+)\"");
  CHECK(known.size() >= 18);
  CHECK(docs::all_matches(docs::section(docs::read_doc("cli.md"), "Variables"), "\n\\| `(ZMIG_[A-Z_]+)`") == known);
  CHECK(docs::all_matches(docs::read_doc("help/environment.md"), "\n    (ZMIG_[A-Z_]+)  ") == known);
}

TEST_CASE("a variable that is not documented is warned about") {
  const test::TempFolder folder;
  const auto shown = docs::run(folder, "zmig version", "ZMIG_QQQ=1");
  CHECK(shown.exit == 0);
  CHECK(shown.text.find("warning[ZM0706]") != std::string::npos);
}

TEST_CASE("messages and pages name only verbs that exist") {
  const test::TempFolder folder;
  std::set<std::string> known;
  for (const auto& verb : verbs(folder)) {
    known.insert(verb.name);
    known.insert(verb.alias);
  }
  for (const auto& word : docs::all_matches(docs::all_sources({}), "`zmig ([a-z]+)")) {
    INFO("a message says `zmig " << word << "`");
    CHECK(known.contains(word));
  }
  for (const auto& path : docs::pages())
    for (const auto& word : docs::all_matches(docs::read(path), "`zmig ([a-z]+)[ `]")) {
      INFO(path.filename() << " says `zmig " << word << "`");
      CHECK((known.contains(word) || path.filename() == "architecture.md" || path.filename() == "CONTRIBUTING.md"));
    }
}

TEST_CASE("doctor --config shows every key that the page describes") {
  const test::TempFolder folder;
  docs::fs::create_directories(folder.at("work"));
  folder.write("work/zmig.toml", "[env.dev]\ntarget = \"sqlite:x.db\"\n");
  const auto shown = docs::run(folder, "zmig doctor --only build --config").text;
  for (const auto& [page_name, written] : kTables) {
    auto prefix = written.substr(1, written.size() - 2) + ".";
    for (const auto& key : keys_of_page(page_name)) {
      if (key == "header_row") continue;  // one line a sheet
      CAPTURE(prefix + key);
      const bool whole_table = shown.find(prefix + key + ".") != std::string::npos;
      CHECK((whole_table || shown.find(prefix + key + " ") != std::string::npos));
    }
  }
}

TEST_CASE("the style of HTML pages has the hash that their content policy names") {
  const auto folder = docs::source_dir() / "tools" / "zmig";
  auto style = docs::read(folder / "document_style.inc");
  const auto begin = style.find("R\"css(") + 6, end = style.rfind(")css\"");
  style = style.substr(begin, end - begin);
  const auto hex = sha256_hex(style);
  std::vector<unsigned> bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2)
    bytes.push_back(static_cast<unsigned>(std::stoul(hex.substr(at, 2), nullptr, 16)));
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string base64;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - at);
    const auto byte = [&](std::size_t i) { return i < left ? bytes[at + i] : 0U; };
    const unsigned word = byte(0) << 16U | byte(1) << 8U | byte(2);
    for (unsigned i = 0; i < 4; ++i) base64 += i <= left ? kLetters[(word >> (18U - 6U * i)) & 63U] : '=';
  }
  CHECK(docs::read(folder / "document_style_hash.inc") == "\"" + base64 + "\"\n");
}
