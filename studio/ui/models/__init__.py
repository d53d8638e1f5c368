"""What one sees of models that come and go."""
