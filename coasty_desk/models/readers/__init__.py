"""What a model has written, in the form that its family was trained to write, to actions; nothing of it is ever evaluated."""
