"""Making a smaller model of one on the shelf, and measuring what that costs and brings."""
