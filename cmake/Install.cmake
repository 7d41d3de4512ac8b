# `cmake --install`: both programs, and what an operator needs beside them.

include(GNUInstallDirs)
install(TARGETS sluiced sluice RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES client/sluice.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES server/app/sluiced.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES examples/sluice.yaml examples/request.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES examples/blue_green/sluice.yaml
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/blue_green)
install(PROGRAMS examples/blue_green/deploy-idle examples/blue_green/switch
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/blue_green)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# systemd looks below /usr/lib and /usr/local/lib, whatever the machine's library directory is. The
# prefix is known for sure only when `cmake --install` runs.
install(CODE "set(BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
configure_file(\"${CMAKE_SOURCE_DIR}/packaging/systemd/sluiced.service.in\"
               \"${CMAKE_BINARY_DIR}/sluiced.service\" @ONLY)")
install(FILES ${CMAKE_BINARY_DIR}/sluiced.service DESTINATION lib/systemd/system)
install(FILES packaging/systemd/sluice.sysusers DESTINATION lib/sysusers.d RENAME sluice.conf)
