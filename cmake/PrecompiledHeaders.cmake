# The library headers that most files include, parsed once for all of them: sluice_precompiled_headers
# for the product, sluice_test_precompiled_headers with GoogleTest. Only where
# SLUICE_PRECOMPILED_HEADERS is on, so that the other builds see when a file does not include what it
# uses.

# sluice_precompile_headers(TARGET PRECOMPILED): lets the files of TARGET use the headers of PRECOMPILED.
function(sluice_precompile_headers TARGET PRECOMPILED)
  if(SLUICE_PRECOMPILED_HEADERS)
    target_precompile_headers(${TARGET} REUSE_FROM ${PRECOMPILED})
  endif()
endfunction()

if(NOT SLUICE_PRECOMPILED_HEADERS)
  return()
endif()

# A precompiled header is used only with the very macros that it was made with.
add_compile_options(-pthread)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Without it ccache does not see what the precompiled headers hold.
  add_compile_options(-fpch-preprocess)
endif()

function(sluice_add_precompiled_headers NAME)
  cmake_parse_arguments(ARG "" "" "LIBRARIES;HEADERS" ${ARGN})
  file(CONFIGURE OUTPUT ${NAME}.cc CONTENT "// Carries the precompiled headers.\n")
  add_library(${NAME} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${NAME}.cc)
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBRARIES} sluice_warnings)
  target_precompile_headers(${NAME} PRIVATE ${ARG_HEADERS})
endfunction()

set(LIBRARIES gRPC::grpc++ protobuf::libprotobuf absl::statusor absl::strings absl::time)
set(HEADERS
    <algorithm> <functional> <map> <memory> <optional> <string> <utility> <vector>
    <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_join.h>
    <absl/strings/str_split.h> <absl/time/time.h>
    <google/protobuf/duration.pb.h> <google/protobuf/timestamp.pb.h>
    <grpcpp/grpcpp.h>)
sluice_add_precompiled_headers(sluice_precompiled_headers LIBRARIES ${LIBRARIES} HEADERS ${HEADERS})
if(SLUICE_BUILD_TESTS)
  sluice_add_precompiled_headers(sluice_test_precompiled_headers
                                 LIBRARIES ${LIBRARIES} GTest::gmock
                                 HEADERS ${HEADERS} <gmock/gmock.h> <gtest/gtest.h>)
endif()
