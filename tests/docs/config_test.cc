// Every configuration key does something: each row changes one key and sees what comes of it, and what was without it.
#include <map>

#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

struct KeyRow {
  std::string table, line;    ///< "[log]", `level = "error"`
  std::string script;         ///< run with the key and without it
  std::string with, without;  ///< part of what is printed then; empty: nothing is asked
};

/// A project: datos/Pedidos.csv was copied into shop.db; next.zmig is a migration that can be applied.
constexpr const char* kStart =
    "mkdir -p datos migrations; printf 'Pedido,Peso\nP-1,2\nP-2,3\n' > datos/Pedidos.csv; zmig copy csv:datos "
    "sqlite:shop.db; zmig copy csv:datos sqlite:two.db; printf 'zmig 1\n\nin sheet \"Pedidos\" {\n  add column "
    "\"Zona\" "
    "text default \"N\"\n}\n' > next.zmig\n";
/// Under management, with the migration waiting.
#define ZMIG_TAKEN "zmig baseline --env dev; cp next.zmig migrations/0001_zona.zmig; "

const std::vector<KeyRow> kRows = {
    {"[zmig]", "format = 2", "zmig status", "ZM0702", "uninitialised"},
    {"[zmig]", "requires = \">=99\"", "zmig status", "this project asks for zmig >=99", "uninitialised"},
    {"[zmig]", "requires = \"soon\"", "zmig status", "expected a range of versions", "uninitialised"},
    {"[zmig]", "project = \"pedidos\"", "zmig baseline; cat .zmig/logs/*", "project=pedidos", "project=-"},
    {"[zmig]", "default_env = \"two\"", "zmig status", "sqlite:two.db", "cannot be told"},
    {"[zmig]", "dir = \"other\"", ZMIG_TAKEN "mkdir -p other; zmig show 1", "the folder is empty",
     "add column Pedidos.Zona"},
    {"[zmig]", "schemas = \"forms\"", "zmig baseline; ls", "forms", "schemas"},
    {"[zmig]", "state_dir = \"state\"", "zmig baseline; ls -a state .zmig", "state:", ".zmig:"},
    {"[zmig]", "ledger = \"book.db\"", "zmig baseline; ls", "book.db", "recorded"},
    {"[zmig]", "rollback_window = \"0s\"", ZMIG_TAKEN "zmig up; zmig down", "ZM0504", "undone"},
    {"[zmig]", "env_file = \"vars\"",
     "echo 'BOOK=\"shop.db\"' > vars; sed -i 's/sqlite:shop.db/sqlite:${BOOK}/' zmig.toml; zmig status",
     "uninitialised", "the variable \"BOOK\" is not set"},
    {"[zmig]", "actor = \"eva\"", "unset ZMIG_ACTOR; zmig baseline; zmig history", "eva", "recorded"},
    {"[env.dev]", "target = \"sqlite:two.db\"", "zmig status", "sqlite:two.db", "sqlite:shop.db"},
    {"[env.dev]", "expect_title = \"Ventas\"", "zmig status", "ZM0408", "uninitialised"},
    {"[env.dev]", "copy_of = \"nobody\"", "zmig status", "there is no such environment", "uninitialised"},
    {"[env.dev]", "confirm = \"prompt\"", "zmig baseline", "ZM0704", "recorded"},
    {"[env.dev]", "confirm = \"typed\"", "zmig status", "environment \"dev\" is guarded and has to be named",
     "uninitialised"},
    {"[env.dev]", "reason = \"required\"", "zmig baseline", "ZM0705", "recorded"},
    {"[env.dev]", "read_only = true", "zmig baseline", "is read-only", "recorded"},
    {"[env.dev]", "lock = false", "zmig baseline; ls -a; cat .zmig/logs/*", "lock=off", ".zmig-lock"},
    {"[env.dev]", "protect = [\"Pedidos\"]", ZMIG_TAKEN "zmig plan", "is protected", "recorded"},
    {"[env.dev]", "rollback_window = \"0s\"", ZMIG_TAKEN "zmig up; zmig down", "ZM0504", "undone"},
    {"[env.dev]", "lock_timeout = \"soon\"", "zmig status", "is not a value for \"env.dev.lock_timeout\"",
     "uninitialised"},
    {"[env.dev.backup]", "dir = \"safe\"", ZMIG_TAKEN "zmig up; ls safe .zmig/backups", "safe:", "backup    b1"},
    {"[env.dev.backup]", "required = false", ZMIG_TAKEN "zmig up", "applied   0001", "backup    b1"},
    {"[env.dev.backup]", "modes = [\"cells\", \"sheet-copy\"]", ZMIG_TAKEN "zmig up", "no sheet-copy beside b1",
     "backup    b1"},
    {"[env.dev.backup]", "name = \"{env}_copia\"", "zmig baseline; zmig backup create", "dev_copia", "_backup_"},
    {"[env.dev.backup]", "keep = \"0s\"",
     "zmig baseline; zmig backup create; zmig backup create; zmig backup prune --dry-run", "would go  b1",
     "0 backups would go"},
    {"[env.dev.backup]", "keep_last = 5",
     "zmig baseline; zmig backup create; zmig backup create; zmig backup prune --dry-run", "one of the newest 5",
     "0 backups would go"},
    {"[env.dev.backup]", "max_age = \"0s\"", ZMIG_TAKEN "zmig backup create; sleep 1.1; zmig up --use-backup b1",
     "ZM0502", "applied   0001"},
    {"[env.dev.verify]", "sample = 1", ZMIG_TAKEN "zmig up; zmig verify", "sample   1 of 2 rows", "0 not run"},
    {"[env.dev]", "locale = \"es_ES\"", "zmig baseline; zmig contract export --live", "\"locale\": \"es_ES\"",
     "\"locale\": null"},
    {"[env.dev]", "locale = \"es_ES\"", "zmig baseline; zmig doctor --only locale",
     "locale es_ES, by the configuration", "the workbook says none"},
    {"[env.dev]", "locale = \"Spanish\"", "zmig status", "expected a locale such as", "uninitialised"},
    {"[env.dev]", "timezone = \"Europe/Madrid\"", "zmig baseline; zmig contract export --live",
     "\"timezone\": \"Europe/Madrid\"", "\"timezone\": null"},
    {"[env.dev]", "timezone = \"Madrid\"", "zmig status", "expected a time zone such as", "uninitialised"},
    {"[env.dev]", "contract = { file = \"map.json\" }", ZMIG_TAKEN "zmig up; ls", "map.json", "applied"},
    {"[env.dev]", "contract = { fiel = \"map.json\" }", "zmig status", "did you mean `file`?", "uninitialised"},
    {"[env.dev]", "hooks = { on_applied = [{ run = [\"touch\", \"told\"] }] }",
     ZMIG_TAKEN "zmig up; test -e told && echo CALLED", "CALLED", "applied"},
    {"[env.dev]", "log = { dir = \"logs\" }", "zmig baseline; ls", "logs", "recorded"},
    {"[env.dev.files]", "break_hardlinks = true",
     "ln two.db other.db; zmig copy csv:datos sqlite:two.db --force-empty --yes", "aside", "has other names"},
    {"[env.dev.sqlite]", "strict = true", "rm two.db; zmig copy csv:datos sqlite:two.db; grep -a -o STRICT two.db",
     "STRICT", "copied"},
    {"[env.dev.csv]", "ragged = \"refuse\"",
     "(echo A,B; seq -f '%g,x' 40; echo 9) > datos/Pedidos.csv; sed -i 's/sqlite:shop.db/csv:datos/' zmig.toml; zmig "
     "inspect",
     "ZM0464", "2 columns"},
    {"[env.dev.csv]", "formula = \"allow\"",
     "sed -i 's/sqlite:shop.db/csv:datos/' zmig.toml; sed -i 's/\"N\"/\"=N\"/' next.zmig; " ZMIG_TAKEN "zmig up",
     "applied", "ZM1704"},
    {"[env.dev.csv]", "dialect = {newline = \"crlf\", quote = \"all\"}",
     "sed -i 's/sqlite:shop.db/csv:datos/' zmig.toml; printf 'zmig 1\n\ncreate sheet \"Zonas\" {\n  add column "
     "\"Zona\" "
     "text\n}\n' > next.zmig; " ZMIG_TAKEN "zmig up; od -c datos/Zonas.csv",
     "\"   Z   o   n   a   \"  \\r  \\n", "Z   o   n   a  \\n"},
    {"[env.dev.csv]", "dialect = {bom = true, delimiter = \";\"}",
     "sed -i 's/sqlite:shop.db/csv:datos/; /env.two/,$d' zmig.toml; sed -i 's/,/;/' datos/Pedidos.csv; printf 'zmig "
     "1\n\ncreate sheet \"Zonas\" {\n  add column \"Zona\" text\n  add column \"Norte\" text\n}\n' > "
     "next.zmig; " ZMIG_TAKEN "zmig up; od -c datos/Zonas.csv",
     "357 273 277   Z   o   n   a   ;   N", "Z   o   n   a   ;   N"},
    {"[env.dev.csv]", "dialect = {quote = \"some\"}", "zmig status", "expected \"needed\", \"all\"", "uninitialised"},
    {"[env.dev.csv]", "dialect = \"detect\"\nencoding = \"utf-8\"", "zmig status", "`dialect` or `encoding`, not both",
     "uninitialised"},
    {"[env.dev.xlsx]", "max_sheet_bytes = \"64B\"",
     "zmig copy csv:datos xlsx:book.xlsx; sed -i 's/sqlite:shop.db/xlsx:book.xlsx/' zmig.toml; zmig inspect", "ZM0427",
     "2 columns"},
    {"[env.dev.xlsx]", "max_sheet_bytes = \"4 apples\"", "zmig status", "a size such as", "uninitialised"},
    {"[env.dev.xlsx]", "extend = \"none\"",
     "zmig copy csv:datos xlsx:book.xlsx; python3 -c \"import zipfile; a = zipfile.ZipFile('book.xlsx'); p = [(i, "
     "a.read(i)) for i in a.namelist()]; a.close(); b = zipfile.ZipFile('book.xlsx', 'w'); [b.writestr(i, "
     "d.replace(b'</sheetData>', b'</sheetData><autoFilter ref=\\\"A1:B3\\\"/>')) for i, d in p]; b.close()\"; sed -i "
     "'s/sqlite:shop.db/xlsx:book.xlsx/' zmig.toml; " ZMIG_TAKEN
     "zmig up; python3 -c \"import zipfile; print(zipfile.ZipFile('book.xlsx').read('xl/worksheets/sheet1.xml'))\"",
     "autoFilter ref=\"A1:B3\"", "autoFilter ref=\"A1:C3\""},
    {"[env.dev.xlsx]", "compress = \"fast\"",
     "(echo Pedido,Peso; seq 3000 | sed 's/.*/&,abcabcabdabcabcabeabcabcab&/') > datos/Pedidos.csv; zmig copy "
     "csv:datos "
     "xlsx:book.xlsx; sed -i 's/sqlite:shop.db/xlsx:book.xlsx/' zmig.toml; " ZMIG_TAKEN
     "zmig up; test $(wc -c < book.xlsx) -gt 50000 && echo LARGE || echo SMALL",
     "LARGE", "SMALL"},
    {"[env.dev.csv]", "files = [\"*.txt\"]", "sed -i 's/sqlite:shop.db/csv:datos/' zmig.toml; zmig inspect", "",
     "Pedidos"},
    {"[env.dev.csv]", "delimiter = \";\"", "sed -i 's/sqlite:shop.db/csv:datos/' zmig.toml; zmig inspect",
     "Pedido,Peso", "2 columns"},
    {"[env.dev.csv]", "encoding = \"windows-1252\"",
     "printf 'A\\361o\n1\n' > datos/Pedidos.csv; sed -i 's/sqlite:shop.db/csv:datos/' zmig.toml; zmig inspect",
     "A\u00f1o", ""},
    {"[env.dev]", "header_row = {Pedidos = 2}", "sed -i 's/sqlite:shop.db/csv:datos/' zmig.toml; zmig inspect",
     "header row 2", "header row 1"},
    {"[ci]", "env = \"nobody\"", ZMIG_TAKEN "zmig fmt; zmig ci --base none", "there is no environment \"nobody\"",
     "9 report"},
    {"[ci]", "rehearse_on = \"copy\"", ZMIG_TAKEN "zmig fmt; zmig ci --json --base none", "\"on\": \"copy\"",
     "\"on\": \"twin\""},
    {"[ci]", "base = \"nowhere\"", ZMIG_TAKEN "zmig fmt; zmig ci", "!2 lock", "no base to compare with"},
    {"[ci]", "dir = \"out\"", ZMIG_TAKEN "zmig fmt; zmig ci --base none; ls", "9 report    passed  0.0 s  out/",
     "zmig-report/"},
    {"[ci]", "fail_on = \"info\"", ZMIG_TAKEN "zmig fmt; zmig ci --base none", "!4 lint", " 4 lint      passed"},
    {"[ci]", "max_duration = \"0s\"", ZMIG_TAKEN "zmig fmt; zmig ci --base none", "--max-duration allows 0",
     " 6 rehearse  passed"},
    {"[ci]", "allow_skip = [\"down\", \"identical\", \"repeat\"]",
     ZMIG_TAKEN
     "sed -i '2i irreversible because \"it is a test\"' migrations/0001_zona.zmig; zmig fmt; zmig ci --base none",
     "left off by --allow-skip", "!6 rehearse"},
    {"[ci]", "comment = \"never\"",
     ZMIG_TAKEN "zmig fmt; zmig ci --base none; ls zmig-report; head -1 zmig-report/comment.md", "index.html",
     "<!-- zmig ci env=dev -->"},
    {"[ci]", "comment = \"new\"", ZMIG_TAKEN "zmig fmt; zmig ci --base none; head -1 zmig-report/comment.md",
     "\n# zmig ci\n", "<!-- zmig ci env=dev -->"},
    {"[report]", "dir = \"told\"", ZMIG_TAKEN "zmig up; ls told", "d1.json", ".zmig/reports/d1.md"},
    {"[report]", "formats = [\"html\"]", ZMIG_TAKEN "zmig up; ls .zmig/reports", "d1.html", "d1.md"},
    {"[hooks]", "before_apply = [{ run = [\"sh\", \"-c\", \"echo not today >&2; exit 1\"] }]", ZMIG_TAKEN "zmig up",
     "before_apply: \"sh\" ended with 1: not today; nothing was written", "applied   0001"},
    {"[hooks]", "smoke = [{ run = [\"sh\", \"-c\", \"echo no page >&2; exit 3\"] }]", ZMIG_TAKEN "zmig up",
     "smoke: \"sh\" ended with 3: no page", "applied   0001"},
    {"[hooks]",
     "on_applied = [{ run = [\"sh\", \"-c\", \"cat > told.json; echo $ZMIG_EVENT $ZMIG_POSITION > told\"] }]",
     ZMIG_TAKEN "zmig up; cat told told.json", "on_applied 0001", "applied   0001"},
    {"[hooks]", "on_undone = [{ run = [\"touch\", \"undone\"] }]",
     ZMIG_TAKEN "zmig up; zmig down; test -e undone && echo CALLED", "CALLED", "undone    0001"},
    {"[hooks]", "on_failed = [{ run = [\"touch\", \"called\"] }]",
     ZMIG_TAKEN
     "sed -i '2i require sheet \"Pedidos\" has at least 100 rows' migrations/0001_zona.zmig; zmig up; test -e "
     "called && echo CALLED",
     "CALLED", "ZM0304"},
    {"[ledger]", "keep = \"0s\"",
     ZMIG_TAKEN "zmig plan --rehearse; sleep 1.1; zmig verify; zmig history --check-chain; grep -a -c ledger.pruned "
                ".zmig/ledger.db",
     "1\n", "verified\n0\n"},
    {"[output]", "color = \"always\"", ZMIG_TAKEN "zmig plan", "\x1b[32m", "add column"},
    {"[output]", "progress = \"none\"", ZMIG_TAKEN "zmig up", "applied", "[1/5] check: ok"},
    {"[output]", "ascii = true",
     "(echo Pedido; seq 2500) > datos/Pedidos.csv; rm shop.db; zmig copy csv:datos sqlite:shop.db; " ZMIG_TAKEN
     "zmig up --progress bar",
     "####", "\u2588\u2588"},
    {"[output]", "width = 30", ZMIG_TAKEN "zmig status", "0001", "pending   -"},
    {"[output]", "width = 3", "zmig status", "a number of columns from 20", "uninitialised"},
    {"[log]", "dir = \"logs\"", "zmig baseline; ls", "logs", "recorded"},
    {"[log]", "level = \"error\"", ZMIG_TAKEN "zmig up; cat .zmig/logs/*_up*", "applied", "stage.finished"},
    {"[log]", "format = \"ndjson\"", ZMIG_TAKEN "zmig up; cat .zmig/logs/*_up*", "{\"at\":", "info    stage.finished"},
    {"[log]", "keep = \"1d\"",
     "mkdir -p .zmig/logs; touch .zmig/logs/$(date -u -d '2 days ago' +%Y%m%dT%H%M%SZ)_up_old.log .zmig/logs/mine.log; "
     "zmig baseline; ls .zmig/logs",
     "mine.log", "_up_old.log"},
    {"[log]", "values = true",
     "sed -i 's/\"sqlite:shop.db\"/\"sqlite:shop.db\"\\nconfirm = \"typed\"/' zmig.toml; zmig status --env dev",
     "beside a guarded environment", "uninitialised"},
};

std::string config_with(const KeyRow* row, bool two) {
  std::map<std::string, std::string> tables{{"[env.dev]", "target = \"sqlite:shop.db\"\n"}};
  if (two) tables["[env.two]"] = "target = \"sqlite:two.db\"\n";
  if (row != nullptr && row->line.starts_with("target")) tables["[env.dev]"].clear();
  if (row != nullptr) tables[row->table] += row->line + "\n";
  std::string out;
  for (const auto& [name, keys] : tables) out.append(name).append("\n").append(keys);
  return out;
}

/// What a script prints in a fresh project, with this line in its zmig.toml or without.
std::string shown(const KeyRow& row, bool with) {
  const test::TempFolder folder;
  docs::run(folder, kStart);
  folder.write("work/zmig.toml", config_with(with ? &row : nullptr, row.line.starts_with("default_env")));
  return docs::run(folder, row.script).text;
}

}  // namespace

TEST_CASE("each configuration key changes something") {
  for (const auto& row : kRows) {
    CAPTURE(row.table, row.line, row.script);
    const auto with = shown(row, true), without = shown(row, false);
    INFO("with it:\n" << with << "\nwithout:\n" << without);
    if (!row.with.empty()) CHECK(with.find(row.with) != std::string::npos);
    if (!row.without.empty()) CHECK(without.find(row.without) != std::string::npos);
    CHECK(with != without);
  }
}

TEST_CASE("no documented key is without a row in the table of keys") {
  const auto text = docs::section(docs::read_doc("cli.md"), "Configuration");
  std::set<std::string> seen;
  for (const auto& row : kRows) seen.insert(row.table + " " + row.line.substr(0, row.line.find(' ')));
  // Rules of lint and contracts have tests of their own (lint.zt, contract.zt); the others need a workbook that
  // somebody else edits, tests/acceptance/config_keys.zt, or a history with a gap, tests/unit/plan.
  for (const char* other :
       {"[env.dev] drift", "[env.dev] out_of_order", "[env.dev] on_failed_verify", "[env.dev.verify] sensitive",
        "[env.dev.sqlite] triggers", "[env.dev.sqlite] order", "[ledger] allow_network"})
    seen.insert(other);
  // What a service is told needs one that says what it was told: tests/unit/cli/services_test.cc.
  for (const char* other : {"[env.dev] credentials", "[env.dev] connect_timeout", "[env.dev] request_timeout",
                            "[env.dev] gsheet", "[env.dev.quota] reads_per_minute", "[env.dev.quota] writes_per_minute",
                            "[env.dev.quota] calls_per_run", "[env.dev.quota] max_wait", "[gsheet] endpoint",
                            "[gsheet] endpoint_allow", "[gsheet] ca_file", "[gsheet] subject", "[gsheet] batch_bytes",
                            "[gsheet] concurrency", "[gsheet] scan", "[gsheet] tables", "[env.dev.backup] folder"})
    seen.insert(other);
  std::string table;
  for (const auto& line : docs::lines_of(text)) {
    std::smatch found;
    if (std::regex_match(line, found, std::regex("`(\\[[a-zA-Z.]+\\])`")))
      table = std::regex_replace(found[1].str(), std::regex("NAME"), "dev");
    if (!std::regex_match(line, found, std::regex("\\| `([a-z_]+)` \\|.*\\|.*\\|.*")) ||
        line.find(" table, below ") != std::string::npos)
      continue;
    if (table == "[lint]" || table == "[contract]" || table == "[env.dev.lint]") continue;
    INFO(table << " " << found[1].str() << " has no row in this test");
    CHECK(seen.contains(table + " " + found[1].str()));
  }
}
