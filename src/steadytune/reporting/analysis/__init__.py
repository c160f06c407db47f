"""From records to numbers: settings, comparisons, averages over tasks."""
