# Language, warnings and sanitizers, for every target of ours.

option(SLUICE_BUILD_TESTS "Build the tests" ON)
option(SLUICE_FAILPOINTS "Compile failpoints in; for tests alone" OFF)
option(SLUICE_PRECOMPILED_HEADERS "Parse the headers of libraries once for all files" OFF)
option(SLUICE_FUZZ "Let libFuzzer drive the fuzz targets; needs Clang" OFF)
set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Objects are the same in every clone of the repository.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
                                  CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(sluice_warnings INTERFACE)
# Designated initializers may leave members at their defaults.
target_compile_options(sluice_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                                 -Wno-missing-field-initializers
                                                 -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(sluice_warnings INTERFACE -Wthread-safety)
else()
  # GCC 12 reports these falsely on optional and variant members.
  target_compile_options(sluice_warnings INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()

if(SLUICE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SLUICE_SANITIZE)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
  if(SLUICE_SANITIZE MATCHES undefined)
    # It opens a pipe to look at an object, and takes a process without descriptors for a defect.
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()
