"""Virtual machines: displays of their own on this computer, whose programs are behind walls where the system has them."""
