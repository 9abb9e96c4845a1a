"""Pictures and masks as tensors: color, checks, holes, boxes around them, edges."""
