"""Network logs to rows of the store: Zeek, Suricata, DHCP audit logs and asset lists."""
