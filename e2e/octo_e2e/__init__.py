"""What the end-to-end tests share: a real server, a real browser, real clients."""
