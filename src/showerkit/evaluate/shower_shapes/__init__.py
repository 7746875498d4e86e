"""Longitudinal and transverse shapes of showers, fitted with the forms of electromagnetic showers."""
