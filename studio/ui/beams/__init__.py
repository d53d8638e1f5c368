"""The page that shows what a beam search weighed."""
