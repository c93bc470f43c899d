# cmake --install and the .deb (cpack --config build/release/CPackConfig.cmake).
include(GNUInstallDirs)
set(CMAKE_INSTALL_DOCDIR ${CMAKE_INSTALL_DATAROOTDIR}/doc/anneal)

install(FILES README.md ARCHITECTURE.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Debian's name for the licence; the same file everywhere else.
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs FILES_MATCHING PATTERN "*.md")
install(DIRECTORY examples/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
        PATTERN ".anneal" EXCLUDE PATTERN "default.pgo*" EXCLUDE
        REGEX "/markdown/(markdown|main)$" EXCLUDE)

# To operate a server: docs/guide/operate.md.
install(FILES deploy/anneal.service DESTINATION lib/systemd/system)
install(FILES deploy/anneal.sysusers DESTINATION lib/sysusers.d RENAME anneal.conf)
install(FILES deploy/grafana-dashboard.json deploy/alerts.yaml deploy/Containerfile
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/deploy)

# The page and the completions are what the built program says of itself.
set(shared ${CMAKE_BINARY_DIR}/share)
file(MAKE_DIRECTORY ${shared})
set(pages anneal.1 anneal.bash _anneal anneal.fish)
list(TRANSFORM pages PREPEND ${shared}/)
add_custom_command(OUTPUT ${pages}
  COMMAND anneal man > anneal.1
  COMMAND anneal completion bash > anneal.bash
  COMMAND anneal completion zsh > _anneal
  COMMAND anneal completion fish > anneal.fish
  WORKING_DIRECTORY ${shared} DEPENDS anneal COMMENT "Writing the man page and completions")
add_custom_target(pages ALL DEPENDS ${pages})
install(FILES ${shared}/anneal.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${shared}/anneal.bash RENAME anneal
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions)
install(FILES ${shared}/_anneal DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/zsh/vendor-completions)
install(FILES ${shared}/anneal.fish
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/fish/vendor_completions.d)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME anneal)
set(CPACK_PACKAGE_VENDOR "the anneal authors")
set(CPACK_PACKAGE_CONTACT "the anneal authors <anneal@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "profile-guided optimisation as a loop")
set(CPACK_PACKAGE_DESCRIPTION
  "Collects profiles of running programs, keeps them, merges any window of them\n into the file that a compiler optimises with, and measures whether the new\n binary is faster before it ships. Speaks the API of Grafana Pyroscope.")
set(CPACK_PACKAGE_FILE_NAME anneal_${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/strip_debug.cmake")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS golang-go)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/deploy/postinst)
include(CPack)
