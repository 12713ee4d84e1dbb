"""Work that is carried out whatever is killed: runs in processes of their own, and who keeps them going."""
