# Run by cpack on what it packs: takes away what only debuggers read. Names of functions stay, by
# which a server's profiles of itself name its own.
file(GLOB_RECURSE programs "${CPACK_TEMPORARY_DIRECTORY}/*/bin/anneal")
if(NOT programs)
  message(FATAL_ERROR "there is no bin/anneal below ${CPACK_TEMPORARY_DIRECTORY}")
endif()
foreach(program ${programs})
  execute_process(COMMAND strip --strip-debug "${program}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
