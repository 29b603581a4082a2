-- What two sensors say of one flow: the rows of one stay, of the one that says most (then of the kept flow, then the
-- least uid), under the uid of the flow that stays. @TABLE@ is the table; @TUPLE@ hashes its addresses and ports.
CREATE OR REPLACE TEMP TABLE teller AS
SELECT t.stays, t.tuple, t.uid FROM @TABLE@ r JOIN twin t ON t.uid = r.uid AND t.tuple = @TUPLE@
GROUP BY t.stays, t.tuple, t.uid
QUALIFY row_number() OVER (PARTITION BY t.stays, t.tuple ORDER BY count(*) DESC, t.uid <> t.stays, t.uid) = 1;

DELETE FROM @TABLE@ AS r USING twin t
WHERE t.uid = r.uid AND t.tuple = @TUPLE@ AND (t.stays, t.tuple, t.uid) NOT IN (FROM teller);

UPDATE @TABLE@ AS r SET uid = t.stays FROM twin t WHERE t.uid = r.uid AND t.tuple = @TUPLE@ AND t.uid <> t.stays;
