"""Where the records of runs lie, and which of them count: for those who write and who read them."""
