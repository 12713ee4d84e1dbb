"""What is asked before an action is done: the policy, a person, and what was done so far. Pure."""
