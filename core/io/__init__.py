"""From files to tensors and back, and pictures made to be looked at."""
