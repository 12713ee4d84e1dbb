"""The lifetime of the program itself. Only a shell (the command line, a server's worker) makes one."""
