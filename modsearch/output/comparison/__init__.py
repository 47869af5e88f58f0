"""Published networks beside their paper."""
