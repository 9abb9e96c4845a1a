"""Pictures and masks as tensors: color, checks, masks, boxes."""
