// The command table as it is read by CLI11.
#include "words.h"
#include "support/catch.h"

using namespace zmig::cli;

namespace {

Typed typed(const std::vector<std::string_view>& words) { return read_words(words); }

}  // namespace

TEST_CASE("every switch and every valued flag of every verb is read") {
  for (const auto& row : commands()) {
    for (const auto& option : row.options) {
      CAPTURE(row.name, option.flag);
      const auto choice = std::string(option.choices.substr(0, option.choices.find('|')));
      const std::string value = choice.empty() ? "1" : choice;
      std::vector<std::string_view> words{row.name, option.flag};
      const bool takes = !option.value.empty() && !option.value.starts_with('[');
      if (takes) words.push_back(value);
      for (const auto& argument : row.positionals)
        if (argument.required)
          words.push_back(argument.choices.empty() ? "1" : argument.choices.substr(0, argument.choices.find('|')));
      const auto read = typed(words);
      CHECK(read.row == &row);
      CHECK(read.arguments.one(std::string(option.flag)) == (takes ? value : std::string()));
      CHECK_FALSE(read.wrong.has_value());
    }
  }
}

TEST_CASE("every alias is its verb") {
  for (const auto& row : commands())
    if (!row.alias.empty()) CHECK(find_command(row.alias) == &row);
}

TEST_CASE("flags of the table are spelled once a verb") {
  for (const auto& row : commands()) {
    std::vector<std::string_view> seen{"--help", "--version"};
    for (const auto& option : row.options) {
      CAPTURE(row.name, option.flag);
      CHECK(std::find(seen.begin(), seen.end(), option.flag) == seen.end());
      seen.push_back(option.flag);
    }
  }
}
