"""What the database's structure is, object by object, so that a change that nobody built shows.

Tables with columns, constraints, indexes, triggers, rules and rights; views, functions, sequences, types, schemas, the database and the
roles of readers and writers. Staging is scratch and left out. Partitions of facts come with loads: in columns, triggers and rights each must
be like the first one.
"""

import hashlib
import json

import sqlalchemy as sa

from chiso.system.roles import READER, WRITER

SCHEMAS = ("sources", "landing", "validation", "quarantine", "warehouse", "indicators", "publication", "notices", "audit")


def as_built(connection: sa.Connection) -> dict[str, str]:
    """By object: the SHA-256 of its definition."""
    parts: dict[str, list[list[str]]] = {}
    for row in connection.execute(sa.text(_DEFINITIONS), {"schemas": list(SCHEMAS), "roles": [READER, WRITER]}):
        parts.setdefault(row.object, []).append([row.aspect, row.definition or ""])
    return {name: hashlib.sha256(json.dumps(sorted(said)).encode()).hexdigest() for name, said in sorted(parts.items())}


_DEFINITIONS = """
WITH own AS (
    SELECT oid, nspname, nspacl, nspowner FROM pg_namespace WHERE nspname = ANY(:schemas)
), relation AS (  -- a partition speaks for all partitions of its table
    SELECT c.oid, c.relkind, c.relacl, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relispartition, c.relpersistence,
           CASE WHEN c.relispartition THEN 'partition of ' || (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = c.oid LIMIT 1)
                ELSE CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'S' THEN 'sequence ' WHEN 'i' THEN 'index ' WHEN 'I' THEN 'index '
                     ELSE 'table ' END || n.nspname || '.' || c.relname END AS object
    FROM pg_class c JOIN own n ON n.oid = c.relnamespace WHERE c.relkind <> 't' AND NOT (c.relispartition AND c.relkind IN ('i', 'I'))
)
SELECT DISTINCT object, 'is' AS aspect, concat_ws(' ', relkind, relpersistence, pg_get_userbyid(relowner), relacl::text,
       relrowsecurity, relforcerowsecurity, reloptions::text) AS definition FROM relation WHERE relkind NOT IN ('i', 'I')
UNION SELECT object, 'column ' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attgenerated, a.attacl::text,
       (a.attcollation)::regcollation, CASE WHEN NOT relispartition THEN concat_ws(' ', a.attnum, a.attnotnull, a.attidentity,
       pg_get_expr(d.adbin, d.adrelid)) END)
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION SELECT object, 'constraint', pg_get_constraintdef(k.oid) || ' ' || k.convalidated
    FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid
    WHERE NOT r.relispartition  -- a large delivery's partition has constraints of its own
UNION SELECT object, 'index', regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE (UNIQUE )?INDEX .* USING', '\\1') || ' ' || i.indisvalid
    FROM relation r JOIN pg_index i ON i.indrelid = r.oid WHERE NOT r.relispartition
UNION SELECT object, 'trigger', CASE WHEN t.tgisinternal THEN t.tgfoid::regproc::text
       ELSE regexp_replace(pg_get_triggerdef(t.oid), ' ON .* FOR EACH', ' FOR EACH') END || ' ' || t.tgenabled::text
    FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid
UNION SELECT object, 'rule ' || w.rulename, pg_get_ruledef(w.oid) || ' ' || w.ev_enabled::text FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid
UNION SELECT object, 'policy ' || p.polname, concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
       pg_get_expr(p.polwithcheck, p.polrelid))
    FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
UNION SELECT object, 'inherits', h.inhparent::regclass::text FROM relation r JOIN pg_inherits h ON h.inhrelid = r.oid
UNION SELECT object, 'sequence', concat_ws(' ', s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcycle)
    FROM relation r JOIN pg_sequence s ON s.seqrelid = r.oid
UNION SELECT r.object, 'comment ' || d.objsubid, d.description
    FROM relation r JOIN pg_description d ON d.objoid = r.oid AND d.classoid = 'pg_class'::regclass WHERE NOT r.relispartition
UNION SELECT 'function ' || p.oid::regprocedure, 'is', concat_ws(' ', pg_get_userbyid(p.proowner), p.proacl::text,
       CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE p.prokind::text END) FROM pg_proc p JOIN own n ON n.oid = p.pronamespace
UNION SELECT 'type ' || t.oid::regtype, 'is', concat_ws(' ', t.typtype, pg_get_userbyid(t.typowner), t.typacl::text,
       format_type(t.typbasetype, t.typtypmod))
    FROM pg_type t JOIN own n ON n.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'r')
UNION SELECT 'schema ' || nspname, 'is', concat_ws(' ', pg_get_userbyid(nspowner), nspacl::text) FROM own
UNION SELECT 'schema ' || n.nspname, 'rights by default', concat_ws(' ', pg_get_userbyid(d.defaclrole), d.defaclobjtype, d.defaclacl::text)
    FROM pg_default_acl d JOIN own n ON n.oid = d.defaclnamespace
UNION SELECT 'role ' || rolname, 'is', concat_ws(' ', rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
       ARRAY(SELECT pg_get_userbyid(m.roleid) FROM pg_auth_members m WHERE m.member = r.oid ORDER BY 1)::text) FROM pg_roles r
    WHERE rolname = ANY(:roles)
UNION SELECT 'settings', concat_ws(' ', pg_get_userbyid(nullif(setrole, 0)), setdatabase <> 0), setconfig::text FROM pg_db_role_setting
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      AND (setrole IN (SELECT oid FROM pg_roles WHERE rolname = ANY(:roles))
           OR setrole IN (0, (SELECT datdba FROM pg_database WHERE datname = current_database())))
UNION SELECT 'event trigger ' || evtname, 'is', concat_ws(' ', evtevent, evtenabled, evtfoid::regproc, evttags::text) FROM pg_event_trigger
"""
