"""From files to checked records: what a record must look like, and which belong together."""
