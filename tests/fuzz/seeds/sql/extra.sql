\set x 1
select 1 \gset
\echo 'a; b' -- c
\! ls
\? variables;
\a
\b\c;
'
\a
' "\b" $$
\c
$$ E'\d' \ \1 \\;
select 1\; select 2;;
${x} {{x}} {{ .Values.a | default "b" }} {%if%} {x} $%x%$ %(x)s %(y)d @x@ :x :'x' :"x" :{?x} :1;
pre_${x} ${x}_post pre_${x}_mid_{{y}}z a.${b} ${a}.b {{s}}.{{t}} $$a$$ a${x;
${SCHEMA:-public}.t ${flyway:defaultSchema};
select${x};
a::int b:=c d[1:2] d[:n] d[lo:hi] d[(x):(y)] json_object('k':v, "k":v) f(a := :b);
ARRAY[:x, [:y], a[:n]] array[[:z],[1]] a[ARRAY[:x][:n]] [:q];
a[1; select :x;
a @> b a @@ b 5 % (x) @ x @x @ 5 %(y) @x@@y a <@x@ b ->> c;
a =-:x;
${a
b} {{a
b}} ${a;b};
${} :'' {} %()s @@ : 