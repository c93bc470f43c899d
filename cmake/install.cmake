# cmake --install and packages. Filled by the targets that exist.
include(GNUInstallDirs)
