# What zmig is built with, found as Debian packages it. Third-party headers are system headers (no warnings from them).
# ZMIG_STATIC: a command that starts fast links its libraries in, as far as they come as archives; only the C library
# stays outside (the dynamic linker costs more than the rest of a `status`).
if(ZMIG_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
  add_link_options(-static-libstdc++ -static-libgcc -Wl,--as-needed)
  # Debian has no archive of fmt; with its code in the headers nothing of the shared one is needed.
  add_compile_definitions(FMT_HEADER_ONLY=1)
endif()
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(SQLite3 REQUIRED)
if(ZMIG_STATIC)
  set_property(TARGET SQLite::SQLite3 APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${CMAKE_DL_LIBS} m)
endif()
find_package(ZLIB REQUIRED)
# libdeflate: packs the parts of workbooks.
# xxHash: comparisons with oneself, all of it in a header. zstd: backups.
find_path(ZMIG_XXHASH_INCLUDE xxhash.h REQUIRED)
find_path(ZMIG_ZSTD_INCLUDE zstd.h REQUIRED)
find_library(ZMIG_ZSTD_LIBRARY NAMES zstd REQUIRED)
find_path(ZMIG_LIBDEFLATE_INCLUDE libdeflate.h REQUIRED)
find_library(ZMIG_LIBDEFLATE_LIBRARY NAMES deflate REQUIRED)
add_library(zmig_xxhash INTERFACE)
target_include_directories(zmig_xxhash SYSTEM INTERFACE "$<BUILD_INTERFACE:${ZMIG_XXHASH_INCLUDE}>")
add_library(zmig_zstd INTERFACE)
target_include_directories(zmig_zstd SYSTEM INTERFACE "$<BUILD_INTERFACE:${ZMIG_ZSTD_INCLUDE}>")
target_link_libraries(zmig_zstd INTERFACE "${ZMIG_ZSTD_LIBRARY}")
add_library(zmig_libdeflate INTERFACE)
target_include_directories(zmig_libdeflate SYSTEM INTERFACE "$<BUILD_INTERFACE:${ZMIG_LIBDEFLATE_INCLUDE}>")
target_link_libraries(zmig_libdeflate INTERFACE "${ZMIG_LIBDEFLATE_LIBRARY}")

# nettle: SHA-256. utf8proc: Unicode 15.0 normalisation, folding, categories.
find_path(ZMIG_NETTLE_INCLUDE nettle/sha2.h REQUIRED)
find_library(ZMIG_NETTLE_LIBRARY NAMES nettle REQUIRED)
find_path(ZMIG_UTF8PROC_INCLUDE utf8proc.h REQUIRED)
find_library(ZMIG_UTF8PROC_LIBRARY NAMES utf8proc REQUIRED)
add_library(zmig_nettle INTERFACE)
target_include_directories(zmig_nettle SYSTEM INTERFACE "$<BUILD_INTERFACE:${ZMIG_NETTLE_INCLUDE}>")
target_link_libraries(zmig_nettle INTERFACE "${ZMIG_NETTLE_LIBRARY}")
add_library(zmig_utf8proc INTERFACE)
target_include_directories(zmig_utf8proc SYSTEM INTERFACE "$<BUILD_INTERFACE:${ZMIG_UTF8PROC_INCLUDE}>")
target_link_libraries(zmig_utf8proc INTERFACE "${ZMIG_UTF8PROC_LIBRARY}")

# Boost.Spirit X3 is header-only; only dsl/ links this.
find_package(Boost 1.74 REQUIRED)
add_library(zmig_boost INTERFACE)
target_include_directories(zmig_boost SYSTEM INTERFACE "${Boost_INCLUDE_DIRS}")

# libcurl and OpenSSL for Google Sheets: headers only. Both are loaded when a sheet is opened (docs/adr/0023).
find_path(ZMIG_CURL_INCLUDE curl/curl.h REQUIRED)
find_path(ZMIG_OPENSSL_INCLUDE openssl/evp.h REQUIRED)
add_library(zmig_wire_headers INTERFACE)
target_include_directories(zmig_wire_headers SYSTEM INTERFACE "$<BUILD_INTERFACE:${ZMIG_CURL_INCLUDE}>"
  "$<BUILD_INTERFACE:${ZMIG_OPENSSL_INCLUDE}>")

if(ZMIG_BUILD_CLI)
  find_package(spdlog REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(tomlplusplus REQUIRED)
  # Debian has no archive of toml++ either; the shared one would bring the shared C++ library along.
  add_library(zmig_toml INTERFACE)
  if(ZMIG_STATIC)
    target_include_directories(zmig_toml SYSTEM INTERFACE
      "$<TARGET_PROPERTY:tomlplusplus::tomlplusplus,INTERFACE_INCLUDE_DIRECTORIES>")
    target_compile_definitions(zmig_toml INTERFACE TOML_HEADER_ONLY=1)
  else()
    target_link_libraries(zmig_toml INTERFACE tomlplusplus::tomlplusplus)
  endif()
endif()

# zmig-sheets-server, the test server for Google Sheets: HTTP and TLS. Nothing of zmig links these.
if(ZMIG_BUILD_CLI OR ZMIG_BUILD_TESTS)
  find_package(Threads REQUIRED)
  find_package(OpenSSL REQUIRED)
  find_path(ZMIG_HTTPLIB_INCLUDE httplib.h REQUIRED)
  find_library(ZMIG_HTTPLIB_LIBRARY NAMES cpp-httplib REQUIRED)
  add_library(zmig_httplib INTERFACE)
  target_include_directories(zmig_httplib SYSTEM INTERFACE "$<BUILD_INTERFACE:${ZMIG_HTTPLIB_INCLUDE}>")
  target_compile_definitions(zmig_httplib INTERFACE CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
  target_link_libraries(zmig_httplib INTERFACE "${ZMIG_HTTPLIB_LIBRARY}")
endif()
