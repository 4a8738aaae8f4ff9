Foo SELECT Été ÉTÉ a$B;
"Foo" "a""b" """";
U&"d\0061t\+000061" u&"a""\\b" U&"\D83D\DE00" U&"\20AC";
U&"d!0061t" uescape '!' U&'!!\0061!+000062' /* x */ UESCAPE '!';
U&"\x" U&"\D83D" U&"\0000" U&"\+110000" U&"\006" U&"a\";
Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaéa"
"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaéaa";
'a' '' 'it''s' '\n' N'x''y' B'01' x'fF';
'a''' -- 'no'
  '''b'
'c';
E'\b\f\n\r\t\v\\\'\"\q' E'\x41\x4\x\101\1012\7' E'\u0041\U00000042\u20ac\ud83d\ude00' E'a''b\
c'
'\t';
$$a''b$$ $x$$$ \n$x$ $$$$;
U&'\0041''\\\+01F600' U&'a'
'\0062';
1 + $1 (