# The web page: `npm ci && npm run build` of ui/ in the build directory, and its files as one
# generated source, so that the binary carries them.

set(page_source ${PROJECT_SOURCE_DIR}/ui)
set(page_build ${CMAKE_BINARY_DIR}/ui)
set(page_cc ${page_build}/page_files.cc)

find_program(ANNEAL_NODE NAMES node nodejs)
find_program(ANNEAL_NPM NAMES npm)
set(page_node_version 0)
if(ANNEAL_NODE)
  execute_process(COMMAND ${ANNEAL_NODE} --version OUTPUT_VARIABLE page_node_version
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  string(REGEX REPLACE "^v" "" page_node_version "${page_node_version}")
endif()
if(NOT ANNEAL_NPM OR page_node_version VERSION_LESS 18)
  message(FATAL_ERROR
    "The web page is built with npm and Node.js 18 or newer; found node ${page_node_version} "
    "(${ANNEAL_NODE}), npm ${ANNEAL_NPM}. On Debian 12 run tools/install_dependencies.sh build; "
    "elsewhere put both into PATH.")
endif()

file(GLOB_RECURSE page_inputs CONFIGURE_DEPENDS RELATIVE ${page_source}
     ${page_source}/src/* ${page_source}/public/* ${page_source}/mock/*)
foreach(name index.html package.json package-lock.json tsconfig.json vite.config.ts)
  list(APPEND page_inputs ${name})
endforeach()
list(TRANSFORM page_inputs PREPEND ${page_source}/ OUTPUT_VARIABLE page_input_files)

# Packages are fetched again only when the list of them changes.
add_custom_command(OUTPUT ${page_build}/packages.stamp
  COMMAND ${CMAKE_COMMAND} -E make_directory ${page_build}/work
  COMMAND ${CMAKE_COMMAND} -E copy ${page_source}/package.json ${page_source}/package-lock.json
          ${page_source}/.npmrc
          ${page_build}/work
  COMMAND ${CMAKE_COMMAND} -E chdir ${page_build}/work
          ${ANNEAL_NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch ${page_build}/packages.stamp
  DEPENDS ${page_source}/package.json ${page_source}/package-lock.json
  COMMENT "Fetching the web page's packages" VERBATIM)

add_custom_command(OUTPUT ${page_cc}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${page_source} "-DINPUTS=${page_inputs}"
          -DWORK=${page_build}/work -DNPM=${ANNEAL_NPM} -DOUT=${page_cc}
          -P ${PROJECT_SOURCE_DIR}/cmake/build_page.cmake
  DEPENDS ${page_build}/packages.stamp ${page_input_files}
          ${PROJECT_SOURCE_DIR}/cmake/build_page.cmake
  COMMENT "Building the web page" VERBATIM)

add_library(anneal_page_files STATIC ${page_cc})
target_link_libraries(anneal_page_files PRIVATE anneal_flags)
