"""What everything stands on: settings, secrets file, errors, the warehouse's connection, the embedded server."""
