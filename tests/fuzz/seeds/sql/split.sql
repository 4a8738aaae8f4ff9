;select 1;; select 2 ; ;
 select 3;
select ';' || $$;$$ || E'\';', ";" /* ; */ -- ;
, (1); select (2; 3);;
select 1); select (2);;
-- one
/* two */
-- three
select 1;
-- four

select 2;
-- five

-- six
select 3; -- seven
-- eight
select 4; /* nine
*/ -- ten
select 5;;
-- one
select 1;-- twoselect 2;
-- three

select 3;;
-- one
;
select 1;;
select -- a
1 -- b
; -- c
-- d;
create function f() returns int language sql begin atomic select 1; select 2; end; select 3;
create or replace procedure p() begin atomic insert into t values (1); end;
select 4;;
create function f(a int) returns int begin atomic
select case when a > 1 then case a when 2 then 3 end else 4 end;
select (case a when 1 then 2 end);
end;
select 5;;
create function begin() returns int as 'select 1' language sql;
create function f() returns int as 'a' language sql;
create view v as select begin atomic from t;
select 1;;
begin; select case when 1 then 2 end; end; begin atomic; select 1;;
create function f() returns int begin atomic
select 1;
select 2;
create table t ();
select 3;;
create rule r as on insert to t do also (
insert into a values (1);
delete from b;
select 1;
);
create or replace rule r as on delete to t do instead (update a set b = 1; notify c);
select 2;;
create rule r as on insert to t do also (
insert into a values (1);
delete from b;
drop table c;
select 2;;
create table t (a int, b numeric(1;

  create table u (a int);
select 1;;
create table t (a int; -- x
-- y
insert into t values (1);;
select (1; select 2;
from 3;;
insert into t values ('it's');
update t set a = 1;
select 1;;
select 'a; b
from c;;
select "a;
select 1;
do $x$ begin;
select 2; -- and
-- this

alter table t add a int;
/* never
drop table a;
drop table b;;
copy t (a, b) from stdin with (format csv);
1;'
2,(
\.
select 1;;
COPY t FROM STDIN;
1;
copy t to stdout; copy t from '/x'; copy (select 'from stdin') to stdout; select a from stdin;
select 1;;
\copy t from stdin
1;'
\.
\copy t from 'stdin'
\copyx from stdin
select 1;;
select 1 \gset
\set x 'a;b'
select :x;
\echo done;
select 1\; select 2;;
{{ template "x" . }}
create table t (a int);
{{ if x }} drop table t;
{{ end }}
${y} foo;;
create view v as select 1
-- migrate:down
drop view v
-- +goose StatementEnd
select 1 -- migrate:up is not at the beginning of the line
-- migrate:upwards is another word
  -- +migrate Down  x
select 2
---- create above / drop below ----
select 3;
﻿-- a
select 1;;
select 1a; select \ 2; select 3;;
  -- only comments
/* and */ ;