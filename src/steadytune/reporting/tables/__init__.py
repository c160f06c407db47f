"""From numbers to tables: cells of text, and what they mean."""
