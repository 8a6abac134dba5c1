"""Services: each package knows one thing and does it to a database; none knows Slack, HTTP or argv."""
