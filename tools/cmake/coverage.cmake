# Counters for the files that tools/coverage asks about, and for no other: everything else is compiled without, out of the compiler cache.
# Counters of clang: they count conditions of the source (an exception of a library is no branch), merge over processes, and, because they live in a
# mapped file, survive the SIGKILL of a process whose death is what a test is about.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "ZMIG_COVERAGE needs clang: tools/coverage reads its counters")
endif()
file(STRINGS "${CMAKE_CURRENT_SOURCE_DIR}/tools/cmake/coverage_files.txt" counted_files REGEX "^engine/")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/tools/cmake/coverage_files.txt")
foreach(file ${counted_files})
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    message(FATAL_ERROR "tools/cmake/coverage_files.txt: ${file} is gone; name what took its place")
  endif()
  set_source_files_properties("${CMAKE_CURRENT_SOURCE_DIR}/${file}" PROPERTIES COMPILE_FLAGS
    "-fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation")
endforeach()
add_link_options(-fprofile-instr-generate)
