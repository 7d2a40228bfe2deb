"""What a pipeline asks that no job can know: which batch is the newest, who else runs, which model serves now."""
