"""What stacks and constructs hand to each other: frozen values of plain strings. Nothing here makes a resource."""
