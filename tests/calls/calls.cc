#include "calls/calls.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <utility>

extern "C" {
extern const char __executable_start;  // NOLINT(bugprone-reserved-identifier): the linker's names
extern const char etext;
}

namespace zmig::test {
namespace {

// What the C functions below ask. One thread, one armed thing at a time.
struct State {
  bool counting = false, recording = false, busy = false;
  std::size_t seen = 0, at = 0;
  int number = 0;
  std::vector<SeenCall> calls;
  std::function<void(struct stat&)> change;
};
State& state() {
  static State one;
  return one;
}

std::vector<const void*> stack_in_program() {
  std::array<void*, 96> frames{};
  const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
  std::vector<const void*> out;
  for (int i = 3; i < count; ++i) {  // without this, counts() and the function in front
    const auto* const frame = static_cast<const char*>(frames[static_cast<std::size_t>(i)]);
    if (frame >= &__executable_start && frame < &etext) out.push_back(frame);
  }
  return out;
}

std::vector<NamedCalls*>& rules() {
  static std::vector<NamedCalls*> all;
  return all;
}

/// The rule whose turn it is: that call fails. Actions happen on the way.
const NamedCalls* rule_for(std::string_view name) {
  static bool busy = false;  // what others do is not counted
  if (busy) return nullptr;
  for (NamedCalls* rule : rules()) {
    if (rule->name != name) continue;
    ++rule->seen;
    if (rule->seen < rule->first || rule->seen >= rule->first + rule->count) continue;
    rule->happened = true;
    if (!rule->action) return rule;
    busy = true;
    rule->action();
    busy = false;
  }
  return nullptr;
}

/// Whether this is one of the calls of a name that fail.
bool named(std::string_view name) {
  const NamedCalls* const rule = rule_for(name);
  if (rule != nullptr) state().number = rule->number;
  return rule != nullptr;
}

/// Whether this is the call that fails.
bool counts(const char* name) {
  if (!rules().empty()) return named(name);
  State& now = state();
  if (!now.counting || now.busy) return false;
  ++now.seen;
  if (now.recording) {
    now.busy = true;  // what a backtrace opens is nobody's call
    now.calls.push_back({now.seen, name, stack_in_program()});
    now.busy = false;
  }
  return now.seen == now.at;
}

/// The errno to fail with.
int failing() { return errno = state().number; }

int sqlite_code() {
  const int number = state().number;
  return number < 0 ? -number : number == ENOSPC ? SQLITE_FULL : number == EBUSY ? SQLITE_BUSY : SQLITE_IOERR;
}

template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

Recording::Recording() {
  std::array<void*, 2> warm{};
  static_cast<void>(::backtrace(warm.data(), 2));  // the first one loads a library
  state() = State{};
  state().counting = state().recording = true;
}
Recording::~Recording() { state() = State{}; }
std::vector<SeenCall> Recording::calls() const { return state().calls; }

OneFails::OneFails(std::size_t at, int number) {
  state() = State{};
  state().counting = true;
  state().at = at;
  state().number = number;
}
OneFails::~OneFails() { state() = State{}; }
bool OneFails::happened() const { return state().seen >= state().at; }

NamedFails::NamedFails(std::string name, int number, std::size_t first, std::size_t count)
    : rule_{std::move(name), number, first, count, {}} {
  rules().push_back(&rule_);
}
NamedFails::~NamedFails() { std::erase(rules(), &rule_); }

Before::Before(std::string name, std::size_t at, std::function<void()> action)
    : rule_{std::move(name), 0, at, 1, std::move(action)} {
  rules().push_back(&rule_);
}
Before::~Before() { std::erase(rules(), &rule_); }

StatShows::StatShows(std::function<void(struct stat&)> change) { state().change = std::move(change); }
StatShows::~StatShows() { state().change = nullptr; }

namespace {
Attributes*& attributes() {
  static Attributes* one = nullptr;
  return one;
}
}  // namespace

Attributes::Attributes(std::map<std::string, std::optional<std::string>> all) : there(std::move(all)) {
  attributes() = this;
}
Attributes::~Attributes() { attributes() = nullptr; }

struct AttributeCalls {
  static ssize_t list(char* into, size_t size) {
    std::string names;
    for (const auto& [name, value] : attributes()->there) names.append(name).push_back('\0');
    if (size >= names.size()) std::copy(names.begin(), names.end(), into);
    return static_cast<ssize_t>(names.size());
  }
  static ssize_t value(const std::string& name, char* into, size_t size) {
    const auto found = attributes()->there.find(name);
    if (found == attributes()->there.end() || !found->second) return errno = EPERM, -1;
    std::string value = *found->second;
    if (size > 0 && attributes()->change_between) value.push_back('!');
    if (size > 0 && size < value.size()) return errno = ERANGE, -1;
    if (size > 0) std::copy(value.begin(), value.end(), into);
    return static_cast<ssize_t>(value.size());
  }
  static int keep(const std::string& name, const void* value, size_t size) {
    attributes()->set_[name] = std::string(static_cast<const char*>(value), size);
    return 0;
  }
  static bool armed() { return attributes() != nullptr; }
};

std::vector<SeenCall> new_places(const std::vector<SeenCall>& calls, std::set<const void*>& shown) {
  std::vector<SeenCall> out;
  for (const SeenCall& call : calls) {
    bool any = false;
    for (const void* place : call.from) any = shown.insert(place).second || any;
    if (any) out.push_back(call);
  }
  return out;
}

}  // namespace zmig::test

using zmig::test::counts;
using zmig::test::failing;
using zmig::test::named;
using zmig::test::next;

// NOLINTBEGIN: these are the functions of others, as those declare them
extern "C" {

int open(const char* path, int flags, ...) {
  static auto* const real = next<int(const char*, int, ...)>("open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (counts("open")) return failing(), -1;
  return real(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  static auto* const real = next<int(const char*, int, ...)>("open64");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (counts("open64")) return failing(), -1;
  return real(path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  static auto* const real = next<int(int, const char*, int, ...)>("openat");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (counts("openat")) return failing(), -1;
  return real(folder, path, flags, mode);
}
int fstat(int file, struct stat* info) noexcept {
  static auto* const real = next<int(int, struct stat*)>("fstat");
  if (counts("fstat")) return failing(), -1;
  const int done = real(file, info);
  if (done == 0 && zmig::test::state().change) zmig::test::state().change(*info);
  return done;
}
int fstatat(int folder, const char* path, struct stat* info, int flags) noexcept {
  static auto* const real = next<int(int, const char*, struct stat*, int)>("fstatat");
  if (counts("fstatat")) return failing(), -1;
  return real(folder, path, info, flags);
}
int lstat(const char* path, struct stat* info) noexcept {
  static auto* const real = next<int(const char*, struct stat*)>("lstat");
  if (counts("lstat")) return failing(), -1;
  return real(path, info);
}
ssize_t read(int file, void* into, size_t size) {
  static auto* const real = next<ssize_t(int, void*, size_t)>("read");
  if (counts("read")) return failing(), -1;
  return real(file, into, size);
}
ssize_t pread(int file, void* into, size_t size, off_t at) {
  static auto* const real = next<ssize_t(int, void*, size_t, off_t)>("pread");
  if (counts("pread")) return failing(), -1;
  return real(file, into, size, at);
}
ssize_t pread64(int file, void* into, size_t size, off64_t at) {
  static auto* const real = next<ssize_t(int, void*, size_t, off64_t)>("pread64");
  if (counts("pread64")) return failing(), -1;
  return real(file, into, size, at);
}
ssize_t write(int file, const void* from, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  if (counts("write")) return failing(), -1;
  return real(file, from, size);
}
ssize_t pwrite(int file, const void* from, size_t size, off_t at) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  if (counts("pwrite")) return failing(), -1;
  return real(file, from, size, at);
}
ssize_t pwrite64(int file, const void* from, size_t size, off64_t at) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  if (counts("pwrite64")) return failing(), -1;
  return real(file, from, size, at);
}
int fsync(int file) {
  static auto* const real = next<int(int)>("fsync");
  if (counts("fsync")) return failing(), -1;
  return real(file);
}
int fdatasync(int file) {
  static auto* const real = next<int(int)>("fdatasync");
  if (counts("fdatasync")) return failing(), -1;
  return real(file);
}
int ftruncate(int file, off_t size) noexcept {
  static auto* const real = next<int(int, off_t)>("ftruncate");
  if (counts("ftruncate")) return failing(), -1;
  return real(file, size);
}
int ftruncate64(int file, off64_t size) noexcept {
  static auto* const real = next<int(int, off64_t)>("ftruncate64");
  if (counts("ftruncate64")) return failing(), -1;
  return real(file, size);
}
/// Closes all the same: the descriptor is gone on Linux, whatever close() says.
int close(int file) {
  static auto* const real = next<int(int)>("close");
  const int done = real(file);
  if (counts("close")) return failing(), -1;
  return done;
}
int fcntl(int file, int command, ...) {
  static auto* const real = next<int(int, int, ...)>("fcntl");
  va_list more;
  va_start(more, command);
  void* const argument = va_arg(more, void*);
  va_end(more);
  if (counts("fcntl")) return failing(), -1;
  return real(file, command, argument);
}
int fcntl64(int file, int command, ...) {
  static auto* const real = next<int(int, int, ...)>("fcntl64");
  va_list more;
  va_start(more, command);
  void* const argument = va_arg(more, void*);
  va_end(more);
  if (counts("fcntl64")) return failing(), -1;
  return real(file, command, argument);
}
int flock(int file, int operation) noexcept {
  static auto* const real = next<int(int, int)>("flock");
  if (counts("flock")) return failing(), -1;
  return real(file, operation);
}
int unlink(const char* path) noexcept {
  static auto* const real = next<int(const char*)>("unlink");
  if (counts("unlink")) return failing(), -1;
  return real(path);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  static auto* const real = next<int(int, const char*, int)>("unlinkat");
  if (counts("unlinkat")) return failing(), -1;
  return real(folder, path, flags);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  static auto* const real = next<int(int, const char*, int, const char*)>("renameat");
  if (counts("renameat")) return failing(), -1;
  return real(from_folder, from, to_folder, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  static auto* const real = next<int(int, const char*, int, const char*, unsigned)>("renameat2");
  if (counts("renameat2")) return failing(), -1;
  return real(from_folder, from, to_folder, to, flags);
}
int fchmod(int file, mode_t mode) noexcept {
  static auto* const real = next<int(int, mode_t)>("fchmod");
  if (counts("fchmod")) return failing(), -1;
  return real(file, mode);
}
int fchown(int file, uid_t user, gid_t group) noexcept {
  static auto* const real = next<int(int, uid_t, gid_t)>("fchown");
  if (counts("fchown")) return failing(), -1;
  return real(file, user, group);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static auto* const real = next<int(const char*, mode_t)>("mkdir");
  if (counts("mkdir")) return failing(), -1;
  return real(path, mode);
}
ssize_t flistxattr(int file, char* into, size_t size) noexcept {
  static auto* const real = next<ssize_t(int, char*, size_t)>("flistxattr");
  if (named("flistxattr")) return failing(), -1;
  return zmig::test::AttributeCalls::armed() ? zmig::test::AttributeCalls::list(into, size) : real(file, into, size);
}
ssize_t fgetxattr(int file, const char* name, void* into, size_t size) noexcept {
  static auto* const real = next<ssize_t(int, const char*, void*, size_t)>("fgetxattr");
  if (!zmig::test::AttributeCalls::armed()) return real(file, name, into, size);
  return zmig::test::AttributeCalls::value(name, static_cast<char*>(into), size);
}
int fsetxattr(int file, const char* name, const void* value, size_t size, int flags) noexcept {
  static auto* const real = next<int(int, const char*, const void*, size_t, int)>("fsetxattr");
  if (!zmig::test::AttributeCalls::armed()) return real(file, name, value, size, flags);
  return zmig::test::AttributeCalls::keep(name, value, size);
}
int access(const char* path, int mode) noexcept {
  static auto* const real = next<int(const char*, int)>("access");
  if (named("access")) return failing(), -1;
  return real(path, mode);
}
/// By name: the folder is on NFS.
int statfs(const char* path, struct statfs* facts) noexcept {
  static auto* const real = next<int(const char*, struct statfs*)>("statfs");
  const int done = real(path, facts);
  if (named("statfs")) facts->f_type = 0x6969;
  return done;
}

int sqlite3_open_v2(const char* path, sqlite3** db, int flags, const char* vfs) {
  static auto* const real = next<decltype(::sqlite3_open_v2)>("sqlite3_open_v2");
  if (counts("sqlite3_open_v2")) return *db = nullptr, zmig::test::sqlite_code();
  return real(path, db, flags, vfs);
}
int sqlite3_prepare_v3(sqlite3* db, const char* sql, int size, unsigned flags, sqlite3_stmt** out, const char** tail) {
  static auto* const real = next<decltype(::sqlite3_prepare_v3)>("sqlite3_prepare_v3");
  if (counts("sqlite3_prepare_v3")) return *out = nullptr, zmig::test::sqlite_code();
  return real(db, sql, size, flags, out, tail);
}
int sqlite3_step(sqlite3_stmt* statement) {
  static auto* const real = next<decltype(::sqlite3_step)>("sqlite3_step");
  if (counts("sqlite3_step")) return zmig::test::sqlite_code();
  return real(statement);
}
int sqlite3_exec(sqlite3* db, const char* sql, int (*sink)(void*, int, char**, char**), void* to, char** message) {
  static auto* const real = next<decltype(::sqlite3_exec)>("sqlite3_exec");
  if (named("sqlite3_exec after")) return real(db, sql, sink, to, message), zmig::test::sqlite_code();
  if (!counts("sqlite3_exec")) return real(db, sql, sink, to, message);
  // After a ROLLBACK that failed SQLite is out of the transaction all the same.
  if (std::string_view(sql).starts_with("ROLLBACK")) static_cast<void>(real(db, sql, sink, to, message));
  return zmig::test::sqlite_code();
}
sqlite3_backup* sqlite3_backup_init(sqlite3* to, const char* to_name, sqlite3* from, const char* from_name) {
  static auto* const real = next<decltype(::sqlite3_backup_init)>("sqlite3_backup_init");
  if (counts("sqlite3_backup_init")) return nullptr;
  return real(to, to_name, from, from_name);
}
int sqlite3_backup_step(sqlite3_backup* backup, int pages) {
  static auto* const real = next<decltype(::sqlite3_backup_step)>("sqlite3_backup_step");
  if (counts("sqlite3_backup_step")) return zmig::test::sqlite_code();
  return real(backup, pages);
}
/// The options of zmig take an int and a pointer to one.
int sqlite3_db_config(sqlite3* db, int option, ...) {
  static auto* const real = next<int(sqlite3*, int, ...)>("sqlite3_db_config");
  va_list more;
  va_start(more, option);
  const int value = va_arg(more, int);
  int* const now = va_arg(more, int*);
  va_end(more);
  if (counts("sqlite3_db_config")) return zmig::test::sqlite_code();
  return real(db, option, value, now);
}
/// By name, and where the file itself is asked for: each PRAGMA goes through here as well.
int sqlite3_file_control(sqlite3* db, const char* name, int option, void* argument) {
  static auto* const real = next<decltype(::sqlite3_file_control)>("sqlite3_file_control");
  if (option == SQLITE_FCNTL_FILE_POINTER && named("sqlite3_file_control")) return zmig::test::sqlite_code();
  return real(db, name, option, argument);
}

// By name only: each place that binds a value would be one more to break.
int sqlite3_bind_int64(sqlite3_stmt* statement, int parameter, sqlite3_int64 value) {
  static auto* const real = next<decltype(::sqlite3_bind_int64)>("sqlite3_bind_int64");
  if (named("sqlite3_bind_int64")) return zmig::test::sqlite_code();
  return real(statement, parameter, value);
}
ZSTD_CCtx* ZSTD_createCCtx(void) {
  static auto* const real = next<decltype(::ZSTD_createCCtx)>("ZSTD_createCCtx");
  return named("ZSTD_createCCtx") ? nullptr : real();
}
ZSTD_DCtx* ZSTD_createDCtx(void) {
  static auto* const real = next<decltype(::ZSTD_createDCtx)>("ZSTD_createDCtx");
  return named("ZSTD_createDCtx") ? nullptr : real();
}
size_t ZSTD_compressStream2(ZSTD_CCtx* packer, ZSTD_outBuffer* out, ZSTD_inBuffer* in, ZSTD_EndDirective how) {
  static auto* const real = next<decltype(::ZSTD_compressStream2)>("ZSTD_compressStream2");
  if (named("ZSTD_compressStream2")) return static_cast<size_t>(-64);  // ZSTD_error_memory_allocation
  return real(packer, out, in, how);
}
int inflateInit2_(z_streamp stream, int bits, const char* version, int size) {
  static auto* const real = next<decltype(::inflateInit2_)>("inflateInit2_");
  if (named("inflateInit2_")) return Z_MEM_ERROR;
  return real(stream, bits, version, size);
}
}
// NOLINTEND
