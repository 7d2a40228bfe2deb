"""What is measured on this machine, with the targets it is held against. No test runs it: times are not facts."""
