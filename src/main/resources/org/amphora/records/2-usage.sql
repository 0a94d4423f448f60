-- Usage is answered from this index alone. It has the few columns that are asked for most, in the order that they are
-- grouped in; what is asked for by time alone can be read through.
CREATE INDEX launches_use ON launches (program, person, started, node_milliseconds);
DROP INDEX launches_started;
