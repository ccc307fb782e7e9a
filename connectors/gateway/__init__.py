"""HTTP on one side, the topics on the other: any replica serves any stream."""
