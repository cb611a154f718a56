"""What other systems read: one file a format, each made from the frames alone."""
