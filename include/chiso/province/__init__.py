"""The province's world: its text, numbers, periods, units and agencies. Knows neither contracts nor deliveries."""
