"""What there is and who may use it. Stacks get typed values of their own and never the whole configuration."""
