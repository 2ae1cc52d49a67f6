-- Version 1 of the schema; run in one transaction by `Postgres::migrate`.
CREATE TABLE sprag_record (
    kind smallint NOT NULL,
    name bytea NOT NULL,
    revision bigint NOT NULL,
    blob bytea NOT NULL,
    PRIMARY KEY (kind, name)
) WITH (fillfactor = 70);

-- Sealed bytes don't compress.
ALTER TABLE sprag_record ALTER COLUMN blob SET STORAGE EXTERNAL;

-- One commit: all changes, or none and the names that are not as expected. Rows are locked in the order
-- of their names, so that two commits never wait for each other in a circle.
CREATE FUNCTION sprag_commit(
    kinds smallint[], names bytea[], expected bigint[], revisions bigint[], blobs bytea[]
) RETURNS TABLE (stale_kind smallint, stale_name bytea) LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
    wanted bigint;
BEGIN
    PERFORM 1 FROM sprag_record r
        JOIN unnest(kinds, names) AS c(kind, name) ON r.kind = c.kind AND r.name = c.name
        ORDER BY r.kind, r.name FOR UPDATE OF r;

    RETURN QUERY SELECT c.kind, c.name
        FROM unnest(kinds, names, expected) AS c(kind, name, expected)
        LEFT JOIN sprag_record r ON r.kind = c.kind AND r.name = c.name
        WHERE r.revision IS DISTINCT FROM c.expected;
    IF FOUND THEN
        RETURN;
    END IF;

    UPDATE sprag_record r SET revision = c.revision, blob = c.blob
        FROM unnest(kinds, names, expected, revisions, blobs)
            AS c(kind, name, expected, revision, blob)
        WHERE r.kind = c.kind AND r.name = c.name
            AND c.expected IS NOT NULL AND c.revision IS NOT NULL;

    DELETE FROM sprag_record r
        USING unnest(kinds, names, expected, revisions) AS c(kind, name, expected, revision)
        WHERE r.kind = c.kind AND r.name = c.name
            AND c.expected IS NOT NULL AND c.revision IS NULL;

    INSERT INTO sprag_record (kind, name, revision, blob)
        SELECT c.kind, c.name, c.revision, c.blob
        FROM unnest(kinds, names, expected, revisions, blobs)
            AS c(kind, name, expected, revision, blob)
        WHERE c.expected IS NULL AND c.revision IS NOT NULL
        ORDER BY c.kind, c.name
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    SELECT count(*) INTO wanted FROM unnest(expected, revisions) AS c(expected, revision)
        WHERE c.expected IS NULL AND c.revision IS NOT NULL;
    IF made < wanted THEN
        -- Made by somebody else since the comparison: the error undoes everything.
        RAISE EXCEPTION 'made meanwhile' USING ERRCODE = 'SP409';
    END IF;
END;
$$;

CREATE TABLE sprag_schema (version integer NOT NULL);
INSERT INTO sprag_schema VALUES (1);
