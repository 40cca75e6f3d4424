// The contract for apps: what is exported, what is read back, and every class of difference.

#include <zmig/contract.h>
#include <zmig/header_norm.h>

#include "run_world.h"
#include "support/json_schema.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const std::string kStates = R"(zmig 1

description "States, and when they were set"

create enum "Estado" {
  add value "LIBRE"
  add value "OCUPADO"
}

in sheet "Operaciones" {
  change column "TAG_SPOOL" key
  add column "Estado" enum "Estado" blank means "unknown" note "state"
  add column "version" integer default 0
  add column "Desde" date format "DD-MM-YYYY" alias "TAG_SPOOL"
}
)";

/// A workbook with two migrations' worth of history: kStates is applied.
struct Shop : World {
  Shop() {
    take_over();
    write_migration("0001_states", kStates);
    load();
    Workbook book = target.snapshot();
    // TAG_SPOOL becomes a key: the one blank row between stays blank, and is no data row.
    const Report done = up();
    INFO((done.error ? done.error->zm + " " + done.error->message : std::string()));
    REQUIRE(done.exit_code == 0);
  }
  Contract at(std::uint32_t number, bool live = false) {
    return make_contract(history, replayed, number, live ? &target.schema() : nullptr, true);
  }
  ContractComparison against(const Contract& contract, const Schema& schema, std::uint32_t position = 1,
                             bool live = false) {
    return must(compare_contract(contract, {schema, position, live, nullptr}));
  }
  /// The head with something changed.
  Schema head() { return replayed.back().after; }
};

Sheet& operaciones(Schema& schema) { return *schema.sheet(schema.sheet_titled("Operaciones")->id); }
Column& column(Schema& schema, const std::string& header) {
  for (Column& one : operaciones(schema).columns)
    if (one.header == header) return one;
  FAIL("no column " << header);
  return operaciones(schema).columns.front();
}

std::vector<std::string> said(const ContractComparison& compared) {
  std::vector<std::string> out;
  for (const ContractFinding& one : compared.findings)
    out.push_back(one.code + " " + one.kind + " " + one.subject + " " + one.expected + ">" + one.observed);
  return out;
}

}  // namespace

TEST_CASE("a contract says of each column how it reads, since when, and what a blank means", "[contract]") {
  Shop shop;
  const Contract contract = shop.at(1);
  REQUIRE(contract.sheets.size() == 2);
  const auto sheet = std::find_if(contract.sheets.begin(), contract.sheets.end(),
                                  [](const ContractSheet& one) { return one.title == "Operaciones"; });
  REQUIRE(sheet != contract.sheets.end());
  CHECK(sheet->key == std::vector<std::string>{"TAG_SPOOL"});
  CHECK_FALSE(sheet->header_hash);
  CHECK(contract.position == 1);
  CHECK(contract.slug == "states");
  CHECK(contract.chain_hash == shop.history.fresh_lock().back().chain);
  const auto& version = *std::find_if(sheet->columns.begin(), sheet->columns.end(),
                                      [](const ContractColumn& one) { return one.header == "version"; });
  ContractColumn expected;
  expected.id = version.id;
  expected.header = "version";
  expected.type = "integer";
  expected.format = "0";
  expected.read_as = expected.write_as = "number";
  expected.when_absent = Number{0};
  expected.since = 1;
  CHECK(version == expected);
  REQUIRE(contract.enums.size() == 1);
  CHECK(contract.enums[0].used_by == std::vector<std::string>{"Operaciones.Estado"});
  CHECK_FALSE(contract.enums[0].open);
  CHECK(contract.enums[0].values ==
        std::vector<ContractEnum::Value>{{"LIBRE", 1, std::nullopt}, {"OCUPADO", 1, std::nullopt}});
  CHECK(shop.at(0).enums.empty());
}

TEST_CASE("a live contract has positions and the hash of the header row", "[contract]") {
  Shop shop;
  const Contract contract = shop.at(1, true);
  for (const ContractSheet& sheet : contract.sheets) {
    const Sheet* there = shop.target.schema().sheet(sheet.id);
    REQUIRE(there != nullptr);
    CHECK(sheet.header_hash == header_hash(shop.headers(sheet.title)));
    CHECK(sheet.width == there->columns.size());
    for (const ContractColumn& one : sheet.columns) CHECK(one.index0 == column_index(*there, one.id));
  }
}

TEST_CASE("a contract is written as its schema says, and reads back equal", "[contract]") {
  Shop shop;
  const auto schema = JsonSchema::read(std::string(ZMIG_SOURCE_DIR) + "/schemas/contract.schema.json");
  for (const bool live : {false, true}) {
    Contract contract = shop.at(1, live);
    contract.name = "taller";
    contract.version = "3.0";
    contract.generated_by = "zmig 0.1.0";
    if (live) {
      contract.kind = "memory";
      contract.generated_at = "2026-01-26T18:15:04Z";
    }
    const std::string text = contract_to_json(contract);
    CHECK(schema.faults(nlohmann::json::parse(text)) == std::vector<std::string>{});
    const Contract back = must(contract_from_json(text));
    CHECK(contract_to_json(back) == text);
    std::ranges::sort(contract.sheets, {}, &ContractSheet::title);
    if (!live) contract.locale = contract.time_zone = "";
    CHECK(back == contract);
  }
}

TEST_CASE("the schema of contracts refuses what is none", "[contract]") {
  Shop shop;
  const auto schema = JsonSchema::read(std::string(ZMIG_SOURCE_DIR) + "/schemas/contract.schema.json");
  auto document = nlohmann::json::parse(contract_to_json(shop.at(1)));
  document["sheets"]["Operaciones"]["columns"][0]["need"] = "maybe";
  document["history"].erase("position");
  document["more"] = 1;
  CHECK(schema.faults(document).size() == 3);
}

TEST_CASE("a file that is no contract is refused with the member at fault", "[contract]") {
  Shop shop;
  const std::string good = contract_to_json(shop.at(1));
  const auto why = [](const std::string& text) {
    const auto read = contract_from_json(text);
    return read.has_value() ? std::string("read") : read.error().zm + " " + read.error().message;
  };
  CHECK(why(good) == "read");
  CHECK(why("{") == "ZM0807 this is no contract: this is not JSON");
  CHECK(why("[]") == "ZM0807 this is no contract: a contract is a JSON object");
  CHECK(why("{}") == "ZM0807 this is no contract: contract: is missing");
  auto document = nlohmann::json::parse(good);
  document["contract"] = 2;
  CHECK(why(document.dump()) == "ZM0807 this is no contract: contract: this zmig reads contracts of format 1");
  document = nlohmann::json::parse(good);
  document["normaliser"]["version"] = 2;
  CHECK(why(document.dump()) == "ZM0807 this is no contract: normaliser: this zmig knows zmig-header, version 1");
  document = nlohmann::json::parse(good);
  document["sheets"]["Operaciones"]["columns"][1]["need"] = "maybe";
  CHECK(
      why(document.dump()) ==
      "ZM0807 this is no contract: sheets.Operaciones.columns[1].need: expected one of: required, expected, tolerated");
}

TEST_CASE("the same workbook is the same, and the baseline's readers go on after a migration", "[contract]") {
  Shop shop;
  CHECK(shop.against(shop.at(1), shop.head()).verdict == ContractClass::same);
  // 0001 made a key of TAG_SPOOL: it is never blank now.
  auto old = shop.at(0);
  const auto compared = shop.against(old, shop.head());
  CHECK(said(compared) == std::vector<std::string>{"ZM0804 nullability Operaciones.TAG_SPOOL may be blank>never blank",
                                                   "ZM0801 column_added Operaciones.Estado >Estado",
                                                   "ZM0801 column_added Operaciones.version >version",
                                                   "ZM0801 column_added Operaciones.Desde >Desde",
                                                   "ZM0801 chain_ahead  0000>0001"});
}

TEST_CASE("each class of difference has its code", "[contract]") {
  Shop shop;
  const Contract contract = shop.at(1);
  const auto with = [&](auto change) {
    Schema schema = shop.head();
    change(schema);
    return said(shop.against(contract, schema));
  };
  using Said = std::vector<std::string>;
  CHECK(with([](Schema& s) {
          erase_if(operaciones(s).columns, [](const Column& one) { return one.header == "version"; });
        }) == Said{"ZM0802 column_missing Operaciones.version version>"});
  CHECK(with([](Schema& s) { erase_if(s.sheets, [](const Sheet& one) { return one.title == "Operaciones"; }); }) ==
        Said{"ZM0802 sheet_missing Operaciones Operaciones>"});
  CHECK(with([](Schema& s) { operaciones(s).title = "Ops"; }) ==
        Said{"ZM0802 sheet_renamed Operaciones Operaciones>Ops"});
  CHECK(with([](Schema& s) { column(s, "version").header = "v"; }) ==
        Said{"ZM0803 header_changed Operaciones.version version>v"});
  CHECK(with([](Schema& s) {
          column(s, "version").type = {TypeKind::text, 0, {}};
        }) == Said{"ZM0804 read_as Operaciones.version number>text"});
  CHECK(with([](Schema& s) {
          column(s, "version").type = {TypeKind::number, 0, {}};
        })[0] == "ZM0804 type Operaciones.version integer>number");
  CHECK(with([](Schema& s) { column(s, "Desde").format = "YYYY-MM-DD"; }) ==
        Said{"ZM0804 format Operaciones.Desde DD-MM-YYYY>YYYY-MM-DD"});
  CHECK(with([](Schema& s) { column(s, "version").format = "#,##0"; }) == Said{});
  CHECK(with([](Schema& s) { column(s, "version").format = "DD-MM-YYYY"; }) ==
        Said{"ZM0804 format Operaciones.version 0>DD-MM-YYYY"});
  CHECK(with([](Schema& s) { column(s, "version").rules.required = true; }) ==
        Said{"ZM0804 nullability Operaciones.version may be blank>never blank"});
  CHECK(with([](Schema& s) {
          column(s, "version").computed = Computed{"1", false};
        }) == Said{"ZM0804 nature Operaciones.version value>formula"});
  CHECK(with([](Schema& s) {
          s.enums[0].values.push_back({"PAUSA", {}, true});
        }) == Said{"ZM0805 value_unknown Estado.PAUSA >PAUSA"});
  CHECK(with([](Schema& s) { s.enums[0].values[0].offered = false; }) ==
        Said{"ZM0805 value_retired Estado.LIBRE LIBRE>"});
  CHECK(with([](Schema& s) { s.enums.clear(); }) == Said{"ZM0805 enum_missing Estado Estado>"});
  CHECK(with([](Schema& s) { operaciones(s).header_row = 3; }) == Said{"ZM0806 header_row Operaciones 1>3"});
  CHECK(with([](Schema& s) {
          Column twin;
          twin.id = "~version";
          twin.header = "version";
          twin.managed = false;
          operaciones(s).columns.push_back(twin);
        })[0] == "ZM0806 header_twice Operaciones.version once>twice");
}

TEST_CASE("what is compatible: aliases, open enums, expected columns, extras; and where extras are forbidden",
          "[contract]") {
  Shop shop;
  Contract contract = shop.at(1);
  using Said = std::vector<std::string>;
  ContractSheet& sheet = *std::find_if(contract.sheets.begin(), contract.sheets.end(),
                                       [](const ContractSheet& one) { return one.title == "Operaciones"; });
  Schema schema = shop.head();
  column(schema, "version").header = "v";
  for (ContractColumn& one : sheet.columns)
    if (one.header == "version") one.aliases = {"v"};
  CHECK(said(shop.against(contract, schema)) == Said{"ZM0801 header_is_alias Operaciones.version version>v"});

  schema = shop.head();
  schema.enums[0].values.push_back({"PAUSA", {}, true});
  contract.enums[0].open = true;
  CHECK(said(shop.against(contract, schema)) == Said{"ZM0801 value_added Estado.PAUSA >PAUSA"});

  schema = shop.head();
  erase_if(operaciones(schema).columns, [](const Column& one) { return one.header == "Nota"; });
  for (ContractColumn& one : sheet.columns)
    if (one.header == "Nota") one.need = Readers::expect;
  const auto expected = shop.against(contract, schema);
  CHECK(said(expected) == Said{"ZM0801 column_missing Operaciones.Nota Nota>"});
  CHECK(expected.verdict == ContractClass::compatible);
  for (ContractColumn& one : sheet.columns)
    if (one.header == "Nota") one.need = Readers::tolerate;
  CHECK(shop.against(contract, schema).verdict == ContractClass::same);

  schema = shop.head();
  Column extra;
  extra.id = "~Extra";
  extra.header = "Extra";
  extra.managed = false;
  operaciones(schema).columns.push_back(extra);
  CHECK(said(shop.against(contract, schema)) == Said{"ZM0801 column_added Operaciones.Extra >Extra"});
  sheet.extras_allowed = false;
  CHECK(said(shop.against(contract, schema)) == Said{"ZM0806 extra_column Operaciones.Extra >Extra"});

  schema = shop.head();
  std::swap(operaciones(schema).columns[0], operaciones(schema).columns[1]);
  CHECK(shop.against(contract, schema).verdict == ContractClass::same);
  sheet.order_free = false;
  CHECK(said(shop.against(contract, schema)) == Said{"ZM0806 order Operaciones the declared order>another order"});
}

TEST_CASE("live: a moved column is named with its letters, an unlisted value with its cell", "[contract]") {
  Shop shop;
  const Contract contract = shop.at(1, true);
  Schema moved = shop.target.schema();
  std::swap(operaciones(moved).columns[0], operaciones(moved).columns[1]);
  const auto compared = shop.against(contract, moved, 1, true);
  CHECK(compared.verdict == ContractClass::compatible);
  CHECK(said(compared) == std::vector<std::string>{"ZM0801 column_moved Operaciones.TAG_SPOOL A>B",
                                                   "ZM0801 column_moved Operaciones.Peso B>A"});

  Workbook book = shop.target.snapshot();
  const Column& state = column(book.schema, "Estado");
  book.cells[operaciones(book.schema).id].put(state.id, 0, text("ROTO"));
  MemoryTarget edited(book, "taller");
  const auto found = must(compare_contract(contract, {edited.schema(), 1, true, &edited}));
  REQUIRE(found.findings.size() == 1);
  CHECK(found.findings[0] == ContractFinding{"ZM0805", ContractClass::breaking, "value_unknown", "Estado.ROTO",
                                             "Operaciones!D2", "", "ROTO"});
  const CheckResult check = must(contract_check(contract, "contracts/v3.json", {edited.schema(), 1, true, &edited}));
  CHECK(check.outcome == Outcome::failed);
  CHECK(check.observed == "Estado.ROTO value_unknown: ROTO instead of nothing");
  CHECK(check.offending == std::vector<std::string>{"Operaciones!D2"});
}
