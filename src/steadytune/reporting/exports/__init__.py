"""From a report to what people read: page, terminal, CSV, LaTeX, Markdown, figures."""
