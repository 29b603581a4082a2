"""What the organisation says of its hosts, accounts and allowed work."""
