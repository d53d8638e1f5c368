"""GPT-2 Studio: write with GPT-2 and see why it wrote what it wrote, wholly on this computer."""

__version__ = "0.2.0"
