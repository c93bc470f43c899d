cmake_minimum_required(VERSION 3.25)
# cmake -DSOURCE=ui -DINPUTS=a;b -DWORK=dir -DNPM=npm -DOUT=page_files.cc -P build_page.cmake
#
# Builds the page from a copy of its sources and writes a table of its files as C++: each file's
# name, its name with a hash of the content, its bytes, and its bytes gzipped.

function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK} OUTPUT_VARIABLE output
                  ERROR_VARIABLE output RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " line)
    message(FATAL_ERROR "${line}: exit status ${result}\n${output}")
  endif()
endfunction()

# A file that left the sources must leave the copy.
file(REMOVE_RECURSE ${WORK}/src ${WORK}/public ${WORK}/mock ${WORK}/dist)
foreach(input IN LISTS INPUTS)
  get_filename_component(folder ${WORK}/${input} DIRECTORY)
  file(COPY ${SOURCE}/${input} DESTINATION ${folder})
endforeach()
run(${NPM} run build --silent)

file(GLOB_RECURSE names RELATIVE ${WORK}/dist ${WORK}/dist/*)
list(SORT names)
if(NOT "index.html" IN_LIST names)
  message(FATAL_ERROR "npm run build made no dist/index.html")
endif()

# The index names the others by their hashed names, so it comes last.
list(REMOVE_ITEM names index.html)
file(READ ${WORK}/dist/index.html index)
set(symbols "")
set(rows "")
set(number 0)
foreach(name IN LISTS names ITEMS index.html)
  set(path ${WORK}/dist/${name})
  if(name STREQUAL "index.html")
    set(path ${WORK}/index.served.html)
    file(WRITE ${path} "${index}")
  endif()
  file(SHA256 ${path} hash)
  string(SUBSTRING ${hash} 0 16 hash)
  string(REGEX REPLACE "(\\.[^./]+)$" "-${hash}\\1" hashed ${name})
  string(REPLACE "\"./${name}\"" "\"/assets/${hashed}\"" index "${index}")
  # Without name and time: equal input gives equal bytes.
  execute_process(COMMAND gzip -9nc ${path} OUTPUT_FILE ${WORK}/${number}.gz RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "gzip ${path}: exit status ${result}")
  endif()
  string(APPEND symbols
    "EMBED(page_plain_${number}, \"${path}\")\nEMBED(page_gzip_${number}, \"${WORK}/${number}.gz\")\n")
  string(APPEND rows "    {\"${name}\", \"${hashed}\", \"${hash}\", View(page_plain_${number}_begin, "
    "page_plain_${number}_end), View(page_gzip_${number}_begin, page_gzip_${number}_end)},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUT} "// Made by cmake/build_page.cmake.
#include \"server/page_files.h\"

#define EMBED(name, path)                                                                        \\
  __asm__(\".pushsection .rodata,\\\"a\\\",@progbits\\n\" #name \"_begin:\\n.incbin \\\"\" path \\
          \"\\\"\\n\" #name \"_end:\\n.byte 0\\n.popsection\\n\");                                 \\
  extern \"C\" const char name##_begin[], name##_end[];

${symbols}
namespace anneal {
namespace {
std::string_view View(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}
}  // namespace

const std::vector<PageFile>& PageFiles() {
  static const auto* const kFiles = new std::vector<PageFile>{
${rows}  };
  return *kFiles;
}

}  // namespace anneal
")
