// Comments find their lines: one alone on its line belongs to the line below, one behind a statement to the statement.

#include <concepts>
#include <utility>

#include "failure.h"

namespace zmig::dsl {
namespace {

template <class T>
concept HasProperties = requires(T& t) {
  t.properties.block;
};
template <class T>
concept HasBody = requires(T& t) {
  t.body.open;
};
template <class T>
concept HasSteps = requires(T& t) {
  t.steps.open;
};

class Attacher {
 public:
  explicit Attacher(const Scan& scan) : scan_(scan) {}

  void file(ast::File& file) {
    if (file.header) line(*file.header, file.header->end);
    lines(file.lines);
    while (next_ < scan_.comments.size()) file.tail.push_back(take());
  }

 private:
  std::string take() { return scan_.comments[next_++].text; }
  [[nodiscard]] bool pending_before(std::uint32_t offset) const {
    return next_ < scan_.comments.size() && scan_.comments[next_].at.begin < offset;
  }
  /// The end of the (logical) line that the byte before `offset` stands on.
  [[nodiscard]] std::uint32_t line_end(std::uint32_t offset) const {
    return scan_.line_at(offset == 0 ? 0 : offset - 1).end;
  }

  /// Comments above a line and behind it, where `end` is the end of its own words (a `{` included).
  void line(ast::Line& owner, std::uint32_t end) {
    ast::Comments& comments = owner.comments;
    while (pending_before(owner.begin)) comments.above.push_back(take());
    const std::uint32_t behind = line_end(end);
    while (pending_before(behind)) {
      if (scan_.comments[next_].alone) {
        comments.above.push_back(take());
        continue;
      }
      if (comments.after) comments.above.push_back(*comments.after);
      comments.after = take();
    }
  }

  template <class Block>
  void close(Block& block) {
    while (pending_before(block.close.begin)) block.tail.push_back(take());
    while (pending_before(line_end(block.close.end))) block.after_close = take();
  }

  template <class Item>
  void lines(std::vector<Item>& items) {
    for (Item& item : items) {
      ast::visit([this](auto& statement) { this->whole(statement); }, item);
    }
  }

  template <class Item>
  void block(ast::Block<Item>& block) {
    lines(block.lines);
    close(block);
  }

  void body(ast::NativeBlock& native) {
    line(native.up, native.up.end);
    if (native.down) line(*native.down, native.down->end);
    if (native.satisfied) line(*native.satisfied, native.satisfied->end);
    close(native);
  }
  template <class Item>
  void body(ast::Block<Item>& items) {
    block(items);
  }

  void whole(ast::Bad&) {}
  void whole(ast::AddRows& statement) {
    line(statement, statement.rows.open.end);
    line(statement.rows.columns, statement.rows.columns.end);
    lines(statement.rows.rows);
    close(statement.rows);
  }
  void whole(ast::AddRowsFrom& statement) {
    line(statement, statement.mapping.open.end);
    line(statement.mapping.columns, statement.mapping.columns.end);
    line(statement.mapping.values, statement.mapping.values.end);
    close(statement.mapping);
  }
  template <class Statement>
  void whole(Statement& statement) {
    if constexpr (HasProperties<Statement>) {
      if (!statement.properties.block) return line(statement, statement.end);
      line(statement, statement.properties.block->open.end);
      block(*statement.properties.block);
    } else if constexpr (HasBody<Statement>) {
      line(statement, statement.body.open.end);
      body(statement.body);
    } else if constexpr (HasSteps<Statement>) {
      line(statement, statement.steps.open.end);
      block(statement.steps);
    } else {
      line(statement, statement.end);
    }
  }

  const Scan& scan_;
  std::size_t next_ = 0;
};

}  // namespace

void attach_comments(ast::File& file, const Scan& scan) {
  if (!scan.comments.empty()) Attacher(scan).file(file);
}

}  // namespace zmig::dsl
