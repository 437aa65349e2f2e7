"""Use cases of the agent. IO only through `server_agent.ports`."""
