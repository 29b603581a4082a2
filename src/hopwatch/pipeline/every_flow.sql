-- Nothing of what sensors saw is passed over: a rule that a user brings may ask for any of it.
CREATE OR REPLACE MACRO needed_flow(orig_port, resp_port, proto, service) AS TRUE;
CREATE OR REPLACE MACRO needed_request(uri, user_agent, resp_port) AS TRUE;
