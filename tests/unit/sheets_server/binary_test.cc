// The program itself: how fast it starts, how it ends, what it writes.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bench.h"
#include "support/sheets_process.h"
#include "wire.h"

using namespace sheets_server;

using Process = zmig::test::SheetsProcess;

TEST_CASE("sheets-server: it starts in less than 50 ms") {
  std::int64_t best = 1000000;
  for (int n = 0; n < 10 && best >= 50000; ++n) {
    for (int turn = 0; turn < 3; ++turn) {
      const auto begin = std::chrono::steady_clock::now();
      Process server({});
      const auto lasted = std::chrono::steady_clock::now() - begin;
      REQUIRE(server.ready().contains("api"));
      best = std::min<std::int64_t>(best, std::chrono::duration_cast<std::chrono::microseconds>(lasted).count());
    }
  }
  std::printf("sheets-server: started in %.1f ms, from the fork to the line that says it listens (best of 3)\n",
              static_cast<double>(best) / 1000);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  CHECK(best < 1000000);  // the sanitizers are what takes the time
#else
  CHECK(best < 50000);
#endif
}

TEST_CASE("sheets-server: it ends when its standard input is closed, and when it is told to, and keeps its state") {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("sheets-binary-" + std::to_string(getpid()) + ".json");
  Process first({"--state", file.string(), "--with-spreadsheet", "Kept", "--office", "office-id"});
  CHECK(talk(first.port("api"), "GET", "/v4/spreadsheets/office-id", "").status() == 200);
  first.close_input();
  CHECK(first.wait() == 0);
  Process second({"--state", file.string()});
  const Seen list = talk(second.port("api"), "GET", "/drive/v3/files", "");
  CHECK(list.body.find("\"Kept\"") != std::string::npos);
  second.terminate();
  CHECK(second.wait() == 0);
  std::ofstream(file) << "[]";
  Process third({"--state", file.string()});
  CHECK(third.wait() == 2);
  std::filesystem::remove(file);
}

TEST_CASE("sheets-server: a clock that is no time, a knob that is none and a remote address end it with 2") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--clock", "noon"},
                                                {"--knob", "rangesHide=x"},
                                                {"--limit", "cells=-1"},
                                                {"--listen", "0.0.0.0"},
                                                {"--behaviour", "D"}}) {
    INFO(words[0]);
    Process server(words);
    CHECK(server.wait() == 2);
  }
  Process server({"--clock", "2026-11-20T10:00:00Z", "--clock-mode", "step", "--limit", "readsPerUser=1"});
  CHECK(talk(server.port("control"), "POST", "/clock", "{}").body.find("2026-11-20T10:00:00.000Z") !=
        std::string::npos);
  CHECK(talk(server.port("api"), "GET", "/v4/spreadsheets/x", "").status() == 404);
  CHECK(talk(server.port("api"), "GET", "/v4/spreadsheets/x", "").status() == 429);
}
