// Every diagnostic has a sample with its exact text. tests/data/diagnostics/*.txt, one file a range of codes:
//
//   == ZM0012 [which]   a sample begins; the lines below are migrations/0001_sample.zmig
//   == file PATH        the lines below are that file
//   == sql PATH         the SQL below runs in that SQLite file
//   == shell COMMAND    runs in the folder, with `zmig` in the path
//   == tells COMMAND    runs like `shell`, and what it prints is what is looked at; its exit code may be any
//   == env NAME=VALUE   for what follows
//   == bare             not the usual project (a workbook "book.db" with two sheets, taken over)
//   == run ARGUMENTS    `zmig ARGUMENTS`; without one: `zmig show 1`. The last run speaks
//   == says             exactly this is said of the code
//
// What stands above the first sample is prose. ZMIG_WRITE_SAMPLES=1 writes `says` anew: read the difference before you
// keep it. The rules of lint have their samples in tests/data/lint/. without.txt lists the codes that no command can be
// made to say here, with the reason and the test that raises them.
#include <fstream>
#include <sstream>

#include <zmig/diagnostic.h>
#include <zmig/lint.h>

#include "base/sqlite.h"
#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

namespace fs = std::filesystem;

struct Part {
  std::string word, rest, body;
};
struct Sample {
  std::string code, title;
  std::vector<Part> parts;
  std::string says;
};
struct SampleFile {
  fs::path path;
  std::string prose;
  std::vector<Sample> samples;
};

std::string trimmed(std::string text) {
  while (text.ends_with("\n\n")) text.pop_back();
  return text == "\n" ? std::string() : text;
}

SampleFile read_file(const fs::path& path) {
  SampleFile out{path, {}, {}};
  std::string* body = &out.prose;
  std::istringstream in(docs::read(path));
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("== ")) {
      *body += line + "\n";
      continue;
    }
    const auto blank = std::min(line.find(' ', 3), line.size());
    const auto word = line.substr(3, blank - 3), rest = blank < line.size() ? line.substr(blank + 1) : std::string();
    if (word.starts_with("ZM")) {
      out.samples.push_back({word, rest, {{"file", "migrations/0001_sample.zmig", {}}}, {}});
      body = &out.samples.back().parts.back().body;
    } else if (word == "says") {
      body = &out.samples.back().says;
    } else {
      out.samples.back().parts.push_back({word, rest, {}});
      body = &out.samples.back().parts.back().body;
    }
  }
  for (Sample& sample : out.samples) {
    sample.says = trimmed(sample.says);
    for (Part& part : sample.parts) part.body = trimmed(part.body);
  }
  return out;
}

std::vector<SampleFile> all_files() {
  std::vector<SampleFile> out;
  for (const auto& entry : fs::directory_iterator(fs::path(ZMIG_TEST_DATA) / "diagnostics"))
    if (entry.path().filename() != "without.txt") out.push_back(read_file(entry.path()));
  std::sort(out.begin(), out.end(), [](const SampleFile& a, const SampleFile& b) { return a.path < b.path; });
  return out;
}

void run_sql(const std::string& path, const std::string& sql) {
  auto db = sqlite::Database::open(path, sqlite::Mode::create, 1000);
  REQUIRE(db.has_value());
  const auto done = db->exec(sql);
  INFO((done.has_value() ? std::string() : done.error().message));
  REQUIRE(done.has_value());
}

/// The message of the code in what was printed, times, hashes and processes covered.
std::string message_in(const std::string& printed, const std::string& code) {
  const std::regex head("(error|warning|info)\\[" + code + "\\]: .*");
  const std::regex more(" *(-->|:::|\\||=|[0-9]+ \\|).*| {8,}.*");
  std::string out;
  bool inside = false, done = false;
  for (const auto& line : docs::lines_of(printed)) {
    if (!done && !inside && std::regex_match(line, head)) {
      inside = true;
      out += line + "\n";
    } else if (inside && line.size() < 4000 && std::regex_match(line, more)) {
      out += line + "\n";
    } else if (inside) {
      inside = false;
      done = true;
    }
  }
  out = std::regex_replace(out, std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"), "TIME");
  out = std::regex_replace(out, std::regex("ana@[^ ,]+ \\(pid [0-9]+"), "ana@HOST (pid N");
  return std::regex_replace(out, std::regex("sha256:[0-9a-f]{64}"), "sha256:HASH");
}

std::string said_by(const Sample& sample) {
  const test::TempFolder folder;
  fs::create_directories(folder.at("work/migrations"));
  const auto in_work = [&](const std::string& path) { return folder.at("work/" + path); };
  std::string environment;
  const bool bare =
      std::any_of(sample.parts.begin(), sample.parts.end(), [](const Part& one) { return one.word == "bare"; });
  if (!bare) {
    folder.write("work/zmig.toml", "[env.dev]\ntarget = \"sqlite:book.db\"\n");
    run_sql(
        in_work("book.db"),
        "CREATE TABLE \"Pedidos\" (\"Pedido\" TEXT, \"Estado\" TEXT, \"Peso\" REAL, \"Cantidad\" INTEGER, \"Fecha\" "
        "TEXT, \"Nota\" TEXT);"
        "INSERT INTO \"Pedidos\" VALUES ('P-1', 'Nuevo', 1.5, 3, '2026-01-26', 'first'), ('P-2', 'Viejo', 2.5, 4, "
        "'2026-01-27', NULL);"
        "CREATE TABLE \"Clientes\" (\"Nombre\" TEXT, \"Ciudad\" TEXT);"
        "INSERT INTO \"Clientes\" VALUES ('Ana', 'Lima'), ('Luis', 'Quito');");
    REQUIRE(docs::run(folder, "zmig baseline").exit == 0);
  }
  std::string printed;
  bool ran = false;
  for (const Part& part : sample.parts) {
    if (part.word == "file" && !part.body.empty()) {
      fs::create_directories(fs::path(in_work(part.rest)).parent_path());
      folder.write("work/" + part.rest, part.body);
    } else if (part.word == "sql") {
      run_sql(in_work(part.rest), part.body);
    } else if (part.word == "env") {
      environment += part.rest + " ";
    } else if (part.word == "shell") {
      const auto done = docs::run(folder, part.rest, environment);
      INFO(part.rest << "\n" << done.text);
      REQUIRE(done.exit == 0);
    } else if (part.word == "tells") {
      printed = docs::run(folder, part.rest, environment).text;
      ran = true;
    } else if (part.word == "run") {
      printed = docs::run(folder, "zmig " + part.rest, environment).text;
      ran = true;
    } else if (part.word != "bare" && part.word != "file") {
      FAIL("the runner does not know the section " << part.word);
    }
  }
  if (!ran) printed = docs::run(folder, "zmig show 1", environment).text;
  INFO(printed);
  auto out = message_in(printed, sample.code);
  CHECK_FALSE(out.empty());
  return out;
}

void write_anew(const SampleFile& file, const std::vector<std::string>& said) {
  std::string out = trimmed(file.prose);
  for (std::size_t i = 0; i < file.samples.size(); ++i) {
    const Sample& one = file.samples[i];
    out += "\n== " + one.code + (one.title.empty() ? "" : " " + one.title) + "\n";
    for (std::size_t part = 0; part < one.parts.size(); ++part) {
      if (part > 0)
        out += "== " + one.parts[part].word + (one.parts[part].rest.empty() ? "" : " " + one.parts[part].rest) + "\n";
      out += one.parts[part].body;
      if (!one.parts[part].body.empty()) out += "\n";
    }
    out += "== says\n" + said[i];
  }
  std::ofstream(file.path, std::ios::binary) << out;
}

}  // namespace

TEST_CASE("each diagnostic says exactly what its sample says") {
  for (const SampleFile& file : all_files()) {
    std::vector<std::string> said;
    for (const Sample& sample : file.samples) {
      INFO(file.path.filename().string() << " " << sample.code << " " << sample.title);
      said.push_back(said_by(sample));
      if (std::getenv("ZMIG_WRITE_SAMPLES") == nullptr) CHECK(said.back() == sample.says);
    }
    if (std::getenv("ZMIG_WRITE_SAMPLES") != nullptr) write_anew(file, said);
  }
}

TEST_CASE("each row of the code table has a sample, or a reason in without.txt") {
  std::set<std::string> sampled, listed;
  for (const SampleFile& file : all_files())
    for (const Sample& sample : file.samples) sampled.insert(sample.code);
  for (const auto& entry : fs::directory_iterator(fs::path(ZMIG_TEST_DATA) / "lint"))
    sampled.insert(entry.path().filename().string());
  const auto without = docs::read(fs::path(ZMIG_TEST_DATA) / "diagnostics" / "without.txt");
  for (const auto& line : docs::lines_of(without)) {
    if (!line.starts_with("ZM")) continue;
    CHECK(line.size() > 30);  // a code without a reason is no entry
    listed.insert(line.substr(0, 6));
  }
  for (const CodeRow& row : code_table()) {
    CAPTURE(row.code);
    const std::string code(row.code);
    CHECK((sampled.contains(code) != listed.contains(code)));
    sampled.erase(code);
    listed.erase(code);
  }
  CHECK(sampled == std::set<std::string>{});
  CHECK(listed == std::set<std::string>{});
}
