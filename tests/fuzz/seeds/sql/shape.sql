select  a,b -- c
from/* d */t
where a=1;;
alter table "orders" add column "Id" int; alter table Orders drop ID; drop table "a b", "a""b", "été", Été, "a$b", "$a", "1a";;
alter table type add value text; drop table "type", "select", value;;
drop table aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabcd, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAébcd";;
drop table U&"\006frders", U&"d!0061!+000074" uescape '!', U&"\", u&"Big";;
select a . b, "A"."b".c, t.*, public.status, public.type, (f()).x, x[1].y, 'a'.b, a.5, * from a.b;;
select '{}' :: text [], a::numeric(10,2), 1::int, $1::int[3], array [ 1 , 'x' ], a [ 1 : 2 ], b[i][-1], (c)[d], x::"T", :: int;;
select 'a' 'b', 'c'
'd', E'\'', U&'x' uescape '!', N'e', B'01', X'ff', $$f$$, $t$g$t$;;
select -1, 1_000, 0xFF, 1.5E3, $1, a->>'b', a||b, a<>b, a!=b, a<=b, f(a=>1, b:=2), 1..2;;
drop table ${schema}.orders, {{ .S }}.t, pre_${x}; select :x, :'y', %(z)s, :"q"::int;;
select 1a, \ , "" from t; select 'x;
\connect db
\!ls
\d+ x;
create rule r as on insert to t do also (select 1; select 2);;
alter table if exists only a.b * add c numeric(1,2) default f(1,2), drop d, add constraint e check (f in (1,2)), alter g type int[] using array[h,i];;
alter foreign table a add b int, add c int; alter materialized view a set (x=1), cluster on i; alter view a alter b set default 1, alter c drop default;
alter index a set (x=1,y=2), set tablespace t; alter sequence a owned by none, set logged; alter type a add attribute b int, add attribute c int; alter domain d set not null, drop default;;
alter table "a,b".U&"c" uescape '!' add d int, drop e; alter table ${s}.t add a int, add b int; alter table type add a int, drop b;;
drop table a, b; alter table all in tablespace t owned by a, b set tablespace u; alter publication p add table a, b; alter default privileges grant select, insert on tables to x; truncate a, b; alter table, a;;
alter table t add a int, ;;
copy t from stdin;
1
\.
select 1;