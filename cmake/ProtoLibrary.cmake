# sluice_proto_library(NAME [MESSAGES] [GRPC] ROOT dir FILES relative.proto ... [DEPENDS library ...]):
# compiles protocol buffers: their messages, their gRPC services, or both.

function(sluice_proto_library NAME)
  cmake_parse_arguments(ARG "MESSAGES;GRPC" "ROOT" "FILES;DEPENDS" ${ARGN})
  set(OUT ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${OUT})
  set(SOURCES)
  foreach(FILE ${ARG_FILES})
    string(REGEX REPLACE "\\.proto$" "" STEM ${FILE})
    set(OUTPUTS)
    set(PLUGIN)
    if(ARG_MESSAGES)
      list(APPEND OUTPUTS ${OUT}/${STEM}.pb.cc ${OUT}/${STEM}.pb.h)
      list(APPEND PLUGIN --cpp_out=${OUT})
    endif()
    if(ARG_GRPC)
      list(APPEND OUTPUTS ${OUT}/${STEM}.grpc.pb.cc ${OUT}/${STEM}.grpc.pb.h)
      list(APPEND PLUGIN --grpc_out=${OUT} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
    endif()
    add_custom_command(
      OUTPUT ${OUTPUTS}
      COMMAND protobuf::protoc --proto_path=${ARG_ROOT} --proto_path=${CMAKE_SOURCE_DIR}/proto
              ${PLUGIN} ${ARG_ROOT}/${FILE}
      DEPENDS ${ARG_ROOT}/${FILE}
      COMMENT "protoc ${FILE}")
    list(APPEND SOURCES ${OUTPUTS})
  endforeach()
  add_library(${NAME} STATIC ${SOURCES})
  target_include_directories(${NAME} SYSTEM PUBLIC ${OUT})
  # Nobody steps through it, and tests spend most of their time in it.
  target_compile_options(${NAME} PRIVATE $<$<CONFIG:Debug>:-O1>)
  target_link_libraries(${NAME} PUBLIC ${ARG_DEPENDS} protobuf::libprotobuf)
  if(ARG_GRPC)
    target_link_libraries(${NAME} PUBLIC gRPC::grpc++)
  endif()
endfunction()
