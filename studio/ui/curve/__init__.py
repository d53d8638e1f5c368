"""The curve panel: surprisal, entropy and rank along the text, and its sentences by surprise."""
