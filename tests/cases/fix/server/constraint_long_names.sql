-- rules: adding-foreign-key-constraint disallowed-unique-constraint adding-not-nullable-field
CREATE TABLE r (id int PRIMARY KEY);
CREATE TABLE a_table_with_a_name_that_is_quite_long_to_begin_with (a_column_whose_name_is_as_long_as_that int, "ein Name mit Umlauten äöüäöüäöüäöüäöüäöü" int);
INSERT INTO r VALUES (1);
----
ALTER TABLE a_table_with_a_name_that_is_quite_long_to_begin_with ADD UNIQUE (a_column_whose_name_is_as_long_as_that);
ALTER TABLE a_table_with_a_name_that_is_quite_long_to_begin_with ADD UNIQUE ("ein Name mit Umlauten äöüäöüäöüäöüäöüäöü");
ALTER TABLE a_table_with_a_name_that_is_quite_long_to_begin_with ADD FOREIGN KEY (a_column_whose_name_is_as_long_as_that) REFERENCES r;
ALTER TABLE a_table_with_a_name_that_is_quite_long_to_begin_with ADD FOREIGN KEY (a_column_whose_name_is_as_long_as_that) REFERENCES r (id);
ALTER TABLE a_table_with_a_name_that_is_quite_long_to_begin_with ALTER a_column_whose_name_is_as_long_as_that SET NOT NULL;
