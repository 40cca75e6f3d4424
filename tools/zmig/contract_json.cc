// `data` of `zmig contract`, and the test vectors of the normaliser.

#include <zmig/header_norm.h>

#include "contract_report.h"
#include "parts_json.h"

namespace zmig::cli {
namespace {

Json finding_json(const ContractFinding& finding) {
  return {{"code", finding.code},
          {"class", to_string(finding.level)},
          {"kind", finding.kind},
          {"subject", text_or_null(finding.subject)},
          {"where", text_or_null(finding.where)},
          {"expected", text_or_null(finding.expected)},
          {"observed", text_or_null(finding.observed)}};
}

/// Headers of the published table (docs/contract.md), in its order.
const std::vector<std::string>& vector_headers() {
  static const std::vector<std::string> headers{"Estado",
                                                " Estado ",
                                                "Estado\u00a0",
                                                "Ocupado_Por",
                                                "ocupado por",
                                                "Ocupado\tPor",
                                                "Ocupado \r\n Por",
                                                "Ocupado\u200bPor",
                                                "Lote\u3000A",
                                                "Lote\u2028A",
                                                "Revisi\u00f3n",
                                                "Revisio\u0301n",
                                                "Revision",
                                                "C\u00f3digo / Lote",
                                                "Fecha\u2013Hora",
                                                "Fecha-Hora",
                                                "N\u00b0 Acta",
                                                "N\u00ba Acta",
                                                "\u2116 Acta",
                                                "No. Acta",
                                                "Avance %",
                                                "Avance",
                                                "\uff36\uff25\uff32\uff33\uff29\uff2f\uff2e",
                                                "version",
                                                "\u0415stado",
                                                "\ufb01n",
                                                "Stra\u00dfe",
                                                "STRASSE",
                                                "\u0130d",
                                                "Pro\u00adceso",
                                                "\ufeffId",
                                                "e\t\u0301",
                                                "-",
                                                "/",
                                                "",
                                                "\u00a0 \t"};
  return headers;
}

const std::vector<std::vector<std::string>>& vector_rows() {
  static const std::vector<std::vector<std::string>> rows{
      {"Id", "Ocupado_Por", "Fecha_Ocupacion", "version"},
      {" Id", "Ocupado_Por\u00a0", "Fecha_Ocupacion", "version", "", ""},
      {"Id", "Fecha_Ocupacion", "Ocupado_Por", "version"},
      {"Id", "Ocupado_Por", "Fecha_Ocupacion", "version", "Notas"},
      {"Id", "", "version"},
      {"Revisi\u00f3n"},
      {"Revisio\u0301n"},
      {}};
  return rows;
}

const std::vector<std::vector<std::pair<std::string, std::string>>>& vector_columns() {
  static const std::vector<std::vector<std::pair<std::string, std::string>>> columns{
      {{"c03", "version"}, {"c01", "Ocupado_Por"}, {"c02", "Fecha_Ocupacion"}},
      {{"c01", "Ocupado_Por"}, {"c02", "Fecha_Ocupacion"}, {"c03", "row version"}}};
  return columns;
}

std::string numbered(char letter, std::size_t number, bool two) {
  return letter + std::string(two && number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

std::string to_json(const ContractReport& report) {
  Json contracts = Json::array();
  for (const CheckedContract& one : report.contracts) {
    Json findings = Json::array();
    for (const ContractFinding& finding : one.compared.findings) findings.push_back(finding_json(finding));
    contracts.push_back(
        {{"file", one.file},
         {"version", one.version},
         {"verdict", to_string(one.compared.verdict)},
         {"columns", {{"required", one.compared.columns_required}, {"same", one.compared.columns_same}}},
         {"findings", std::move(findings)}});
  }
  return Json{{"contracts", std::move(contracts)},
              {"against", report.against},
              {"position", report.position},
              {"verdict", to_string(report.verdict())}}
      .dump();
}

std::string range_json(const std::string& range, const std::string& hash) {
  return Json{{"range", range}, {"header_hash", hash}}.dump();
}

std::string contract_vectors() {
  Json headers = Json::array(), rows = Json::array(), managed = Json::array();
  std::size_t number = 0;
  for (const auto& header : vector_headers())
    headers.push_back(
        {{"id", numbered('N', ++number, true)}, {"header", header}, {"norm", norm(header)}, {"look", look(header)}});
  number = 0;
  for (const auto& row : vector_rows())
    rows.push_back({{"id", numbered('H', ++number, false)}, {"row", row}, {"header_hash", header_hash(row)}});
  number = 0;
  for (const auto& columns : vector_columns()) {
    Json pairs = Json::array();
    for (const auto& [id, header] : columns) pairs.push_back(Json::array({id, header}));
    managed.push_back({{"id", numbered('M', ++number, false)},
                       {"columns", std::move(pairs)},
                       {"managed_hash", managed_hash(columns)}});
  }
  return Json{{"format", "zmig-header/1"},
              {"headers", std::move(headers)},
              {"rows", std::move(rows)},
              {"columns", std::move(managed)}}
             .dump(1, ' ', true) +
         "\n";
}

}  // namespace zmig::cli
