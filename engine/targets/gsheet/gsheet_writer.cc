// One migration, or a group of them, as one batchUpdate: guarded by a last look, sent once, settled until it is known
// what became of it (google-sheets.md A8).
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "targets/gsheet/gsheet_target.h"
#include "targets/gsheet/lower.h"
#include "targets/gsheet/requests.h"
#include "targets/live.h"

namespace zmig {
namespace {

constexpr std::string_view kBurnt = "burnt";
constexpr int kResends = 3;
constexpr std::chrono::milliseconds kLag{10'000}, kPause{1'000};

bool is_taken(const Error& error) {
  return error.message.find("developer metadata with that ID already exists") != std::string::npos;
}

Error changed(std::string place) {
  return make_error(Errc::conflict, "ZM0303", "the spreadsheet changed since the plan was made; nothing was written",
                    "plan again", std::move(place));
}

}  // namespace

class GsheetWriter final : public Writer {
 public:
  explicit GsheetWriter(GsheetTarget& target) : target_(target) { target_.writing_ = true; }
  ~GsheetWriter() override { end(); }

  Status stage_filling(Workbook wanted, std::span<const Part> batch) {
    if (!target_.read_at_) ZMIG_CHECK_OK(target_.look());
    ZMIG_TRY(lowered_, gsheet::lower_filling(target_.seen_, std::move(wanted), batch, target_.api_->account()));
    staged_ = true;
    return ok();
  }

  Result<Staged> stage(std::span<const Part> batch) override {
    if (ended_) return has_ended();
    ZMIG_FAILPOINT_STATUS("gsheet.before_stage");
    if (!target_.read_at_) ZMIG_CHECK_OK(target_.look());
    ZMIG_TRY(lowered_, gsheet::lower(target_.seen_, batch, target_.api_->account()));
    staged_ = true;
    return Staged{target_.seen_.fingerprint, "sha256:" + sha256_hex(lowered_.body)};
  }

  Result<CommitReport> commit(std::span<const Part> batch, const Staged& staged) override {
    if (ended_) return has_ended();
    if (!staged_) {
      if (auto made = stage(batch); !made) return ended(std::move(made).error());
    }
    ZMIG_ASSERT(staged.after.empty() || staged.after == "sha256:" + sha256_hex(lowered_.body),
                "what is sent is what was recorded");
    if (lowered_.body.empty()) {
      end();
      return lowered_.report;
    }
    if (Status same = guard(batch); !same) return ended(std::move(same).error());
    if (auto failed = failpoint::reached("gsheet.before_send")) return ended(*std::move(failed));
    Status sent = send_and_settle();
    if (sent) {
      if (auto failed = failpoint::reached("gsheet.after_send")) {
        failed->effect = Effect::unknown;
        sent = *std::move(failed);
      }
    }
    target_.read_at_.reset();  // whatever became of it, what was read is outdated
    if (!sent) return ended(std::move(sent).error());
    read_back();
    end();
    return lowered_.report;
  }

 private:
  static Error has_ended() { return make_error(Errc::conflict, "", "this writer has ended; open another one"); }

  void end() {
    ended_ = true;
    target_.writing_ = false;
  }
  Error ended(Error error) {
    end();
    return error;
  }

  /// The last look before the batch leaves: what it was made for is what stands there (A8.2, A10).
  Status guard(std::span<const Part> batch) {
    if (auto failed = failpoint::reached("gsheet.before_guard")) return *std::move(failed);
    ZMIG_TRY(const auto now, target_.fetch_unless(target_.seen_.fingerprint));
    if (!now) return ok();
    const std::string difference = gsheet::first_difference(target_.seen_, *now);
    if (difference.empty()) return ok();
    // What the changes themselves say of it is told first.
    const auto again = gsheet::lower(*now, batch, target_.api_->account());
    target_.read_at_.reset();
    if (!again) return again.error();
    return changed(difference);
  }

  enum class Fate { ours, taken, absent_same, absent_changed, burnt };
  Result<Fate> find_fate() {
    ZMIG_TRY(const gsheet::Snapshot now, target_.fetch());
    for (const gsheet::StampSlot& slot : now.slots) {
      if (slot.metadata_id != lowered_.first_stamp_id) continue;
      if (slot.value == kBurnt) return Fate::burnt;
      return slot.value == lowered_.first_stamp_value ? Fate::ours : Fate::taken;
    }
    return gsheet::first_difference(target_.seen_, now).empty() ? Fate::absent_same : Fate::absent_changed;
  }

  Status send_and_settle() {
    std::optional<Error> last;
    for (int attempt = 0; attempt <= kResends; ++attempt) {
      const auto sent = target_.post(lowered_.body);
      if (sent) return ok();
      last = sent.error();
      const bool open = last->effect == Effect::unknown;
      if (!open && !is_taken(*last)) return *last;
      if (lowered_.first_stamp_id == 0) return *last;  // nothing tells whether it is there
      auto fate = find_fate();
      if (!fate) {
        last->effect = open ? Effect::unknown : Effect::none;
        return *last;
      }
      if (*fate == Fate::ours) return ok();
      if (*fate == Fate::taken) return taken();
      if (*fate == Fate::burnt) return not_landed();
      if (!open) {  // it is taken, and cannot be seen yet: a reading lags behind
        target_.ports_.clock.sleep(kPause);
        continue;
      }
      if (*fate == Fate::absent_changed) break;
      target_.ports_.clock.sleep(kPause);
    }
    return burn(*std::move(last));
  }

  [[nodiscard]] Status taken() const {
    return make_error(Errc::transient, "ZM0603",
                      "somebody else migrated meanwhile: the number of this stamp entry is used",
                      "look at `zmig status`, then plan again");
  }
  static Status not_landed() {
    return make_error(Errc::transient, "ZM0410", "the batch did not reach the spreadsheet, and cannot any more",
                      "run the command again");
  }

  /// Takes the id of the batch, so that no late copy of it can land any more.
  Status burn(Error last) {
    for (int attempt = 0; attempt <= kResends; ++attempt) {
      gsheet::Requests requests;
      requests.create_stamp(lowered_.first_stamp_id, kBurnt);
      const auto sent = target_.post(std::move(requests).body());
      if (sent) return not_landed();
      if (sent.error().effect != Effect::unknown && !is_taken(sent.error())) break;
      auto fate = find_fate();
      if (!fate) break;
      if (*fate == Fate::ours) return ok();
      if (*fate == Fate::taken) return taken();
      if (*fate == Fate::burnt) return not_landed();
      target_.ports_.clock.sleep(kPause);
    }
    last.effect = Effect::unknown;
    return last;
  }

  /// What was written is seen from now on. A reading may lag behind; one that fails is made again by whoever asks next.
  void read_back() {
    const auto begun = target_.ports_.clock.monotonic();
    for (;;) {
      auto now = target_.fetch();
      if (!now) return;
      bool there = lowered_.first_stamp_id == 0;
      for (const gsheet::StampSlot& slot : now->slots) there = there || slot.metadata_id == lowered_.first_stamp_id;
      if (there || target_.ports_.clock.monotonic() - begun >= kLag) {
        target_.take(*std::move(now));
        return;
      }
      target_.ports_.clock.sleep(kPause);
    }
  }

  GsheetTarget& target_;
  gsheet::Lowered lowered_;
  bool staged_ = false, ended_ = false;
};

Result<CommitReport> GsheetTarget::fill(Workbook wanted, std::span<const Part> batch) {
  ZMIG_CHECK_OK(look());
  GsheetWriter writer(*this);
  ZMIG_CHECK_OK(writer.stage_filling(std::move(wanted), batch));
  return writer.commit(batch, {});
}

Result<std::unique_ptr<Writer>> GsheetTarget::open_writer(const Lease&) {
  if (writing_) return make_error(Errc::busy, "ZM0401", "a writer of this spreadsheet is open already");
  ZMIG_FAILPOINT_STATUS("gsheet.before_open");
  ZMIG_CHECK_OK(look());
  return std::unique_ptr<Writer>(std::make_unique<GsheetWriter>(*this));
}

}  // namespace zmig
