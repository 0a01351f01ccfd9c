"""The page: a document of plain values, and the HTML that shows it, in a file or served."""
