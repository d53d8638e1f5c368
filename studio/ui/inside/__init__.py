"""The page “Inside”: what the model looked at, what its layers would have said, which words mattered."""
