"""The front door's prediction as others would write it: same checks, same log, same metrics, same answers."""
