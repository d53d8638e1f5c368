"""What the numbers behind the words look like: heat in the text, its legend, the ribbon beside it."""
