"""Many photos: a journal of what is done, worker processes, and a report. `engine.py` holds it together."""
