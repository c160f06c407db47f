"""What pages share: colours, drawings, style, and how templates are filled."""
