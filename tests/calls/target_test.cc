// A target alone, without the engine above it: every place of its readings, of a commit and of the recovery behind one
// sees an error come back. What was read is right or an error; what was written is all there or not at all; whoever
// comes next finishes it.

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/failpoint.h"
#include "calls/calls.h"
#include "fault/lab.h"
#include "run/snapshot_codec.h"
#include "support/catch.h"
#include "support/samples.h"
#include "support/shop_book.h"
#include "targets/csv/csv_manifest.h"

using namespace zmig;
using namespace zmig::test;

namespace {

namespace fs = std::filesystem;

/// The shop on a target that lives in files.
class ShopFile {
 public:
  explicit ShopFile(std::string kind) : kind_(std::move(kind)) { fs::create_directories(folder_); }
  /// A copy of another one.
  ShopFile(const ShopFile& from) : kind_(from.kind_) {
    fs::remove_all(folder_);
    fs::copy(from.folder_, folder_, fs::copy_options::recursive);
  }
  ~ShopFile() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  ShopFile& operator=(const ShopFile&) = delete;
  [[nodiscard]] std::string book() const { return folder_ + "/book"; }
  Result<std::unique_ptr<Target>> open() {
    TargetOptions options;
    options.csv_formula = "allow";
    return open_target({kind_, book()}, options, ports_.ports);
  }

 private:
  std::string kind_, folder_ = fast_folder();
  FakePorts ports_;
};

template <class T>
T must(Result<T> result) {
  if (!result.has_value()) FAIL(result.error().zm + " " + result.error().message);
  return std::move(result).value();
}

/// Everything that can be read of it, each in its own way; all ways agree.
Result<std::string> everything(Target& target) {
  ZMIG_TRY(const Schema live, target.inspect());
  std::string out = schema_to_json(by_offer(live));
  for (const Sheet& sheet : live.sheets) {
    std::vector<std::string> ids;
    for (const Column& column : sheet.columns) ids.push_back(column.id);
    std::uint64_t rows = 0, judged = 0, hashed = 0;
    out += "\n" + sheet.title + "\n";
    ZMIG_CHECK_OK(target.scan(sheet.id, ids, [&](const RowView& row) {
      out += run::row_to_bytes({row.row.number, 0, {}}, row.cells) + "\n";
      ++rows;
      return ok();
    }));
    ZMIG_CHECK_OK(target.scan_judged(sheet.id, ids, ids, [&](const RowView&, bool) {
      ++judged;
      return ok();
    }));
    ZMIG_TRY(const auto hashes, target.scan_hashed(sheet.id, [&](const RowRef&, auto) {
      ++hashed;
      return ok();
    }));
    ZMIG_TRY(const auto columns, target.column_hashes(sheet.id, {}));
    ZMIG_TRY(const std::uint64_t count, target.row_count(sheet.id));
    CHECK((judged <= rows && hashed == rows && count == rows));
    CHECK(hashes == columns);
  }
  ZMIG_TRY(const auto stamps, target.stamps());
  for (const Stamp& stamp : stamps) out += std::to_string(stamp.number) + stamp.entry + "\n";
  ZMIG_TRY(const auto objects, target.native_objects());
  ZMIG_TRY(const std::string revision, target.revision());
  ZMIG_TRY(const std::string same, target.revision());
  CHECK(revision == same);
  return out + std::to_string(objects.size());
}

std::string seen(ShopFile& place) {
  const auto target = must(place.open());
  return must(everything(*target));
}

Status commit(ShopFile& place, const std::vector<Part>& batch) {
  ZMIG_TRY(const auto target, place.open());
  ZMIG_CHECK_OK(target->inspect());
  for (const Part& part : batch) ZMIG_CHECK_OK(target->preflight(part.changes));
  ZMIG_TRY(auto writer, target->open_writer({"test", std::chrono::milliseconds(20)}));
  ZMIG_TRY(const Staged staged, writer->stage(batch));
  ZMIG_CHECK_OK(writer->commit(batch, staged));
  return ok();
}

std::unique_ptr<ShopFile> shop_on(const std::string& kind) {
  auto place = std::make_unique<ShopFile>(kind);
  if (kind == "csv") fs::create_directories(place->book());
  if (kind == "sqlite") std::ofstream(place->book()).close();
  const Status built = commit(*place, {{changes_that_build(shop(), ""), Stamp{1, "one"}}});
  INFO((built ? "" : built.error().message));
  REQUIRE(built.has_value());
  return place;
}

/// A sheet comes, one goes, one gets another name; a column comes and is filled, one goes, one gets another header.
std::vector<Part> of_everything() {
  const std::string orders = shop_id("Pedidos");
  Sheet made;
  made.id = "s0000000aaaa";
  made.title = "Nuevo";
  Column first, zone;
  first.id = "c0000000aaaa";
  first.header = "H";
  zone.id = "c0000000bbbb";
  zone.header = "Zona";
  std::vector<Change> changes{change::InsertSheet{made, {}},
                              change::InsertColumn{made.id, first, {}},
                              change::DeleteSheet{shop_id("Borrador")},
                              change::SetTitle{shop_id("Clientes"), "Cuentas"},
                              change::InsertColumn{orders, zone, {}},
                              change::FillEmpty{{orders, zone.id}, Text{"SUR"}, {zone.id}},
                              change::DeleteColumn{{orders, shop_id("Pedidos", "Notas")}},
                              change::SetHeader{{orders, shop_id("Pedidos", "Cliente")}, "Cuenta"}};
  return {{std::move(changes), Stamp{2, "two"}}};
}

/// Runs `work` on a copy of `start` with one failing call after the other, until each place had its error.
template <class Work, class After>
std::size_t break_each_place(const ShopFile& start, const Work& work, const After& after) {
  std::set<const void*> shown;
  std::vector<SeenCall> calls;
  {
    ShopFile place(start);
    const Recording recording;
    static_cast<void>(work(place));
    calls = recording.calls();
  }
  std::size_t places = 0;
  for (const SeenCall& call : new_places(calls, shown)) {
    const int number = ++places % 2 == 0 ? EIO : ENOSPC;
    ShopFile place(start);
    INFO(call.name << "#" << call.number << (number == EIO ? " EIO" : " ENOSPC"));
    const auto broken = [&] {
      const OneFails one(call.number, number);
      return work(place);
    }();
    after(place, broken);
  }
  return places;
}

}  // namespace

TEST_CASE("calls: what a target reads is right, or an error, whichever place fails") {
  for (const char* kind : {"sqlite", "csv"}) {
    INFO(kind);
    const auto start = shop_on(kind);
    const std::string expected = seen(*start);
    const auto read = [](ShopFile& place) -> Result<std::string> {
      ZMIG_TRY(const auto target, place.open());
      return everything(*target);
    };
    const std::size_t places = break_each_place(*start, read, [&](ShopFile& place, const Result<std::string>& broken) {
      if (broken.has_value()) CHECK((broken.value() == expected));
      if (!broken.has_value()) CHECK_FALSE(broken.error().message.empty());
      CHECK((seen(place) == expected));
    });
    CHECK(places > 25);
  }
}

TEST_CASE("calls: a commit of a target is all there or not at all, and says which") {
  for (const char* kind : {"sqlite", "csv"}) {
    INFO(kind);
    const auto start = shop_on(kind);
    const std::string before = seen(*start);
    const std::vector<Part> batch = of_everything();
    std::string after;
    {
      ShopFile quiet(*start);
      const Status done = commit(quiet, batch);
      INFO((done ? "" : done.error().zm + " " + done.error().message));
      REQUIRE(done.has_value());
      after = seen(quiet);
    }
    REQUIRE(before != after);
    const auto write = [&](ShopFile& place) { return commit(place, batch); };
    const std::size_t places = break_each_place(*start, write, [&](ShopFile& place, const Status& broken) {
      INFO((broken ? "done" : broken.error().zm + " " + broken.error().message));
      const std::string now = seen(place);
      CHECK((now == before || now == after));
      if (broken.has_value()) CHECK((now == after));
      if (!broken.has_value() && broken.error().effect == Effect::none) CHECK((now == before));
      if (now == before) {
        const Status again = commit(place, batch);
        INFO((again ? "" : again.error().zm + " " + again.error().message));
        REQUIRE(again.has_value());
      }
      CHECK((seen(place) == after));
    });
    CHECK(places > 60);
  }
}

#ifdef ZMIG_FAILPOINTS

namespace {

struct Handler {
  explicit Handler(failpoint::Handler asked) { failpoint::set_handler(std::move(asked)); }
  ~Handler() { failpoint::set_handler({}); }
};

/// Left by a commit that stopped for good at exchange number `at`; `meanwhile` (may be empty) happens in front of the
/// first one.
std::unique_ptr<ShopFile> interrupted(const ShopFile& start, std::size_t at,
                                      const std::function<void(ShopFile&)>& meanwhile) {
  auto place = std::make_unique<ShopFile>(start);
  std::size_t reached = 0;
  const Handler handler([&](std::string_view name) -> std::optional<Error> {
    if (name == "csv.before_exchange" && ++reached == 1 && meanwhile) meanwhile(*place);
    return reached < at ? std::nullopt : std::optional<Error>(make_error(Errc::io, "", "stopped"));
  });
  const Status done = commit(*place, of_everything());
  REQUIRE_FALSE(done.has_value());
  REQUIRE(fs::exists(place->book() + "/" + std::string(csv::kJournal)));
  return place;
}

Status next_writer(ShopFile& place) {
  ZMIG_TRY(const auto target, place.open());
  ZMIG_CHECK_OK(target->inspect());
  ZMIG_TRY(const auto writer, target->open_writer({"next", std::chrono::milliseconds(20)}));
  return ok();
}

bool left(const ShopFile& place) {
  return fs::exists(place.book() + "/" + std::string(csv::kJournal)) ||
         !fs::is_empty(place.book() + "/" + std::string(csv::kStage));
}

}  // namespace

TEST_CASE("calls: the recovery of an interrupted set is finished by whoever comes, whichever place fails") {
  const auto start = shop_on("csv");
  std::string after;
  {
    ShopFile quiet(*start);
    REQUIRE(commit(quiet, of_everything()).has_value());
    after = seen(quiet);
  }
  std::size_t places = 0;
  for (std::size_t at = 1; at <= 5; ++at) {
    INFO("stopped at exchange " << at);
    const auto stopped = interrupted(*start, at, {});
    CHECK((seen(*stopped) == after));  // through the journal
    const auto read = [](ShopFile& place) -> Status {
      ZMIG_TRY(const auto target, place.open());
      ZMIG_TRY(const std::string all, everything(*target));
      return ok();
    };
    places += break_each_place(*stopped, read, [&](ShopFile& place, const Status&) { CHECK((seen(place) == after)); });
    places += break_each_place(*stopped, next_writer, [&](ShopFile& place, const Status& broken) {
      INFO((broken ? "done" : broken.error().message));
      CHECK((seen(place) == after));
      REQUIRE(next_writer(place).has_value());
      CHECK_FALSE(left(place));
      CHECK((seen(place) == after));
    });
  }
  CHECK(places > 100);
}

TEST_CASE("calls: a set that a person's save sends back goes back whole, whichever place fails") {
  const auto start = shop_on("csv");
  const std::string mine = "ID,Mine\n9,saved by hand\n";
  const auto save = [&](ShopFile& place) {
    const std::string name = place.book() + "/Pedidos.csv";
    std::ofstream(name + ".new") << mine;
    fs::rename(name + ".new", name);
  };
  const auto text_of = [](const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  std::string before;
  {
    ShopFile quiet(*start);
    save(quiet);
    before = seen(quiet);
  }
  std::size_t places = 0;
  // Five steps forward find the save; six back undo what was done.
  for (std::size_t at = 6; at <= 11; ++at) {
    INFO("stopped at exchange " << at);
    const auto stopped = interrupted(*start, at, save);
    const auto journal =
        must(csv::journal_from_json(text_of(stopped->book() + "/" + std::string(csv::kJournal)), "journal"));
    REQUIRE_FALSE(journal.forward);
    CHECK((seen(*stopped) == before));
    const auto read = [](ShopFile& place) -> Status {
      ZMIG_TRY(const auto target, place.open());
      ZMIG_TRY(const std::string all, everything(*target));
      return ok();
    };
    places += break_each_place(*stopped, read, [&](ShopFile& place, const Status&) { CHECK((seen(place) == before)); });
    places += break_each_place(*stopped, next_writer, [&](ShopFile& place, const Status& broken) {
      INFO((broken ? "done" : broken.error().message));
      CHECK((seen(place) == before));
      REQUIRE(next_writer(place).has_value());
      CHECK_FALSE(left(place));
      CHECK((seen(place) == before));
      CHECK(text_of(place.book() + "/Pedidos.csv") == mine);
    });
  }
  CHECK(places > 50);
}

#endif
