"""From numbers to drawings: data in units of the axes, SVG, captions."""
