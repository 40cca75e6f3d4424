# `cmake --install`: the zmig program, the library, its headers, and a package that find_package(zmig) finds.
include(CMakePackageConfigHelpers)
install(TARGETS zmig zmig_nettle zmig_utf8proc zmig_zstd zmig_libdeflate EXPORT zmigTargets FILE_SET HEADERS)
install(EXPORT zmigTargets NAMESPACE zmig:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/zmig")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/zmigConfig.cmake.in" "${CMAKE_CURRENT_BINARY_DIR}/zmigConfig.cmake"
  INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/zmig")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/zmigConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/zmigConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/zmigConfigVersion.cmake"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/zmig")
