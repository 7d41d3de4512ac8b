# `cmake --install`: both programs, and what an operator needs beside them.

include(GNUInstallDirs)
install(TARGETS sluiced sluice RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
