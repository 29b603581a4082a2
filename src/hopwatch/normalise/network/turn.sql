-- What the sensor says of a turned flow is turned with it; where it wrote no connection, the ports decide. @TABLE@ is the table.
UPDATE @TABLE@ SET orig_ip = resp_ip, resp_ip = orig_ip, orig_port = resp_port, resp_port = orig_port
WHERE coalesce(uid IN (FROM turned_flow), FALSE)
   OR (wrong_sides(orig_port, resp_port, NULL) AND NOT coalesce(uid IN (FROM seen_flow), FALSE));
