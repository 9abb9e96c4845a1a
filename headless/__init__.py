"""The workflow runner and the command line: everything without ComfyUI."""
