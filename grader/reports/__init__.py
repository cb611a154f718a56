"""Reports, one file a format; each is a function of the pandas frames alone."""
