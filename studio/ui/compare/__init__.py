"""The tab in which two models, or two settings, are compared on the text."""
