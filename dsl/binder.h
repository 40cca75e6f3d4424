#pragma once
// The binder's insides. One class, because every line reads and advances the same state; its functions by family:
// bind.cc (the file), bind_state.cc (replay, messages), bind_names.cc, bind_values.cc, bind_formula.cc, bind_sheets.cc,
// bind_columns.cc, bind_properties.cc, bind_cells.cc, bind_enums.cc, bind_checks.cc, bind_down.cc.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/migration.h>

#include "ast.h"

namespace zmig::dsl {

class Binder {
 public:
  /// All arguments outlive the binder.
  Binder(const SourceFile& source, std::uint32_t file, const BindContext& context, std::vector<Diagnostic>& out);
  Migration bind(const ast::File& tree);

 private:
  enum class Thing { sheet, column, enumeration, value };
  /// A name that was there and is not any more, for messages.
  struct Gone {
    Thing thing = Thing::sheet;
    std::string scope, name;  ///< id of the sheet or name of the enum; norm of the name
    std::string how;          ///< "dropped", "forgotten", "renamed"
    std::string successor;    ///< renamed: the new name
    Span at;
  };

  // --- bind.cc: the file
  void top(const ast::Bad& line);
  void top(const ast::TextHeading& line);
  void top(const ast::ListHeading& line);
  void top(const ast::KeepHeading& line);
  void top(const ast::AllowHeading& line);
  void top(const ast::VariableHeading& line);
  void top(const ast::Claim& line);
  void top(const ast::Down& line);
  void check_irreversible(const ast::File& tree);

  // --- bind_sheets.cc
  void top(const ast::CreateSheet& line);
  void top(const ast::SheetScope& line);
  void top(const ast::PairChange& line);
  void top(const ast::DropSheet& line);
  void top(const ast::NameChange& line);
  void top(const ast::CreateRange& line);
  void top(const ast::Native& line);
  void sheet_body(const std::string& sheet_id, const ast::SheetBody& body);
  void rename_sheet(const ast::PairChange& line);
  void rename_enum(const ast::PairChange& line);
  void copy_sheet(const ast::PairChange& line);
  void forget_sheet(const ast::NameChange& line);
  void drop_enum(const ast::NameChange& line);

  // --- bind_columns.cc, bind_cells.cc: lines inside a sheet
  void inside(const ast::Bad& line);
  void inside(const ast::AddColumn& line);
  void inside(const ast::AdoptColumn& line);
  void inside(const ast::ChangeColumn& line);
  void inside(const ast::ColumnPair& line);
  void inside(const ast::MoveColumn& line);
  void inside(const ast::SplitColumn& line);
  void inside(const ast::MergeColumns& line);
  void inside(const ast::RetireColumn& line);
  void inside(const ast::DropColumn& line);
  void inside(const ast::ColumnVerb& line);
  void inside(const ast::FillColumn& line);
  void inside(const ast::SetColumn& line);
  void inside(const ast::CleanColumn& line);
  void inside(const ast::AddRows& line);
  void inside(const ast::AddRowsFrom& line);
  void inside(const ast::AddRowsFile& line);
  void inside(const ast::DropRows& line);
  void inside(const ast::KeyRule& line);
  void inside(const ast::AddCheck& line);
  void inside(const ast::DropCheck& line);
  void inside(const ast::SheetSwitch& line);
  void inside(const ast::ProtectSheet& line);
  std::optional<std::vector<ColumnRef>> columns_named(const ast::Names& names);
  std::optional<std::vector<Value>> row(const ast::Row& line, const std::vector<ColumnRef>& columns,
                                        const ast::Names& names);
  void check_row_keys(const op::AddRows& rows, const std::vector<const ast::Row*>& lines);

  // --- bind_properties.cc
  void declare(Column& column, const ast::Type& written, const ast::Properties& properties);
  /// The operation of one property on a column as it is now. None: reported.
  std::optional<Operation> property(const ColumnRef& at, const Column& column, const ast::Property& property,
                                    const ast::Type* written);
  std::optional<Operation> change_type(const ColumnRef& at, const Column& column, const ast::TypeProperty& property);
  std::optional<Editors> editors(const ast::Editors& written);
  bool format_fits(std::string_view format, const Column& column, const ast::Node& at);

  // --- bind_enums.cc: lines inside an enum
  void top(const ast::EnumScope& line);
  void value_line(const ast::Bad& line);
  void value_line(const ast::AddValue& line);
  void value_line(const ast::RenameValue& line);
  void value_line(const ast::RetireValue& line);
  void value_line(const ast::DropValue& line);
  const EnumValue* value_named(const Enum& in, const ast::Text& value);

  // --- bind_checks.cc
  std::optional<Check> check(const ast::Check& written);
  std::optional<Check> check_of(const ast::SheetIs& check);
  std::optional<Check> check_of(const ast::SheetCount& check);
  std::optional<Check> check_of(const ast::ColumnIs& check);
  std::optional<Check> check_of(const ast::ColumnHasType& check);
  std::optional<Check> check_of(const ast::ColumnRefers& check);
  std::optional<Check> check_of(const ast::ColumnsUnique& check);
  std::optional<Check> check_of(const ast::EnumIs& check);
  std::optional<Check> check_of(const ast::EnumValue& check);
  std::optional<Check> check_of(const ast::RowsHave& check);
  std::optional<Check> check_of(const ast::SampleHas& check);
  std::optional<Check> check_of(const ast::MigrationApplied& check);
  std::optional<Check> check_of(const ast::BackupOfSheet& check);
  std::optional<Check> check_of(const ast::WorkbookIs& check);
  std::optional<Check> rows_check(const ast::Name& name, check::Quantifier quantifier, std::uint64_t sample,
                                  const boost::optional<ast::Formula>& where, const ast::Formula& has);
  std::optional<SheetRef> sheet_of_check(const ast::Name& name);

  // --- bind_down.cc
  void restore_sheet(const ast::NameChange& line);
  void restore_column(const ast::ColumnVerb& line);
  void restore_cells(const ast::ColumnVerb& line);
  void check_leads_back(const ast::Down& line);
  std::string column_id(const Sheet& sheet, std::string_view header) const;
  std::string sheet_id(std::string_view title) const;
  NamedPlace old_place(const Sheet& now, const Column& column) const;

  // --- bind_names.cc: what a name means at this line. Null: reported, or doubtful already.
  Sheet* sheet_named(const ast::Name& name);
  Sheet* sheet_to_change(const ast::Name& name);  ///< the same, and not protected by the project
  const Column* column_named(const Sheet& sheet, const ast::Name& name);
  const Column* column_named(const Sheet& sheet, std::string_view header, const ast::Node& at);
  Enum* enum_named(const ast::Name& name);
  bool title_is_free(const ast::Name& name, std::string_view except_id = {});
  bool header_is_free(const Sheet& sheet, const ast::Name& name, std::string_view except_id = {});
  bool is_possible(const ast::Name& name, std::string_view what);
  void refuse_protected(const ast::Name& name);
  std::optional<NamedPlace> column_place(const Sheet& sheet, const boost::optional<ast::Place>& place);
  std::optional<NamedPlace> sheet_place(const boost::optional<ast::Place>& place);
  /// Error ZM0101 (or ZM0111) about a name, with everything that helps.
  void unknown(Thing thing, std::string_view scope, std::string title, std::string_view written, const ast::Node& at,
               const std::vector<std::string>& candidates, std::string otherwise);
  bool gone_before(Thing thing, std::string_view scope, std::string_view written, const ast::Node& at,
                   std::string_view title);

  // --- bind_values.cc
  struct BoundType {
    Type type;
    bool sure = true;  ///< false: reported; `type` only keeps the lines below going
  };
  BoundType type_of_tree(const ast::Type& type);
  /// The literal as it stands, not yet fitted to a column. None: reported.
  std::optional<Value> literal(const ast::Literal& literal);
  /// The literal as a column of this type holds it. `subject`: `the default of "version"`; `verb`: "default " or "".
  std::optional<Value> value_for(const ast::Literal& literal, const Column& column, const std::string& subject,
                                 std::string_view verb, const ast::Type* written);
  std::optional<Value> variable_value(std::string_view name, const ast::Node& at);
  bool is_listed(const Type& type, std::string_view text, const ast::Node& at);

  // --- bind_formula.cc
  /// None: reported. `sheet` is the one whose rows the formula reads.
  std::optional<Expr> formula(const ast::Formula& formula, const Sheet& sheet);
  std::optional<Expr> formula_for(const ast::Formula& formula, const Sheet& sheet, const Column& column);
  std::optional<Expr> condition(const ast::Formula& formula, const Sheet& sheet);
  std::optional<Expr> node(const ast::Formula& formula, const Sheet& sheet);
  std::optional<Expr> call(const ast::Formula& formula, std::vector<ExprBox> operands);
  std::optional<Expr> name_in_formula(const ast::Formula& formula, const Sheet& sheet);
  /// Static type; none inside: blank only. None outside: reported, or it cannot be known.
  std::optional<std::optional<Type>> static_type(const ast::Formula& formula, const Expr& expr, const Sheet& sheet);
  Result<std::optional<Type>> quiet_type(const Expr& expr, const Sheet& sheet) const;
  void report_type(const ast::Formula& formula, const Sheet& sheet, const Error& why);
  void check_listed(const ast::Formula& formula, const Type& type);
  bool reads_unsure(const Expr& expr) const;

  // --- bind_state.cc: replay and messages
  Diagnostic& error(std::string code, std::string message, const ast::Node& at, std::string label = {});
  void not_yet(std::string_view construct, const ast::Node& at);
  [[nodiscard]] Span span(const ast::Node& at) const { return ast::span_of(file_, at); }
  [[nodiscard]] std::size_t line_of(const Span& at) const;
  /// Writes the operation down, lowers it and advances the schema. False: the replay refused it, reported.
  bool emit(Operation operation, const ast::Node& at, const ast::Node& line);
  bool advance(const Operation& operation, const ast::Node& at, const ast::Node& line);
  [[nodiscard]] bool has_error_on(const ast::Node& line) const;
  void remember(Thing thing, std::string_view scope, std::string_view name, const ast::Node& at);
  void forget(Thing thing, std::string_view scope, std::string_view name, std::string how, const ast::Node& at,
              std::string successor = {});
  const Span* added_here(Thing thing, std::string_view scope, std::string_view name) const;
  /// Names between quotes on these lines may or may not be there: no second message about them.
  void doubt(const ast::Node& lines);
  void doubt(std::string_view name);
  /// The names on lines that could not be read: what they would have done is not known.
  void doubt_broken_lines();
  [[nodiscard]] bool is_doubtful(std::string_view name) const;
  /// A column that only exists so that the lines below can be read.
  void imagine_column(const ast::Name& name);
  Sheet& here() { return *schema_.sheet(here_); }
  [[nodiscard]] SheetRef ref(const Sheet& sheet) const { return {sheet.id, sheet.title}; }
  [[nodiscard]] ColumnRef ref(const Sheet& sheet, const Column& column) const {
    return {ref(sheet), column.id, column.header};
  }

  const SourceFile& source_;
  const std::uint32_t file_;
  const BindContext& context_;
  std::vector<Diagnostic>& out_;

  Migration migration_;
  Script* script_ = nullptr;        // the file's, or its down block's
  Schema schema_;                   // at this line
  const Schema* undone_ = nullptr;  // in downs: before the migration that is undone
  std::string undone_name_;         // in downs: that migration
  std::string id_name_;             // what ids derive from
  std::size_t number_ = 0;          // operations so far
  std::string here_;                // id of the sheet whose block is open
  std::string enum_;                // name of the enum whose block is open
  bool in_down_ = false;

  std::vector<Gone> gone_;
  std::map<std::string, Span> added_;              // "thing scope name" -> where this file added it
  std::map<std::string, ast::Node> type_written_;  // column id -> its type, when written in this file
  std::set<std::string> doubtful_;                 // norms
  std::set<std::string> unsure_;                   // ids of columns whose type is not known
  std::set<std::string> variables_;                // declared in this file
  std::vector<Span> irreversible_;                 // lines without a way back
  std::optional<ast::Node> irreversible_heading_;
};

/// Rank of a property in canonical order (section 3 of the language), `type` before all others: what a line declares
/// does not depend on the order in which it is written, so its operations come in this one.
int property_rank(const ast::Property& property);

/// "0001_x": 1 and "x". Number 0 when the name has none.
std::pair<std::uint32_t, std::string> split_name(std::string_view name);

}  // namespace zmig::dsl
