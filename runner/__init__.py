"""Runs ComfyUI workflows without ComfyUI."""
