# One static library for each folder, one test program for each test folder. A new source file is
# picked up by itself.

# sluice_library(NAME [SUBFOLDERS] [EXCLUDE file ...] [DEPENDS library ...]): the .cc and .h files of
# this folder, with SUBFOLDERS those one level down too.
function(sluice_library NAME)
  cmake_parse_arguments(ARG "SUBFOLDERS" "" "DEPENDS;EXCLUDE" ${ARGN})
  file(GLOB SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc
       ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  if(ARG_SUBFOLDERS)
    file(GLOB BELOW CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cc
         ${CMAKE_CURRENT_SOURCE_DIR}/*/*.h)
    list(APPEND SOURCES ${BELOW})
  endif()
  foreach(FILE ${ARG_EXCLUDE})
    list(REMOVE_ITEM SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/${FILE})
  endforeach()
  add_library(${NAME} STATIC ${SOURCES})
  set_target_properties(${NAME} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/server)
  target_link_libraries(${NAME} PUBLIC ${ARG_DEPENDS} PRIVATE sluice_warnings)
  sluice_precompile_headers(${NAME} sluice_precompiled_headers)
endfunction()

# sluice_test(NAME [DEPENDS library ...]): the *_test.cc files of this folder and what they include.
function(sluice_test NAME)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LABELS" ${ARGN})
  file(GLOB SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc
       ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  if(NOT SOURCES)
    return()
  endif()
  add_executable(${NAME} ${SOURCES})
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest GTest::gtest_main
                                        sluice_warnings)
  sluice_precompile_headers(${NAME} sluice_test_precompiled_headers)
  if("grpc-free" IN_LIST ARG_LABELS)
    add_dependencies(grpc_free_tests ${NAME})
  endif()
  include(GoogleTest)
  gtest_discover_tests(${NAME} TEST_PREFIX "${NAME}." DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES
                       PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 120)
endfunction()
