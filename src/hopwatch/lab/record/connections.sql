-- The ports of the connections between the two ends of a hop, and what received or made them.
SELECT DISTINCT resp_port, coalesce(image_name, '') FROM connection
WHERE resp_ip = ? AND orig_ip = ? AND time BETWEEN ? - INTERVAL 60 SECOND AND ? + INTERVAL 60 SECOND
ORDER BY ALL
