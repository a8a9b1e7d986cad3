"""The composition of the stages: load one delivery, collect what is due, compute what is stale."""
