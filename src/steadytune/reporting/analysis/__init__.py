"""From records to numbers: sections, comparisons, averages over tasks."""
