"""What depends on the machine: files, memory, devices, repeatable arithmetic; and the optimisation loop."""
