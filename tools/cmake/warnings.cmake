# Warnings of the house, hardening, sanitizers: one interface target that every library and program of ours links.
add_library(zmig_warnings INTERFACE)
target_compile_options(zmig_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  $<$<BOOL:${ZMIG_WERROR}>:-Werror>
  # GCC 12 raises these falsely when it optimises: on "literal" + std::string&& (GCC bug 105651), on std::variant and std::optional of std::string (105562).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  -fstack-protector-strong
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-D_FORTIFY_SOURCE=2>)
target_compile_definitions(zmig_warnings INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS> $<$<BOOL:${ZMIG_FAILPOINTS}>:ZMIG_FAILPOINTS>
  ZMIG_VERSION="${PROJECT_VERSION}")
# What is resolved once cannot be redirected later.
target_link_options(zmig_warnings INTERFACE -Wl,-z,relro,-z,now $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
