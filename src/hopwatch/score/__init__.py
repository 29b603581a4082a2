"""Points, reasons, severity and the alert policy."""
