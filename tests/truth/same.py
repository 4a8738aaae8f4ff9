#!/usr/bin/env python3
"""Hold what is said of a statement after a pulled catalog against what is said after replaying the SQL that made it.

usage: same.py [--bin ./migrate] [--set NAME ...] [--only GLOB] [--every N] [--show N] [--known FILE]

Runs each form's set-up (forms.json, --set _more for forms_more.json) in schema f of the database that libpq's environment names,
which must be one of its own and not older than the set-ups want (forms whose set-up it refuses are left out), pulls the
catalog, and asks `migrate explain --json` twice: with --catalog and with --after. Locks, rewrites, scans, index builds, whether the
server takes the statement and whether it may run in a transaction must be the same.

--known names a file of lines "form<TAB>field<TAB>reason". Then the exit status is 1 when something differs that is not listed, or
when something listed does not differ any more.
"""
import argparse, fnmatch, json, os, re, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
FIELDS = ('supported', 'in_transaction', 'locks', 'rewrite', 'scan', 'index_build')

def psql(statements):
    text = ''.join(s + ';\n' for s in statements)
    return subprocess.run(['psql', '-Xqv', 'ON_ERROR_STOP=1', '-f', '-'], input=text, text=True, capture_output=True)

def ask(o, sql, *base):
    p = subprocess.run([o.bin, 'explain', '--json', '--no-config', *base, sql], text=True, capture_output=True)
    try: found = json.loads(p.stdout)['statements']
    except ValueError: return {'answer': p.stderr.strip()[:200]}
    said = {}
    for f in FIELDS:
        said[f] = [sorted((l['relation'], l['mode']) for l in s['locks']) if f == 'locks' else
                   sorted(s.get(f, [])) if isinstance(s.get(f, []), list) else s[f] for s in found]
    return said

def main():
    a = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    a.add_argument('--bin', default='./migrate'); a.add_argument('--set', action='append', default=[], dest='sets')
    a.add_argument('--only', default='*'); a.add_argument('--every', type=int, default=1); a.add_argument('--show', type=int, default=25)
    a.add_argument('--known')
    o = a.parse_args()
    o.bin = os.path.abspath(o.bin)
    work = []
    for which in o.sets or ['']:
        data = json.load(open(os.path.join(here, f'forms{which}.json')))
        work += [(f, data['prelude']) for f in data['forms'] if fnmatch.fnmatch(f['id'], o.only)]
    work = work[::o.every]
    scratch = tempfile.TemporaryDirectory(prefix='same.')
    catalog, after = os.path.join(scratch.name, 'catalog'), os.path.join(scratch.name, 'after.sql')
    for s in dict.fromkeys(s for _, prelude in work for s in prelude): psql([s])      # roles may be there already
    version = subprocess.run(['psql', '-XAtc', "SELECT current_setting('server_version_num')::int / 10000"], text=True, capture_output=True).stdout.strip()
    found, asked, refused = {}, set(), 0
    for form, prelude in work:
        psql(["DO $$DECLARE r record; BEGIN FOR r IN SELECT nspname n FROM pg_namespace WHERE nspname = 'f' OR nspname LIKE 'f\\_%' LOOP "
              "EXECUTE format('DROP SCHEMA %I CASCADE', r.n); END LOOP; FOR r IN SELECT pubname n FROM pg_publication LOOP "
              "EXECUTE format('DROP PUBLICATION %I', r.n); END LOOP; END$$"])
        if psql(['CREATE SCHEMA f', 'SET search_path = f, public', 'SET TimeZone = UTC'] + form['setup']).returncode: refused += 1; continue
        zone = ([m[1] for s in form['setup'] for m in [re.match(r"SET TimeZone (?:=|TO) '?([^']+)'?", s, re.I)] if m] or ['UTC'])[-1]
        subprocess.run([o.bin, 'catalog', 'pull', '--no-config', '-q', '-o', catalog], check=True,
                       env=dict(os.environ, PGOPTIONS=f'-c search_path=f,public -c TimeZone={zone}'))
        with open(after, 'w') as out:
            out.write('CREATE SCHEMA f;\n' + ''.join(s + ';\n' for s in prelude) + 'SET search_path = f, public;\nSET TimeZone = UTC;\n')
            out.write(';\n'.join(form['setup']) + ';\n')
        live = ask(o, form['sql'], '--catalog', catalog)
        replayed = ask(o, form['sql'], '--after', after, '--server-version', version)
        asked.add(form['id'])
        for f in live.keys() | replayed.keys():
            if live.get(f) != replayed.get(f): found[form['id'], f] = (form['sql'], live.get(f), replayed.get(f))
    known = {}
    if o.known:
        for n, line in enumerate(open(o.known), 1):
            if line.strip() and not line.startswith('#'):
                p = line.rstrip('\n').split('\t')
                if len(p) != 3 or not p[2].strip(): sys.exit(f'{o.known}:{n}: want form, field and reason, with tabs between')
                known[p[0], p[1]] = n
    new = sorted(k for k in found if k not in known)
    for k in new[:o.show]:
        sql, live, replayed = found[k]
        print(f'\n{k[0]}: {sql[:140]}\n   {k[1]}: pulled   {live}\n   {" " * len(k[1])}  replayed {replayed}')
    gone = sorted(k for k in known if k[0] in asked and k not in found)
    for k in gone[:o.show]: print(f'{o.known}:{known[k]}: {k[0]}: {k[1]} is the same now: take it out')
    print(f'{len(asked) - len({k[0] for k in found})} of {len(asked)} statements the same; {refused} set-ups that this server refuses')
    print(f'{len(new)} differences that are not listed, {len(gone)} listed that are none')
    sys.exit(1 if new or gone else 0)
main()
