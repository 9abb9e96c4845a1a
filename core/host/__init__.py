"""What the library asks of whoever runs it: the device, progress and cancel, memory."""
