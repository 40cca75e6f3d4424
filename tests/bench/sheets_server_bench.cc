// What zmig-sheets-server costs in processor time: reading and writing a large sheet, a million cells, small requests.
// In this process, without sockets.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

#include <sys/resource.h>

#include "service.h"

using namespace sheets_server;

namespace {

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

long peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

class Office {
 public:
  Office() : service_(Options{1, 1'760'000'000'000, true}) {
    service_.quota().mode = QuotaMode::off;
    id = service_.world().create("T", kSpreadsheetMime, Caller{}.email).id;
  }
  HttpResponse call(const std::string& method, const std::string& tail, const std::string& body = {}) {
    HttpRequest request{method, "/v4/spreadsheets/" + id + tail};
    request.body = body;
    request.authorization = "Bearer t";
    HttpResponse out = service_.handle(request);
    if (out.status != 200) {
      std::fprintf(stderr, "bench_sheets_server: %d %s\n", out.status, out.body.substr(0, 300).c_str());
      std::exit(1);
    }
    return out;
  }
  std::string id;

 private:
  Service service_;
};

// Best of several, in ms of processor time; the bytes of the last answer.
template <class Work>
void measure(const char* what, int times, Work work) {
  double best = 1e9;
  std::size_t bytes = 0;
  for (int n = 0; n < times; ++n) {
    const double begun = cpu_ms();
    bytes = work();
    best = std::min(best, cpu_ms() - begun);
  }
  std::printf("%-58s %9.1f ms %9zu bytes   peak %ld MB\n", what, best, bytes, peak_mb());
}

// A batch that writes a block of text cells, a tenth of them numbers.
std::string block(int rows, int columns) {
  std::string out =
      R"({"requests":[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":)" +
      std::to_string(rows) + R"(,"columnCount":)" + std::to_string(columns) +
      R"(}},"fields":"gridProperties"}},{"updateCells":{"start":{"sheetId":0},"fields":"userEnteredValue","rows":[)";
  for (int r = 0; r < rows; ++r) {
    out += r == 0 ? "{\"values\":[" : ",{\"values\":[";
    for (int c = 0; c < columns; ++c) {
      if (c > 0) out += ',';
      if (c % 10 == 9)
        out += R"({"userEnteredValue":{"numberValue":)" + std::to_string(r * c) + "}}";
      else
        out += R"({"userEnteredValue":{"stringValue":"value )" + std::to_string(r) + "/" + std::to_string(c) + "\"}}";
    }
    out += "]}";
  }
  return out + "]}}]}";
}

void large_sheet() {
  Office office;
  const std::string write = block(2556, 63);
  measure("batchUpdate, 63 x 2,556 cells", 3, [&] {
    office.call("POST", ":batchUpdate", write);
    return write.size();
  });
  const std::string fields =
      "?fields=spreadsheetId,sheets(properties,data(startRow,startColumn,columnMetadata(hiddenByUser,"
      "developerMetadata),"
      "rowData(values(userEnteredValue,userEnteredFormat(numberFormat),dataValidation,note))))";
  for (const char* pretty : {"", "&prettyPrint=false"})
    measure(*pretty == 0 ? "get of 63 x 2,556 cells, as zmig asks" : "... without prettyPrint", 5,
            [&] { return office.call("GET", fields + pretty).body.size(); });
  measure("get of 63 x 2,556 cells, includeGridData", 3,
          [&] { return office.call("GET", "?includeGridData=true&prettyPrint=false").body.size(); });
  measure("values.get of 63 x 2,556 cells", 3, [&] { return office.call("GET", "/values/Sheet1").body.size(); });
  measure("batchUpdate of one cell of it", 20, [&] {
    return office
        .call(
            "POST", ":batchUpdate",
            R"({"requests":[{"updateCells":{"start":{"sheetId":0,"rowIndex":7},"fields":"userEnteredValue","rows":[{"values":[{"userEnteredValue":{"numberValue":1}}]}]}}]})")
        .body.size();
  });
}

void small_requests() {
  Office office;
  office.call("PUT", "/values/A1?valueInputOption=RAW", R"({"values":[["a"]]})");
  constexpr int kTimes = 2000;
  const auto rate = [](const char* what, double ms) {
    std::printf("%-58s %9.0f a second of processor time\n", what, kTimes * 1000.0 / ms);
  };
  double begun = cpu_ms();
  for (int n = 0; n < kTimes; ++n) office.call("GET", "/values/A1");
  rate("values.get of one cell", cpu_ms() - begun);
  begun = cpu_ms();
  for (int n = 0; n < kTimes; ++n) office.call("PUT", "/values/A1?valueInputOption=RAW", R"({"values":[["b"]]})");
  rate("values.update of one cell", cpu_ms() - begun);
}

void million() {
  Office office;
  const std::string write = block(10'000, 100);
  measure("batchUpdate, 1,000,000 cells", 1, [&] {
    office.call("POST", ":batchUpdate", write);
    return write.size();
  });
  measure("values.get of 1,000,000 cells", 1, [&] { return office.call("GET", "/values/Sheet1").body.size(); });
}

}  // namespace

int main() {
  measure("start (tables, kinds)", 5, [] {
    const Service service(Options{});
    return std::size_t{0};
  });
  small_requests();
  large_sheet();
  million();
  return 0;
}
