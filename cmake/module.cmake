# anneal_module(NAME base SOURCES a.cc b.cc DEPS other_module LIBS third::party TESTS a_test.cc
#               TEST_LIBS third::party PCH <heavy.h>)
# makes the static library anneal_<name> and, for developers, the test binary <name>_test.

add_library(anneal_flags INTERFACE)
target_compile_features(anneal_flags INTERFACE cxx_std_20)
target_include_directories(anneal_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(anneal_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-missing-field-initializers -fno-omit-frame-pointer)
# Some libraries' targets pass -pthread; precompiled headers fit only what is built like them.
target_compile_options(anneal_flags INTERFACE -pthread)
if(ANNEAL_DEVELOPER)
  # Not when optimising: gcc 12 then sees overflows in std::string that cannot be (PR 105329, 105651).
  target_compile_options(anneal_flags INTERFACE $<$<CONFIG:Debug>:-Werror>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # They see overflows in std::string's own code that are not there, once it is inlined (gcc bug
  # 105651 and its kin); the last only when optimising.
  target_compile_options(anneal_flags INTERFACE -Wno-restrict -Wno-stringop-overflow)
  target_compile_options(anneal_flags INTERFACE $<$<CONFIG:Release>:-Wno-array-bounds>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's own std::stable_sort calls what C++17 deprecates, and clang blames the caller.
  target_compile_options(anneal_flags INTERFACE -Wthread-safety -Wno-deprecated-declarations)
endif()
if(ANNEAL_SANITIZE)
  target_compile_options(anneal_flags INTERFACE -fsanitize=${ANNEAL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(anneal_flags INTERFACE -fsanitize=${ANNEAL_SANITIZE})
endif()
if(ANNEAL_FUZZ)
  target_compile_options(anneal_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_libraries(anneal_flags INTERFACE fmt::fmt Threads::Threads)

# Headers that nearly every file includes, compiled once per build.
file(WRITE ${CMAKE_BINARY_DIR}/pch_anchor.cc "// Anchors the precompiled headers.\n")
add_library(anneal_pch OBJECT ${CMAKE_BINARY_DIR}/pch_anchor.cc)
target_link_libraries(anneal_pch PRIVATE anneal_flags)
set(anneal_pch_headers
  <algorithm> <array> <cstdint> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <utility> <vector> <fmt/format.h>)
target_precompile_headers(anneal_pch PRIVATE ${anneal_pch_headers})

# What the sanitizer builds make and run: all modules' own tests; of these, under tsan, those of the
# modules with threads. What libraries without tsan do among themselves: tools/tsan_suppressions.txt.
set(anneal_threaded_modules base net store api server)
add_custom_target(unit_tests)
add_custom_target(threaded_tests)

# anneal_unit_test(store_test store) says that a test is a module's own.
function(anneal_unit_test test module)
  set(labels unit)
  add_dependencies(unit_tests ${test})
  if(module IN_LIST anneal_threaded_modules)
    list(APPEND labels threaded)
    add_dependencies(threaded_tests ${test})
  endif()
  set_tests_properties(${test} PROPERTIES LABELS "${labels}")
endfunction()

function(anneal_module)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS;LIBS;TESTS;TEST_LIBS;PCH" ${ARGN})
  set(lib anneal_${arg_NAME})
  add_library(${lib} STATIC ${arg_SOURCES})
  target_link_libraries(${lib} PUBLIC anneal_flags)
  foreach(dep IN LISTS arg_DEPS)
    target_link_libraries(${lib} PUBLIC anneal_${dep})
  endforeach()
  target_link_libraries(${lib} PRIVATE ${arg_LIBS})
  # PCH: headers of one module that are too heavy to be parsed in each of its files.
  if(arg_PCH)
    target_precompile_headers(${lib} PRIVATE ${anneal_pch_headers} ${arg_PCH})
  else()
    target_precompile_headers(${lib} REUSE_FROM anneal_pch)
  endif()
  if(ANNEAL_DEVELOPER AND arg_TESTS)
    anneal_test(NAME ${arg_NAME}_test SOURCES ${arg_TESTS} LIBS ${lib} ${arg_TEST_LIBS})
    anneal_unit_test(${arg_NAME}_test ${arg_NAME})
  endif()
endfunction()

# anneal_test(NAME x_test SOURCES x_test.cc LIBS anneal_x) makes a GoogleTest binary and its ctest.
function(anneal_test)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;LIBS" ${ARGN})
  if(NOT TARGET anneal_test_pch)
    add_library(anneal_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch_anchor.cc)
    target_link_libraries(anneal_test_pch PRIVATE anneal_flags GTest::gmock)
    target_precompile_headers(anneal_test_pch PRIVATE
      <algorithm> <array> <cstdint> <functional> <map> <memory> <optional> <span> <string>
      <string_view> <utility> <vector> <fmt/format.h> <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest_main anneal_flags)
  target_precompile_headers(${arg_NAME} REUSE_FROM anneal_test_pch)
  # Where tests find the corpus, goldens and the built binaries.
  target_compile_definitions(${arg_NAME} PRIVATE
    ANNEAL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ANNEAL_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME})
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT 300)
endfunction()
